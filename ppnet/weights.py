"""The weights a user has: those that ship with the program and those imported into the user's data folder."""

import json
import re
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ppnet.assets import ASSETS
from ppnet.checkpoint_info import (
    CheckpointInfo,
    check_pin,
    parse_size,
    read_written_info,
    sha256_of,
    size_in_name,
    size_name,
)
from ppnet.errors import CheckpointError
from ppnet.user_folders import user_folder

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ppnet.inference.backend import LoadNetwork
    from ppnet.untrusted_tensors import StateFile

SUFFIX = ".safetensors"
DEFAULT_VARIANT = "M2-D2-W32"


@dataclass(frozen=True)
class WeightsEntry:
    """One file of weights. `info` is None, and `problem` says why, where the file cannot be used."""

    path: Path
    shipped: bool
    info: CheckpointInfo | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The file's name without its ending; `--weights` takes it."""
        return self.path.name.removesuffix(SUFFIX)

    @property
    def use(self) -> str:
        """What the weights are good for."""
        if self.info is None:
            return "cannot be used"
        if self.info.kind == "backbone":
            return "train --init"
        return "app" if self.info.skeleton == "coco17" else "evaluation"


@dataclass(frozen=True)
class ImportReport:
    """What an import made: the entry, and remarks for the user (where the input size came from, and so on)."""

    entry: WeightsEntry
    remarks: tuple[str, ...]


def weights_folder() -> Path:
    """Where imported weights lie."""
    return user_folder("data") / "weights"


def list_weights() -> list[WeightsEntry]:
    """Shipped weights, then imported ones, by name. Files that cannot be used are listed with the reason."""
    entries = []
    for folder, shipped in ((ASSETS / "weights", True), (weights_folder(), False)):
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                entries.append(WeightsEntry(path, shipped, read_written_info(path)))
            except CheckpointError as error:
                entries.append(WeightsEntry(path, shipped, problem=str(error)))
    return entries


def app_weights() -> list[WeightsEntry]:
    """The weights that the app offers: 17 COCO joints with heatmap layers."""
    return [entry for entry in list_weights() if entry.use == "app"]


