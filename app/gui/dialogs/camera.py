"""Which camera, which size, which rate. What the camera really gives stands on the Diagnostics page."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.gui.dialogs.buttons import agree_or_cancel
from tracking.video.camera import CameraInfo

SIZES = ((640, 480), (800, 600), (1280, 720), (1920, 1080))
RATES = (15.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True)
class CameraWish:
    """What is asked of a camera; None leaves the choice to it."""

    size_wh: tuple[int, int] | None = None
    frame_rate: float | None = None

    def as_options(self) -> dict[str, object]:
        """The wishes that there are, by name."""
        named = {"size_wh": self.size_wh, "frame_rate": self.frame_rate}
        return {name: value for name, value in named.items() if value is not None}


class CameraDialog(QDialog):
    """Emits `chosen(CameraInfo, CameraWish)`."""

    chosen = Signal(object, object)

    def __init__(self, cameras: Sequence[CameraInfo], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Use a camera")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._cameras = tuple(cameras)
        self.camera, self.size_wh, self.rate = QComboBox(), QComboBox(), QComboBox()
        for camera in self._cameras:
            self.camera.addItem(f"{camera.name} ({camera.index})")
        self.size_wh.addItem("automatic", None)
        for width, height in SIZES:
            self.size_wh.addItem(f"{width} × {height}", (width, height))
        self.rate.addItem("automatic", None)
        for rate in RATES:
            self.rate.addItem(f"{rate:g} fps", rate)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Camera", self.camera)
        form.addRow("Picture", self.size_wh)
        form.addRow("Rate", self.rate)
        note = QLabel("If the camera can't do this, the closest it can do is used; see the Diagnostics page.")
        note.setWordWrap(True)
        note.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(agree_or_cancel(self, "Use camera", self._use))

    def _use(self) -> None:
        wish = CameraWish(self.size_wh.currentData(), self.rate.currentData())
        self.chosen.emit(self._cameras[self.camera.currentIndex()], wish)
        self.close()
