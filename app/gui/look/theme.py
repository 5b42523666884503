"""Colours and style of the window: light and dark by the system, one table of tokens for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ppnet.assets import ASSETS
from tracking.drawing.colors import track_color


@dataclass(frozen=True)
class Tokens:
    """Named colours; everything that is drawn takes its colour from here."""

    ground: str
    panel: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    stage: str  # behind the picture
    good: str = "#2fa36b"
    warning: str = "#c98a1b"
    danger: str = "#d9434e"


LIGHT = Tokens(
    ground="#f3f4f7",
    panel="#ffffff",
    raised="#eceef2",
    border="#d8dce3",
    text="#1b2028",
    muted="#5f6b7d",
    accent="#1f6feb",
    on_accent="#ffffff",
    stage="#22252b",
)
DARK = Tokens(
    ground="#14161b",
    panel="#1b1e25",
    raised="#272b35",
    border="#343a47",
    text="#e7eaf0",
    muted="#98a2b3",
    accent="#5aa2ff",
    on_accent="#0b1220",
    stage="#0b0c0f",
    good="#45c486",
    warning="#e8b04a",
    danger="#ff6b74",
)

CURVE_COLOURS = ("#3d8bfd", "#f0883e", "#2fa36b", "#b072ff", "#e5534b", "#14a3a3")


def person_colour(person_id: int) -> QColor:
    """The colour of a person's box, label, trail and lane; the same as in recordings."""
    return QColor(*track_color(person_id))


def is_dark() -> bool:
    """Whether the dark look is in use: the one that was asked for, else the system's."""
    app = QApplication.instance()
    look = str(app.property("look") or "system") if app is not None else "system"
    if look != "system":
        return look == "dark"
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def tokens() -> Tokens:
    """The colours in use now."""
    return DARK if is_dark() else LIGHT


def small_font(widget_font: QFont, *, bold: bool = False, step: float = -1.0) -> QFont:
    """The given font, `step` points larger (smaller when negative)."""
    font = QFont(widget_font)
    font.setPointSizeF(max(font.pointSizeF() + step, 6.0))
    font.setBold(bold)
    return font


def _palette(colours: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    table = {
        role.Window: colours.ground,
        role.WindowText: colours.text,
        role.Base: colours.panel,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.PlaceholderText: colours.muted,
        role.Mid: colours.border,
        role.Midlight: colours.raised,
        role.Dark: colours.border,
        role.Light: colours.panel,
        role.Shadow: colours.border,
        role.Accent: colours.accent,
    }
    for which, colour in table.items():
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.ButtonText, role.WindowText):
        faded = QColor(colours.muted)
        faded.setAlpha(140)
        palette.setColor(QPalette.ColorGroup.Disabled, which, faded)
    return palette


