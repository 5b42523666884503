"""Smoothing made anew beside the window: it is about the edits of today, and whatever is at work goes on for them."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.workspace.smoothing_again import SmoothingAgain
from tests.fakes import PATIENCE_S
from tests.results import finished_session
from tracking.session import edited_session
from tracking.session.edited_session import EditedSession
from tracking.session.edits import ChooseSmoothing, RenamePerson
from tracking.session.session import Session


class Window:
    """What the window does after each edit and with each answer; smoothing waits for `may_go_on`."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = SimpleNamespace(session=session, edited=EditedSession(session))
        self.begun: queue.Queue[str] = queue.Queue()
        self.may_go_on = threading.Event()
        self._calls: queue.Queue = queue.Queue()
        self.told: list[str] = []
        self.again = SmoothingAgain(self._show, lambda words, _kind: self.told.append(words), post=self._calls.put)
        real = edited_session.smooth_again

        def slow(results: Iterator, settings: object) -> Iterator:
            self.begun.put(settings.kind)
            assert self.may_go_on.wait(PATIENCE_S)
            yield from real(results, settings)

        monkeypatch.setattr(edited_session, "smooth_again", slow)

    def follow_edits(self) -> None:
        self.run.edited.refresh(smooth=False)
        self.again.smooth_if_needed(self.run)

    def take_answer(self) -> None:
        self._calls.get(timeout=PATIENCE_S)()

    def _show(self, run: SimpleNamespace, smoothed: EditedSession) -> None:
        run.edited = smoothed
        run.edited.refresh(smooth=False)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with finished_session(tmp_path / "a_session.ppnet", 30) as session:
        yield session


def test_a_smoothing_that_was_undone_while_it_was_made_is_not_shown(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(session, monkeypatch)
    window.may_go_on.set()
    session.add_edit(ChooseSmoothing("one_euro", 80.0, 0.5))
    window.follow_edits()
    window.take_answer()
    first = window.run.edited
    assert not first.needs_smoothing and window.begun.get() == "one_euro"
    window.may_go_on.clear()
    session.add_edit(ChooseSmoothing("off", 0.0, 0.9))
    window.follow_edits()
    assert window.begun.get(timeout=PATIENCE_S) == "off"
    session.undo()
    window.follow_edits()
    window.may_go_on.set()
    window.take_answer()
    assert window.run.edited is first and not first.needs_smoothing and window.told == []


def test_an_edit_that_leaves_the_smoothing_as_it_is_does_not_begin_it_anew(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(session, monkeypatch)
    session.add_edit(ChooseSmoothing("one_euro", 80.0, 0.5))
    window.follow_edits()
    assert window.begun.get(timeout=PATIENCE_S) == "one_euro"
    session.add_edit(RenamePerson(1, "Ann"))
    window.follow_edits()
    window.may_go_on.set()
    window.take_answer()
    edited = window.run.edited
    assert not edited.needs_smoothing and edited.name(1) == "Ann" and window.begun.empty()
    window.follow_edits()
    session.add_edit(ChooseSmoothing("off", 0.0, 0.9))
    window.follow_edits()
    window.take_answer()
    assert window.begun.get() == "off" and window.begun.empty() and not window.run.edited.needs_smoothing
