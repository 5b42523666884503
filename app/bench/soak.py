"""A long live run from a looped, recorded clip: what memory, threads, open files and delay do meanwhile."""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.engine.live import LiveEngine
from app.engine.memory import resident_bytes
from app.engine.recorder import RecordingSettings
from app.presets import SHED_STEPS
from app.runs.run_source import open_run_source
from app.runs.session_header import run_header
from app.runs.track_processor import build_processor
from ppnet.errors import UserError
from tracking.drawing.style import SceneStyle
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.types import Frame
from tracking.video.source import ClosingSource

PAINT_S = 1 / 30
SETTLING_S = 300.0
"""Memory is compared with that after so long (a quarter of the run, where that is shorter)."""
FINISH_S = 600.0
LOOK_EVERY_S = 10.0
FEWEST_LOOKS = 24
LONGEST_GAP_S = 0.2
FIGURES = (
    ("memory_bytes", "memory, MB", 1e-6),
    ("threads", "threads", 1.0),
    ("open_files", "open files", 1.0),
    ("delay_s", "delay, s", 1.0),
    ("fps", "frames a second", 1.0),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How it stood after `time_s`. threads: all of the process, those of libraries too (where the system tells).
    delay_s: from camera to screen, the median of the last seconds."""

    time_s: float
    memory_bytes: int
    threads: int
    open_files: int
    delay_s: float | None
    fps: float


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak that is over.

    stop_s: what `stop` took; finished_s: until the recording was finished too. stored: frames in the session;
    recorded: in each video.
    """

    looks: tuple[Look, ...]
    stop_s: float
    finished_s: float
    stored: int
    recorded: dict[str, int]
    dropped: dict[str, int]
    notices: tuple[str, ...]

    def as_text(self) -> str:
        """The figures in a few lines."""
        parts = settled_and_late(self.looks)
        recorded = f"{sum(self.recorded.values())} recorded in {len(self.recorded)} videos"
        lines = [f"{self.looks[-1].time_s / 60:.1f} minutes, {self.stored} frames stored, {recorded}"]
        for name, words, factor in FIGURES:
            values = [[value for look in part if (value := getattr(look, name)) is not None] for part in parts]
            if all(values):
                first, last = (statistics.median(part) * factor for part in values)
                lines.append(f"{words}: {first:.4g} at first, {last:.4g} at the end")
        lines.append(f"stop() took {self.stop_s:.2f} s, the recording was finished after {self.finished_s:.2f} s")
        lines += [f"{reason}: {count} frames" for reason, count in self.dropped.items() if count]
        return "\n".join([*lines, *self.notices])


def settled_and_late(looks: Sequence[Look]) -> tuple[Sequence[Look], Sequence[Look]]:
    """The looks just after settling, and as many from the end: a twentieth of all, at least one."""
    some = max(1, len(looks) // 20)
    return [look for look in looks if look.time_s >= settled_s(looks)][:some], looks[-some:]


def settled_s(looks: Sequence[Look]) -> float:
    """From when on growth counts."""
    return min(SETTLING_S, looks[-1].time_s / 4)


class LoopedCamera(ClosingSource):
    """A clip again and again at its own rate, as a camera would send it: what nobody takes in time is lost. A computer
    too busy to read the clip that fast gets a picture every `LONGEST_GAP_S`: a camera would not fall silent."""

    def __init__(self, clip: str, settings: RunSettings) -> None:
        self._clip, self._settings = clip, settings
        self._closed = threading.Event()
        with open_run_source(settings, clip) as source:
            self._info = replace(source.info, path=None, is_live=True, has_audio=False)

    def __iter__(self) -> Iterator[Frame]:
        begun_s, offset_s, index = time.monotonic(), 0.0, 0
        given_s = begun_s
        step_s = 1 / float(self.info.frame_rate or 30)
        while not self._closed.is_set():
            first_s, last_s = None, 0.0
            with open_run_source(self._settings, self._clip) as source:
                for frame in source:
                    first_s = frame.time_s if first_s is None else first_s
                    last_s = frame.time_s - first_s
                    left_s = begun_s + offset_s + last_s - time.monotonic()
                    if self._closed.wait(max(0.0, left_s)):
                        return
                    if left_s > -2 * step_s or time.monotonic() - given_s > LONGEST_GAP_S:
                        yield Frame(index, offset_s + last_s, frame.image)
                        given_s = time.monotonic()
                    index += 1
            if first_s is None:
                raise UserError(f"{self.info.name} has no frames.")
            offset_s += last_s + step_s

    def close(self) -> None:
        """Ends the waiting too."""
        self._closed.set()


def soak(clip: str, settings: RunSettings, minutes: float, tell: Callable[[str], object]) -> Soak:
    """Runs live for that long, with session and recording in a folder that is removed at the end. UserError when the
    clip can't be read or the run ends by itself."""
    camera = LoopedCamera(clip, settings)
    with tempfile.TemporaryDirectory(prefix="ppnet-soak-") as folder:
        place = Path(folder) / "soak_session.ppnet"
        session = Session.create(place, run_header(camera.info, settings))
        engine = LiveEngine(lambda: camera, build_processor, settings, steps=SHED_STEPS, session=session)
        engine.start()
        try:
            looks = _watched(engine, Path(folder), minutes * 60, tell)
        finally:
            status, begun_s = engine.status(), time.monotonic()
            engine.stop()
            stop_s = time.monotonic() - begun_s
        engine.stop(FINISH_S)
        finished_s = time.monotonic() - begun_s
        with Session.open(place) as stored:
            count = stored.frame_count
        recorded = {}
        for video in sorted(Path(folder).glob("*.mp4")):
            with open_run_source(RunSettings(), video) as source:
                recorded[video.name] = source.info.frame_count or 0
    notices = tuple(notice.words for notice in status.notices)
    return Soak(tuple(looks), stop_s, finished_s, count, recorded, dict(status.dropped), notices)


def _watched(
    engine: LiveEngine[RunSettings], folder: Path, seconds: float, tell: Callable[[str], object]
) -> list[Look]:
    """Paints and looks, as the window does. UserError when the run ends by itself."""
    looks: list[Look] = []
    every_s = min(LOOK_EVERY_S, seconds / FEWEST_LOOKS)
    told_every = max(1, round(seconds / every_s / 12))
    begun_s, recording = time.monotonic(), False
    while (now_s := time.monotonic() - begun_s) < seconds or not looks:
        time.sleep(PAINT_S)
        if (view := engine.view()) is not None:
            engine.painted(view)
        if not engine.state.is_active:
            raise UserError(" ".join(notice.words for notice in engine.status().notices) or "The run ended by itself.")
        if view is None or view.result is None:
            continue
        if not recording:
            engine.start_recording(RecordingSettings(folder, "soak", raw=True), SceneStyle)
            recording = True
        if now_s >= (looks[-1].time_s + every_s if looks else 0.0):
            looks.append(_look(engine, now_s))
            if len(looks) % told_every == 0:
                tell(f"{now_s / 60:.1f} min: {looks[-1].memory_bytes / 1e6:.0f} MB, {looks[-1].threads} threads")
    return looks


def _look(engine: LiveEngine[RunSettings], now_s: float) -> Look:
    status = engine.status()
    return Look(
        round(now_s, 2),
        resident_bytes(),
        _entries("/proc/self/task") or threading.active_count(),
        _entries("/proc/self/fd"),
        status.delay_s,
        status.process_fps,
    )


def _entries(folder: str) -> int:
    return len(os.listdir(folder)) if os.path.isdir(folder) else 0
