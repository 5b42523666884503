"""The list of export formats, and `export`: one of them written safely."""

import importlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ppnet.errors import UserError
from ppnet.output_files import refuse_existing, writing
from tracking.export.units import METRES, PIXELS, UNITS, scale_of
from tracking.progress import Tick, no_tick
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.session import Session


@dataclass(frozen=True)
class ExportFormat:
    """A format: words for people, what its files are called behind the stem, and who writes it.

    A suffix without a point is a folder. writer: module in `tracking.export` and function, loaded when it is called.
    units: of its positions, those that can be asked for (the writer takes `unit=` where there are two); none: empty.
    pictures: whether it needs the video (the writer takes `video=`, where it lies now). usually_metres: without a word
    about units it is in metres as soon as a scale is known. as_tracked: a run leaves such a file, too, of what it
    tracked.
    """

    title: str
    explanation: str
    suffix: str
    writer: str
    units: tuple[str, ...] = ()
    pictures: bool = False
    usually_metres: bool = False
    as_tracked: bool = False

    def ending(self, *, edited: bool) -> str:
        """What follows the stem; an edited session's file is not called like the one that the run left."""
        return f"_edited{self.suffix}" if edited and self.as_tracked else self.suffix

    @property
    def is_folder(self) -> bool:
        """Whether it is many files in a folder."""
        return "." not in self.suffix

    @property
    def write(self) -> Callable[..., None]:
        """write(session, path, tick) writes to a path that is free, or into an empty folder."""
        module, function = self.writer.split(":")
        return getattr(importlib.import_module(f"tracking.export.{module}"), function)


EXPORTS = {
    "csv": ExportFormat(
        "Table, one row per frame and person (CSV)",
        "Every joint of everyone in every frame, smoothed and raw",
        "_keypoints.csv",
        "csv_wide:write_wide_csv",
        UNITS,
        as_tracked=True,
    ),
    "video": ExportFormat(
        "Annotated video (MP4)",
        "As it looks in the window now, including blurred faces and sound",
        "_annotated.mp4",
        "video:write_annotated_video",
        pictures=True,
        as_tracked=True,
    ),
    "tidy": ExportFormat(
        "Tidy table, one row per joint (CSV)",
        "The same for statistics programs: one row for each joint",
        "_tidy.csv",
        "csv_tidy:write_tidy_csv",
        UNITS,
    ),
    "parquet": ExportFormat(
        "Tidy table (Parquet)",
        "The tidy table for large projects: pandas, polars, R, DuckDB",
        "_tidy.parquet",
        "parquet:write_parquet",
        UNITS,
    ),
    "angles": ExportFormat(
        "Joint angles in degrees (CSV)",
        "Elbows, shoulders, hips, knees, trunk and head",
        "_angles.csv",
        "angles:write_angles_csv",
    ),
    "drawings": ExportFormat(
        "Drawings: lines, angles, distances (CSV)",
        "What you drew over the picture, measured in every frame",
        "_drawings.csv",
        "drawings:write_drawings_csv",
        UNITS,
        usually_metres=True,
    ),
    "marks": ExportFormat(
        "Marks, in and out points (CSV)",
        "Name, frame and time of every mark",
        "_marks.csv",
        "marks:write_marks_csv",
    ),
    "methods": ExportFormat(
        "Methods section (text)",
        "A paragraph for a paper: how people were tracked and corrected",
        "_methods.txt",
        "methods:write_methods_text",
    ),
    "meta": ExportFormat(
        "How it was made (JSON)",
        "For programs: versions, weights, every setting, people, edits",
        "_session.json",
        "meta:write_meta_json",
    ),
    "deeplabcut": ExportFormat(
        "DeepLabCut table (CSV)",
        "For DeepLabCut, movement, SimBA and keypoint-MoSeq",
        "_deeplabcut.csv",
        "deeplabcut:write_deeplabcut_csv",
        (PIXELS,),
    ),
    "deeplabcut-h5": ExportFormat(
        "DeepLabCut table (HDF5)",
        "The same in DeepLabCut's HDF5 layout",
        "_deeplabcut.h5",
        "deeplabcut:write_deeplabcut_h5",
        (PIXELS,),
    ),
    "sleap": ExportFormat(
        "SLEAP labels (SLP)",
        "To view and correct in SLEAP",
        "_sleap.slp",
        "sleap_labels:write_sleap_labels",
        (PIXELS,),
    ),
    "sleap-analysis": ExportFormat(
        "SLEAP analysis (HDF5)",
        "Dense arrays for scripts that read SLEAP files",
        "_sleap.analysis.h5",
        "sleap_analysis:write_sleap_analysis",
        (PIXELS,),
    ),
    "openpose": ExportFormat(
        "OpenPose, one JSON per frame",
        "For programs that read OpenPose",
        "_openpose",
        "openpose:write_openpose_folder",
        (PIXELS,),
    ),
    "coco": ExportFormat(
        "COCO keypoint results (JSON)",
        "For evaluation tools and other networks",
        "_coco.json",
        "coco:write_coco_json",
        (PIXELS,),
    ),
    "coco-dataset": ExportFormat(
        "COCO data set with the pictures",
        "Every frame as a picture, with annotations to train on or to correct elsewhere",
        "_dataset",
        "coco_dataset:write_coco_dataset",
        (PIXELS,),
        pictures=True,
    ),
    "trc": ExportFormat(
        "Markers for OpenSim, one TRC per person",
        "For OpenSim; resampled to an even rate, y upwards",
        "_trc",
        "trc:write_trc_folder",
        UNITS,
        usually_metres=True,
    ),
    "opensim-mot": ExportFormat(
        "Joint angles for OpenSim, one MOT per person",
        "Degrees in the plane of the picture, resampled to an even rate",
        "_opensim",
        "opensim_mot:write_mot_folder",
    ),
    "c3d": ExportFormat(
        "Markers, one C3D per person",
        "For motion capture programs; at an even rate, y upwards, in one plane",
        "_c3d",
        "c3d:write_c3d_folder",
        UNITS,
        usually_metres=True,
    ),
    "bvh": ExportFormat(
        "Motion for animation programs, one BVH per person",
        "Planar: bones of constant length that turn about the axis of view",
        "_bvh",
        "bvh:write_bvh_folder",
    ),
    "nwb": ExportFormat(
        "Neurodata Without Borders, one NWB per person",
        "ndx-pose, at the times of the video",
        "_nwb",
        "nwb:write_nwb_folder",
        (PIXELS,),
    ),
    "kinovea": ExportFormat(
        "Trajectories for Kinovea (KVA)",
        "A trajectory for each joint, and the marks as key images",
        "_kinovea.kva",
        "kinovea:write_kinovea",
        (PIXELS,),
    ),
    "elan": ExportFormat(
        "Marks for ELAN (EAF)",
        "Marks, in and out points as annotations of the video",
        "_marks.eaf",
        "elan:write_elan",
    ),
    "boris": ExportFormat(
        "Marks for BORIS",
        "Marks, in and out points as point events of one observation",
        "_marks.boris",
        "boris:write_boris",
    ),
    "mot": ExportFormat(
        "Boxes and ids, MOTChallenge text",
        "For tracking benchmarks",
        "_mot.txt",
        "mot:write_mot_txt",
        (PIXELS,),
    ),
}


