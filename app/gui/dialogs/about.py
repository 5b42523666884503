"""About: version, what it is built on, licences."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTabWidget, QTextBrowser, QVBoxLayout, QWidget

import ppnet
from app.gui.look.theme import small_font, tokens

ROOT = Path(__file__).resolve().parents[3]
PAPER = (
    "The joints are found by PPNet: Zhao, Luo, Wang, Zhu, Tian, "
    "“Estimating Human Pose Efficiently by Parallel Pyramid Networks”, IEEE Transactions on Image Processing, 2021."
)
PARTS = (
    ("PyTorch", "BSD 3-Clause"),
    ("Qt for Python (PySide6)", "LGPL 3"),
    ("pyqtgraph", "MIT"),
    ("MediaPipe", "Apache 2.0"),
    ("EfficientDet-Lite0, NanoDet (person detectors)", "Apache 2.0"),
    ("PyAV and FFmpeg", "BSD 3-Clause; LGPL / GPL as built into the PyAV package"),
    ("OpenCV", "Apache 2.0"),
    ("FilterPy", "MIT"),
    ("NumPy, SciPy", "BSD 3-Clause"),
    ("safetensors", "Apache 2.0"),
    ("platformdirs, tqdm", "MIT; MPL 2.0 and MIT"),
)


def parts_html() -> str:
    """What the program is built on, as a table."""
    rows = "".join(f"<tr><td style='padding:3px 18px 3px 0'>{name}</td><td>{terms}</td></tr>" for name, terms in PARTS)
    return f"<p>PPNet Live is free software under the Apache License 2.0. It is built on:</p><table>{rows}</table>"


def file_text(name: str) -> str:
    """The text of a file of the repository or the installed package; a sentence where it is not there."""
    path = ROOT / name
    if path.exists():
        return path.read_text(encoding="utf-8", errors="replace")
    from importlib.metadata import PackageNotFoundError, files

    try:
        found = [entry for entry in files("ppnet-live") or () if entry.name == name]
    except PackageNotFoundError:
        found = []
    return found[0].read_text() if found else f"The file {name} is not part of this installation."


class AboutDialog(QDialog):
    """Three pages: about, licences of the parts, licence of the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About PPNet Live")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 480)
        title = QLabel("PPNet Live")
        title.setFont(small_font(title.font(), bold=True, step=9))
        version = QLabel(f"Version {ppnet.__version__}")
        version.setProperty("muted", True)
        tabs = QTabWidget()
        tabs.addTab(self._page(f"<p>Human poses from video: everyone found, followed, smoothed and measured.</p>"
                               f"<p>{PAPER}</p><p>It works offline: no pictures, results or usage data leave this "
                               "computer.</p>"), "About")  # fmt: skip
        tabs.addTab(self._page(parts_html()), "Built on")
        tabs.addTab(self._plain(file_text("NOTICE")), "Notices")
        tabs.addTab(self._plain(file_text("LICENSE")), "Licence")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        for part in (title, version, tabs, buttons):
            column.addWidget(part)

    def _page(self, html: str) -> QTextBrowser:
        page = QTextBrowser()
        page.setHtml(html)
        page.setFrameShape(QTextBrowser.Shape.NoFrame)
        page.setStyleSheet(f"background: {tokens().panel}; padding: 8px;")
        return page

    def _plain(self, text: str) -> QTextBrowser:
        page = self._page("")
        page.setPlainText(text)
        page.setFont(small_font(page.font(), step=-1))
        return page
