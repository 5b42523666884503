"""Tensors out of a weights file that may come from anywhere: safetensors, or PyTorch's own formats.

A pickle is opened only by torch's `weights_only` reader, with two harmless stand-ins for numpy's scalar types
(training programs store accuracies as such). Nothing else in it can run.
"""

import pickletools
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from struct import unpack
from typing import IO, Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from ppnet.checkpoint_info import read_header, sha256_of
from ppnet.errors import CheckpointError

SIZE_LIMIT = 4 * 2**30
MEMBER_LIMIT = 20_000
STEP_LIMIT = 300_000
LEGACY_PICKLES = 5  # magic number, version, system, content, names of the storages
WRAPPERS = ("state_dict", "model_state_dict", "model", "network", "net")
PREFIXES = ("module.", "_orig_mod.")

_SCALAR_FORMATS = {"f2": "e", "f4": "f", "f8": "d", "i4": "i", "i8": "q", "u4": "I", "u8": "Q", "b1": "?"}


@dataclass(frozen=True)
class StateFile:
    """Tensors by name (prefixes of parallel training removed), metadata (safetensors only), digest of the file."""

    tensors: dict[str, Tensor]
    sha256: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class _ScalarType:
    """Stands in for `numpy.dtype` while a pickle is read: knows the few scalar types and nothing else."""

    def __init__(self, code: str, *_unused: object) -> None:
        if code not in _SCALAR_FORMATS:
            raise ValueError(f"numpy type {code!r} is not allowed in a weights file")
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise ValueError("damaged numpy type")
        self.order = ">" if state[1] == ">" else "<"


def _scalar(kind: _ScalarType, data: bytes | str) -> float | int | bool:
    """Stands in for numpy's scalar constructor: a plain Python number."""
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return unpack(kind.order + _SCALAR_FORMATS[kind.code], raw)[0]


_ALLOWED = [
    (_ScalarType, "numpy.dtype"),
    (_scalar, "numpy.core.multiarray.scalar"),
    (_scalar, "numpy._core.multiarray.scalar"),
]


def read_state_file(path: str | Path) -> StateFile:
    """All tensors of a weights file. CheckpointError, with the reason, for anything that is none."""
    path = Path(path)
    try:
        if not path.is_file():
            raise CheckpointError(f"There is no weights file {path}.")
        if path.stat().st_size > SIZE_LIMIT:
            raise CheckpointError(f"The file {path} is larger than any weights file (limit 4 GiB).")
        digest = sha256_of(path)
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise CheckpointError(f"The weights file {path} cannot be read: {error.strerror or error}.") from error
    if start[8:9] == b"{":
        return _read_safetensors(path, digest)
    return StateFile(_read_pickle(path), digest)


def _read_safetensors(path: Path, digest: str) -> StateFile:
    try:
        header = read_header(path)
        if len(header) > MEMBER_LIMIT:
            raise ValueError(f"it lists {len(header)} tensors, far more than any network has")
        return StateFile(load_file(path), digest, header.get("__metadata__", {}))
    except Exception as error:
        raise CheckpointError(f"The weights file {path} is damaged: {str(error)[:200]}.") from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        _refuse_bombs(path)
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ALLOWED):  # type: ignore[arg-type]
            warnings.simplefilter("ignore")  # torch's remarks on odd pickles are no news to a user
            content = torch.load(path, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except Exception as error:  # a damaged or hostile file can break the reader anywhere
        raise CheckpointError(
            f"The file {path} is not a weights file, or holds more than weights: {_reason(error)}"
        ) from error
    tensors = _unwrap(content)
    if tensors is None:
        raise CheckpointError(f"The file {path} holds no state dict (names with tensors).")
    return tensors


def _reason(error: Exception) -> str:
    """First telling line of torch's message, without its advice to switch the safety off."""
    for line in str(error).splitlines():
        if "nsupported" in line or "Trying to" in line or "blocked" in line:
            return (
                line.strip().split(" was not an allowed")[0].removeprefix("WeightsUnpickler error: ") + " is refused."
            )
    return f"it cannot be read ({type(error).__name__})."


class _WithoutPosition(NamedTuple):
    """A file that does not tell where it is: asking for that takes most of the time of a look through a pickle."""

    read: Callable[[int], bytes]
    readline: Callable[[], bytes]


def _refuse_bombs(path: Path) -> None:
    """What would take far more memory or time than the file is large."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            _refuse_long_pickles(path, file, count=LEGACY_PICKLES)
        return
    # PyTorch stores its members uncompressed; anything else would unpack to more than the file's own size.
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if packed or len(members) > MEMBER_LIMIT or sum(member.file_size for member in members) > path.stat().st_size:
            raise CheckpointError(
                f"The file {path} is not a weights file of PyTorch: its content does not match its size."
            )
        for member in members:
            if member.filename.endswith(".pkl"):
                with archive.open(member) as file:
                    _refuse_long_pickles(path, file, count=1)


def _refuse_long_pickles(path: Path, file: IO[bytes], *, count: int) -> None:
    """The reader keeps a Python object for each step; a network needs some forty for each tensor."""
    steps, bare = 0, _WithoutPosition(file.read, file.readline)
    for _ in range(count):
        for _step in pickletools.genops(bare):  # type: ignore[arg-type]
            steps += 1
            if steps > STEP_LIMIT:
                raise CheckpointError(f"The file {path} is not a weights file: it lists more than any network holds.")


def _unwrap(content: Any, depth: int = 0) -> dict[str, Tensor] | None:
    """The state dict in a plain or nested dict; None where there is none."""
    if not isinstance(content, dict) or depth > 3:
        return None
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and _is_plain(value)}
    if tensors and len(tensors) == len(content):
        return {_strip(name): value for name, value in tensors.items()}
    for key in WRAPPERS:
        found = _unwrap(content.get(key), depth + 1)
        if found is not None:
            return found
    return None


def _is_plain(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout == torch.strided and not (value.is_quantized or value.is_meta)


def _strip(name: str) -> str:
    stripped = True
    while stripped:
        stripped = False
        for prefix in PREFIXES:
            if name.startswith(prefix):
                name, stripped = name.removeprefix(prefix), True
    return name
