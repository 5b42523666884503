"""From a person's box to the network's input: crop region, affine matrix, warp, and points back to the image.

All matrices are (2, 3) affine maps between pixel coordinates whose pixel centres lie at whole numbers.
"""

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
CropKind = Literal["classic", "udp"]


def crop_regions(boxes: npt.ArrayLike, aspect: float = 0.75, padding: float = 1.25) -> tuple[Doubles, Doubles]:
    """Regions of the image that become crops: each box widened to the input's shape, then padded.

    boxes: (N, 4) xyxy image pixels; aspect: width / height of the input. Returns centers (N, 2) and
    sizes_wh (N, 2), image pixels. Published crops have padding 1.25.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    # A box without area has no scale; one pixel keeps every matrix invertible.
    width = np.maximum(np.maximum(width, aspect * height), 1.0)
    return centers, padding * np.stack([width, width / aspect], axis=1)


def crop_matrices(
    centers: npt.ArrayLike,
    sizes_wh: npt.ArrayLike,
    input_wh: tuple[int, int],
    *,
    rotations_deg: npt.ArrayLike | None = None,
    kind: CropKind = "classic",
) -> Doubles:
    """Matrices (N, 2, 3) from image pixels to crop pixels; the region's centre becomes the crop's centre.

    centers, sizes_wh: (N, 2) image pixels. One scale per crop, taken from the width.
    classic: the published code's convention, centre -> input_wh / 2, scale = input width / region width.
    udp: sizes in units of (pixels - 1), centre -> (input_wh - 1) / 2 (Huang et al., CVPR 2020).
    rotations_deg: (N,) turns the region clockwise in the image, so its content turns back in the crop.
    """
    centers = np.asarray(centers, np.float64).reshape(-1, 2)
    sizes_wh = np.asarray(sizes_wh, np.float64).reshape(-1, 2)
    extent = np.asarray(input_wh, np.float64) - (1.0 if kind == "udp" else 0.0)
    angles = np.deg2rad(np.zeros(len(centers)) if rotations_deg is None else np.asarray(rotations_deg))
    scales = extent[0] / sizes_wh[:, 0]
    cosines, sines = scales * np.cos(angles), scales * np.sin(angles)
    linear = np.stack([cosines, sines, -sines, cosines], axis=1).reshape(-1, 2, 2)
    shift = extent / 2 - np.einsum("nij,nj->ni", linear, centers)
    return np.concatenate([linear, shift[:, :, None]], axis=2)


def warp(image: npt.NDArray[np.uint8], matrices: Doubles, input_wh: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Crops (N, H, W, 3) uint8 of an image (H, W, 3), bilinear; black where the image ends.

    matrices: (N, 2, 3), image pixels -> crop pixels.
    """
    width, height = input_wh
    crops = np.empty((len(matrices), height, width, image.shape[2]), np.uint8)
    for crop, matrix in zip(crops, matrices, strict=True):
        cv2.warpAffine(image, matrix, (width, height), dst=crop, flags=cv2.INTER_LINEAR)
    return crops


def apply_matrices(points: npt.ArrayLike, matrices: Doubles) -> Doubles:
    """Points (N, K, 2) mapped by one matrix (2, 3) each; NaN stays NaN."""
    points = np.asarray(points, np.float64)
    mapped: Doubles = np.einsum("nij,nkj->nki", matrices[:, :, :2], points) + matrices[:, None, :, 2]
    return mapped


def invert_matrices(matrices: Doubles) -> Doubles:
    """The opposite maps, (N, 2, 3)."""
    linear = np.linalg.inv(matrices[:, :, :2])
    shift = -np.einsum("nij,nj->ni", linear, matrices[:, :, 2])
    return np.concatenate([linear, shift[:, :, None]], axis=2)
