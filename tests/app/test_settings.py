"""Settings as a session keeps them become settings again, or one sentence."""

import json

import pytest

from app.settings import TrackSettings
from ppnet.errors import UserError


def test_settings_come_back_from_a_session_as_they_were() -> None:
    settings = TrackSettings(weights="mine", max_persons=2, end_s=3.5, region=(0.0, 1.0, 20.0, 30.0), mirror=True)
    kept = json.loads(json.dumps({**settings.to_dict(), "of another version": 1, "strength": 50}))
    assert TrackSettings.from_dict(kept) == settings


@pytest.mark.parametrize(
    "wrong",
    [{"flip": 1}, {"detector": None}, {"region": [1, 2]}, {"min_conf": 7}, {"end_s": "a"}, {"max_persons": True}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        TrackSettings.from_dict(wrong)
