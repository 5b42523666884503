"""`Codec`: keypoints to target heatmaps and back, as one pair that cannot drift apart."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from ppnet.checkpoint_info import CODEC_KINDS, CheckpointInfo
from ppnet.crops import CropKind, Doubles, crop_matrices, crop_regions
from ppnet.decode import DecodeKind, Floats, decode, decode_expected


@dataclass(frozen=True)
class Codec:
    """How one network's heatmaps mean positions; weights go with the codec they were trained for.

    input_wh: the network's input, pixels; stride: crop pixels per cell; sigma: of the Gaussian, cells.
    kind: `quarter` (rounded centres, quarter offset), `dark` (unrounded centres, Taylor step) or `udp`
    (unrounded centres, sizes in units of pixels - 1). tolerances: of each keypoint, see `decode_expected`; without
    any the kind's own rule decodes.
    """

    input_wh: tuple[int, int] = (192, 256)
    stride: int = 4
    sigma: float = 2.0
    kind: DecodeKind = "quarter"
    tolerances: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in CODEC_KINDS:
            raise ValueError(f"codec kind must be {', '.join(CODEC_KINDS)}, got {self.kind!r}")
        if min(self.input_wh) < 2 * self.stride or any(side % self.stride for side in self.input_wh):
            raise ValueError(f"input {self.input_wh} must be a multiple of the stride {self.stride}")
        if self.sigma <= 0:
            raise ValueError(f"sigma must be above 0, got {self.sigma}")

    @classmethod
    def of(cls, info: CheckpointInfo, input_wh: tuple[int, int] | None = None) -> Self:
        """The codec of a network, for its own or another size of crops."""
        size = input_wh or info.input_wh
        return cls(size, sigma=info.sigma, kind=info.codec_kind, tolerances=info.tolerances)

    @property
    def heatmap_wh(self) -> tuple[int, int]:
        """Cells across and down."""
        return self.input_wh[0] // self.stride, self.input_wh[1] // self.stride

    @property
    def aspect(self) -> float:
        """Width / height of the input, for `ppnet.crops.crop_regions`."""
        return self.input_wh[0] / self.input_wh[1]

    @property
    def crop_kind(self) -> CropKind:
        """The convention of the crop's matrix, for `ppnet.crops.crop_matrices`."""
        return "udp" if self.kind == "udp" else "classic"

    def crop_matrices(self, boxes: npt.ArrayLike, padding: float = 1.25) -> Doubles:
        """Matrices (N, 2, 3) image pixels -> crop pixels of upright crops about boxes (N, 4) xyxy, image pixels."""
        return crop_matrices(*crop_regions(boxes, self.aspect, padding), self.input_wh, kind=self.crop_kind)

    @property
    def flip_shift(self) -> bool:
        """Whether the flip average shifts the mirrored heatmaps by one cell."""
        return self.kind != "udp"

    @property
    def rounded(self) -> bool:
        """Whether targets have their centre moved to the nearest cell."""
        return self.kind == "quarter"

    @property
    def cell_xy(self) -> tuple[float, float]:
        """Size of a cell in crop pixels: position in cells = crop pixels / cell_xy."""
        if self.kind != "udp":
            return float(self.stride), float(self.stride)
        (width, height), (columns, rows) = self.input_wh, self.heatmap_wh
        return (width - 1) / (columns - 1), (height - 1) / (rows - 1)

    def targets(self, keypoints: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Target heatmaps (N, K, h, w) and valid (N, K) for keypoints (N, K, 2) in crop pixels."""
        import torch  # only here: keypoints are read without it

        from ppnet.targets import gaussian_targets, targets_inside

        cells = torch.from_numpy(np.asarray(keypoints, np.float64) / self.cell_xy)
        heatmaps = gaussian_targets(cells, self.heatmap_wh, self.sigma, rounded=self.rounded)
        return heatmaps.numpy(), targets_inside(cells, self.heatmap_wh, self.sigma).numpy()

    def decode(self, heatmaps: Floats) -> tuple[Floats, Floats]:
        """Positions (N, K, 2) in crop pixels and scores (N, K), from heatmaps (N, K, h, w) float32."""
        if self.tolerances:
            positions, scores = decode_expected(heatmaps, self.sigma, self.tolerances)
        else:
            positions, scores = decode(heatmaps, self.kind, self.sigma)
        return positions * np.asarray(self.cell_xy, np.float32), scores
