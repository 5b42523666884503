"""Recording: live by the engine's recorder; of a file, the marked part or what lies between two presses, with sound."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path

from app.engine.recorder import RecordingSettings, RecordingStats
from app.engine.run_status import RunStatus
from app.workspace.background_work import BackgroundWork, Progress
from app.workspace.opened_camera import OpenedCamera
from app.workspace.opened_file import OpenedFile
from app.workspace.picture_feed import Picture
from app.workspace.recorded_picture import write_span
from app.workspace.signal import Signal
from app.workspace.workspace import Workspace
from ppnet.errors import UserError
from tracking.session.naming import named_after
from tracking.stems import stem_of
from tracking.time_span import TimeSpan


class Recording:
    """Starts and stops, for whatever is open in the workspace, and tells what came of it."""

    def __init__(self, workspace: Workspace, place: Callable[[str], Path]) -> None:
        """place(name): where a new file of that name goes, in a folder that is there."""
        self.changed: Signal[RecordingStats | None] = Signal()  # how it stands; None when nothing is being recorded
        self.written: Signal[tuple[Path, ...]] = Signal()
        self.writing_changed: Signal[()] = Signal()  # a file is being written now, or not any more
        self.is_running = False
        self.writing = BackgroundWork[tuple[Path, ...]](
            "write recording", post=workspace.post, done=self._end, failed=self._end_badly
        )
        self._workspace = workspace
        self._place = place
        self._kinds = (True, False)
        self._now_s = 0.0  # time of the picture that is shown
        self._start_s = 0.0
        self._awaits_recorder = False  # stopped, but the recorder has not finished its files yet
        self._camera: OpenedCamera | None = None  # that is recorded, or was last
        workspace.picture_arrived.connect(self._follow_picture)
        workspace.status_updated.connect(self._follow_recorder)
        workspace.closed.connect(self._forget)

    def start(self, *, annotated: bool, raw: bool) -> None:
        """Begins; of a file, at the picture that is shown. Where an out point is set, the marked part is written."""
        file, camera = self._workspace.opened_file, self._workspace.opened_camera
        self._kinds = (annotated, raw)
        if camera is not None:
            self._start_recorder(camera)
        elif file is not None and (marked := file.edited.plan.span).end_s is not None:
            self._tell(None)
            self._write(file, marked)
        elif file is not None:
            self._start_s = self._now_s
            self._tell(RecordingStats())

    def stop(self) -> None:
        """Ends; what was recorded of a file is written now."""
        file, camera = self._workspace.opened_file, self._workspace.opened_camera
        was_running = self.is_running
        self._tell(None)
        if camera is not None:
            camera.engine.stop_recording()
            self._awaits_recorder = True
        elif file is not None and was_running:
            first_s, last_s = sorted((self._start_s, self._now_s))
            self._write(file, TimeSpan(first_s, last_s + 1e-3))  # the picture that is shown belongs to the recording

    def _start_recorder(self, camera: OpenedCamera) -> None:
        work = self._workspace
        annotated, raw = self._kinds
        try:
            place = self._place(named_after(camera.session.path, "").name)
            if raw and work.layers.hides_people:
                work.notify("People are hidden, so only the picture with skeletons is recorded.", "warning")
                annotated, raw = True, False
            settings = RecordingSettings(place.parent, place.name, annotated=annotated, raw=raw)
            camera.engine.start_recording(settings, lambda: work.style)
        except (UserError, OSError, ValueError) as error:
            work.notify(f"The recording did not start: {error}", "error")
            self._tell(None)
        else:
            self._camera = camera
            self._tell(camera.engine.status().recording or RecordingStats())

    def _write(self, file: OpenedFile, span: TimeSpan) -> None:
        work, span = self._workspace, span.within(file.edited.plan.span)
        if self.writing.is_busy:
            work.notify("The previous recording is still being written; try again in a moment.", "warning")
            return
        if span.is_empty:
            work.notify("Nothing was recorded: it was outside the in and out points.", "warning")
            return
        edited, nearby = copy(file.edited), file.nearby()  # as it is now: edits made meanwhile don't count
        bare = replace(work.style, layers=work.layers.bare())
        wanted = [("annotated", work.style)] * self._kinds[0] + [("raw", bare)] * self._kinds[1]
        try:
            targets = [(self._place(f"{stem_of(file.video)}_{kind}.mp4"), style) for kind, style in wanted]
        except OSError as error:
            self._end_badly(str(error))
            return

        def write(progress: Progress) -> tuple[Path, ...]:
            written = []
            for out, style in targets:
                with file.opened() as source:
                    path = write_span(
                        source, out, span=span, style=style, result_of=edited.result, near=nearby, progress=progress
                    )
                if path is not None:
                    written.append(path)
            return tuple(written)

        self.writing.start(write)
        self.writing_changed.emit()

    def _end(self, paths: tuple[Path, ...] | None) -> None:
        self.writing_changed.emit()
        if paths:
            self.written.emit(paths)

    def _end_badly(self, why: str) -> None:
        self.writing_changed.emit()
        self._workspace.notify(f"The recording could not be written: {why}", "error", lasting=True)

    def _tell(self, stats: RecordingStats | None) -> None:
        self.is_running = stats is not None
        self.changed.emit(stats)

    def _follow_picture(self, picture: Picture) -> None:
        self._now_s = picture.frame.time_s
        if self.is_running and self._workspace.opened_file is not None:
            self._tell(RecordingStats(elapsed_s=abs(self._now_s - self._start_s)))

    def _follow_recorder(self, status: RunStatus) -> None:
        stats = status.recording
        if not status.is_live or stats is None:
            return
        if self.is_running and stats.message:  # it ended by itself, the disk is full
            self.stop()
        elif self.is_running:
            self._tell(stats)
        elif self._awaits_recorder and stats.finished:
            self._awaits_recorder = False
            if stats.files:
                self.written.emit(stats.files)

    def _forget(self) -> None:
        """What is open is closed; a camera's recording has been ended with it."""
        camera, self._camera = self._camera, None
        if camera is not None and (self.is_running or self._awaits_recorder):
            stats = camera.engine.status().recording
            if stats is not None and stats.finished and stats.files:
                self.written.emit(stats.files)
        self._awaits_recorder = False
        self._now_s = 0.0
        self._tell(None)