def find_weights(name: str) -> Path:
    """The file that `name` means: a path, or the name of imported or shipped weights (imported ones come first).

    CheckpointError when there is neither.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    entries = list_weights()
    for entry in sorted(entries, key=lambda entry: entry.shipped):
        if entry.name.lower() == name.removesuffix(SUFFIX).lower():
            return entry.path
    known = ", ".join(entry.name for entry in entries)
    raise CheckpointError(
        f"There are no weights {name!r}: no such file, and no imported weights of that name ({known})."
    )


def shipped_weights(variant: str | None = None) -> Path:
    """The weights of a network that come with the program. CheckpointError when none do."""
    variant = variant or DEFAULT_VARIANT
    shipped = sorted((ASSETS / "weights").glob("*.safetensors"))
    for path in shipped:
        if path.name.lower().startswith(f"{variant.lower()}_"):
            return path
    if not shipped:
        raise CheckpointError("The weights are missing from this installation; install PPNet Live again.")
    names = ", ".join(path.stem for path in shipped)
    raise CheckpointError(
        f"No weights of {variant} come with the program (there are {names}).", option="give some with --weights"
    )


def open_weights(path: Path) -> "tuple[LoadNetwork, CheckpointInfo]":
    """How to load the network of any pose file, and what is known of it, which needs no PyTorch where this program
    wrote the file. CheckpointError, here or when it is loaded, as from `ppnet.checkpoint.load_checkpoint`."""
    try:
        written = read_written_info(path)
    except CheckpointError:  # perhaps another program's: who reads all of it tells
        written = None
    if written is None or written.kind != "pose":
        from ppnet.checkpoint import load_checkpoint

        network, info = load_checkpoint(path)
        return lambda: network, info
    check_pin(path, written.sha256)
    return cache(partial(_loaded, path, written)), written


def _loaded(path: Path, expected: CheckpointInfo) -> "nn.Module":
    """The network of a file that was looked at before."""
    from ppnet.checkpoint import load_checkpoint

    network, info = load_checkpoint(path)
    if info != expected:
        raise CheckpointError(f"The weights file {path} has just been changed; try again.")
    return network


def import_weights(
    path: str | Path,
    *,
    input_wh: tuple[int, int] | None = None,
    network: str | None = None,
    codec: tuple[str, float] | None = None,
) -> ImportReport:
    """Copy a weights file of any accepted kind into the user's folder, with its metadata.

    Variant and joints come from the tensors. input_wh (width, height): else from the file's name. network: only for the
    resolution ratios of Table VIII, which leave no trace in the tensors. codec: kind and sigma of the training targets,
    quarter with sigma 2 unless given. CheckpointError, with the reason, when the file cannot be used; UserError when
    the network cannot take the input.
    """
    from ppnet.checkpoint import save_tensors
    from ppnet.untrusted_tensors import read_state_file

    path = Path(path)
    file = read_state_file(path)
    remarks: list[str] = []
    info = _described(path, file, input_wh, network, remarks)
    if codec is not None:
        info = _changed(path, info, codec_kind=codec[0], sigma=codec[1])
    tensors = _tensors(path, file, info)
    target, existing = _target(weights_folder(), info)
    if existing is not None:
        remarks.append(f"these weights were imported before, as {existing.stem}")
        return ImportReport(WeightsEntry(existing, False, read_written_info(existing)), tuple(remarks))
    save_tensors(target, tensors, info)
    return ImportReport(WeightsEntry(target, False, read_written_info(target)), tuple(remarks))


def write_manifest(folder: Path = ASSETS / "weights") -> None:
    """Pin the shipped weights: their sha256 into manifest.json, against which they are checked when loaded.

    The demo's session is made with them too: `python -m app.workspace.demo_session` is due then.
    """
    pins = {path.name: {"sha256": sha256_of(path)} for path in sorted(folder.glob(f"*{SUFFIX}"))}
    (folder / "manifest.json").write_text(json.dumps(pins, indent=1) + "\n", "utf-8")


def _described(
    path: Path, file: "StateFile", input_wh: tuple[int, int] | None, network: str | None, remarks: list[str]
) -> CheckpointInfo:
    """The info of a file to be imported; remarks are added as they come up."""
    from ppnet.checkpoint import info_of, recognise_file

    found = recognise_file(file)
    backbone = found is not None and found.keypoints is None
    size = input_wh or _size_said(path, file) or ((256, 256) if backbone else None)
    if size is None:
        raise CheckpointError(f"The name of {path} does not say the input size; give it, for example --input 256x192.")
    origin = "was given" if input_wh else "comes from the file" if file.metadata.get("input") else "comes from its name"
    if not backbone:
        remarks.append(f"the input size {size_name(size)} {origin}")
    if found is not None and backbone:
        info = _changed(path, CheckpointInfo(found.network, (192, 256)), input_wh=size, kind="backbone")
    else:
        info = info_of(path, file, size)
    if network is not None:
        info = replace(info, network=network)
    said = re.search(r"M\d+-D\d+-W\d+", path.name)
    if said is not None and not info.network.startswith(said[0]):
        remarks.append(f"its name says {said[0]}, but its tensors are those of {info.network}, which is used")
    source = info.source or f"imported from {path.name}"
    return replace(info, source=source, source_sha256=file.sha256, sha256="")


def _size_said(path: Path, file: "StateFile") -> tuple[int, int] | None:
    return parse_size(file.metadata["input"]) if file.metadata.get("input") else size_in_name(path)


def _changed(path: Path, info: CheckpointInfo, **changes: object) -> CheckpointInfo:
    try:
        return replace(info, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        raise CheckpointError(f"The weights file {path} cannot be imported: {error}.") from error


def _tensors(path: Path, file: "StateFile", info: CheckpointInfo) -> "dict[str, Tensor]":
    """The tensors to be stored, checked; a backbone keeps those that a network has."""
    from ppnet.checkpoint import fitted
    from ppnet.networks.cost import check_input

    check_input(info.network, info.input_wh, len(info.keypoints))
    return fitted(path, file.tensors, info)


def _target(folder: Path, info: CheckpointInfo) -> tuple[Path, Path | None]:
    """A free name for these weights, and the file they were imported to before, if any."""
    parts = [info.network, info.input_name if info.kind == "pose" else "backbone"]
    if info.skeleton != "coco17":
        parts.append(info.skeleton)
    if info.codec_kind != "quarter":
        parts.append(info.codec_kind)
    stem, number = "_".join(parts), 1
    target = folder / f"{stem}{SUFFIX}"
    while target.exists() or (ASSETS / "weights" / target.name).exists():
        known = _known(target)
        if known is not None and replace(known, sha256="") == info:
            return target, target
        number += 1
        target = folder / f"{stem}_{number}{SUFFIX}"
    return target, None


def _known(path: Path) -> CheckpointInfo | None:
    if not path.exists():
        return None
    try:
        return read_written_info(path)
    except CheckpointError:
        return None
