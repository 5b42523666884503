"""A film of a stick figure that walks, with its session: two steps in every 1.1 s."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.clips import make_clip
from tests.results import made_header
from tests.tracking.figures import Walker, straight
from tracking.session.session import Session
from tracking.types import FrameResult, KeypointState, Tracks, TrackState
from tracking.video.file import VideoFile

WALK_WH, WALK_FRAMES, STRIDE_S = (320, 240), 120, 1.1


def grey(_index: int, size_wh: tuple[int, int]) -> np.ndarray:
    return np.full((*size_wh[::-1], 3), 90, np.uint8)


def make_walk(folder: Path, *, painter: Callable[[int, tuple[int, int]], np.ndarray] = grey) -> Path:
    """`walk.mp4` and its session in a folder; returns the session's path."""
    walker = Walker(straight(60.0, 50.0, y=220.0), height=190.0, stride_s=STRIDE_S)
    clip = make_clip(folder / "walk.mp4", WALK_FRAMES, size_wh=WALK_WH, painter=painter)
    path = folder / "walk_session.ppnet"
    with VideoFile(clip) as video, Session.create(path, made_header(source=video.info)) as session:
        for index, time_s in enumerate(video.frame_times()):
            poses = Poses(walker.keypoints(time_s)[None].astype(np.float32), np.ones((1, 17), np.float32), COCO_17)
            tracks = Tracks([1], walker.box(time_s)[None], [0.9], [TrackState.TRACKED])  # type: ignore[arg-type]
            states = np.full((1, 17), KeypointState.MEASURED, np.uint8)
            session.append(FrameResult(index, time_s, WALK_WH, tracks, poses, poses, states))
        session.finish()
    return path


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session, for reading only."""
    return make_walk(tmp_path_factory.mktemp("walk"))
