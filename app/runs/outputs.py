"""The files that a run leaves: where they lie, what they are called, and which are wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

from app.runs.further_formats import export_places
from app.runs.meta import done_runs, find_moved, read_meta
from app.streams.targets import NOWHERE, Targets
from ppnet.errors import UserError
from ppnet.output_files import make_folder, refuse_existing
from tracking.drawing.style import PictureLayers
from tracking.session.format import SUFFIX
from tracking.session.naming import is_of_another
from tracking.stems import stem_of, whole_stem_of
from tracking.video.container import is_address
from tracking.video.writer import partial_path


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come of each input. layers: what is drawn in the video. targets: who gets results while the run goes.
    formats: further ones of `EXPORTS`, which are made from the session."""

    video: bool = True
    table: bool = True
    session: bool = True
    layers: PictureLayers = PictureLayers()
    targets: Targets = NOWHERE
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputPaths:
    """Where the files of one input go; None for those not wanted."""

    meta: Path
    video: Path | None = None
    table: Path | None = None
    session: Path | None = None
    wanted: Wanted = Wanted()

    @classmethod
    def of(cls, folder: Path, stem: str, wanted: Wanted = Wanted()) -> "OutputPaths":
        """`<stem>_annotated.mp4`, `<stem>_keypoints.csv`, `<stem>_session.ppnet` and `<stem>_meta.json`."""
        return cls(
            folder / f"{stem}_meta.json",
            folder / f"{stem}_annotated.mp4" if wanted.video else None,
            folder / f"{stem}_keypoints.csv" if wanted.table else None,
            folder / f"{stem}_session.ppnet" if wanted.session else None,
            wanted,
        )

    def named(self) -> dict[str, Path]:
        """The wanted ones by name, the video first."""
        paths = {"video": self.video, "table": self.table, "session": self.session, "meta": self.meta}
        return {name: path for name, path in paths.items() if path is not None}

    def all(self) -> tuple[Path, ...]:
        """The wanted ones, the video first."""
        return tuple(self.named().values())

    def existing(self) -> "OutputPaths":
        """The same with those that are there; the meta file always counts as one."""
        gone: dict[str, Any] = {name: None for name, path in self.named().items() if not path.exists()}
        return replace(self, **{**gone, "meta": self.meta})

    @property
    def stem(self) -> Path:
        """What the names of all of them begin with, in their folder."""
        return self.meta.with_name(self.meta.name.removesuffix("_meta.json"))

    @property
    def working_session(self) -> Path:
        """Where results lie while the run goes: the session, or a file that is removed when none is wanted."""
        return self.session or self.stem.with_name(f"{self.stem.name}_session.partial.ppnet")


def _refuse_incomplete(existing: Path, meta: Path, spec: str) -> None:
    """UserError saying how to go on, where a run has left the file without reaching the end of its input."""
    facts = read_meta(meta)
    if facts is None or facts.get("complete") is not False:
        return
    if facts.get("input_cut_off") is True:  # to go on would find nothing more
        raise UserError(
            f"{existing} already has all that can be read of {Path(spec).name}, which is cut off or damaged.",
            option="choose another --out, or add --overwrite to track it again",
        )
    raise UserError(
        f"{existing} is from a run that did not reach its end.",
        option="add --jobs 1 to track what is unfinished, or --overwrite to track everything again",
    )


def _refuse_moved(done: Mapping[Path, Mapping[str, Any]], spec: str) -> None:
    """UserError when one of the runs was about the input, before it was moved or renamed."""
    meta = find_moved(done, Path(spec))
    if meta is not None:
        stem = meta.with_name(meta.name.removesuffix("_meta.json"))
        raise UserError(
            f"{Path(spec).name} seems to have been tracked before it was moved or renamed; {stem}_... are its results.",
            option="choose another --out to track it again",  # --overwrite would be about all inputs of a batch
        )


class StillThere:
    """Sees whether the files that a run writes are still those that it began: nobody moved, deleted or replaced one."""

    def __init__(self, paths: OutputPaths) -> None:
        self._paths = paths
        self._begun: dict[Path, tuple[int, int]] = {}  # what each name stood for when it was seen first

    def check(self) -> None:
        """While the files are being written, from the first frame on. UserError when one is another or gone."""
        for path in (self._paths.working_session, self._paths.table):
            if path is not None and not self._is_still(path):
                raise _gone(path)
        video = self._paths.video
        # The video may get its last name at any moment, which it has before it loses this one.
        if video is not None and not self._is_still(partial_path(video)) and not video.exists():
            raise _gone(partial_path(video))

    def _is_still(self, path: Path) -> bool:
        found = _identity(path)
        return found is not None and self._begun.setdefault(path, found) == found

    def check_ended(self) -> None:
        """When all are written, under their last names. UserError when one is gone."""
        for path in (self._paths.session, self._paths.table, self._paths.video):
            if path and not path.exists():
                raise _gone(path)


def _identity(path: Path) -> tuple[int, int] | None:
    """The file that a name stands for; None when there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _gone(path: Path) -> UserError:
    return UserError(
        f"{path} was moved, deleted or replaced while it was being written, so the run was stopped; the rest is kept."
    )


class OutputFolder:
    """Names the outputs of one input after the other, so that no two share any: clip, clip_2, clip.mov, ..."""

    def __init__(
        self,
        folder: Path,
        wanted: Wanted = Wanted(),
        *,
        taken: Literal["refuse", "replace", "rename", "resume"] = "refuse",
    ) -> None:
        """taken: what is done about files of an earlier run that have the name already. resume: the batch looks."""
        self._folder, self.wanted, self._taken = folder, wanted, taken
        self._given: dict[str, str] = {}  # names of outputs, in small letters, and of their inputs

    @property
    def resumes(self) -> bool:
        """Whether what an earlier run has done is not done again."""
        return self._taken == "resume"

    @property
    def overwrites(self) -> bool:
        """Whether files of an earlier run are replaced, where what they hold is made again."""
        return self._taken in ("replace", "resume")

    def paths_for(self, spec: str) -> OutputPaths:
        """Where the outputs of the next input go. UserError when they exist and are not to be replaced, or when nothing
        can be written there."""
        make_folder(self._folder)
        base = self._base_for(spec)
        for name in chain((base,), (f"{base}_{number}" for number in count(2))):
            paths = OutputPaths.of(self._folder, name, self.wanted)
            further = export_places(paths.session, self.wanted.formats).values() if paths.session is not None else ()
            existing = [path for path in (*paths.all(), *further) if path.exists()]
            if name.lower() not in self._given and not (existing and self._taken == "rename"):
                break
        if self._taken != "rename":
            self._given[name.lower()] = Path(spec).name
        if existing and self._taken == "refuse" and not is_address(spec):
            _refuse_incomplete(existing[0], paths.meta, spec)
        refuse_existing(*existing, overwrite=self._taken != "refuse")
        if not existing and self._taken in ("refuse", "resume") and not is_address(spec):
            _refuse_moved(self._done_before, spec)
        return paths

    @cached_property
    def _done_before(self) -> dict[Path, dict[str, Any]]:
        """Read once for all inputs: what this folder's inputs add are not videos that were moved."""
        return done_runs(self._folder)

    def _base_for(self, spec: str) -> str:
        """`walk`; where that belongs to `walk.mp4`, what comes of `walk.mov` is called by its whole name, as by the
        window."""
        stem, name = stem_of(spec), Path(spec).name
        is_others = self._given.get(stem.lower(), name) != name or is_of_another(
            self._folder / f"{stem}{SUFFIX}", Path(spec)
        )
        return whole_stem_of(spec) if is_others else stem
