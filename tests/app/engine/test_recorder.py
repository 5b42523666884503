"""Recording: both kinds at once, a full disk, a slow encoder, nothing lost at the end."""

import mmap
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.engine.memory import resident_bytes
from app.engine.recorder import Recorder, RecordingSettings
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, picture, wait_for
from tests.results import made_result
from tracking.drawing.style import PictureLayers, SceneStyle
from tracking.session.session import Session
from tracking.types import Frame, FrameResult, TrackState
from tracking.video.file import VideoFile
from tracking.video.source import VideoInfo

RECORDERS: list[Recorder] = []


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    while RECORDERS:
        recorder = RECORDERS.pop()
        recorder.stop()
        assert recorder.wait(PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("record-")]


def recorder(folder: Path, *, make_video=None, style=SceneStyle, **settings: object) -> Recorder:
    RECORDERS.append(
        Recorder(RecordingSettings(folder, "walk", **settings), style, frame_rate=30.0, make_video=make_video)
    )
    return RECORDERS[-1]


def feed(recorder: Recorder, first: int, last: int, *, size_wh: tuple[int, int] = (64, 48)) -> None:
    for index in range(first, last):
        frame = Frame(index, 100 + index / 30 + (0.5 if index >= 10 else 0), picture(index, size_wh))
        recorder.put_captured(frame)
        recorder.put_processed(frame, made_result(index, (1,)))


def test_raw_and_annotated_at_once_with_their_own_times(tmp_path: Path) -> None:
    recording, size_wh = recorder(tmp_path / "new" / "folder", raw=True), (320, 240)  # the person is in it
    feed(recording, 0, 20, size_wh=size_wh)
    recording.stop()
    recording.stop()
    assert recording.wait(PATIENCE_S)
    stats = recording.stats()
    assert stats.finished and stats.message is None and stats.free_bytes > 0
    assert dict(stats.frames) == {"annotated": 20, "raw": 20} and dict(stats.dropped) == {"annotated": 0, "raw": 0}
    assert stats.bytes_written == sum(file.stat().st_size for file in stats.files) > 0
    assert [file.name for file in stats.files] == ["walk_annotated.mp4", "walk_raw.mp4"]
    for file, drawn in zip(stats.files, (True, False), strict=True):
        with VideoFile(file) as video:
            frames = list(video)
        assert [f.time_s for f in frames] == pytest.approx(
            [i / 30 + (0.5 if i >= 10 else 0) for i in range(20)], abs=1e-4
        )
        assert (np.abs(frames[3].image.astype(int) - picture(3, size_wh)).mean() > 2) == drawn
    feed(recording, 20, 90)  # after the end nothing happens
    assert dict(recording.stats().frames)["raw"] == 20 and dict(recording.stats().dropped)["raw"] == 0
    elapsed = recording.stats().elapsed_s
    assert recording.stats().elapsed_s == elapsed, "the clock stands"


def test_names_that_are_taken_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "walk_annotated.mp4").write_text("mine")
    (tmp_path / "walk_2_annotated.partial.mp4").write_text("of a killed run")
    recording = recorder(tmp_path)
    feed(recording, 0, 5)
    recording.interrupt()
    feed(recording, 5, 9)
    recording.stop()
    assert recording.wait(PATIENCE_S)
    assert [file.name for file in recording.stats().files] == ["walk_3_annotated.mp4", "walk_4_annotated.mp4"]
    assert (tmp_path / "walk_annotated.mp4").read_text() == "mine"


def test_another_picture_size_begins_a_new_file(tmp_path: Path) -> None:
    recording = recorder(tmp_path, annotated=False, raw=True)
    feed(recording, 0, 5)
    feed(recording, 5, 9, size_wh=(80, 60))
    recording.stop()
    assert recording.wait(PATIENCE_S)
    sizes = []
    for file in recording.stats().files:
        with VideoFile(file) as video:
            sizes.append(video.info.size_wh)
    assert sizes == [(64, 48), (80, 60)]


