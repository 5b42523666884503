"""Keys that belong to the control with the focus, although the window has a command on them."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QWidget,
)

ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
PRESS = ENTER | {Qt.Key.Key_Space}
CLICKED = frozenset({Qt.FocusPolicy.ClickFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus})
MOVE = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


def belongs_to(focused: QWidget | None, event: QKeyEvent) -> bool:
    """Whether the control acts on that key, so that no command of the window may take it. Lists keep up and down alone:
    after a click on a person Space plays."""
    if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
        return False
    if isinstance(focused, QAbstractButton | QComboBox):
        return event.key() in PRESS
    return isinstance(focused, QAbstractSlider) and event.key() in MOVE


def press_focused(focused: QWidget | None, event: QKeyEvent) -> bool:
    """Return does what Space does, which Qt leaves to dialogs; whether it did."""
    if event.key() not in ENTER:
        return False
    if isinstance(focused, QComboBox):
        focused.showPopup()
    elif isinstance(focused, QAbstractButton):
        focused.click()
    else:
        return False
    return True


class _CommaTypesPoint(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.text() != ",":
            return False
        point = QKeyEvent(event.type(), Qt.Key.Key_Period, event.modifiers(), ".")
        QApplication.sendEvent(watched, point)
        event.setAccepted(point.isAccepted())
        return True


def take_commas(parent: QWidget) -> None:
    """Lets a comma be typed as well in all fields of decimal numbers in it, as keyboards of many countries have it."""
    for box in parent.findChildren(QDoubleSpinBox):
        box.installEventFilter(_CommaTypesPoint(box))


class SideWindow(QDialog):
    """A window beside the main one that is no question: Return in a field or list presses none of its buttons."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            press_focused(self.focusWidget(), event)
        else:
            super().keyPressEvent(event)


def leave_focus_to_tab(window: QWidget) -> None:
    """A click on a button or drop-down leaves the focus where it is: Space plays on. Tab still goes to them. Nothing
    takes the focus because the wheel was turned over it."""
    for control in window.findChildren(QWidget):
        if (policy := control.focusPolicy()) in CLICKED:
            if isinstance(control, QAbstractButton | QComboBox):
                control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            elif policy == Qt.FocusPolicy.WheelFocus:
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
