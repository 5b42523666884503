"""Weights files read and written: networks with everything needed to use them.

Files of this program are safetensors with `CheckpointInfo` in their header; the authors' `.pth` files, and those of the
compared networks, are recognised by their tensors.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save as serialise
from torch import Tensor, nn

from ppnet.checkpoint_info import CheckpointInfo, check_pin, sha256_of, size_in_name
from ppnet.errors import CheckpointError, UserError
from ppnet.networks.name_from_tensors import Recognised, expected_shapes, recognise
from ppnet.networks.table import build_bare
from ppnet.skeleton import SKELETONS
from ppnet.untrusted_tensors import StateFile, read_state_file

DEFAULT_INPUT_WH = {"coco17": (192, 256), "mpii16": (256, 256)}


@dataclass(frozen=True)
class BackboneReport:
    """What `load_backbone` did: names that were taken, names the network has that stayed fresh, names without a use."""

    taken: tuple[str, ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{len(self.taken)} tensors loaded, {len(self.fresh)} left as initialised, {len(self.unused)} of the "
            "file unused"
        )


def save(
    path: str | Path, network: nn.Module, info: CheckpointInfo, *, dtype: torch.dtype = torch.float32
) -> CheckpointInfo:
    """Write a network's weights with their info as a safetensors file, complete or not at all.

    dtype: type of the convolutions' weights in the file (`torch.float16` halves it); batch norm and biases stay fp32.
    Returns the info with the file's own sha256. CheckpointError when the place cannot be written.
    """
    return save_tensors(path, network.state_dict(), info, dtype=dtype)


def save_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], info: CheckpointInfo, *, dtype: torch.dtype = torch.float32
) -> CheckpointInfo:
    """`save` for a state dict."""
    path = Path(path)
    stored = {name: _stored(tensor, dtype) for name, tensor in tensors.items()}
    if not all(tensor.isfinite().all() for tensor in stored.values() if tensor.is_floating_point()):
        raise CheckpointError(f"The weights hold numbers that are not finite (as {dtype}); {path} was not written.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(serialise(stored, metadata=info.to_metadata()))
        os.replace(partial, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            partial.unlink()
        raise CheckpointError(f"The weights cannot be written to {path}: {error}.") from error
    return replace(info, sha256=sha256_of(path))


def _stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.to(dtype if tensor.dim() == 4 else torch.float32)
    return tensor.clone(memory_format=torch.contiguous_format)


def load_checkpoint(path: str | Path, *, input_wh: tuple[int, int] | None = None) -> tuple[nn.Module, CheckpointInfo]:
    """The network of any pose file, `.safetensors` or `.pth`, in eval mode, fp32, on the CPU, and what is known of it.

    A file without metadata gets its variant and joints from its tensors, its input size from `input_wh`, its name, or
    the usual one of its joint set. CheckpointError, with the reason, for a file that is missing, damaged, hostile, a
    backbone without heatmap layers, or of no known network.
    """
    file = read_state_file(path)
    info = info_of(Path(path), file, input_wh)
    check_pin(Path(path), file.sha256)
    tensors = fitted(Path(path), file.tensors, info)
    network = build_bare(info.network, len(info.keypoints))
    network.load_state_dict(tensors, strict=True, assign=True)
    return network.eval(), info


def read_info(path: str | Path, *, input_wh: tuple[int, int] | None = None) -> CheckpointInfo:
    """What `load_checkpoint` would know of a file. The tensors are read and checked for names and shapes."""
    file = read_state_file(path)
    info = info_of(Path(path), file, input_wh)
    _check_shapes(Path(path), file.tensors, info)
    return info


def load_backbone(network: nn.Module, path: str | Path) -> BackboneReport:
    """Start a network from a file that fits it in part: an ImageNet backbone, other joints, another head.

    Every tensor whose name and shape fit is copied; the rest stays as it is. CheckpointError when the file is none, or
    when less than half of the network's numbers before its heatmap layers come from it (another variant).
    """
    file = read_state_file(path)
    own = network.state_dict()
    taken = [name for name, tensor in file.tensors.items() if name in own and own[name].shape == tensor.shape]
    _check_numbers(Path(path), {name: file.tensors[name] for name in taken})
    share = sum(own[name].numel() for name in taken) / max(1, sum(tensor.numel() for tensor in own.values()))
    if share < 0.5:
        raise CheckpointError(
            f"The file {path} can't initialise this network: only {share:.0%} of its numbers fit by name and shape."
        )
    with torch.no_grad():
        for name in taken:
            own[name].copy_(file.tensors[name])
    counters = "num_batches_tracked"
    return BackboneReport(
        taken=tuple(taken),
        fresh=tuple(name for name in own if name not in set(taken) and not name.endswith(counters)),
        unused=tuple(name for name in file.tensors if name not in set(taken)),
    )


def recognise_file(file: StateFile) -> Recognised | None:
    """Network and joints of a file's tensors."""
    return recognise({name: tuple(tensor.shape) for name, tensor in file.tensors.items()})


