"""The files that a run leaves: their names, and writing all of them frame by frame."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppnet.errors import UserError
from ppnet.skeleton import COCO_17, Skeleton
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.style import SceneStyle
from tracking.export.keypoint_csv import KeypointTable
from tracking.session.session import Session
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.address import redacted
from tracking.video.source import VideoInfo
from tracking.video.writer import VideoWriter


@dataclass(frozen=True, slots=True)
class OutputPaths:
    """Where the files of one input go; None for those not wanted."""

    meta: Path
    video: Path | None = None
    table: Path | None = None
    session: Path | None = None

    @classmethod
    def of(
        cls, folder: Path, stem: str, *, video: bool = True, table: bool = True, session: bool = True
    ) -> "OutputPaths":
        """`<stem>_annotated.mp4`, `<stem>_keypoints.csv`, `<stem>_session.ppnet` and `<stem>_meta.json`."""
        return cls(
            folder / f"{stem}_meta.json",
            folder / f"{stem}_annotated.mp4" if video else None,
            folder / f"{stem}_keypoints.csv" if table else None,
            folder / f"{stem}_session.ppnet" if session else None,
        )

    def all(self) -> tuple[Path, ...]:
        """The wanted ones, the video first."""
        return tuple(path for path in (self.video, self.table, self.session, self.meta) if path is not None)

    def check_free(self) -> None:
        """UserError when one of them exists already."""
        taken = [path for path in self.all() if path.exists()]
        if taken:
            raise UserError(f"{taken[0]} exists already; add --overwrite to replace it, or choose another --out.")


def stems(names: Iterable[str]) -> list[str]:
    """A stem for each input, no two alike: clip, clip_2, ..."""
    given: list[str] = []
    for name in names:
        stem = Path(redacted(name).rstrip("/\\")).stem or "video"
        stem = "".join(letter if letter not in '<>:"/\\|?*' else "_" for letter in stem)
        number, fresh = 1, stem
        while fresh.lower() in (other.lower() for other in given):
            number += 1
            fresh = f"{stem}_{number}"
        given.append(fresh)
    return given


def make_folder(folder: Path) -> None:
    """Make the output folder and see that it can be written to. UserError when it cannot."""
    probe = folder / f".ppnet-live-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except FileExistsError as error:
        raise UserError(f"{folder} is a file; choose a folder with --out.") from error
    except OSError as error:
        raise UserError(f"Nothing can be written to {folder} ({error.strerror}); choose another --out.") from error


def write_meta(path: Path, facts: Mapping[str, Any]) -> None:
    """The meta file in one step: there is never half of one. UserError when it cannot be written."""
    fresh = path.with_name(path.name + ".partial")
    try:
        fresh.write_text(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise UserError(f"{path} could not be written: {error.strerror}.") from error


class OutputFiles:
    """The open outputs of one run; every result is given to all of them."""

    def __init__(
        self,
        video: VideoWriter | None,
        table: KeypointTable | None,
        session: Session | None,
        *,
        origin_s: float | None = 0.0,
    ) -> None:
        """origin_s: this time of the pictures is time 0 of the video; None: that of the first one."""
        self.video, self.table, self.session = video, table, session
        self._annotator = Annotator(SceneStyle())
        self._origin_s = origin_s

    @classmethod
    def open(
        cls,
        paths: OutputPaths,
        info: VideoInfo,
        *,
        session: Session | None = None,
        skeleton: Skeleton = COCO_17,
        sound_span: TimeSpan = ALL_TIME,
    ) -> "OutputFiles":
        """Begin all files. UserError when one cannot be written; the others are closed then."""
        table = KeypointTable(paths.table, skeleton=skeleton) if paths.table else None
        files = cls(None, table, session, origin_s=None if info.is_live else 0.0)
        try:
            if paths.video:
                files.video = VideoWriter(
                    paths.video,
                    info.size_wh,
                    frame_rate=info.frame_rate,
                    time_base=info.time_base,
                    pixel_aspect=info.pixel_aspect,
                    audio_from=info.path if info.has_audio else None,
                    audio_span=sound_span,
                    origin_s=0.0 if info.is_live else info.start_s,
                )
        except BaseException:
            files.abandon()
            raise
        return files

    def store(self, result: FrameResult) -> None:
        """Rows for the table and the session; these come before any drawing, so that no drawing can lose them."""
        if self.table:
            self.table.write(result)
        if self.session:
            self.session.append(result)

    def picture(self, frame: Frame, result: FrameResult) -> Any:
        """The annotated picture, if a video is wanted."""
        return self._annotator.picture(frame, result) if self.video else None

    def show(self, picture: Any, time_s: float) -> None:
        """Add an annotated picture to the video."""
        if self._origin_s is None:
            self._origin_s = time_s
        if self.video:
            self.video.write(picture, time_s - self._origin_s)

    def close(self, *, complete: bool, sound_until_s: float | None = None) -> None:
        """Finish every file; the first error is raised when all are closed."""
        errors: list[UserError] = []
        for finish in (
            self.table.close if self.table else None,
            (lambda: self._close_session(complete)) if self.session else None,
            (lambda: self._close_video(sound_until_s)) if self.video else None,
        ):
            try:
                if finish:
                    finish()
            except UserError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def discard_video(self) -> None:
        """Leave nothing of the video that is being written."""
        if self.video:
            self.video.discard()

    def abandon(self) -> None:
        """Close without finishing; errors here would only hide the one that led to it."""
        with contextlib.suppress(UserError, OSError):
            if self.table:
                self.table.close()
        with contextlib.suppress(UserError, OSError):
            if self.session:
                self.session.close()
        if self.video:
            self.video.abandon()

    def _close_video(self, sound_until_s: float | None) -> None:
        if self.video is None:
            return
        if self.video.frame_count:
            self.video.close(sound_until_s=sound_until_s)
        else:
            self.video.discard()

    def _close_session(self, complete: bool) -> None:
        if self.session:
            if complete:
                self.session.finish()
            self.session.close()
