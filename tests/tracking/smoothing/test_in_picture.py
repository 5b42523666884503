"""Somebody leaves the picture: what is out of it was not seen, and is not carried on; what lies at its border stays."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from ppnet.poses import Poses
from tests.results import made_header, made_result
from tracking.export.csv_wide import write_wide_csv
from tracking.session.edited_session import EditedSession
from tracking.session.person_tracks import person_track
from tracking.session.resmoothing import smooth_again
from tracking.session.session import Session
from tracking.smoothing import SMOOTHERS
from tracking.smoothing.in_picture import MARGIN
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import FrameResult, KeypointState

FRAMES = 60


def leaving(index: int, pixels: float) -> FrameResult:
    """Person 1, so far to the left of where they stood in the first frame. The network answers as if it saw all."""
    result = made_result(index, (1,), time_s=index / 30)
    still = made_result(0, (1,)).raw
    keypoints = still.keypoints - np.float32([pixels, 0])
    keypoints[..., 0] += 3 * np.arange(17)
    raw = Poses(keypoints, np.full_like(still.scores, 0.9), still.skeleton)
    tracks = replace(result.tracks, boxes=made_result(0, (1,)).tracks.boxes - np.float32([pixels, 0, pixels, 0]))
    return replace(result, raw=raw, tracks=tracks)


@pytest.mark.parametrize("kind", SMOOTHERS)
def test_joints_end_a_little_out_of_the_picture(kind):
    results = [leaving(i, 4.0 * i) for i in range(FRAMES)]
    margin = MARGIN * float(np.ptp(results[0].tracks.boxes[0].reshape(2, 2), axis=0).max())
    beyond = at_border = 0
    for result, (_, smoothed, states) in zip(
        results, smooth_again(results, SmoothingSettings(kind=kind, min_score=0.4)), strict=True
    ):
        x, true_x = smoothed.keypoints[0, :, 0], result.raw.keypoints[0, :, 0]
        shown = states[0] != KeypointState.MISSING
        assert (x[shown] >= -margin - 1e-3).all() and np.isnan(x[~shown]).all() and not smoothed.scores[0, ~shown].any()
        assert not (states[0, true_x < -margin] == KeypointState.MEASURED).any()
        beyond += int((true_x < -2 * margin).sum())
        near = (true_x > -0.5 * margin) & (true_x < 0)
        at_border += int(near.sum())
        assert shown[near].all(), "what lies just at the border is not hidden"
    assert beyond > 100 and at_border >= 3


@pytest.mark.parametrize("imported", [False, True])
def test_a_session_from_before_shows_no_joint_out_of_the_picture(tmp_path, imported):
    """One of another program keeps what that has said."""
    notes = {"imported_from": "tracks.csv"} if imported else {}
    with Session.create(tmp_path / "old.ppnet", made_header(notes=notes)) as session:
        for index in range(FRAMES):
            result = leaving(index, 4.0 * index)
            states = np.full((1, 17), KeypointState.PREDICTED, np.uint8)
            session.append(replace(result, smoothed=result.raw, states=states))
        session.finish()
        edited = EditedSession(session)
        margin = MARGIN * float(np.ptp(leaving(0, 0).tracks.boxes[0].reshape(2, 2), axis=0).max())
        far = [result.result.known_keypoints[0, :, 0] < -margin - 1e-3 for result in edited.results()]
        assert np.any(far) == imported
        track = person_track(edited, 1)
        np.testing.assert_array_equal(
            track.known, np.concatenate([one.result.known_keypoints for one in edited.results()])
        )
        write_wide_csv(edited, tmp_path / "table.csv", lambda _done: None)
    with (tmp_path / "table.csv").open(encoding="utf-8") as file:
        written = [float(row["nose_x"]) for row in csv.DictReader(file) if row["nose_x"]]
    assert written and (min(written) < -margin) == imported
