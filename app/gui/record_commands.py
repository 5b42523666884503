"""Recording: live by the engine's recorder; of a file, the marked part or what lies between two presses, with sound."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QProgressDialog, QWidget

from app.engine.recorder import RecordingSettings, RecordingStats
from app.engine.run_status import RunStatus
from app.gui.actions import Actions
from app.gui.file_commands import FileCommands, show_in_folder
from app.gui.record_bar import RecordBar
from app.gui.video_view import VideoView
from app.runs.free_places import free_path
from app.runs.job import Job
from app.runs.opened import OpenedFile
from app.runs.recorded_picture import write_span
from app.runs.workspace import Workspace
from ppnet.errors import UserError
from tracking.drawing.style import SceneStyle
from tracking.time_span import TimeSpan


class RecordCommands(QObject):
    """One button: starts and stops, and says what came of it."""

    def __init__(
        self,
        workspace: Workspace,
        actions: Actions,
        bar: RecordBar,
        view: VideoView,
        *,
        files: FileCommands,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._actions = actions
        self._bar = bar
        self._view = view
        self._files = files
        self._span_start_s: float | None = None
        self._kinds = (True, False)
        self._announce: RecordingStats | None = None
        self._job: Job[list[Path]] | None = None
        self._cancelled = threading.Event()
        self._share = 0.0
        self._window = window
        self._ended: Callable[[], object] = lambda: None  # what is to happen when a file is written
        self._ticker = QTimer(self)
        self._ticker.setInterval(200)
        self._ticker.timeout.connect(self._tick)
        actions.connect_switches({"record": lambda _on: bar.toggle()})
        bar.startWanted.connect(self.start)
        bar.stopWanted.connect(self.stop)
        workspace.status_updated.connect(self._follow)
        workspace.opened.connect(lambda _run: self._enable(True))
        workspace.closing.connect(self.finish)
        workspace.closed.connect(self._closed)
        self._enable(False)

    @property
    def is_recording(self) -> bool:
        """Whether a recording runs."""
        return self._bar.is_recording

    def start(self, annotated: bool, raw: bool) -> None:
        """Begins; of a file, at the picture that is shown. Where an out point is set, the marked part is written."""
        self._kinds = (annotated, raw)
        live = self._workspace.opened_camera
        run = self._workspace.opened_file
        if run is not None and (marked := run.replay.plan.span).end_s is not None:
            self._actions.set_checked("record", False)
            self._write_span(run, marked)
            return
        if live is None:
            self._span_start_s = self._now_s()
            self._show(RecordingStats())
            self._ticker.start()
            return
        folder = self._files.record_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stem = live.session.path.stem.removesuffix("_session")
            if raw and self._workspace.layers.hides_people:
                self._workspace.notify("People are hidden, so only the picture with skeletons is recorded.", "warning")
                annotated, raw = True, False
            settings = RecordingSettings(folder, stem, annotated=annotated, raw=raw)
            live.engine.start_recording(settings, lambda: SceneStyle(self._workspace.layers, self._workspace.people))
        except (UserError, OSError, ValueError) as error:
            self._workspace.notify(f"The recording did not start: {error}", "error")
            self._actions.set_checked("record", False)
            return
        self._show(live.engine.status().recording)

    def stop(self) -> None:
        """Ends; the file of a span is written now."""
        live, run = self._workspace.opened_camera, self._workspace.opened_file
        self._bar.show_recording(None, running=False)
        self._actions.set_checked("record", False)
        if live is not None:
            self._announce = live.engine.stop_recording()
        elif run is not None and self._span_start_s is not None:
            self._ticker.stop()
            first, last = sorted((self._span_start_s, self._now_s()))
            self._span_start_s = None
            self._write_span(run, TimeSpan(first, last + 1e-3))  # the picture that is shown belongs to the recording

    def finish(self) -> None:
        """Ends a recording of a file, and waits until it is written or given up; for the end of the file or program."""
        self._wait_for_file()  # of a recording before
        if self._span_start_s is not None:
            try:
                self.stop()
            except OSError as error:  # nothing keeps the window open
                self._workspace.notify(f"The recording could not be written: {error}", "error")
            self._wait_for_file()

    def _wait_for_file(self) -> None:
        if self._job is None:
            return
        waiting = QProgressDialog("Writing the recording…", "Discard it", 0, 100, self._window)
        waiting.setWindowModality(Qt.WindowModality.ApplicationModal)
        waiting.setMinimumDuration(0)
        waiting.canceled.connect(self._cancelled.set)
        waiting.setAutoReset(False)
        loop = QEventLoop()
        self._ended = loop.quit
        self._ticker.timeout.connect(show := lambda: waiting.setValue(round(99 * min(self._share, 1))))
        waiting.show()
        loop.exec()
        self._ended = lambda: None
        self._ticker.timeout.disconnect(show)
        waiting.canceled.disconnect()  # closing it is no cancelling
        waiting.close()
        waiting.deleteLater()

    # Files

    def _write_span(self, run: OpenedFile, span: TimeSpan) -> None:
        if self._job is not None:
            self._workspace.notify("The recording before is still being written; try again in a moment.", "warning")
            return
        span = span.within(run.replay.plan.span)
        if span.is_empty:
            self._workspace.notify("Nothing was recorded: it lay outside of the in and out point.", "warning")
            return
        layers, people = self._workspace.layers, self._workspace.people
        replay, video, nearby = run.replay, run.video, run.nearby()
        self._cancelled.clear()
        wanted = [("annotated", layers)] * self._kinds[0] + [("raw", layers.bare())] * self._kinds[1]
        targets = [(self._target(video, kind), SceneStyle(drawn, people)) for kind, drawn in wanted]

        def work() -> list[Path]:
            written = []
            for out, style in targets:
                with run.opened() as source:
                    path = write_span(
                        source,
                        out,
                        span=span,
                        style=style,
                        result_of=replay.result,
                        near=nearby,
                        progress=self._set_share,
                        cancelled=self._cancelled.is_set,
                    )
                if path is not None:
                    written.append(path)
            return written

        self._ticker.start()
        self._job = Job(
            work, name="write recording", post=self._workspace.post, done=self._written, failed=self._failed
        )

    def _target(self, video: Path, kind: str) -> Path:
        folder = self._files.record_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return free_path(folder / f"{video.stem}_{kind}.mp4")

    def _set_share(self, share: float) -> None:
        self._share = share

    def _written(self, paths: list[Path]) -> None:
        self._end_job()
        if paths:
            self._tell(tuple(paths))

    def _failed(self, error: Exception) -> None:
        self._end_job()
        if not isinstance(error, UserError | OSError):
            raise error
        self._workspace.notify(f"The recording could not be written: {error}", "error")

    def _end_job(self) -> None:
        self._job = None
        self._ticker.stop()
        self._bar.status.setText("")
        self._ended()

    def _tick(self) -> None:
        if self._span_start_s is not None:
            self._show(RecordingStats(elapsed_s=abs(self._now_s() - self._span_start_s)))
        elif self._job is not None:
            self._bar.status.setText(f"Writing the recording… {100 * min(self._share, 1):.0f} %")

    def _now_s(self) -> float:
        return self._view.picture.frame.time_s if self._view.picture is not None else 0.0

    # Both

    def _show(self, stats: RecordingStats | None) -> None:
        self._bar.show_recording(stats, running=True)
        self._actions.set_checked("record", True)

    def _follow(self, status: RunStatus) -> None:
        if not status.is_live:
            return
        stats = status.recording
        if self.is_recording:
            if stats is not None and stats.message:  # it ended by itself, the disk is full
                self.stop()
            else:
                self._show(stats)
        elif self._announce is not None and stats is not None and stats.finished:
            self._announce = None
            self._tell(stats.files)

    def _tell(self, files: tuple[Path, ...]) -> None:
        if files:
            names = " and ".join(path.name for path in files)
            self._workspace.offer(f"Recorded: {names}", "Show in folder", lambda: show_in_folder(files[0]))

    def _enable(self, enabled: bool) -> None:
        self._bar.setEnabled(enabled)
        self._actions.enable(("record",), enabled)

    def _closed(self) -> None:
        self._ticker.stop()
        self._span_start_s = None
        self._announce = None
        self._bar.show_recording(None, running=False)
        self._actions.set_checked("record", False)
        self._enable(False)
