"""The real window, offscreen: settings in a temporary folder, no dialog may block, nothing may be left running."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import shutil
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from app.engine.live_options import LiveOptions
from app.gui.application import make_window
from app.gui.main_window import MainWindow
from app.presets import SHED_STEPS
from app.runs.file_run import FileRun
from app.workspace.opened import Factories, Opened
from app.workspace.picture_feed import Picture
from ppnet.errors import UserError
from ppnet.network_view import Insight
from ppnet.skeleton import COCO_17
from tests.clips import make_clip
from tests.fakes import PATIENCE_S, FakeCameraPort, SteadyClock
from tests.results import made_result
from tracking.focus_person import FocusFilter
from tracking.run_settings import RunSettings
from tracking.session.edit_plan import select_rows
from tracking.session.format import SessionHeader
from tracking.session.session import Session, session_path
from tracking.types import Frame, FrameResult
from tracking.video.factory import open_source
from tracking.video.source import VideoInfo

SIZE_WH = (640, 480)
FRAMES = 60


def grey(index: int, size_wh: tuple[int, int]) -> np.ndarray:
    return np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)


@dataclass
class MadeProcessor:
    """People 1 and 2 of `made_result`; with settings it shows what it was given."""

    settings: RunSettings
    device_name: str = "cpu, stand-in"
    seen: list[RunSettings] = field(default_factory=list)
    delay_s: float = 0.0
    hold: threading.Event | None = None
    one: FocusFilter | None = None
    resets: int = 0  # numbers go on after each, as those of the tracker do

    def process(self, frame: Frame) -> FrameResult:
        if self.hold is not None:
            self.hold.wait(PATIENCE_S)
        if self.delay_s:
            threading.Event().wait(self.delay_s)
        self.seen.append(self.settings)
        result = made_result(frame.index, (1, 2)[: self.settings.tracker.max_people or 2], time_s=frame.time_s)
        result = select_rows(result, range(len(result)), ids=result.tracks.ids + 2 * self.resets)
        return self._alone(result) if self.settings.only is not None else result

    def _alone(self, result: FrameResult) -> FrameResult:
        wanted = self.settings.only
        if self.one is None or self.one.focus.place != wanted:
            self.one = FocusFilter(wanted)
        ids = self.one.kept(result.tracks, result.raw, result.time_s)[0].ids
        return select_rows(result, [row for row, i in enumerate(result.tracks.ids) if i in ids])

    def expect(self, frame: Frame) -> None:
        pass

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass


def made_insight(image: np.ndarray, boxes: np.ndarray) -> Insight:
    """One warm spot in the middle of each box, for every joint."""
    heatmaps = np.zeros((len(boxes), 17, 64, 48), np.float32)
    heatmaps[:, :, 28:36, 20:28] = 0.9
    branches = ((np.eye(16, dtype=np.float32), np.eye(8, dtype=np.float32)),)
    return Insight(heatmaps, boxes.astype(float), COCO_17, branches)


@dataclass
class Studio:
    """What the tests turn: the camera's port, and the processor in use."""

    port: FakeCameraPort
    folder: Path
    processor: MadeProcessor | None = None
    wishes: list[dict] = field(default_factory=list)
    delay_s: float = 0.0
    hold: threading.Event | None = None
    gone: str | None = None  # weights that are not there
    loaded: threading.Event | None = None  # until then the network is being loaded

    def build(self, settings: RunSettings, current: MadeProcessor | None) -> MadeProcessor:
        if self.loaded is not None:
            self.loaded.wait(PATIENCE_S)
        if self.gone is not None and settings.network.weights == self.gone:
            raise UserError(f"There are no weights {self.gone}.")
        if current is None:
            current = self.processor = MadeProcessor(settings, delay_s=self.delay_s, hold=self.hold)
        current.settings = settings
        return current

    def open_source(self, spec: object, **wish: object) -> object:
        if not str(spec).startswith("camera:"):
            return open_source(str(spec))
        self.wishes.append(wish)
        return self.port.open()

    def header(self, info: VideoInfo, settings: RunSettings) -> SessionHeader:
        if self.gone is not None and settings.network.weights == self.gone:
            raise UserError(f"There are no weights {self.gone}.")
        return SessionHeader(info, settings.to_plain(), settings.network.weights or "M2-D2-W32", "ab" * 32)

    def factories(self) -> Factories:
        return Factories(
            open_source=self.open_source,
            build=self.build,
            header=self.header,
            looker=lambda settings: made_insight,
            steps=SHED_STEPS,
            memory=lambda: 123_000_000,
        )


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    for name in ("PPNET_LIVE_CONFIG", "PPNET_LIVE_DATA"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setattr("platformdirs.user_videos_dir", lambda: str(tmp_path / "videos"))
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "log"))


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A computer that is busy for a while loses no camera, plays no film behind its back, and ends what it begins."""
    monkeypatch.setattr("app.engine.live.LiveOptions", partial(LiveOptions, lost_after_s=PATIENCE_S))
    monkeypatch.setattr("app.engine.player.time", SimpleNamespace(monotonic=SteadyClock()))
    monkeypatch.setattr(Opened, "stop_s", PATIENCE_S)


@pytest.fixture(autouse=True)
def no_box_blocks(monkeypatch):
    def blocked(*_args, **_kwargs):
        raise AssertionError("a message box would stand in front of the video")

    for name in ("exec", "information", "warning", "critical", "question"):
        monkeypatch.setattr(QMessageBox, name, blocked)


@pytest.fixture(autouse=True)
def nothing_left_running():
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_S)
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert not left, f"threads left: {left}"


@pytest.fixture
def qtbot(qtbot):
    """It waits with as much patience as `wait_for`."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=round(1000 * PATIENCE_S))
    qtbot.waitSignal = partial(qtbot.waitSignal, timeout=round(1000 * PATIENCE_S))
    return qtbot


