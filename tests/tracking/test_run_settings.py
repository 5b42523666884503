"""Settings are checked where they are made, and what a session keeps of them becomes settings again."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ppnet.errors import UserError
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.focus_person import PersonAt
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.types import Frame

OLD = Path(__file__).parents[1] / "data" / "aisle_format1_session.ppnet"

CHANGES = {
    "network.weights": "mine",
    "tracker.max_people": 2,
    "end_s": 3.5,
    "region": (0.0, 1.0, 20.0, 30.0),
    "adaptation.mirror": True,
    "only": PersonAt(1.0, 2.0, 3.0),
}


def test_settings_come_back_from_a_session_as_they_were() -> None:
    settings = RunSettings().changed(CHANGES)
    kept = json.loads(json.dumps({**settings.to_plain(), "of another version": 1, "smoothing.strength": 50}))
    assert RunSettings.from_plain(kept) == settings != RunSettings()


def test_a_session_of_an_earlier_version_says_the_same_in_other_names() -> None:
    written = {"min_conf": 0.3, "smooth": "rts", "max_persons": 2, "turn_deg": 90, "flip": True, "weights": "mine"}
    wanted = {"smoothing.min_score": 0.3, "smoothing.kind": "rts", "tracker.max_people": 2, "adaptation.turn_deg": 90,
              "network.flip": True, "network.weights": "mine", "only": PersonAt(1.0, 2.0, 3.0)}  # fmt: skip
    assert RunSettings.from_plain({**written, "only": [1, 2, 3.0]}) == RunSettings().changed(wanted)


def test_a_stored_session_of_the_first_release_gives_its_settings() -> None:
    with Session.open(OLD) as session:
        settings, written = session.header.run_settings, session.header.settings
    assert written["min_conf"] == settings.smoothing.min_score == 0.4
    assert (settings.network.flip, settings.detector.model) == (written["flip"], written["detector"])
    assert settings.adaptation.slow_motion == written["slow_motion"] == 1.0


WRONG = [
    ("network.flip", 1),
    ("detector.model", None),
    ("region", [1, 2]),
    ("region", [3, 0, 2, 2]),
    ("smoothing.min_score", 7),
    ("smoothing.min_score", float("nan")),
    ("smoothing.kind", "wildly"),
    ("end_s", "a"),
    ("tracker.max_people", True),
    ("adaptation.turn_deg", 45),
    ("adaptation.slow_motion", 0),
    ("detect_every", 0),
    ("only", [1, "a", 0]),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_values_that_make_no_sense_are_refused(name: str, value: object) -> None:
    with pytest.raises(UserError):
        RunSettings().changed({name: value})
    with pytest.raises(UserError, match="settings of the session"):
        RunSettings.from_plain({name: value})


def _at_their_least() -> Iterator[RunSettings]:
    for name, one in RunSettings.declared().items():
        least = one.limits[0]
        if least is not None and name.startswith(("tracker", "smoothing")):
            with suppress(UserError):  # a limit that is not among the values themselves
                yield RunSettings().changed({name: int(least) if least == int(least) else least})


@pytest.mark.filterwarnings("error")
def test_every_setting_works_at_its_least() -> None:
    """None of them may make the tracker divide by zero."""
    frames = [Frame(i, i / 10, paint_walkers(i, (96, 128), people=0 if 3 < i < 6 else 2)) for i in range(9)]
    for settings in _at_their_least():
        pipeline = Pipeline(FakeDetector(), FakeEstimator(), settings=settings)
        for frame in frames:
            pipeline.process(frame)


def test_recordings_that_count_from_1970_have_a_start() -> None:
    assert RunSettings(start_s=1.76e9, end_s=1.77e9).span.contains(1.765e9)