class Writer:
    """A stand-in for the encoder: waits for a gate, fails from a frame on."""

    gate = threading.Event()
    fails_at: int | None = None

    def __init__(self, path: Path, info: VideoInfo, style: object) -> None:
        self.path, self.count, self.closed = path, 0, False
        path.touch()

    def write(self, frame: Frame, result: FrameResult | None) -> None:
        assert self.gate.wait(PATIENCE_S)
        if self.fails_at is not None and self.count >= self.fails_at:
            raise UserError("The disk is full.")
        self.count += 1

    def close(self) -> Path:
        self.closed = True
        return self.path


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Writer]]:
    made: list[Writer] = []
    monkeypatch.setattr(Writer, "__init__", lambda self, *a, f=Writer.__init__: (f(self, *a), made.append(self))[0])
    Writer.gate.set()
    yield made
    Writer.gate.set()
    Writer.fails_at = None


def test_a_slow_encoder_drops_frames_and_never_waits(tmp_path: Path, writers: list[Writer]) -> None:
    Writer.gate.clear()
    recording = recorder(tmp_path, make_video=Writer, queue_frames=4)
    feed(recording, 0, 100)  # while the encoder waits for its gate
    assert dict(recording.stats().dropped)["annotated"] >= 95
    Writer.gate.set()
    recording.stop()
    assert recording.wait(PATIENCE_S)
    stats = recording.stats()
    assert dict(stats.frames)["annotated"] + dict(stats.dropped)["annotated"] == 100
    assert writers[0].closed and writers[0].count == dict(stats.frames)["annotated"] >= 4


def test_what_waits_is_bounded_by_bytes_too(tmp_path: Path, writers: list[Writer]) -> None:
    """Large pictures: as many wait as fit, for the encoders and for their results; the rest is dropped and counted."""
    Writer.gate.clear()
    recording = recorder(tmp_path, make_video=Writer, raw=True, queue_bytes=3 * 100 * 50 * 3)
    pictures = []
    for index in range(60):
        image = np.zeros((50, 100, 3), np.uint8)
        pictures.append(weakref.ref(image))
        recording.put_captured(Frame(index, index / 30, image))
    del image
    held = sum(picture() is not None for picture in pictures)
    assert held <= 11, "three wait for each encoder, which has one; three wait for their results"
    dropped = dict(recording.stats().dropped)
    assert dropped["raw"] >= 56 and dropped["annotated"] >= 53
    Writer.gate.set()
    recording.stop()
    assert recording.wait(PATIENCE_S)
    written, dropped = dict(recording.stats().frames), dict(recording.stats().dropped)
    assert [written[kind] + dropped[kind] for kind in ("annotated", "raw")] == [60, 60]


def test_a_picture_larger_than_all_room_is_recorded(tmp_path: Path, writers: list[Writer]) -> None:
    recording = recorder(tmp_path, make_video=Writer, queue_bytes=1)
    feed(recording, 0, 1)
    recording.stop()
    assert recording.wait(PATIENCE_S) and dict(recording.stats().frames)["annotated"] == 1


def test_a_result_that_comes_too_late_for_its_picture_does_not_bring_it_twice(tmp_path: Path) -> None:
    recording = recorder(tmp_path, queue_frames=4)
    frames = [Frame(index, index / 30, picture(index)) for index in range(8)]
    for frame in frames:
        recording.put_captured(frame)
    wait_for(lambda: dict(recording.stats().frames)["annotated"] == 4)
    recording.put_processed(frames[1], made_result(1, (1,)))  # written already, as it could wait no longer
    recording.put_processed(frames[7], made_result(7, (1,)))
    recording.stop()
    assert recording.wait(PATIENCE_S)
    with VideoFile(*recording.stats().files) as video:
        assert [frame.time_s for frame in video] == pytest.approx([index / 30 for index in range(8)], abs=1e-4)


def test_a_full_disk_closes_the_file_and_is_said(tmp_path: Path, writers: list[Writer]) -> None:
    Writer.fails_at = 5
    recording = recorder(tmp_path, make_video=Writer)
    feed(recording, 0, 10)
    wait_for(lambda: recording.stats().message)
    assert recording.stats().message == "The disk is full." and writers[0].closed
    feed(recording, 10, 20)
    recording.stop()
    assert recording.wait(PATIENCE_S) and len(writers) == 1 and dict(recording.stats().frames)["annotated"] == 5


