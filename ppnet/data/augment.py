"""Augmentation: where the crop lies (scale, rotation, flip, half body) and what its pixels go through.

Every function takes its random generator; the same generator gives the same crop.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton

Rng = np.random.Generator
Image = npt.NDArray[np.uint8]

UPPER_BODY = ("nose", "eye", "ear", "shoulder", "elbow", "wrist", "neck", "thorax", "head")


@dataclass(frozen=True)
class Augmentation:
    """How strongly training crops vary; the defaults are the paper's for COCO (section IV-A, published code).

    scale: the region's size is multiplied by clip(N(1, scale), 1 - scale, 1 + scale).
    rotation_deg: clip(N(0, rotation), +-2 rotation), with probability `rotation_share`.
    flip_share, half_body_share: probabilities; half body only for persons with more than 8 labelled joints.
    truncate_share: probability that only a part of the person is asked for, as where the picture ends or something
        covers the rest; beyond the paper.
    neighbour_share: probability that somebody else's picture covers a side of the crop; beyond the paper.
    shift: standard deviation of the region's centre, in fractions of its size (as a detector's boxes vary).
    stretch: standard deviation by which the crop is drawn out along one side, drawn in along the other, and sheared:
        other builds and cameras; beyond the paper.
    brightness, hue_share, blur_share, erase_share, gray_share, shrink_share: changes of the pixels, beyond the paper.
    """

    scale: float = 0.35
    rotation_deg: float = 45.0
    rotation_share: float = 0.6
    flip_share: float = 0.5
    half_body_share: float = 0.3
    truncate_share: float = 0.0
    neighbour_share: float = 0.0
    shift: float = 0.0
    stretch: float = 0.0
    brightness: float = 0.0
    hue_share: float = 0.0
    blur_share: float = 0.0
    erase_share: float = 0.0
    gray_share: float = 0.0
    shrink_share: float = 0.0


PAPER_COCO = Augmentation()
PAPER_MPII = Augmentation(scale=0.25, rotation_deg=30.0, half_body_share=0.0)
STRONG = replace(
    PAPER_COCO,
    truncate_share=0.3,
    neighbour_share=0.3,
    shift=0.04,
    stretch=0.08,
    brightness=0.25,
    hue_share=0.3,
    blur_share=0.15,
    erase_share=0.5,
    gray_share=0.1,
    shrink_share=0.25,
)
# Weaker changes of shape and pixels than STRONG, for runs that see few people. People cut off or beside somebody else
# come as often: with half as many of them the network took more joints from the wrong person.
GENTLE = replace(
    STRONG,
    scale=0.3,
    rotation_deg=20.0,
    stretch=0.05,
    hue_share=0.15,
    blur_share=0.1,
    erase_share=0.3,
    gray_share=0.05,
    shrink_share=0.15,
)
NONE = Augmentation(scale=0.0, rotation_deg=0.0, rotation_share=0.0, flip_share=0.0, half_body_share=0.0)


def half_body_box(
    keypoints: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], skeleton: Skeleton, rng: Rng
) -> npt.NDArray[np.float32] | None:
    """Box xyxy about the labelled upper or lower joints times 1.5; None where fewer than 3 would be left.

    keypoints: (K, 2) image pixels; weights: (K,), 0 where unlabelled.
    """
    upper = np.array([any(part in name for part in UPPER_BODY) for name in skeleton.keypoints])
    labelled = weights > 0
    if labelled.sum() <= 8:
        return None
    half = upper if rng.random() < 0.5 else ~upper
    if (half & labelled).sum() < 3:
        half = ~half
    chosen = keypoints[half & labelled]
    if len(chosen) < 3:
        return None
    low, high = chosen.min(axis=0), chosen.max(axis=0)
    center, size = (low + high) / 2, np.maximum(high - low, 1) * 1.5
    return np.concatenate([center - size / 2, center + size / 2]).astype(np.float32)


class Part(NamedTuple):
    """A part of a person. box: (4,) float32 xyxy image pixels; ends: the same where it was cut, infinite elsewhere."""

    box: npt.NDArray[np.float32]
    ends: npt.NDArray[np.float32]


def part_of_person(
    box: npt.NDArray[np.float32], keypoints: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], rng: Rng
) -> Part | None:
    """A person cut off above, below or at a side; None where fewer than 2 labelled joints are left.

    box: (4,) xyxy; keypoints: (K, 2), both image pixels; weights: (K,), 0 where unlabelled. 15 to 80 % of the
    height stay, or 40 to 85 % of the width; along the other side the box closes about the joints that are left.
    """
    sides = box.reshape(2, 2).astype(np.float64)  # low, high
    ends = np.array([[-np.inf, -np.inf], [np.inf, np.inf]])
    margin = 0.08 * (sides[1] - sides[0]).max()
    sideways = rng.random() < 0.4
    upright = not sideways or rng.random() < 0.6
    keep = rng.uniform((0.4, 0.15), (0.85, 0.8))
    first_stays = rng.random(2) < (0.5, 0.6)
    for axis in [1] * upright + [0] * sideways:
        edge = int(first_stays[axis])
        sides[edge, axis] = sides[1 - edge, axis] + keep[axis] * (sides[edge, axis] - sides[1 - edge, axis])
        ends[edge, axis] = sides[edge, axis]
        left = keypoints[((keypoints >= sides[0]) & (keypoints <= sides[1])).all(axis=1) & (weights > 0)]
        if len(left) < 2:
            return None
        across = 1 - axis
        sides[0, across] = max(sides[0, across], left[:, across].min() - margin)
        sides[1, across] = min(sides[1, across], left[:, across].max() + margin)
    return Part(sides.ravel().astype(np.float32), ends.ravel().astype(np.float32))


def end_picture(image: Image, ends: npt.NDArray[np.float32]) -> tuple[Image, npt.NDArray[np.float32]]:
    """The picture without what lies beyond `ends` (4,) xyxy, and where its corner lay in the whole, (2,) x, y."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = np.clip(ends, 0, [width - 1, height - 1, width, height]).round().astype(int)
    return image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)], np.array([x1, y1], np.float32)


