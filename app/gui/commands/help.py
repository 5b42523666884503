"""What the commands of Help and Tools do: keys, report, log, about, look; and the facts of a run in words."""

from contextlib import suppress

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.gui.commands.base import Commands, WindowParts
from app.gui.dialogs.about import AboutDialog
from app.gui.dialogs.shortcuts import Keys, ShortcutsDialog
from app.gui.look.theme import apply_theme, is_dark
from app.gui.panels.diagnostics import ROWS, DiagnosticsPanel
from app.gui.report import report
from app.workspace.continued_settings import settings_in_force
from app.workspace.opened import Opened
from ppnet.errors import UserError
from ppnet.log_file import log_path
from ppnet.user_folders import user_folder
from tracking.rate_words import rate_words


class HelpCommands(Commands):
    """Dialogs here stand beside the window; none stops the video."""

    def __init__(self, parts: WindowParts, diagnostics: DiagnosticsPanel) -> None:
        super().__init__(parts)
        self._diagnostics = diagnostics
        self._actions.connect(
            {
                "shortcuts": self.show_shortcuts,
                "about": lambda: AboutDialog(self._window).show(),
                "copy-report": self.copy_report,
                "log": lambda: self._open(log_path()),
                "settings-folder": lambda: self._open(user_folder("config")),
            }
        )
        self._actions.set_checked("look", is_dark())
        self._actions.connect_switches({"look": self.set_dark})

    def show_shortcuts(self) -> None:
        """The list of keys."""
        dialog = ShortcutsDialog(dict(self._store.value.keys), self._window)
        dialog.keysChanged.connect(self.set_keys)
        dialog.show()

    def set_keys(self, keys: Keys) -> None:
        """Uses changed keys at once and remembers them."""
        self._store.update(keys=keys)
        self._actions.set_keys(keys)

    def set_dark(self, dark: bool) -> None:
        """Dark or light, whatever the system says."""
        look = "dark" if dark else "light"
        self._store.update(look=look)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, look)

    def copy_report(self) -> None:
        """Puts the report on the clipboard."""
        facts = {words: self._diagnostics.text(name) for name, words, _ in ROWS}
        QGuiApplication.clipboard().setText(report(facts))
        self._workspace.notify("The report was copied; paste it into a message.", lasting=True)

    def facts(self, run: Opened) -> list[tuple[str, str]]:
        """What stays the same during a run, in words."""
        info, (network, detector) = run.info, self._networks(run)
        size = f"{info.size_wh[0]} × {info.size_wh[1]}" if min(info.size_wh) > 1 else "not known yet"
        rate = rate_words(info, run.session, "fps")
        return [
            ("picture", f"{size}, {rate}" if rate else size),
            ("weights", network),
            ("detector", detector),
            ("silence", f"used for {run.network_address}" if run.network_address else "not used"),
        ]

    def _networks(self, run: Opened) -> tuple[str, str]:
        """The network with its weights, and the detector: those in use or, where all is tracked, those of its end."""
        header = run.session.header
        if header.imported_from:
            return header.imported_from, "not known"
        settings = settings_in_force(run.session, run.settings) if run.session.complete else run.settings
        used, begun = settings.network, header.run_settings.network
        if (used.weights, used.variant) != (begun.weights, begun.variant):
            with suppress(UserError):  # weights that can't be had are refused by the run, in words
                header = self._workspace.factories.header(run.info, settings)
        mark = f", {header.weights_sha256[:12]}" if header.weights_sha256 else ""
        return f"{header.network or 'not known'}{mark}", settings.detector.model

    def _open(self, path: object) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