def info_of(path: Path, file: StateFile, input_wh: tuple[int, int] | None = None) -> CheckpointInfo:
    """What the tensors, metadata and name of a pose file tell. CheckpointError when it is none of a known network."""
    if file.metadata.get("format", "").startswith("ppnet-live"):
        try:
            info = CheckpointInfo.from_metadata(file.metadata, sha256=file.sha256)
        except ValueError as error:
            raise CheckpointError(f"The weights file {path} is damaged: {error}.") from error
        if info.kind == "backbone":
            raise _is_backbone(path, info.network)
        try:
            return info if input_wh is None else replace(info, input_wh=input_wh)
        except ValueError as error:
            raise CheckpointError(f"The weights file {path} cannot be used: {error}.") from error
    found = recognise_file(file)
    if found is None:
        raise CheckpointError(
            f"The tensors in {path} belong to no network this program knows (PPNet and its ablations, "
            "SimpleBaseline, Hourglass, HRNet)."
        )
    if found.keypoints is None:
        raise _is_backbone(path, found.network)
    # Published files do not name their joints; their number tells the two published sets apart.
    skeleton = next((name for name, joints in SKELETONS.items() if len(joints) == found.keypoints), None)
    if skeleton is None:
        raise CheckpointError(f"The network in {path} has {found.keypoints} joints; known are 17 (COCO) and 16 (MPII).")
    size = input_wh or size_in_name(path) or DEFAULT_INPUT_WH[skeleton]
    try:
        return CheckpointInfo(
            network=found.network,
            input_wh=size,
            skeleton=skeleton,
            source=f"imported from {path.name}",
            source_sha256=file.sha256,
            sha256=file.sha256,
        )
    except ValueError as error:
        raise CheckpointError(f"The weights file {path} cannot be used: {error}.") from error


def _is_backbone(path: Path, network: str) -> CheckpointError:
    return CheckpointError(
        f"The file {path} is a backbone ({network}) without heatmap layers; "
        "it can start a training: `python -m ppnet train --init FILE`."
    )


def _wanted(path: Path, info: CheckpointInfo) -> dict[str, tuple[int, ...]]:
    try:
        return expected_shapes(info.network, len(info.keypoints))
    except UserError as error:
        raise CheckpointError(f"The weights file {path} names an unknown network, {info.network!r}.") from error


def _check_shapes(path: Path, tensors: Mapping[str, Tensor], info: CheckpointInfo) -> None:
    wanted = _wanted(path, info)
    missing = [name for name in wanted if name not in tensors and not name.endswith("num_batches_tracked")]
    extra = [name for name in tensors if name not in wanted]
    if missing or extra:
        raise CheckpointError(
            f"The file {path} does not hold the weights of {info.network}: {len(missing)} tensors are missing "
            f"and {len(extra)} unknown, such as {(missing + extra)[0]!r}."
        )
    for name, tensor in tensors.items():
        if tuple(tensor.shape) != wanted[name]:
            raise CheckpointError(
                f"The file {path} does not fit {info.network}: {name!r} is {tuple(tensor.shape)}, not {wanted[name]}."
            )


def _check_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if tensor.is_complex() or not _is_finite(tensor.float()):
            raise CheckpointError(f"The weights file {path} is damaged: {name!r} holds numbers that are not finite.")


def _is_finite(tensor: Tensor) -> bool:
    # A sum is worked out in a fraction of the time, and finite only where all numbers are. A large one may run over.
    return bool(tensor.sum().isfinite() or tensor.isfinite().all())


def fitted(path: Path, tensors: Mapping[str, Tensor], info: CheckpointInfo) -> dict[str, Tensor]:
    """Checked tensors as fp32 (counters int64) in memory of their own, in the network's order.

    Counters that old files lack are 0. Of a backbone, what the network has. CheckpointError when they do not fit.
    """
    wanted = _wanted(path, info)
    if info.kind == "backbone":
        tensors = {name: tensor for name, tensor in tensors.items() if wanted.get(name) == tuple(tensor.shape)}
        wanted = {name: shape for name, shape in wanted.items() if name in tensors}
    else:
        _check_shapes(path, tensors, info)
    _check_numbers(path, tensors)
    result = {}
    for name in wanted:
        counter = name.endswith("num_batches_tracked")
        tensor = tensors.get(name, torch.zeros(()))
        result[name] = tensor.to(torch.int64 if counter else torch.float32, copy=True).contiguous()
    return result