def style_sheet(colours: Tokens) -> str:
    """The rules that make Fusion's widgets lighter."""
    art = (ASSETS / "icons").as_posix()
    return f"""
    QToolTip {{ color: {colours.text}; background: {colours.raised}; border: 1px solid {colours.border};
                padding: 4px 6px; }}
    QMenuBar {{ background: {colours.ground}; border-bottom: 1px solid {colours.border}; }}
    QMenuBar::item {{ padding: 5px 10px; background: transparent; border-radius: 4px; }}
    QMenuBar::item:selected {{ background: {colours.raised}; }}
    QMenu {{ background: {colours.panel}; border: 1px solid {colours.border}; padding: 4px; }}
    QMenu::item {{ padding: 5px 28px 5px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {colours.accent}; color: {colours.on_accent}; }}
    QMenu::item:disabled {{ color: {colours.muted}; background: transparent; }}
    QMenu::separator {{ height: 1px; background: {colours.border}; margin: 4px 8px; }}
    QPushButton {{ background: {colours.raised}; border: 1px solid {colours.border}; border-radius: 6px;
                   padding: 5px 12px; }}
    QPushButton:hover {{ border-color: {colours.accent}; }}
    QPushButton:pressed {{ background: {colours.border}; }}
    QPushButton:disabled {{ color: {colours.muted}; border-color: {colours.raised}; }}
    QPushButton:checked, QPushButton[primary="true"] {{ background: {colours.accent}; color: {colours.on_accent};
                   border-color: {colours.accent}; }}
    QPushButton[primary="true"]:disabled {{ background: {colours.raised}; color: {colours.muted};
                   border-color: {colours.raised}; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }}
    QToolButton:hover {{ background: {colours.raised}; }}
    QToolButton:checked {{ background: {colours.raised}; border-color: {colours.border}; }}
    QToolButton:disabled {{ color: {colours.muted}; }}
    QPushButton:focus, QToolButton:focus {{ border: 1px solid {colours.accent}; outline: none; }}
    QPushButton:checked:focus, QPushButton[primary="true"]:focus {{ border: 1px solid {colours.text}; }}
    QComboBox, QLineEdit, QAbstractSpinBox {{ background: {colours.panel}; border: 1px solid {colours.border};
                   border-radius: 6px; padding: 4px 8px; min-height: 18px; }}
    QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus {{ border-color: {colours.accent}; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url({art}/chevron-down.svg); width: 12px; height: 12px; }}
    QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {colours.muted}; background: {colours.ground}; }}
    QComboBox {{ combobox-popup: 0; }}
    QComboBox QAbstractItemView {{ outline: none; background: {colours.panel}; border: 1px solid {colours.border};
                   selection-background-color: {colours.accent}; selection-color: {colours.on_accent}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 20px; background: transparent; }}
    QAbstractSpinBox::up-arrow {{ image: url({art}/chevron-up.svg); width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: url({art}/chevron-down.svg); width: 10px; height: 10px; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {colours.border}; border-radius: 4px;
                   background: {colours.raised}; }}
    QCheckBox::indicator:hover, QCheckBox:focus::indicator {{ border-color: {colours.accent}; }}
    QCheckBox:focus {{ background: {colours.raised}; color: {colours.accent}; border-radius: 4px; }}
    QCheckBox::indicator:checked {{ background: {colours.accent}; border-color: {colours.accent};
                   image: url({art}/tick.svg); }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {colours.border}; }}
    QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {colours.accent}; }}
    QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -6px 0; border-radius: 8px;
                   background: {colours.panel}; border: 2px solid {colours.accent}; }}
    QSlider::handle:horizontal:focus {{ background: {colours.accent}; border-color: {colours.text}; }}
    QSlider::handle:horizontal:disabled {{ border-color: {colours.border}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {colours.border}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {colours.border}; border-radius: 4px; margin: 1px; min-height: 28px;
                   min-width: 28px; }}
    QScrollBar::handle:hover {{ background: {colours.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ width: 0; height: 0;
                   background: none; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {colours.border}; background: {colours.panel}; }}
    QTabBar {{ background: {colours.ground}; }}
    QTabBar::tab {{ background: transparent; color: {colours.muted}; padding: 7px 14px; border: none;
                    border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {colours.text}; border-bottom: 2px solid {colours.accent}; }}
    QTabBar::tab:hover {{ color: {colours.text}; }}
    QTabBar::tab:selected:focus {{ color: {colours.accent}; }}
    QTableView, QTreeView, QListView {{ background: {colours.panel}; border: none; outline: none;
                    selection-background-color: {colours.raised}; selection-color: {colours.text}; }}
    QListWidget::item {{ padding: 7px 10px; border-radius: 6px; }}
    QComboBox QAbstractItemView::item {{ padding: 3px 6px; min-height: 18px; }}
    QListWidget::item:selected, QComboBox QAbstractItemView::item:selected {{ background: {colours.accent};
                    color: {colours.on_accent}; }}
    QTreeWidget::item {{ padding: 4px 2px; }}
    QHeaderView::section {{ background: {colours.panel}; color: {colours.muted}; border: none;
                    border-bottom: 1px solid {colours.border}; padding: 5px 8px; }}
    QSplitter::handle {{ background: {colours.border}; }}
    QScrollArea {{ border: none; background: {colours.panel}; }}
    QGroupBox {{ border: none; margin-top: 20px; font-weight: 600; }}
    QGroupBox::title {{ subcontrol-origin: margin; left: 0px; padding: 0px; }}
    QProgressBar {{ background: {colours.raised}; border: none; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {colours.accent}; border-radius: 3px; }}
    QStatusBar {{ background: {colours.ground}; border-top: 1px solid {colours.border}; }}
    QStatusBar::item {{ border: none; }}
    *[panel="true"] {{ background: {colours.panel}; }}
    QLabel[muted="true"] {{ color: {colours.muted}; }}
    QLabel[danger="true"] {{ color: {colours.danger}; font-weight: 600; }}
    QLabel[good="true"] {{ color: {colours.good}; }}
    QLabel[heading="true"] {{ font-weight: 600; }}
    """


def as_panel(widget: QWidget) -> None:
    """Gives a plain widget the ground of a panel."""
    widget.setProperty("panel", True)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


class _WheelScrolls(QObject):
    """Leaves the wheel to the page: settings must not change because the mouse came by while scrolling."""

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return False


def fill_scrolled(page: QWidget, inner: QWidget) -> None:
    """Puts `inner`, with all its controls, into `page`, which is scrolled up and down where it is too low."""
    wheel = _WheelScrolls(page)
    for kind in (QComboBox, QAbstractSpinBox, QSlider):
        for control in inner.findChildren(kind):
            control.installEventFilter(wheel)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inner)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(scroll)


def apply_theme(app: QApplication, look: str = "system") -> None:
    """Dress the application: `look` is `system`, `light` or `dark`. Follows later changes of the system."""
    schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    hints = QGuiApplication.styleHints()
    app.setProperty("look", look)  # some platforms know no colour scheme: the look counts all the same
    hints.setColorScheme(schemes.get(look, Qt.ColorScheme.Unknown))
    if not app.property("followsSystem"):
        app.setProperty("followsSystem", True)
        app.setStyle("Fusion")
        hints.colorSchemeChanged.connect(lambda _scheme: _dress(app))
    _dress(app)


def _dress(app: QApplication) -> None:
    sheet = style_sheet(tokens())
    if app.styleSheet() != sheet:  # setting one goes through all widgets there are
        app.setPalette(_palette(tokens()))
        app.setStyleSheet(sheet)


@contextmanager
def undressed(app: QApplication) -> Iterator[None]:
    """Widgets that are put together in here get the style's rules once, at the end: else Qt works them out again for
    all that a widget holds whenever that is put into another one."""
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)