def default_path(path: Path, name: str, folder: Path | None = None, *, edited: bool = False) -> Path:
    """Where an export of the session at `path` goes: beside it, or in `folder`."""
    return named_after(path, EXPORTS[name].ending(edited=edited), folder)


def export(
    session: EditedSession,
    name: str,
    path: Path,
    *,
    overwrite: bool = False,
    tick: Tick = no_tick,
    write: Callable[[EditedSession, Path, Tick], None] | None = None,
    unit: str | None = None,
) -> Path:
    """Writes a format; the file appears under its name only when it is whole. Returns the path.

    write: instead of the format's own (the same with other options). unit: px or m, None for what the format is
    usually in. UserError when the name is taken or the place cannot be written; then, and when `tick` stops it,
    nothing is left behind.
    """
    form = EXPORTS[name]
    write = write or _in_unit(name, session, unit)
    refuse_existing(path, overwrite=overwrite)
    fresh = path.with_name(f"{path.stem}.exporting{path.suffix}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove(fresh)
            if form.is_folder:
                fresh.mkdir()
            else:  # a place that cannot be written is refused under the name that the user gave
                fresh.touch()
                fresh.unlink()
            write(session, fresh, tick)
            if form.is_folder:
                _remove(path)
            fresh.replace(path)  # a file in one step, and never in the place of a folder
    finally:
        with suppress(OSError):
            _remove(fresh)
    return path


def backward_words(session: Session) -> str:
    """What is to be said before a session is exported whose times go backward; nothing where they rise, as they do in
    all that this program tracks."""
    first = session.first_backward
    if first is None:
        return ""
    return (
        f"The times of {session.path.name} go backward at frame {first}: whatever is computed from times (speeds, "
        "curves, formats with one data rate) is wrong there."
    )


def check_unit(name: str, session: EditedSession, unit: str | None) -> None:
    """UserError when a format can't be written in a unit."""
    units = EXPORTS[name].units
    if unit is None or not units:
        return
    if unit not in units:
        raise UserError(
            f"{name} is always in pixels, as programs that read it expect.", option="leave out --units for it"
        )
    if unit == METRES:
        scale_of(session)


def _in_unit(name: str, session: EditedSession, unit: str | None) -> Callable[[EditedSession, Path, Tick], None]:
    check_unit(name, session, unit)
    form = EXPORTS[name]
    return form.write if unit is None or len(form.units) < 2 else partial(form.write, unit=unit)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
