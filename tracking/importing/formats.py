"""What can be read in: the one list behind reader, command line, file dialog and docs/imports.md."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ImportFormat:
    """A kind of file. title: as a session remembers it. told_by, people: how it is known, and whom it has (Markdown).

    suffixes: of its files. first_line: what a text file of it begins with. is_folder: many files, of which any will do.
    """

    title: str
    told_by: str
    people: str
    suffixes: tuple[str, ...]
    first_line: str = ""
    is_folder: bool = False

    def fits(self, path: Path) -> bool:
        """Whether the file can be one, by its name and its first line."""
        if path.is_dir() or self.is_folder:
            return path.is_dir() and self.is_folder
        if path.suffix.lower() not in self.suffixes:
            return False
        if not self.first_line:
            return True
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(200).startswith(self.first_line)


DEEPLABCUT_CSV = ImportFormat(
    "DeepLabCut table (CSV)",
    "first line begins with `scorer`",
    "names of the individuals, where there are several",
    (".csv",),
    "scorer",
)
DEEPLABCUT_H5 = ImportFormat(
    "DeepLabCut table (HDF5)",
    "`df_with_missing` or `keypoints` in it; needs the extra `deeplabcut`",
    "the same",
    (".h5", ".hdf5"),
)
SLEAP_LABELS = ImportFormat(
    "SLEAP labels",
    "`.slp`, its first video; needs the extra `sleap`",
    "tracks; a corrected instance counts in place of its prediction",
    (".slp",),
)
SLEAP_ANALYSIS = ImportFormat(
    "SLEAP analysis (HDF5)", "any other HDF5 file; needs the extra `sleap`", "tracks", (".h5", ".hdf5")
)
OPENPOSE = ImportFormat(
    "OpenPose folder",
    "JSON files called `..._000000000012_keypoints.json` (BODY_25 or 18 joints), or one of them",
    "`person_id` where it is above 0",
    (".json",),
    is_folder=True,
)
COCO = ImportFormat("COCO keypoints", "`.json`, results or a data set", "`track_id` where there is one", (".json",))
KEYPOINT_CSV = ImportFormat(
    "keypoint table",
    "first line of a table of `track` or `export --format csv`, in pixels",
    "`person_id`, `person_name`",
    (".csv",),
    "frame,time_s,person_id,state",
)
IMPORTS = (DEEPLABCUT_CSV, DEEPLABCUT_H5, SLEAP_LABELS, SLEAP_ANALYSIS, OPENPOSE, COCO, KEYPOINT_CSV)


def titles() -> str:
    """All of them, as part of a sentence."""
    return ", ".join(kind.title for kind in IMPORTS[:-1]) + f" or {IMPORTS[-1].title}"


def patterns() -> tuple[str, ...]:
    """`*.csv` and the like: of every file that can be chosen."""
    return tuple(dict.fromkeys(f"*{suffix}" for kind in IMPORTS for suffix in kind.suffixes))
