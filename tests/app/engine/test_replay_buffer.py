"""The last seconds of a camera: kept small, found by time, each with its result or the one before."""

import numpy as np
import pytest

from app.engine import replay_buffer
from app.engine.replay_buffer import ReplayBuffer
from app.workspace.replay_video import write_replay
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, wait_for
from tests.results import SIZE_WH, made_result
from tracking.drawing.style import PictureLayers, SceneStyle
from tracking.types import Frame, TrackState
from tracking.video.file import VideoFile

BARE = SceneStyle(PictureLayers().bare())


@pytest.fixture
def replay():
    replay = ReplayBuffer()
    replay.start()
    yield replay
    assert replay.stop(PATIENCE_S)


def fill(replay, frames, *, read_every=3, size_wh=SIZE_WH):
    """Frame i is grey 4 i; every third is read."""
    for index in range(frames):
        replay.put(Frame(index, index / 30, np.full((*size_wh[::-1], 3), 4 * index % 256, np.uint8)))
        if index % read_every == 0:
            replay.put_result(made_result(index, (1,)))
        wait_for(lambda: replay.moments() and replay.moments()[-1].index == index)  # noqa: B023


def test_what_was_some_time_ago(replay):
    assert replay.ago(1.0) is None
    fill(replay, 40)
    moment = replay.ago(0.5)
    assert moment.index == 24 and moment.is_own and moment.result.frame_index == 24
    assert abs(float(moment.frame().image.mean()) - 96) < 2
    later = replay.ago(14 / 30)
    assert later.index == 25 and not later.is_own and later.result.frame_index == 24
    assert (later.result.tracks.states == TrackState.PREDICTED).all(), "held, and shown as such"
    assert replay.ago(14 / 30, own_only=True).index == 24
    assert replay.ago(99.0).index == 0, "the oldest there is"


def test_no_more_is_kept_than_wanted(replay, monkeypatch):
    monkeypatch.setattr(replay_buffer, "KEPT_S", 0.5)
    fill(replay, 30, size_wh=(64, 48))
    assert [moment.index for moment in replay.moments()] == list(range(14, 30))
    assert [moment.index for moment in replay.moments(0.1)] == [26, 27, 28, 29]
    monkeypatch.setattr(replay_buffer, "MOST_BYTES", 3 * len(replay.moments()[0].packed))
    replay.put(Frame(30, 1.0, np.zeros((48, 64, 3), np.uint8)))
    wait_for(lambda: len(replay.moments()) <= 3)


def test_saved_with_its_true_times(replay, tmp_path):
    with pytest.raises(UserError, match="not sent enough pictures"):
        write_replay(replay, tmp_path / "none.mp4", BARE, last_s=20, progress=lambda _share: None)
    fill(replay, 30)
    shares = []
    path = write_replay(replay, tmp_path / "last.mp4", BARE, last_s=0.5, progress=shares.append)
    with VideoFile(path) as video:
        frames = list(video)
    assert len(frames) == 16 and frames[-1].time_s == pytest.approx(0.5, abs=0.01) and shares[-1] == 1
    assert abs(float(frames[0].image.mean()) - 4 * 14) < 4


def test_with_blurred_faces_only_what_was_read(replay, tmp_path):
    fill(replay, 30)
    style = SceneStyle(PictureLayers(blur_faces=True))
    path = write_replay(replay, tmp_path / "last.mp4", style, last_s=20, progress=lambda _share: None)
    with VideoFile(path) as video:
        assert len(video.frame_times()) == 10