def test_it_stops_before_the_disk_is_full(tmp_path: Path) -> None:
    recording = recorder(tmp_path, min_free_bytes=1 << 60)
    feed(recording, 0, 3)
    wait_for(lambda: recording.stats().message)
    assert "MB are left" in recording.stats().message and list(tmp_path.iterdir()) == []


def test_an_error_while_drawing_is_said_and_the_raw_video_goes_on(tmp_path: Path) -> None:
    class Broken(Writer):
        def write(self, frame: Frame, result: FrameResult | None) -> None:
            if result is not None:
                raise KeyError("colour")
            super().write(frame, result)

    recording = recorder(tmp_path, make_video=Broken, raw=True)
    feed(recording, 0, 10)
    recording.stop()
    assert recording.wait(PATIENCE_S)
    assert "colour" in recording.stats().message and dict(recording.stats().frames) == {"annotated": 0, "raw": 10}


def test_what_cannot_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Recordings can't be saved"):
        Recorder(RecordingSettings(tmp_path / "file" / "x", "walk"), SceneStyle)
    with pytest.raises(ValueError):
        RecordingSettings(tmp_path, "walk", annotated=False)
    with pytest.raises(ValueError):
        RecordingSettings(tmp_path, "walk", queue_frames=0)


FORGETFUL = """
import sys
from pathlib import Path
from app.engine.recorder import Recorder, RecordingSettings
from app.engine.session_writer import SessionWriter
from tests.fakes import picture
from tests.results import made_header, made_result
from tracking.drawing.style import PictureLayers, SceneStyle
from tracking.session.session import Session
from tracking.types import Frame
folder = Path(sys.argv[1])
recorder = Recorder(RecordingSettings(folder, "walk"), SceneStyle)
writer = SessionWriter(Session.create(folder / "walk_session.ppnet", made_header()))
for index in range(20):
    recorder.put_processed(Frame(index, index / 30, picture(index)), made_result(index))
    writer.put(made_result(index))
raise SystemExit("the window broke")
"""


def test_a_program_that_ends_without_stopping_still_finishes_its_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL, str(tmp_path)], timeout=PATIENCE_S, capture_output=True, text=True
    )
    assert "the window broke" in done.stderr
    with VideoFile(tmp_path / "walk_annotated.mp4") as video, Session.open(tmp_path / "walk_session.ppnet") as session:
        assert len(list(video)) == 20 and session.frame_count == 20
    assert len(list(tmp_path.iterdir())) == 2


def test_memory_in_use() -> None:
    with mmap.mmap(-1, 40_000_000) as block:  # never memory that was freed before
        before = resident_bytes()
        block[:] = b"1" * len(block)
        assert resident_bytes() - before > 30_000_000


def test_every_captured_picture_is_in_the_annotated_video_with_the_newest_people(tmp_path: Path) -> None:
    """A network that reads every eighth picture: the others hold its people, their boxes dashed."""
    written: list[tuple[Frame, FrameResult | None]] = []

    class Listed:
        def __init__(self, path: Path, *_rest: object) -> None:
            path.touch()

        def write(self, frame: Frame, result: FrameResult | None) -> None:
            written.append((frame, result))

        def close(self) -> None:
            pass

    hides = [False]
    recording = recorder(tmp_path, make_video=Listed, style=lambda: SceneStyle(PictureLayers(blur_faces=hides[0])))
    frames = [Frame(index, index / 30, picture(index)) for index in range(40)]
    for frame in frames:
        recording.put_captured(frame)
        if frame.index % 8 == 4 and frame.index > 4:  # the result is late by four pictures
            recording.put_processed(frames[frame.index - 4], made_result(frame.index - 4, (1,)))
        hides[0] = frame.index >= 32
    recording.stop()
    assert recording.wait(PATIENCE_S)
    assert [frame.index for frame, _ in written] == [*range(25), 32], "while faces are hidden nothing may lag"
    own = [frame.index for frame, result in written if result is not None and frame.index == result.frame_index]
    assert own == [8, 16, 24, 32]
    _, ninth = written[9]
    assert ninth is not None and ninth.frame_index == 8
    assert set(ninth.tracks.states.tolist()) == {int(TrackState.PREDICTED)}
