"""Stick figures that walk about: exact truth without a renderer, for tests of tracker and smoothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tracking.evaluate.truth import Truth, TruthFrame

SIZE_WH = (1280, 720)


@dataclass(frozen=True)
class Walker:
    """Someone of height `height` px whose feet's middle is at `path(t)`; nearer people (lower feet) cover others."""

    path: Callable[[float], tuple[float, float]]
    height: float = 300.0
    stride_s: float = 1.1
    phase: float = 0.0
    present: Callable[[float], bool] = lambda t: True

    def keypoints(self, time_s):
        x, y = self.path(time_s)
        swing = np.sin(2 * np.pi * (time_s / self.stride_s) + self.phase)
        h = self.height
        at = {
            0: (0.03, 0.93), 1: (0.035, 0.945), 2: (0.02, 0.945), 3: (0.0, 0.94), 4: (-0.01, 0.94),
            5: (0.05, 0.82), 6: (-0.05, 0.82),
            7: (0.05 - 0.06 * swing, 0.65), 8: (-0.05 + 0.06 * swing, 0.65),
            9: (0.05 - 0.13 * swing, 0.5), 10: (-0.05 + 0.13 * swing, 0.5),
            11: (0.04, 0.52), 12: (-0.04, 0.52),
            13: (0.03 + 0.1 * swing, 0.28), 14: (-0.03 - 0.1 * swing, 0.28),
            15: (0.02 + 0.17 * swing, 0.04 + 0.03 * max(swing, 0)),
            16: (-0.02 - 0.17 * swing, 0.04 + 0.03 * max(-swing, 0)),
        }  # fmt: skip
        return np.array([(x + dx * h, y - dy * h) for dx, dy in (at[k] for k in range(17))])

    def box(self, time_s):
        points = self.keypoints(time_s)
        x, y = self.path(time_s)
        half = max(np.abs(points[:, 0] - x).max(), 0.12 * self.height) + 0.03 * self.height
        return np.array([x - half, y - self.height, x + half, y])


def filmed(walkers: Sequence[Walker], times: Sequence[float], *, name: str = "scene", size_wh=SIZE_WH) -> Truth:
    """Truth of the scene at these times; ids by place in `walkers`, from 1."""
    return Truth(name, size_wh, tuple(_frame(walkers, float(t), size_wh) for t in times))


def _frame(walkers, time_s, size_wh):
    width, height = size_wh
    ids, boxes, shares, keypoints, visibility = [], [], [], [], []
    for index, walker in enumerate(walkers):
        if not walker.present(time_s):
            continue
        whole, points = walker.box(time_s), walker.keypoints(time_s)
        box = np.clip(whole, 0, [width, height, width, height])
        if (box[2:] - box[:2]).min() < 4:
            continue
        near = [
            w for w in walkers if w is not walker and w.present(time_s) and w.path(time_s)[1] > walker.path(time_s)[1]
        ]
        covers = [w.box(time_s) for w in near]
        # a figure fills only the middle of its box
        covers = [
            np.array([(b[0] + b[2]) / 2 - 0.11 * (b[3] - b[1]), b[1], (b[0] + b[2]) / 2 + 0.11 * (b[3] - b[1]), b[3]])
            for b in covers
        ]
        hidden = np.zeros(17, bool)
        columns = np.linspace(whole[0] + 0.25 * (whole[2] - whole[0]), whole[2] - 0.25 * (whole[2] - whole[0]), 41)
        seen = (columns >= 0) & (columns < width)
        for c in covers:
            hidden |= (points > c[:2]).all(axis=1) & (points < c[2:]).all(axis=1)
            seen &= (columns < c[0]) | (columns > c[2])
        inside = ((points >= 0) & (points < [width, height])).all(axis=1)
        ids.append(index + 1)
        boxes.append(box)
        shares.append(seen.mean())
        keypoints.append(points)
        visibility.append(np.where(inside, np.where(hidden, 1, 2), 0))
    return TruthFrame(
        time_s,
        np.array(ids, np.int64),
        np.array(boxes).reshape(-1, 4),
        np.array(shares, float).reshape(-1),
        np.array(keypoints).reshape(-1, 17, 2),
        np.array(visibility, np.int64).reshape(-1, 17),
    )


def straight(x0, speed, y=600.0):
    """A path from x0 at `speed` pixels per second, with a little bobbing."""
    return lambda t: (x0 + speed * t, y)
