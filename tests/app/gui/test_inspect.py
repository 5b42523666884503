"""The network view: of the people that are shown, by the network that is in use."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.workspace.inspector import Inspector
from tests.app.gui.conftest import choose, made_insight
from tests.fakes import PATIENCE_S
from tracking.run_settings import RunSettings
from tracking.session.edits import HidePerson


class Lookers:
    """Networks that say what `made_insight` does, one answer for each permit."""

    def __init__(self) -> None:
        self.settings: list[RunSettings] = []  # for which a network was loaded
        self.permits = threading.Semaphore(0)
        self.away_px = 0.0  # so far off are the people whom they see

    def __call__(self, settings: RunSettings):
        self.settings.append(settings)
        return self.look

    def look(self, image, boxes):
        assert self.permits.acquire(timeout=PATIENCE_S)
        insight = made_insight(image, boxes)
        return replace(insight, regions=insight.regions + self.away_px)


@pytest.fixture
def lookers(window) -> Lookers:
    made = Lookers()
    window.workspace.factories = replace(window.workspace.factories, looker=made)
    return made


@pytest.fixture
def free(lookers) -> Lookers:
    """They answer at once."""
    lookers.permits.release(10_000)
    return lookers


def test_another_network_is_looked_into_once_it_is_chosen(qtbot, open_clip, free):
    window = open_clip()
    window.commands["heatmap"].trigger()
    qtbot.waitUntil(lambda: len(window.view.heat) == 2)
    window.controls.show_weights({None: "Shipped", "other": "Others"})
    choose(window, "network.weights", "other")
    qtbot.waitUntil(lambda: len(free.settings) == 2)
    assert [settings.network.weights for settings in free.settings] == [None, "other"]


def test_the_heat_of_people_goes_with_them(qtbot, open_clip, free):
    window = open_clip()
    window.commands["heatmap"].trigger()
    qtbot.waitUntil(lambda: len(window.view.heat) == 2)
    window.workspace.edit(HidePerson(1))
    qtbot.waitUntil(lambda: len(window.view.heat) == 1)
    window.workspace.edit(HidePerson(2))
    qtbot.waitUntil(lambda: len(window.view.picture.result) == 0)
    assert window.view.heat == ()
    window.workspace.undo()
    qtbot.waitUntil(lambda: len(window.view.heat) == 1)


def test_an_answer_about_the_video_before_is_not_shown(qtbot, open_clip, lookers, clip, monkeypatch):
    window, answers, shown = open_clip(), [], []
    look_for_answer, show = Inspector.answer, window.view.set_heat
    monkeypatch.setattr(
        Inspector, "answer", lambda inspector: (answers.append(look_for_answer(inspector)), answers[-1])[1]
    )
    monkeypatch.setattr(window.view, "set_heat", lambda heat: (shown.extend(heat), show(heat)))
    window.commands["heatmap"].trigger()
    qtbot.waitUntil(lambda: len(lookers.settings) == 1)
    window.workspace.close_run()
    open_clip(clip)
    lookers.away_px = 1000.0
    lookers.permits.release()
    qtbot.waitUntil(lambda: any(answers))
    lookers.away_px = 0.0
    lookers.permits.release(10_000)
    qtbot.waitUntil(lambda: len(window.view.heat) == 2)
    assert max(np.max(patch.corners) for patch in shown) < 1000
