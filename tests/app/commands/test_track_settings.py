"""What the options of `track` say becomes settings: presets, what is given beside them, the defaults of the window."""

import argparse

import numpy as np
import pytest

from app.commands.track import add_arguments, settings_of
from app.gui.application import real_factories
from app.presets import BALANCED, PRESETS
from app.workspace.opening import open_file
from tests.app.commands.test_track import parts, track, walkers  # noqa: F401
from tests.fakes import PATIENCE_S
from tests.walkers import FakeDetector, FakeEstimator
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.session.session import Session


def asked(*words: str) -> RunSettings:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return settings_of(parser.parse_args(["a.mp4", *words]))


def test_without_options_everything_has_its_default_which_is_balanced() -> None:
    assert asked() == RunSettings() == BALANCED.applied(RunSettings())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_sets_what_the_window_sets_and_options_count_more(preset) -> None:
    name = preset.name.lower()
    assert asked("--preset", name) == preset.applied(RunSettings())
    for words in (["--flip", "--preset", name], ["--preset", name, "--flip"]):
        assert asked(*words) == preset.applied(RunSettings()).changed({"network.flip": True})
    assert asked("--preset", name, "--no-flip").network.flip is False


def test_options_reach_the_settings_of_their_names() -> None:
    words = "--min-conf 0.3 --max-people 2 --region 1 2 30 40 --turn 90 --only 5,6@1.5 --smooth rts --start 1"
    wanted = {"smoothing.min_score": 0.3, "tracker.max_people": 2, "region": (1, 2, 30, 40), "adaptation.turn_deg": 90,
              "only": {"x": 5, "y": 6, "time_s": 1.5}, "smoothing.kind": "rts", "start_s": 1}  # fmt: skip
    assert asked(*words.split()) == RunSettings().changed(wanted)


def test_the_window_gives_the_same_joints_as_the_command(tmp_path, parts, monkeypatch) -> None:  # noqa: F811
    clip = walkers(tmp_path / "clip.mp4", 30)
    assert track(clip, "--out", tmp_path / "out") == 0

    def build(settings: RunSettings) -> Pipeline:
        return Pipeline(FakeDetector(), FakeEstimator(), settings=settings)

    monkeypatch.setattr("app.factory.build_pipeline", build)
    monkeypatch.setattr("tests.walkers.FakeEstimator.precision", "fp32", raising=False)
    run = open_file(clip, RunSettings(), factories=real_factories(), post=lambda call: call())
    run.start()
    assert run.engine.wait(PATIENCE_S)
    run.close()
    with Session.open(run.session.path) as shown, Session.open(tmp_path / "out" / "clip_session.ppnet") as written:
        assert shown.header.run_settings == written.header.run_settings
        for ours, theirs in zip(shown.results(), written.results(), strict=True):
            np.testing.assert_array_equal(ours.smoothed.keypoints, theirs.smoothed.keypoints)
            np.testing.assert_array_equal(ours.tracks.ids, theirs.tracks.ids)
