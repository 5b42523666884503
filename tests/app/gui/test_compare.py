"""The window of comparisons: two people at once, other moments, a ghost, one transport, a video."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.fakes import PATIENCE_S
from tests.tracking.answers.conftest import make_walk
from tracking.comparison import PANE_WH, Comparison
from tracking.drawing.privacy import GROUND
from tracking.session import edited_session
from tracking.session.edits import ChooseSmoothing, HidePerson, RenamePerson, SetSpan
from tracking.session.session import Session
from tracking.video.file import VideoFile


@pytest.fixture
def compared(qtbot, open_clip):
    window = open_clip()
    window.commands["compare"].trigger()
    qtbot.waitUntil(lambda: window.comparing.shown.image is not None)
    return window


def test_two_people_are_laid_on_each_other(qtbot, compared):
    shown = compared.comparing.shown
    assert [box.currentText() for box in shown.people] == ["Person 1", "Person 2"]
    first = shown.image
    shown.place.setValue(150)
    qtbot.waitUntil(lambda: shown.status.text() == "+1.50 s" and shown.image is not first)
    shown.ghost.setChecked(True)
    qtbot.waitUntil(lambda: shown.image is not None and shown.image.shape[1] == PANE_WH[0])
    shown.moments[1].setValue(0.5)
    qtbot.waitUntil(lambda: shown.place.maximum() == 147)


def test_it_plays_to_its_end(qtbot, compared):
    shown = compared.comparing.shown
    shown.place.setValue(180)
    shown.play.click()
    qtbot.waitUntil(lambda: shown.place.value() == shown.place.maximum())
    qtbot.waitUntil(lambda: shown.play.text() == "Play")


def test_the_video_of_it_as_slow_as_it_is_played_is_told_where_people_look(qtbot, compared, tmp_path):
    shown = compared.comparing.shown
    compared.workspace.edit(SetSpan(0.5, 1.0))  # fifteen pictures
    qtbot.waitUntil(lambda: shown.place.maximum() == 97 and shown.save.isEnabled())
    folder = tmp_path / "videos" / "PPNet Live"
    for speed, name, pictures in ((1.0, "walk_compared.mp4", 15), (0.5, "walk_compared_2.mp4", 29)):
        shown.speed.setCurrentIndex(shown.speed.findData(speed))
        shown.save.click()
        qtbot.waitUntil(lambda name=name: shown.banner.text == f"Saved {name}")
        with VideoFile(folder / name) as video:
            assert len(video.frame_times()) == pictures
    shown.save.click()
    shown.close()
    qtbot.waitUntil(lambda: compared.banner.text == "Saved walk_compared_3.mp4")


def test_it_plays_slowly_and_goes_by_keys(qtbot, compared, monkeypatch):
    shown, now = compared.comparing.shown, [100.0]
    monkeypatch.setattr("app.workspace.comparing.time", SimpleNamespace(monotonic=lambda: now[0]))
    shown.speed.setCurrentIndex(shown.speed.findData(0.25))
    qtbot.keyClick(shown, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown.play.text() == "Pause")
    now[0] += 4.0
    qtbot.waitUntil(lambda: shown.status.text() == "+1.00 s")
    shown.speed.setCurrentIndex(shown.speed.findData(0.5))
    now[0] += 1.0
    qtbot.waitUntil(lambda: shown.status.text() == "+1.50 s")
    qtbot.keyClick(shown, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown.status.text() == "+1.47 s" and shown.play.text() == "Play")


def test_people_are_hidden_in_it_as_soon_as_they_are_in_the_window(qtbot, compared):
    shown = compared.comparing.shown
    seen = shown.image
    compared.commands["plain-ground"].trigger()
    assert shown.image is None, "what was shown before is gone at once"
    qtbot.waitUntil(lambda: shown.image is not None)
    corner = (slice(PANE_WH[1] - 60, PANE_WH[1] - 20), slice(PANE_WH[0] // 2 - 20, PANE_WH[0] // 2 + 20))
    assert (np.abs(shown.image[corner].astype(int) - GROUND).max(axis=2) < 3).all()
    assert (np.abs(seen[corner].astype(int) - GROUND).max(axis=2) > 20).all()
    compared.commands["plain-ground"].trigger()


def test_edits_reach_it(qtbot, compared):
    shown = compared.comparing.shown
    compared.workspace.edit(RenamePerson(2, "Zoë"))
    assert [box.currentText() for box in shown.people] == ["Person 1", "Zoë"]
    assert shown.people[0].itemText(1) == "Zoë"
    compared.workspace.edit(HidePerson(1))
    assert [box.currentText() for box in shown.people] == ["Zoë", "Zoë"]
    compared.workspace.edit(SetSpan(0.5, 1.0))
    qtbot.waitUntil(lambda: (shown.place.minimum(), shown.place.maximum()) == (50, 97))
    compared.workspace.edit(HidePerson(2))
    assert compared.comparing.shown is None and "nobody to compare" in compared.banner.text


def test_an_edit_leaves_it_where_it_was(qtbot, compared):
    shown = compared.comparing.shown
    shown.place.setValue(150)
    qtbot.waitUntil(lambda: shown.status.text() == "+1.50 s")
    for change in (
        lambda: compared.workspace.edit(RenamePerson(2, "Zoë")),
        lambda: compared.commands["joints"].trigger(),
        lambda: shown.angle.setCurrentIndex(1),
        lambda: (shown.ghost.toggle(), shown.ghost.toggle()),  # the second before the first one is read
    ):
        before = shown.image
        change()
        qtbot.waitUntil(lambda before=before: shown.image is not None and shown.image is not before)
        assert (shown.status.text(), shown.place.value()) == ("+1.50 s", 150)
    shown.place.setValue(20)
    shown.play.click()
    compared.workspace.edit(RenamePerson(2, "Zoe"))
    qtbot.waitUntil(lambda: shown.place.value() == shown.place.maximum())
    shown.moments[1].setValue(0.5)
    qtbot.waitUntil(lambda: shown.status.text() == "+0.00 s")  # another moment is there to be seen


def test_what_is_still_being_drawn_is_where_it_is(compared, monkeypatch):
    drawing, go_on, draw = threading.Event(), threading.Event(), Comparison.picture

    def slowly(self, *what):
        drawing.set()
        go_on.wait(PATIENCE_S)
        return draw(self, *what)

    monkeypatch.setattr(Comparison, "picture", slowly)
    compared.comparing.shown.place.setValue(150)
    assert drawing.wait(PATIENCE_S)
    time_s = compared.comparing.shown._player.time_s
    go_on.set()
    assert time_s == 1.5


def test_it_closes_with_its_file(qtbot, compared):
    assert np.isfinite(compared.comparing.shown.image).all()
    compared.commands["close"].trigger()
    assert compared.comparing.shown is None and not compared.commands["compare"].isEnabled()


def test_somebody_in_another_file(qtbot, compared, tmp_path):
    (tmp_path / "other").mkdir()
    other = make_walk(tmp_path / "other")
    shown = compared.comparing.shown
    before = shown.image
    compared.comparing.take_other(other)
    assert [shown.people[1].itemText(row) for row in range(shown.people[1].count())] == ["Person 1"]
    qtbot.waitUntil(lambda: shown.image is not None and shown.image is not before)
    (tmp_path / "other" / "walk.mp4").unlink()
    compared.comparing.take_other(other)
    assert "is missing" in shown.banner.text


def test_another_file_is_smoothed_in_a_thread_and_let_go_once_the_video_is_saved(
    qtbot, compared, tmp_path, monkeypatch
):
    (tmp_path / "other").mkdir()
    other, threads = make_walk(tmp_path / "other"), []
    with Session.open(other, writable=True) as session:
        session.add_edit(ChooseSmoothing("one_euro", 40, 0.2))
    smooth = edited_session.smooth_again
    monkeypatch.setattr(
        edited_session, "smooth_again", lambda *given: (threads.append(threading.current_thread()), smooth(*given))[1]
    )
    shown, commands = compared.comparing.shown, compared.comparing
    commands.take_other(other)
    qtbot.waitUntil(lambda: bool(threads) and shown.save.isEnabled())
    assert threading.main_thread() not in threads
    shown.save.click()
    shown.close()
    qtbot.waitUntil(lambda: "Saved" in compared.banner.text)
    assert not commands._opened


def test_a_person_who_shares_no_time_is_said(qtbot, compared):
    shown = compared.comparing.shown
    shown.moments[1].setValue(90.0)
    qtbot.waitUntil(lambda: "no time in common" in shown.status.text())
    assert not shown.save.isEnabled()
