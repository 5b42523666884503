"""The two buttons below a dialog that asks for something."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox


def agree_or_cancel(dialog: QDialog, words: str, agreed: Callable[[], object]) -> QDialogButtonBox:
    """A button with these words, which calls `agreed`, and Cancel, which closes the dialog."""
    buttons = QDialogButtonBox()
    buttons.addButton(words, QDialogButtonBox.ButtonRole.AcceptRole).setProperty("primary", True)
    buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
    buttons.accepted.connect(agreed)
    buttons.rejected.connect(dialog.reject)
    return buttons