def draw_scale(settings: Augmentation, rng: Rng) -> float:
    """Factor for the region's size."""
    return (
        float(np.clip(rng.normal(1, settings.scale), 1 - settings.scale, 1 + settings.scale)) if settings.scale else 1.0
    )


def draw_rotation(settings: Augmentation, rng: Rng) -> float:
    """Degrees by which the region turns."""
    if rng.random() >= settings.rotation_share:
        return 0.0
    limit = 2 * settings.rotation_deg
    return float(np.clip(rng.normal(0, settings.rotation_deg), -limit, limit))


def draw_stretch(settings: Augmentation, rng: Rng) -> npt.NDArray[np.float64]:
    """(2, 2) linear map of the crop about its middle; its area stays."""
    if not settings.stretch:
        return np.eye(2)
    limit = 2 * settings.stretch
    along, shear = np.clip(rng.normal(0, settings.stretch, 2), -limit, limit)
    return np.array([[np.exp(along), shear], [0, np.exp(-along)]])


def flip_keypoints(keypoints: npt.NDArray[np.float32], width: int, skeleton: Skeleton) -> npt.NDArray[np.float32]:
    """Mirror (K, 2) crop pixels in a crop of that width; left and right swap places."""
    mirrored = keypoints[skeleton.flip_index].copy()
    mirrored[:, 0] = width - 1 - mirrored[:, 0]
    return mirrored


def put_neighbour(crop: Image, other: Image, rng: Rng) -> Image:
    """The crop with the middle of another one, somebody else, over its left or right side; both (H, W, 3)."""
    height, width = crop.shape[:2]
    size = np.array([width * rng.uniform(0.2, 0.5), height * rng.uniform(0.4, 1.0)]).astype(int)
    source = ((np.array([width, height]) - size) * (0.5, rng.random())).astype(int)
    to_centre = width * rng.uniform(0.3, 0.6) * rng.choice([-1, 1])
    x, y = int((width - size[0]) / 2 + to_centre), int((height - size[1]) * rng.random())
    left, right = max(x, 0), min(x + size[0], width)
    columns = slice(source[0] + left - x, source[0] + right - x)
    crop = crop.copy()
    crop[y : y + size[1], left:right] = other[source[1] : source[1] + size[1], columns]
    return crop


def change_pixels(crop: Image, settings: Augmentation, rng: Rng) -> Image:
    """Brightness, contrast, tint, hue, gray, blur, loss of resolution, an erased patch; (H, W, 3) uint8 RGB."""
    if settings.brightness:
        crop = _relight(crop, settings.brightness, rng)
    if rng.random() < settings.hue_share:
        crop = _turn_hue(crop, np.deg2rad(rng.normal(0, 30)), rng.uniform(0.3, 1.5))
    if rng.random() < settings.gray_share:
        crop = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < settings.shrink_share:
        crop = _shrink(crop, rng.uniform(0.2, 0.7))
    if rng.random() < settings.blur_share:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.5, 2.0))
    if rng.random() < settings.erase_share:
        crop = _erase(crop, rng)
    return crop


def _relight(crop: Image, strength: float, rng: Rng) -> Image:
    gain = rng.uniform(1 - strength, 1 + strength) * rng.uniform(1 - strength / 3, 1 + strength / 3, 3)
    offset = rng.uniform(-strength, strength) * 80
    gamma = np.exp(rng.uniform(-strength, strength))
    levels = 255 * (np.arange(256)[:, None] / 255) ** gamma * gain + offset
    table = np.clip(levels, 0, 255).astype(np.uint8)[None]
    return cv2.LUT(crop, table)


def _turn_hue(crop: Image, angle: float, saturation: float) -> Image:
    """Every colour turned about the line of grays, and drawn away from it (above 1) or towards it."""
    rotation = cv2.Rodrigues(np.full(3, angle / np.sqrt(3)))[0]
    gray = np.full((3, 3), 1 / 3)
    return cv2.transform(crop, gray + saturation * (rotation - gray))


def _shrink(crop: Image, factor: float) -> Image:
    """A small, far person: fewer pixels, enlarged again."""
    height, width = crop.shape[:2]
    small = cv2.resize(crop, (max(8, int(width * factor)), max(8, int(height * factor))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _erase(crop: Image, rng: Rng) -> Image:
    """Cover a patch with one colour, or with another part of the same crop (an occluder with texture)."""
    height, width = crop.shape[:2]
    size_w, size_h = (int(side * rng.uniform(0.1, 0.4)) for side in (width, height))
    x, y = int(rng.integers(0, width - size_w)), int(rng.integers(0, height - size_h))
    crop = crop.copy()
    if rng.random() < 0.5:
        crop[y : y + size_h, x : x + size_w] = rng.integers(0, 256, 3)
    else:
        u, v = int(rng.integers(0, width - size_w)), int(rng.integers(0, height - size_h))
        crop[y : y + size_h, x : x + size_w] = crop[v : v + size_h, u : u + size_w].copy()
    return crop
