"""What is known of a weights file: network, input, joints, normalisation, decoding, origin.

Free of torch, so that listings and settings can read it at once.
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from ppnet.assets import ASSETS
from ppnet.decode import DecodeKind
from ppnet.errors import CheckpointError, UserError
from ppnet.skeleton import SKELETONS, Skeleton

FORMAT = "ppnet-live-1"
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CODEC_KINDS = get_args(DecodeKind)
KINDS = ("pose", "backbone")
HEADER_LIMIT = 8 * 2**20


@dataclass(frozen=True)
class CheckpointInfo:
    """How the weights of one file are to be used, and where they come from.

    network: name for `ppnet.networks.table.build`.
    input_wh: size of the crops in pixels, width first (the paper's 256x192 is (192, 256)).
    skeleton: name of the joint set (`ppnet.skeleton.SKELETONS`).
    mean, std: normalisation of RGB / 255.
    codec_kind, sigma: how targets were drawn and how heatmaps are decoded; sigma in cells.
    tolerances: (K,), each keypoint's for `ppnet.decode.decode_expected`; empty: `codec_kind`'s own rule, as published.
    source: one sentence on the origin; `source_sha256`: digest of the file it was converted from.
    kind: `pose`, or `backbone` without heatmap layers, which only starts a training.
    scores: accuracy by name, e.g. {"coco_val AP": 0.709}. terms: licence or terms of use.
    sha256: digest of the file this was read from; empty before it is written.
    """

    network: str
    input_wh: tuple[int, int]
    skeleton: str = "coco17"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    codec_kind: DecodeKind = "quarter"
    sigma: float = 2.0
    tolerances: tuple[float, ...] = ()
    source: str = ""
    source_sha256: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    terms: str = ""
    kind: str = "pose"
    sha256: str = ""

    def __post_init__(self) -> None:
        width, height = self.input_wh
        if not (32 <= width <= 2048 and 32 <= height <= 2048 and width % 4 == height % 4 == 0):
            raise ValueError(f"input {height}x{width} is not a crop size (32 to 2048 pixels, multiples of 4)")
        if self.skeleton not in SKELETONS:
            raise ValueError(f"unknown joint set {self.skeleton!r} (known: {', '.join(SKELETONS)})")
        if self.codec_kind not in CODEC_KINDS:
            raise ValueError(f"unknown decoding {self.codec_kind!r} (known: {', '.join(CODEC_KINDS)})")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r} (known: {', '.join(KINDS)})")
        if not (isfinite(self.sigma) and 0.1 <= self.sigma <= 20):
            raise ValueError(f"sigma must be 0.1 to 20 cells, got {self.sigma}")
        if self.tolerances and len(self.tolerances) != len(self.keypoints):
            raise ValueError(
                f"{len(self.keypoints)} tolerances are needed, one per keypoint, not {len(self.tolerances)}"
            )
        if not all(isfinite(value) and 0 <= value <= 1 for value in self.tolerances):
            raise ValueError(f"tolerances must be 0 to 1, got {self.tolerances}")
        if not all(abs(value) <= 1e3 for value in (*self.mean, *self.std)) or min(self.std) < 1e-3:
            raise ValueError(
                f"mean {self.mean} and std {self.std} cannot be those of images (std from 0.001, both to 1000)"
            )

    @property
    def keypoints(self) -> Skeleton:
        """The joint set itself."""
        return SKELETONS[self.skeleton]

    @property
    def input_name(self) -> str:
        """The input size as the paper writes it, height first: 256x192."""
        return size_name(self.input_wh)

    def to_metadata(self) -> dict[str, str]:
        """Strings for the header of a safetensors file; `from_metadata` reads them back."""
        return {
            "format": FORMAT,
            "network": self.network,
            "input": self.input_name,
            "joints": self.skeleton,
            "mean": json.dumps(self.mean),
            "std": json.dumps(self.std),
            "decode": self.codec_kind,
            "sigma": repr(self.sigma),
            "tolerances": json.dumps(self.tolerances),
            "source": self.source,
            "source_sha256": self.source_sha256,
            "scores": json.dumps(dict(self.scores)),
            "terms": self.terms,
            "kind": self.kind,
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], *, sha256: str = "") -> "CheckpointInfo":
        """ValueError when the metadata are incomplete or senseless."""
        if metadata.get("format") != FORMAT:
            raise ValueError(f"its format is {metadata.get('format')!r}, not {FORMAT!r}")
        try:
            return cls(
                network=metadata["network"],
                input_wh=parse_size(metadata["input"]),
                skeleton=metadata["joints"],
                mean=_triple(metadata["mean"]),
                std=_triple(metadata["std"]),
                codec_kind=metadata["decode"],  # type: ignore[arg-type]  # checked when made
                sigma=float(metadata["sigma"]),
                tolerances=tuple(float(value) for value in json.loads(metadata.get("tolerances", "[]"))),
                source=metadata.get("source", ""),
                source_sha256=metadata.get("source_sha256", ""),
                scores={str(k): float(v) for k, v in json.loads(metadata.get("scores", "{}")).items()},
                terms=metadata.get("terms", ""),
                kind=metadata.get("kind", "pose"),
                sha256=sha256,
            )
        except Exception as error:  # metadata are anyone's text
            raise ValueError(f"its metadata are incomplete: {error!r}") from error


def _triple(text: str) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in json.loads(text))
    return red, green, blue


def size_name(input_wh: tuple[int, int]) -> str:
    """(192, 256) -> "256x192", height first as in the paper and in the names of published files."""
    return f"{input_wh[1]}x{input_wh[0]}"


def parse_size(text: str) -> tuple[int, int]:
    """ "256x192" (height x width) -> (192, 256). UserError for anything else."""
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text.strip())
    if match is None:
        raise UserError(f"{text!r} is not an input size; write height x width, such as 256x192.")
    return int(match[2]), int(match[1])


def size_in_name(path: Path) -> tuple[int, int] | None:
    """Input size (width, height) that a file's name tells, e.g. `pose_ppnet_M2-D2-W32_256x192.pth`; None if none."""
    sizes = re.findall(r"(?<![0-9])(\d{2,4}x\d{2,4})(?![0-9])", path.name)
    return parse_size(sizes[-1]) if sizes else None


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_header(path: Path) -> dict[str, Any]:
    """Header of a safetensors file: names, shapes, types, `__metadata__`. ValueError when it is none."""
    with path.open("rb") as file:
        start = file.read(8)
        size = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= size <= min(HEADER_LIMIT, path.stat().st_size - 8):
            raise ValueError("it is not a safetensors file")
        text = file.read(size)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("its safetensors header is damaged") from error
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its safetensors header is damaged")
    return dict(header)


def read_written_info(path: Path) -> CheckpointInfo:
    """What a safetensors file of this program says of itself, without reading its tensors.

    CheckpointError when the file is missing, of another program or damaged.
    """
    try:
        header = read_header(path)
        return CheckpointInfo.from_metadata(header.get("__metadata__", {}), sha256=sha256_of(path))
    except OSError as error:
        raise CheckpointError(f"The weights file {path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise CheckpointError(f"The file {path} holds no weights of this program: {error}.") from error


def check_pin(path: Path, digest: str) -> None:
    """CheckpointError where weights that ship with the program, of this digest, are not the ones that were shipped."""
    folder = path.resolve().parent
    if folder != ASSETS / "weights":
        return
    try:
        pinned = json.loads((folder / "manifest.json").read_text("utf-8"))[path.name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} is not listed in the manifest of shipped weights; install PPNet Live again."
        ) from error
    if pinned != digest:
        raise CheckpointError(f"{path} is not the file that was shipped (sha256 differs); install PPNet Live again.")
