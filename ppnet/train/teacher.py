"""A teacher: a trained network that reads the very crops of the one in training, which learns its heatmaps.

Labels of a picture are always the same, and a network that sees few people learns them by heart; a teacher that reads
each crop as it was drawn, turned, covered and mixed says something new every time (Beyer et al., Knowledge
Distillation: A Good Teacher Is Patient and Consistent, CVPR 2022).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from ppnet.checkpoint import load_checkpoint
from ppnet.checkpoint_info import IMAGENET_MEAN, IMAGENET_STD
from ppnet.codec import Codec
from ppnet.errors import UserError
from ppnet.inference.backend import Crops, Heatmaps
from ppnet.inference.backend_choice import make_backend
from ppnet.inference.normalise import Normalise
from ppnet.openvino_runtime import compile_network, openvino_core

OTHER_FORMATS = (".onnx", ".xml")
USUAL_SIGMA = 2.0  # cells, of the published networks at 256x192 (SimpleBaseline, HRNet and those trained like them)
FAINTEST_PEAK = 0.02  # a lower one is nothing: it is not narrowed


@dataclass(frozen=True)
class Teacher:
    """What a network says of crops.

    run: crops (N, H, W, 3) uint8 RGB of `codec.input_wh` -> heatmaps (N, K, h, w). codec: what they mean.
    gain: times the heatmaps, cut at 1: for networks whose sure answers have lower peaks than a label's target.
    """

    run: Callable[[Crops], Heatmaps]
    codec: Codec
    gain: float = 1.0

    def heatmaps(self, crops: Tensor, codec: Codec) -> Tensor:
        """Heatmaps (N, K, h, w) float32 on the cells of `codec`, no wider than its targets, for crops (N, H, W, 3)
        uint8 RGB of `codec.input_wh`. On the CPU."""
        found = torch.from_numpy(self.run(_resized(crops.cpu().numpy(), self.codec.input_wh))).float()
        grid = _grid(self.codec, codec).expand(len(found), -1, -1, -1)
        maps = functional.grid_sample(found, grid, mode="bilinear", padding_mode="zeros", align_corners=True).clamp_(0)
        sigma = self.codec.sigma * self.codec.cell_xy[0] / self.codec.input_wh[0]
        widened = sigma / (codec.sigma * codec.cell_xy[0] / codec.input_wh[0])
        if widened > 1:  # a Gaussian narrows by the root of the power
            peaks = maps.flatten(2).amax(-1)[..., None, None].clamp_(FAINTEST_PEAK)
            maps = peaks * (maps / peaks) ** widened**2
        return (self.gain * maps).clamp_(max=1)


def open_teacher(path: Path, keypoints: int, *, gain: float = 1.0, device: str = "auto") -> Teacher:
    """The teacher in a file: weights of a network of this program, or any pose network as ONNX or OpenVINO's IR.

    Of the latter are asked: input (N, 3, H, W), RGB with ImageNet's mean and standard deviation; one output
    (N, K, h, w), Gaussians of sigma 2 at 64x48, and others are not looked at; crops by the plain affine map of the
    published codes. It runs on the CPU.
    UserError when it can't be read, or knows another number of keypoints.
    """
    if path.suffix.lower() in OTHER_FORMATS:
        run, codec, known = _other_network(path)
    else:
        network, info = load_checkpoint(path)
        backend = make_backend(lambda: network, info, backend="torch", device=device, precision="auto")
        run, known = backend.heatmaps, len(info.keypoints)
        codec = Codec.of(info)
    if known != keypoints:
        raise UserError(
            f"{path.name} knows {known} keypoints and can't teach a network of {keypoints}; use another teacher."
        )
    return Teacher(run, codec, gain)


def _other_network(path: Path) -> tuple[Callable[[Crops], Heatmaps], Codec, int]:
    """How to run it, what its heatmaps mean, and its number of keypoints."""
    normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD)
    try:
        model = openvino_core().read_model(path)
        place = [len(output.partial_shape) for output in model.outputs].index(4)
        (given,), answer = model.inputs, model.outputs[place]
        channels, height, width = (side.get_length() for side in list(given.partial_shape)[1:])
        known, rows, columns = (side.get_length() for side in list(answer.partial_shape)[1:])
        codec = Codec(input_wh=(width, height), stride=width // columns, sigma=USUAL_SIGMA, kind="dark")
        if channels != 3 or codec.heatmap_wh != (columns, rows):
            raise ValueError(f"it makes {columns}x{rows} of {channels}x{width}x{height}")
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise UserError(
            f"{path.name} can't be used as a teacher: a network (N, 3, height, width) -> heatmaps "
            "(N, keypoints, rows, columns) with a fixed image size is needed."
        ) from error

    @cache
    def compiled(count: int) -> Any:
        fixed = model.clone()
        fixed.reshape([count, 3, height, width])
        return compile_network(fixed, None, threads=torch.get_num_threads())

    def run(crops: Crops) -> Heatmaps:
        pictures = normalise(torch.from_numpy(crops)).contiguous().numpy()
        return np.array(compiled(len(crops))(pictures)[place], np.float32)

    return run, codec, known


def mix_crops(crops: Tensor, share: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """`share` of the crops (N, H, W, 3) uint8 with another one of the batch shining through, or covering a part; and
    (N,) bool, which. What they show a teacher can say, and no label."""
    count, height, width = crops.shape[:3]
    chosen = torch.from_numpy(rng.random(count) < share) & (count > 1)
    mixed = crops.clone()
    for index in chosen.nonzero().flatten().tolist():
        other = crops[(index + int(rng.integers(1, count))) % count]
        if rng.random() < 0.5:
            through = float(rng.uniform(0.1, 0.5))
            mixed[index] = torch.lerp(crops[index].float(), other.float(), through).round_().to(torch.uint8)
            continue
        across, down = (int(side * rng.uniform(0.25, 0.6)) for side in (width, height))
        x, y = int(rng.integers(width - across)), int(rng.integers(height - down))
        mixed[index, y : y + down, x : x + across] = other[y : y + down, x : x + across]
    return mixed, chosen


def _resized(crops: Crops, size_wh: tuple[int, int]) -> Crops:
    if crops.shape[2:0:-1] == size_wh:
        return crops
    return np.stack([cv2.resize(crop, size_wh, interpolation=cv2.INTER_LINEAR) for crop in crops])


@cache
def _grid(teacher: Codec, student: Codec) -> Tensor:
    """(1, h, w, 2), where the student's cells lie in the teacher's heatmaps, -1..1 from its first cell to its last."""
    axes = []
    for axis, count in enumerate(student.heatmap_wh):
        crop_px = np.arange(count) * student.cell_xy[axis]
        teacher_px = (crop_px + 0.5) * teacher.input_wh[axis] / student.input_wh[axis] - 0.5
        axes.append(2 * teacher_px / teacher.cell_xy[axis] / (teacher.heatmap_wh[axis] - 1) - 1)
    grid: npt.NDArray[np.float64] = np.stack(np.meshgrid(*axes), axis=-1)
    return torch.from_numpy(grid.astype(np.float32))[None]
