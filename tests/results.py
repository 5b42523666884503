"""Results made by code, for tests that need no video and no network."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tracking.session.format import SessionHeader
from tracking.session.session import Session
from tracking.smoothing.rts import smooth_run
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import FrameResult, KeypointState, StageTimes, Tracks, TrackState
from tracking.video.source import VideoInfo

SIZE_WH = (640, 480)
SOURCE = VideoInfo("walk.mp4", Path("walk.mp4"), SIZE_WH, 100, 100 / 30, Fraction(30), codec="h264")


def made_header(**changes: object) -> SessionHeader:
    """A header with every kind of value in it."""
    values = {
        "source": SOURCE,
        "settings": {"detect_every": 3, "start_s": None, "smooth": "kalman", "min_conf": 0.2, "names": ["a", None]},
        "network": "M2-D2-W32",
        "weights_sha256": "ab" * 32,
        "notes": {"place": "Halle 3, Köln"},
    }
    return SessionHeader(**{**values, **changes})


@contextmanager
def finished_session(path: Path, frames: int) -> Iterator[Session]:
    """A new session of so many frames, each with the people of `made_result`, of a run that has ended."""
    with Session.create(path, made_header()) as session:
        for index in range(frames):
            session.append(made_result(index))
        session.finish()
        yield session


def track_ids(session: Session) -> tuple[int, ...]:
    """All ids of a session, before any edit, in order."""
    return tuple(sorted({int(i) for result in session.results() for i in result.tracks.ids}))


def made_result(
    index: int, ids: Sequence[int] = (1, 2), *, time_s: float | None = None, boxes: np.ndarray | None = None
) -> FrameResult:
    """Person i stands at x = 100 i and walks 2 px a frame; joints of all three states, exact thirds as times."""
    result = _made_result(index, tuple(map(int, ids)))
    if time_s is not None:
        result = replace(result, time_s=time_s)
    if boxes is not None:
        boxes = np.asarray(boxes, np.float32).reshape(len(ids), 4)
        result = replace(result, tracks=replace(result.tracks, boxes=boxes))
    return result


@lru_cache(maxsize=500)  # results never change, and many tests ask for the same ones; more would count in memory tests
def _made_result(index: int, ids: tuple[int, ...]) -> FrameResult:
    count = len(ids)
    rng = np.random.default_rng(1000 + index)
    joints = np.zeros((count, 17, 2), np.float32)
    joints[..., 0] = 100 * np.array(ids, np.float32).reshape(-1, 1) + 2 * index
    joints[..., 1] = 50 + 10 * np.arange(17)
    scores = rng.uniform(0.3, 1, (count, 17)).astype(np.float32)
    raw = joints + rng.normal(0, 1, joints.shape).astype(np.float32)
    states = np.full((count, 17), KeypointState.MEASURED, np.uint8)
    if count:
        states[0, 3], joints[0, 3], scores[0, 3] = KeypointState.MISSING, np.nan, 0
        states[0, 4] = KeypointState.PREDICTED
    left = 100 * np.array(ids, np.float32).reshape(-1) + 2 * index - 30
    boxes = np.stack([left, np.full(count, 40.0), left + 60, np.full(count, 220.0)], axis=-1)
    return FrameResult(
        frame_index=index,
        time_s=index / 30,
        size_wh=SIZE_WH,
        tracks=Tracks(
            np.array(ids, np.int64),
            boxes.astype(np.float32),
            rng.uniform(0.5, 1, count).astype(np.float32),
            np.full(count, TrackState.TRACKED, np.uint8),
        ),
        raw=Poses(raw, rng.uniform(0, 1, (count, 17)).astype(np.float32), COCO_17),
        smoothed=Poses(joints, scores, COCO_17),
        states=states,
        times=StageTimes(0.01, 0.001, 0.05, 0.002),
    )


def assert_same(first: FrameResult, second: FrameResult) -> None:
    """Equal to the last bit."""
    assert (first.frame_index, first.time_s, first.size_wh) == (second.frame_index, second.time_s, second.size_wh)
    assert first.times == second.times
    for name in ("ids", "boxes", "scores", "states"):
        np.testing.assert_array_equal(getattr(first.tracks, name), getattr(second.tracks, name), strict=True)
    for name in ("raw", "smoothed"):
        np.testing.assert_array_equal(getattr(first, name).keypoints, getattr(second, name).keypoints, strict=True)
        np.testing.assert_array_equal(getattr(first, name).scores, getattr(second, name).scores, strict=True)
    np.testing.assert_array_equal(first.states, second.states, strict=True)


def smooth_results(results: Sequence[FrameResult], settings: SmoothingSettings | None = None) -> list[FrameResult]:
    """A finished run with everyone's joints smoothed over the whole of their track; the rest stays as it is."""
    return [
        replace(result, smoothed=smoothed, states=states)
        for result, (_, smoothed, states) in zip(results, smooth_run(results, settings), strict=True)
    ]
