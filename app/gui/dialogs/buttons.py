"""What dialogs that ask for something share: their two buttons, and that they are gone once they are closed."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox


def agree_or_cancel(dialog: QDialog, words: str, agreed: Callable[[], object]) -> QDialogButtonBox:
    """A button with these words, which calls `agreed`, and Cancel, which closes the dialog."""
    buttons = QDialogButtonBox()
    buttons.addButton(words, QDialogButtonBox.ButtonRole.AcceptRole).setProperty("primary", True)
    buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
    buttons.accepted.connect(agreed)
    buttons.rejected.connect(dialog.reject)
    return buttons


def open_once(dialog: QDialog) -> None:
    """Shows a dialog over its window; it is deleted as soon as it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
