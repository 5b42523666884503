"""`PoseEstimator`: keypoints of all people of an image, from their boxes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ppnet.checkpoint import load_checkpoint
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.crops import apply_matrices, invert_matrices, warp
from ppnet.device import choose_device, choose_precision, describe, precision_name
from ppnet.errors import UserError
from ppnet.heatmaps import merge_flipped
from ppnet.networks.inference import for_inference
from ppnet.poses import Poses

Image = npt.NDArray[np.uint8]

BOX_LIMIT = 1e6  # pixels; a box beyond it comes from a broken computation
SIDE_MULTIPLES = (16, 32, 64)  # what the coarsest branches of networks need, pixels
BATCH_LIMIT = {"cpu": 16, "cuda": 256, "mps": 64}


class PoseEstimator:
    """A network made ready for one device: crops, one batch per image, flip averaging, decoding.

    network: forward (N, 3, H, W) -> list of heatmaps, the last one counts; a copy is made.
    info: what its weights were trained for.
    device: auto, cpu, cuda, cuda:1, mps. precision: auto, fp32, bf16, fp16 (`ppnet.device`).
    flip: average with the mirrored crop (section IV); twice the work.
    max_batch: most crops in one forward pass (a mirrored one counts); larger batches are split.
    UserError when the device isn't there.

    The networks are fully convolutional: `input_scale` below 1 reads the same people from smaller crops, faster and
    less exactly.
    """

    def __init__(
        self,
        network: nn.Module,
        info: CheckpointInfo,
        *,
        device: str = "auto",
        flip: bool = True,
        precision: str = "auto",
        max_batch: int | None = None,
    ) -> None:
        self.info = info
        self.flip = flip
        self.codec = Codec(input_wh=info.input_wh, sigma=info.sigma, kind=info.codec_kind)
        self._input_scale = 1.0
        self.device = choose_device(device)
        self.dtype = choose_precision(self.device, precision)
        self.max_batch = max_batch or BATCH_LIMIT.get(self.device.type, 32)
        self._flip_index = info.keypoints.flip_index
        # RGB / 255, less the mean, by the std: one multiplication and one addition.
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (info.mean, info.std))
        self._scale = (1 / (255 * std)).to(self.device)
        self._offset = (-mean / std).to(self.device)
        self._network = for_inference(network, self.device, self.dtype)

    @classmethod
    def from_file(
        cls, path: str | Path, *, device: str = "auto", flip: bool = True, precision: str = "auto"
    ) -> "PoseEstimator":
        """The estimator of a weights file. CheckpointError when the file is none."""
        network = load_checkpoint(path)
        info = network.info
        if not isinstance(info, CheckpointInfo):
            raise TypeError("load_checkpoint gives its network an info")
        return cls(network, info, device=device, flip=flip, precision=precision)

    @property
    def device_name(self) -> str:
        """The device really used: `cpu`, `mps` or `cuda:0 (name of the card)`."""
        return describe(self.device)

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
            codec = Codec(input_wh=(width, height), sigma=self.info.sigma, kind=self.info.codec_kind)
            if self._takes(codec):
                self.codec, self._input_scale = codec, scale
                return
        raise UserError(f"{self.info.network} can't read people at {scale:g} of its size; leave it at 1.")

    def _takes(self, codec: Codec) -> bool:
        """Whether the network gives heatmaps of the right size for such crops."""
        width, height = codec.input_wh
        try:
            with torch.inference_mode():
                found = self._last(self._pixels(np.zeros((1, height, width, 3), np.uint8)))
        except RuntimeError:  # sizes of branches that don't match
            return False
        return tuple(found.shape[2:]) == codec.heatmap_wh[::-1]

    @property
    def precision(self) -> str:
        """The number format really used: fp32, bf16 or fp16."""
        return precision_name(self.dtype)

    def estimate(self, image: Image, boxes: npt.ArrayLike) -> Poses:
        """Poses of N people, row i for box i.

        image: (H, W, 3) uint8 RGB. boxes: (N, 4) xyxy image pixels; N = 0 is fine. Boxes that are not finite, have no
        area or lie outside the image give missing keypoints (NaN, score 0).
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"image (H, W, 3) uint8 wanted, got {image.shape} {image.dtype}")
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        usable = _usable(boxes, image.shape[1], image.shape[0])
        keypoints = np.full((len(boxes), len(self.info.keypoints), 2), np.nan, np.float32)
        scores = np.zeros(keypoints.shape[:2], np.float32)
        if usable.any():
            matrices = self.codec.crop_matrices(boxes[usable])
            positions, found = self.codec.decode(self.heatmaps(warp(image, matrices, self.codec.input_wh)))
            keypoints[usable] = apply_matrices(positions, invert_matrices(matrices))
            scores[usable] = np.clip(found, 0, 1)  # a sure joint's heatmap may rise a little above 1
        broken = ~(np.isfinite(keypoints).all(axis=2) & np.isfinite(scores))
        keypoints[broken], scores[broken] = np.nan, 0
        return Poses(keypoints, scores)

    def heatmaps(self, crops: Image) -> npt.NDArray[np.float32]:
        """Heatmaps (N, K, H/4, W/4) float32 of crops (N, H, W, 3) uint8 RGB, averaged with their mirror images."""
        people = max(1, self.max_batch // (2 if self.flip else 1))
        with torch.inference_mode():
            parts = [self._forward(crops[start : start + people]) for start in range(0, len(crops), people)]
        if not parts:
            width, height = self.codec.heatmap_wh
            return np.zeros((0, len(self.info.keypoints), height, width), np.float32)
        return np.concatenate(parts)

    def features(self, crops: Image) -> list[list[npt.NDArray[np.float32]]]:
        """Features (C, h, w) of the first crop, [module][branch]; empty for networks without pyramid branches."""
        inspect = getattr(self._network, "inspect", None)
        if inspect is None or not len(crops):
            return []
        with torch.inference_mode():
            modules = inspect(self._pixels(crops[:1]).contiguous(memory_format=torch.channels_last))[1]
        return [[branch[0].float().cpu().numpy() for branch in module] for module in modules]

    def _forward(self, crops: Image) -> npt.NDArray[np.float32]:
        try:
            return self._averaged(crops)
        except torch.OutOfMemoryError as error:
            if len(crops) == 1:
                raise UserError(
                    f"One person does not fit the memory of {self.device_name}; use --device cpu."
                ) from error
            torch.cuda.empty_cache()
            self.max_batch = len(crops)  # half of this batch with its mirror images, or half of it without
        half = len(crops) // 2
        return np.concatenate([self._forward(crops[:half]), self._forward(crops[half:])])

    def _averaged(self, crops: Image) -> npt.NDArray[np.float32]:
        x = self._pixels(crops)
        if not self.flip:
            return self._last(x).cpu().numpy()
        straight, mirrored = self._last(torch.cat([x, x.flip(3)])).chunk(2)
        merged = merge_flipped(straight, mirrored, self._flip_index, shift=self.codec.flip_shift)
        return merged.cpu().numpy()

    def _pixels(self, crops: Image) -> Tensor:
        """(N, 3, H, W) normalised. The permuted view has its channels last in memory already."""
        pixels = torch.from_numpy(np.ascontiguousarray(crops)).to(self.device).permute(0, 3, 1, 2)
        return torch.addcmul(self._offset, pixels.float(), self._scale).to(self.dtype)

    def _last(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return self._network(x)[-1].float()


def _usable(boxes: npt.NDArray[np.float64], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Which boxes are finite, have an area and touch the image."""
    with np.errstate(invalid="ignore"):
        finite = (np.abs(boxes) < BOX_LIMIT).all(axis=1)
        x1, y1, x2, y2 = boxes.T
        inside = (x2 > 0) & (y2 > 0) & (x1 < width) & (y1 < height)
    return np.asarray(finite & (x2 > x1) & (y2 > y1) & inside, np.bool_)
