"""Data named on a command line: `coco:FILE.json`, `mpii:FILE.json`, with `@SHARE` where sources are mixed."""

from pathlib import Path

from ppnet.data.coco import read_coco
from ppnet.data.mpii import read_mpii
from ppnet.data.samples import SampleSet
from ppnet.errors import DatasetError


def read_source(text: str, *, images: Path | None = None) -> tuple[SampleSet, float]:
    """`KIND:FILE[@SHARE]` -> people and share (1 when not given). DatasetError for anything else."""
    kind, path, share = _parts(text)
    if share <= 0:
        raise DatasetError(f"The share in {text!r} must be above 0.")
    if kind == "coco":
        return read_coco(path, images=images), share
    if kind == "mpii":
        return read_mpii(path, images=images), share
    raise DatasetError(f"{text!r} is not a data source; write coco:FILE.json or mpii:FILE.json.")


def _parts(text: str) -> tuple[str, Path, float]:
    """Kind, file and share."""
    kind, _, rest = text.partition(":")
    file, at, share = rest.rpartition("@")
    try:
        return kind, Path(file if at else rest), float(share) if at else 1.0
    except ValueError:
        return kind, Path(rest), 1.0
