"""The button that records, and the wait for a recording that is still being written when its file is closed."""

from pathlib import Path

from PySide6.QtCore import QTimer

from app.engine.recorder import RecordingStats
from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands
from app.gui.playback.record_bar import RecordBar
from app.workspace.recording import Recording

TICK_MS = 200


class RecordCommands(Commands):
    """One button: starts and stops, and says what came of it."""

    def __init__(self, parts: WindowParts, bar: RecordBar, files: FileCommands) -> None:
        super().__init__(parts)
        self._bar = bar
        self._files = files
        self.recording = Recording(self._workspace, files.new_file)
        files.finishing.add(
            self.recording.writing, lambda: "Writing the recording…", is_kept=True, begin=self._write_what_is_recorded
        )
        self._so_far = ""
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._show_writing)
        self._actions.connect_switches({"record": lambda _on: bar.toggle()})
        bar.startWanted.connect(lambda annotated, raw: self.recording.start(annotated=annotated, raw=raw))
        bar.stopWanted.connect(self.recording.stop)
        self.recording.changed.connect(self._show)
        self.recording.written.connect(self._offer_files)
        self.recording.writing_changed.connect(self._follow_writing)
        self._workspace.opened.connect(lambda _run: self._enable(True))
        self._workspace.closed.connect(lambda: self._enable(False))
        self._enable(False)

    def _write_what_is_recorded(self) -> None:
        """Ends a recording of a file; one before it is written first."""
        recorded = self.recording
        if recorded.is_running and self._workspace.opened_file is not None and not recorded.writing.is_busy:
            recorded.stop()

    def _show(self, stats: RecordingStats | None) -> None:
        self._bar.show_recording(stats, running=stats is not None)
        self._actions.set_checked("record", stats is not None)

    def _follow_writing(self) -> None:
        if self.recording.writing.is_busy:
            self._so_far = self._files.so_far()
            self._ticker.start()
        else:
            self._ticker.stop()
            self._bar.status.setText("")

    def _show_writing(self) -> None:
        self._bar.status.setText(f"Writing the recording… {100 * self.recording.writing.share:.0f} %")

    def _offer_files(self, paths: tuple[Path, ...]) -> None:
        names = " and ".join(path.name for path in paths)
        self._files.offer_to_show(f"Recorded: {names}{self._so_far}", paths[0])

    def _enable(self, enabled: bool) -> None:
        self._bar.setEnabled(enabled)
        self._actions.enable(("record",), enabled)
