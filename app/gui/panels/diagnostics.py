"""The page of diagnostics: what really runs, how long it takes, what was left out and why."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from app.engine.life_cycle import CameraState, EngineState
from app.engine.run_status import RunStatus
from app.gui.look.theme import as_panel, fill_scrolled
from tracking.types import StageTimes

STATES = {
    EngineState.STOPPED: "not running",
    EngineState.STARTING: "starting",
    EngineState.RUNNING: "running",
    EngineState.STOPPING: "stopping",
    EngineState.FAULTED: "stopped by an error",
}
ROWS = (
    ("work", "Status", "What the program is doing"),
    ("device", "Runs on", "The device in use, which may not be the one you asked for"),
    ("weights", "Weights", "Network, its file and the first digits of its SHA-256"),
    ("detector", "Person detector", ""),
    ("picture", "Picture", "Width and height in pixels, rate of the source; if it varies, lowest and highest too"),
    ("rates", "Frames per second", "Received / tracked / shown"),
    ("detect", "Detection", "Milliseconds per frame; 0 where boxes are carried over"),
    ("pose", "Joints", "Milliseconds per frame for everyone together"),
    ("other", "Tracking and smoothing", "Milliseconds per frame"),
    ("delay", "Camera to screen", "Median of the last seconds"),
    ("dropped", "Skipped", "Frames that were not tracked, and why"),
    ("shed", "Reduced", "What was reduced because the computer can't keep up"),
    ("memory", "Memory", "Used by the whole program"),
    ("silence", "Network", "Used only while a network camera is open"),
)  # fmt: skip


def work_text(status: RunStatus) -> str:
    """What the engine does, in words."""
    if status.is_live and status.camera is CameraState.LOST:
        return "camera lost, waiting for it"
    if status.complete:
        return f"done: all {status.done or status.total or 0} frames tracked"
    words = STATES[status.state]
    if not status.is_live and status.total:
        words += f", {status.done} of {status.total} frames tracked"
        if status.eta_s is not None and status.state is EngineState.RUNNING:
            words += f", {duration_text(status.eta_s)} left"
    return words


def duration_text(seconds: float) -> str:
    """A length of time in words: 8 s, 3 min 5 s, 2 h 4 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size_text(size_bytes: int) -> str:
    """An amount of memory in words: 3.1 MB, 212 GB."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB" if size < 100 else f"{size:.0f} GB"


class DiagnosticsPanel(QWidget):
    """Labels that follow the figures."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm = QLabel()
        self.alarm.setWordWrap(True)
        self.alarm.setProperty("danger", True)
        self.alarm.hide()
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._values: dict[str, QLabel] = {}
        for name, words, tip in ROWS:
            head, value = QLabel(words), QLabel("–")
            head.setProperty("muted", True)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for label in (head, value):
                label.setToolTip(tip)
            form.addRow(head, value)
            self._values[name] = value
        self._values["silence"].setText("not used")
        inner = QWidget()
        as_panel(inner)
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addWidget(self.alarm)
        column.addLayout(form)
        column.addStretch(1)
        fill_scrolled(self, inner)

    def text(self, name: str) -> str:
        """What stands in a row."""
        return self._values[name].text()

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """What doesn't change while a run goes: weights, detector, picture."""
        for name, words in facts:
            self._values[name].setText(words)

    def show_status(self, status: RunStatus, *, asked_device: str) -> None:
        """What changes."""
        times = status.times
        texts = {
            "work": work_text(status),
            "device": status.device or "–",
            "rates": f"{status.capture_fps:.0f} in, {status.process_fps:.0f} tracked, {status.display_fps:.0f} shown",
            "detect": _ms(times.detect_s, times),
            "pose": _ms(times.pose_s, times),
            "other": _ms(times.track_s + times.smooth_s, times),
            "delay": "–" if status.delay_s is None else f"{1000 * status.delay_s:.0f} ms",
            "dropped": ", ".join(f"{count} {why}" for why, count in status.dropped.items() if count) or "none",
            "shed": ", ".join(status.shed) or "nothing",
            "memory": size_text(status.memory_bytes) if status.memory_bytes else "–",
        }
        for name, words in texts.items():
            self._values[name].setText(words)
        self.alarm.setText(device_alarm(asked_device, status.device))
        self.alarm.setVisible(bool(self.alarm.text()))


def _ms(seconds: float, times: StageTimes) -> str:
    return f"{1000 * seconds:.1f} ms" if times.total_s > 0 else "–"


def device_alarm(asked: str, really: str) -> str:
    """A loud sentence when another device runs than was asked for; empty when all is well."""
    if not really or asked in ("", "auto") or asked.lower() in really.lower():
        return ""
    return f"You asked for {asked.upper()}, but {really} is in use, which is much slower."
