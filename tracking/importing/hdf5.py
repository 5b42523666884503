"""What is asked for of an HDF5 file, read in a process of its own; nothing outside the file is ever opened.

A damaged HDF5 file can bring down whoever opens it, a hostile one can point into other files of this machine (external
links, virtual and external datasets) or ask for any amount of memory.
"""

import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.errors import UserError
from ppnet.extras import load
from tracking.child_process import run_in_child

MAX_BYTES = 2**30
"""Of all that is asked for, unpacked."""
MAX_TEXTS, MAX_TEXT_BYTES = 100_000, 2**24
LONGEST_S = 60.0
FILTERS = {1, 2, 3, 4, 6, 32000}
"""gzip, shuffle, Fletcher's sums, szip, scale-offset, LZF; any other would be looked for among plug-ins."""
FAULTS = (OSError, RuntimeError, ValueError, LookupError, TypeError, MemoryError)
"""What a damaged file, or one that is not taken, makes `found_in` raise."""
TEXTS = "texts"


def read_hdf5(path: Path, *names: str) -> dict[str, Any]:
    """Datasets by their path and attributes as `dataset@attribute`: numbers as arrays, texts as text or lists of text.

    What the file has not is not among them. UserError when it cannot be read or points to other files.
    """
    load("h5py", "sleap")
    sent = run_in_child(send, path, *names, longest_s=LONGEST_S)
    with np.load(io.BytesIO(sent)) as values:
        found: dict[str, Any] = {name: values[name] for name in values.files}
    return found | json.loads(found.pop(TEXTS).tobytes())


def send(path: Path, *names: str) -> None:
    """The child's part: what is found goes to standard output. UserError when it cannot be read."""
    try:
        found = found_in(path, *names)
    except FAULTS as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path.name} can't be read as an HDF5 file ({told}).") from error
    texts = {name: value for name, value in found.items() if not isinstance(value, np.ndarray)}
    arrays = {name: value for name, value in found.items() if name not in texts}
    packed = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    np.savez(sys.stdout.buffer, allow_pickle=False, **{TEXTS: packed}, **arrays)


def found_in(path: Path, *names: str) -> dict[str, Any]:
    """The same as `read_hdf5`, in this process, which a damaged file can end. Raises `FAULTS`."""
    import h5py

    found = {}
    left = MAX_BYTES
    with h5py.File(path, "r") as file:
        for name in names:
            place, _, attribute = name.partition("@")
            value = _object(file, place)
            if attribute and value is not None:
                value = _attribute(value, attribute)
            elif isinstance(value, h5py.Dataset):
                value = _dataset(value, left)
            if isinstance(value, np.ndarray | str | list):
                found[name] = value
                left -= value.nbytes if isinstance(value, np.ndarray) else 0
    return found


def _object(file: Any, place: str) -> Any:
    """The group or dataset there; None where there is nothing. Only links inside the file are followed."""
    from h5py import Group, h5l

    at = file
    for name in place.split("/"):
        if not isinstance(at, Group) or not at.id.links.exists(name.encode()):
            return None
        if at.id.links.get_info(name.encode()).type != h5l.TYPE_HARD:
            raise ValueError(f"{place} is a link to somewhere else")
        at = at[name]
    return at


def _dataset(dataset: Any, left: int) -> Any:
    from h5py import check_string_dtype, h5d

    how = dataset.id.get_create_plist()
    if how.get_layout() == h5d.VIRTUAL or how.get_external_count():
        raise ValueError(f"{dataset.name} lies in other files")
    if not {how.get_filter(at)[0] for at in range(how.get_nfilters())} <= FILTERS:
        raise ValueError(f"{dataset.name} is compressed in an unsupported way")
    shape, dtype, text = dataset.shape, dataset.dtype, check_string_dtype(dataset.dtype)
    if shape is None:
        return None
    if text and text.length is None:
        return _texts(dataset)
    if dtype.hasobject:
        raise ValueError(f"{dataset.name} holds neither numbers nor texts")
    if max(math.prod(shape), math.prod(dataset.chunks or ())) * dtype.itemsize > left:
        raise ValueError(f"{dataset.name} and the data with it are larger than {MAX_BYTES // 2**20} MiB")
    values = np.asarray(dataset[()])
    return [_text(value) for value in values.ravel().tolist()] if text else values


def _texts(dataset: Any) -> list[str]:
    """Texts of any length, one by one: all of them can be the same large one."""
    if dataset.size > MAX_TEXTS:
        raise ValueError(f"{dataset.name} has more than {MAX_TEXTS} texts")
    texts: list[str] = []
    left = MAX_TEXT_BYTES
    for at in np.ndindex(dataset.shape):
        texts.append(_text(dataset[at]))
        left -= len(texts[-1])
        if left < 0:
            raise ValueError(f"the texts of {dataset.name} are too long")
    return texts


def _attribute(of: Any, name: str) -> Any:
    """A single text or number; None where there is none."""
    from h5py import check_string_dtype

    if name not in of.attrs:
        return None
    attribute = of.attrs.get_id(name)
    if attribute.shape is None:
        return None
    if math.prod(attribute.shape) != 1 or attribute.dtype.itemsize > MAX_TEXT_BYTES:
        raise ValueError(f"the attribute {name} is not a single value")
    value = np.asarray(of.attrs[name]).ravel()[0]
    return _text(value) if check_string_dtype(attribute.dtype) else np.asarray(value)


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
