"""`PoseEstimator`: from pictures to keypoints, the one way that live view, files, evaluation and inspection share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.crops import Doubles, apply_matrices, invert_matrices, warp
from ppnet.decode import merge_flipped
from ppnet.errors import TooLargeError, UserError
from ppnet.inference.backend import Crops, Heatmaps, InferenceBackend
from ppnet.inference.backend_choice import make_backend
from ppnet.poses import Poses
from ppnet.weights import find_weights, open_weights, shipped_weights

if TYPE_CHECKING:
    from torch import nn

BOX_LIMIT = 1e6  # pixels; a box beyond it comes from a broken computation
SIDE_MULTIPLES = (16, 32, 64)  # what the coarsest branches of networks need, pixels


class PoseEstimator:
    """Crops, network in batches that fit, flip averaging, decoding.

    backend: what runs the network. info: what its weights were trained for.
    flip: average with the mirrored crop (section IV); twice the work. May be changed between two calls.
    max_batch: most crops in one forward pass (a mirrored one counts); larger batches are split.

    The networks are fully convolutional: `input_scale` below 1 reads the same people from smaller crops, faster and
    less exactly.
    """

    def __init__(
        self, backend: InferenceBackend, info: CheckpointInfo, *, flip: bool = True, max_batch: int | None = None
    ) -> None:
        self.backend = backend
        self.info = info
        self.flip = flip
        self.max_batch = max_batch or backend.most_crops
        self.codec = Codec.of(info)
        self._input_scale = 1.0

    @classmethod
    def from_network(
        cls,
        network: "nn.Module",
        info: CheckpointInfo,
        *,
        backend: str = "torch",
        device: str = "auto",
        precision: str = "auto",
        flip: bool = True,
        max_batch: int | None = None,
    ) -> Self:
        """The estimator of a network in memory, which is copied. For backend, device, precision see `make_backend`."""
        runner = make_backend(lambda: network, info, backend=backend, device=device, precision=precision)
        return cls(runner, info, flip=flip, max_batch=max_batch)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        backend: str = "torch",
        device: str = "auto",
        precision: str = "auto",
        flip: bool = True,
    ) -> Self:
        """The estimator of a weights file. CheckpointError when the file is none."""
        load, info = open_weights(Path(path))
        return cls(make_backend(load, info, backend=backend, device=device, precision=precision), info, flip=flip)

    @classmethod
    def from_pretrained(cls, name: str | None = None, **options: Any) -> Self:
        """The estimator of the weights that come with the program, or of others by name or path (`find_weights`);
        options as for `from_file`. CheckpointError when there are none of that name."""
        return cls.from_file(shipped_weights() if name is None else find_weights(name), **options)

    @property
    def device_name(self) -> str:
        """The device really used: `cpu`, `cpu (OpenVINO)`, `mps` or `cuda:0 (name of the card)`."""
        return self.backend.device_name

    @property
    def precision(self) -> str:
        """The number format really used: fp32, bf16 or fp16."""
        return self.backend.precision

    @property
    def input_scale(self) -> float:
        """Size of the crops relative to those that the network was trained with."""
        return self._input_scale

    @input_scale.setter
    def input_scale(self, scale: float) -> None:
        if scale == self._input_scale:
            return
        for multiple in (1,) if scale == 1 else SIDE_MULTIPLES:
            width, height = (max(multiple, round(scale * side / multiple) * multiple) for side in self.info.input_wh)
            codec = Codec.of(self.info, (width, height))
            if self._takes(codec):
                self.codec, self._input_scale = codec, scale
                return
        raise UserError(f"{self.info.network} can't read people at {scale:g} of its size; leave it at 1.")

    def _takes(self, codec: Codec) -> bool:
        """Whether the network gives heatmaps of the right size for such crops."""
        width, height = codec.input_wh
        try:
            found = self.backend.heatmaps(np.zeros((1, height, width, 3), np.uint8))
        except RuntimeError:  # sizes of branches that don't match
            return False
        return found.shape[2:] == codec.heatmap_wh[::-1]

    def estimate(self, image: npt.NDArray[np.uint8], boxes: npt.ArrayLike) -> Poses:
        """Poses of N people, row i for box i.

        image: (H, W, 3) uint8 RGB. boxes: (N, 4) xyxy image pixels; N = 0 is fine. Boxes that are not finite, have no
        area or lie outside the image give missing keypoints (NaN, score 0).
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"image (H, W, 3) uint8 wanted, got {image.shape} {image.dtype}")
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        usable = _usable(boxes, image.shape[1], image.shape[0])
        matrices = self.codec.crop_matrices(boxes[usable])
        found = self.read(warp(image, matrices, self.codec.input_wh), matrices)
        return found if usable.all() else found.spread(usable)

    def read(self, crops: Crops, matrices: Doubles) -> Poses:
        """Poses of the people in crops (N, H, W, 3) uint8 RGB, in pixels of the images that they were cut from.

        matrices: (N, 2, 3), image pixels -> crop pixels. What the network answers with numbers that are not finite is
        missing.
        """
        positions, scores = self.codec.decode(self.heatmaps(crops))
        keypoints = apply_matrices(positions, invert_matrices(matrices)).astype(np.float32)
        scores = np.clip(scores, 0, 1)  # a sure joint's heatmap may rise a little above 1
        broken = ~(np.isfinite(keypoints).all(axis=2) & np.isfinite(scores))
        keypoints[broken], scores[broken] = np.nan, 0
        return Poses(keypoints, scores, self.info.keypoints)

    def heatmaps(self, crops: Crops) -> Heatmaps:
        """Heatmaps (N, K, H/4, W/4) float32 of crops (N, H, W, 3) uint8 RGB, averaged with their mirror images."""
        people = max(1, self.max_batch // (2 if self.flip else 1))
        parts = [self._forward(crops[start : start + people]) for start in range(0, len(crops), people)]
        if len(parts) == 1:
            return parts[0]
        width, height = self.codec.heatmap_wh
        return np.concatenate([np.zeros((0, len(self.info.keypoints), height, width), np.float32), *parts])

    def _forward(self, crops: Crops) -> Heatmaps:
        """One pass, or several where the memory runs out; then less is tried at once from now on."""
        try:
            if not self.flip:
                return self.backend.heatmaps(crops)
            straight, mirrored = np.split(self.backend.heatmaps(np.concatenate([crops, crops[:, :, ::-1]])), 2)
            return merge_flipped(straight, mirrored, self.info.keypoints.flip_index, shift=self.codec.flip_shift)
        except MemoryError as error:
            if len(crops) == 1:
                advice = "close other programs" if self.device_name.startswith("cpu") else "use --device cpu"
                raise TooLargeError(
                    f"Not even one person fits in the memory of {self.device_name}; {advice}."
                ) from error
        self.max_batch = len(crops)  # half of this batch with its mirror images, or half of it without
        half = len(crops) // 2
        return np.concatenate([self._forward(crops[:half]), self._forward(crops[half:])])


def _usable(boxes: npt.NDArray[np.float64], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Which boxes are finite, have an area and touch the image."""
    with np.errstate(invalid="ignore"):
        finite = (np.abs(boxes) < BOX_LIMIT).all(axis=1)
        x1, y1, x2, y2 = boxes.T
        inside = (x2 > 0) & (y2 > 0) & (x1 < width) & (y1 < height)
    return np.asarray(finite & (x2 > x1) & (y2 > y1) & inside, np.bool_)
