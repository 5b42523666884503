"""Share: one press makes a slow-motion clip of the part between in and out point, or a picture of the frame shown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands
from app.gui.playback.record_bar import RecordBar
from app.workspace.background_work import BackgroundWork
from app.workspace.exporting import Work
from app.workspace.sharing import share_clip, share_picture

LONG_S = 60.0  # of life: four minutes of clip
TICK_MS = 200


class ShareCommands(Commands):
    """One clip at a time; it is given up when its file is closed."""

    def __init__(self, parts: WindowParts, bar: RecordBar, files: FileCommands) -> None:
        super().__init__(parts)
        self._bar = bar
        self._files = files
        self._writing = BackgroundWork[tuple[Path, ...]](
            "share", post=self._workspace.post, done=self._offer_file, failed=self._say_why_not
        )
        files.finishing.add(self._writing, lambda: f"Making the {self._what}…")
        self._what = self._so_far = ""
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)
        self._actions.connect({"share": self.share, "share-picture": self.share_picture})
        bar.shareWanted.connect(self.share)
        self._workspace.opened.connect(lambda run: self._enable(not run.is_live))
        self._workspace.closed.connect(lambda: self._enable(False))
        self._enable(False)

    def share(self) -> None:
        """Makes the clip."""
        run = self._workspace.opened_file
        if run is None:
            return
        span = run.edited.plan.span
        length_s = (span.end_s or run.player.end_s) - (span.start_s or 0.0)
        if length_s > LONG_S:
            self._workspace.notify(
                f"That would be {length_s / 60:.0f} minutes in slow motion. Mark the part to share first: press I at "
                "its beginning and O at its end.",
                "warning",
            )
            return
        path = self._files.new_file(f"{run.video.stem}_slow.mp4")
        self._begin("clip", lambda work: share_clip(path, work))

    def share_picture(self) -> None:
        """Makes a picture of the frame that is shown."""
        run, picture = self._workspace.opened_file, self._view.picture
        if run is None or picture is None:
            return
        path = self._files.new_file(f"{run.video.stem}_{picture.frame.index:06d}_still.png")
        time_s = picture.frame.time_s
        self._begin("picture", lambda work: share_picture(path, work, time_s))

    def _begin(self, what: str, write: Callable[[Work], tuple[Path, ...]]) -> None:
        """Of how people are shown now; angles come along even while they are switched off."""
        if self._writing.is_busy:
            words = f"The previous {self._what} is still being made; try again in a moment."
            self._workspace.notify(words, "warning")
        elif (work := Work.on(self._workspace)) is not None:
            layers = replace(work.style.layers, angles=work.style.layers.angles or self._store.value.angles)
            style = replace(work.style, layers=layers)
            self._what, self._so_far = what, self._files.so_far()
            self._writing.start(lambda progress: write(replace(work, style=style, progress=progress)))
            self._enable(False)
            self._ticker.start()

    def _tick(self) -> None:
        self._bar.status.setText(f"Making the {self._what}… {100 * self._writing.share:.0f} %")

    def _offer_file(self, paths: tuple[Path, ...] | None) -> None:
        self._end()
        if paths:
            self._files.offer_to_show(f"Ready to share: {paths[0].name}{self._so_far}", paths[0])

    def _say_why_not(self, why: str) -> None:
        self._end()
        self._workspace.notify(why, "error")

    def _end(self) -> None:
        self._ticker.stop()
        self._bar.status.setText("")
        self._enable(self._workspace.opened_file is not None)

    def _enable(self, enabled: bool) -> None:
        self._bar.share.setEnabled(enabled)
        self._actions.enable(("share", "share-picture"), enabled)