@pytest.fixture
def studio(tmp_path) -> Studio:
    return Studio(FakeCameraPort(fps=30, size_wh=SIZE_WH, make=lambda index, size_wh: grey(index, size_wh)), tmp_path)


@pytest.fixture(scope="session")
def made_clip(tmp_path_factory) -> Path:
    """RGB inside, packed by lines, which is read in less time than other formats that keep every colour."""
    path, stored = tmp_path_factory.mktemp("clip") / "walk.mov", {"codec": "qtrle", "pix_fmt": "rgb24"}
    made = make_clip(path, FRAMES, size_wh=SIZE_WH, painter=grey, sound="aac", **stored)
    return made.rename(path.with_suffix(".mp4"))


@pytest.fixture(scope="session")
def made_session(made_clip) -> Path:
    """The clip as a run with the settings of a new window tracks it; its video is found beside it, wherever it lies."""
    studio, path = Studio(FakeCameraPort(), made_clip.parent), session_path(made_clip)
    with open_source(made_clip) as source:
        header = studio.header(replace(source.info, path=Path(made_clip.name)), RunSettings())
    with Session.create(path, header) as session:
        run = FileRun(lambda: open_source(made_clip), studio.build, RunSettings(), session=session)
        run.start()
        assert run.wait(PATIENCE_S) and session.complete
    return path


@pytest.fixture
def clip(made_clip, tmp_path) -> Path:
    """A video of its own for each test: its session lies beside it."""
    path = tmp_path / "walk.mp4"
    path.write_bytes(made_clip.read_bytes())
    return path


@pytest.fixture
def window(qtbot, studio) -> MainWindow:
    """Shown, and gone with the test: the next one would dress all that is left of it."""
    app = QApplication.instance()
    shown = make_window(app, factories=studio.factories())
    shown.resize(1200, 800)
    shown.show()
    yield shown
    shown.close()
    assert not shown.timers.are_running
    shown.deleteLater()
    app.sendPostedEvents(shown, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def open_clip(qtbot, window, clip, made_session):
    """Opens the clip with a copy of what was tracked of it, or `anew`: tracked by this window. Stands on frame 20."""

    def opened(path: Path = clip, *, anew: bool = False) -> MainWindow:
        if path == clip and not anew and not session_path(clip).exists():
            shutil.copy(made_session, session_path(clip))
        window.files.open_path(path)
        qtbot.waitUntil(lambda: window.workspace.run is not None)
        qtbot.waitUntil(lambda: window.workspace.run.session.complete and window.view.picture is not None)
        window.workspace.run.player.pause()
        go_to(qtbot, window, 20)
        return window

    return opened


def go_to(qtbot, window: MainWindow, frame_index: int) -> Picture:
    """Waits until that frame is on the screen with its result."""
    window.playback.seek_frame(frame_index)
    qtbot.waitUntil(lambda: shown_frame(window) == frame_index and window.view.picture.result is not None)
    return window.view.picture


def choose(window: MainWindow, name: str, value: object) -> None:
    """What somebody does who picks a value from the drop-down of that setting."""
    box = window.controls.widgets[name]
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def press(dialog: QWidget, words: str) -> None:
    """What somebody does who presses the button with these words."""
    (button,) = (button for button in dialog.findChildren(QPushButton) if button.text() == words)
    button.click()


def shown_frame(window: MainWindow) -> int | None:
    return window.view.picture.frame.index if window.view.picture is not None else None


def pixels(window: MainWindow) -> np.ndarray:
    """(H, W, 3) what the picture shows, at its own size."""
    return rgb_of(window.view.snapshot())


def rgb_of(image: QImage) -> np.ndarray:
    """(H, W, 3) of an image with four bytes a pixel."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return data[..., 2::-1].copy()
