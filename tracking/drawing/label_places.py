"""Numbers on the picture that would cover each other, moved apart up and down as far as they must.

The place of a number depends on its own frame alone, so that window, recordings and pictures agree wherever playing
began. It depends smoothly on where the joints are, so that numbers don't jump: they begin to part before they touch,
and which of two goes up depends on what they belong to as long as they are about as high.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.drawing.shapes import Label
from tracking.drawing.text import label_picture, label_place

Floats = npt.NDArray[np.float64]

WIDEST = "000°"
"""An angle takes the room of this, so that nothing moves from 99° to 100°."""

PARTING = 2.0
"""Labels next to each other begin to part where there is so many times their height between them."""

ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Number:
    """A label, the height of what it belongs to in image pixels, and how many times its own height it counts as lower
    than that, where it is asked which of two goes up."""

    label: Label
    level: float
    lower: float = 0.0


def apart(numbers: Sequence[Number], size_wh: tuple[int, int], zoom: float = 1.0) -> list[Label]:
    """The labels in the order given, at places where none covers another.

    Where the picture is not high enough for that, those are left out that would cover one before them.

    size_wh: of the picture; zoom: pixels of the screen for one of the image.
    """
    if len(numbers) < 2:
        return [number.label for number in numbers]
    sizes = np.array([_size(number.label, zoom) for number in numbers])
    corners = np.array(
        [label_place(number.label, size, size_wh) for number, size in zip(numbers, sizes.tolist(), strict=True)]
    )
    heights = sizes[:, 1]
    levels = np.array([number.level for number in numbers]) + heights * [number.lower for number in numbers]
    lower = levels - corners[:, 1]
    order = np.argsort(levels, kind="stable")
    gaps = _gaps(corners[order, 0], sizes[order], lower[order])
    if np.isinf(gaps).all():
        return [number.label for number in numbers]
    tops = np.empty(len(order))
    tops[order] = _spaced(corners[order, 1], gaps, np.maximum(size_wh[1] - heights[order], 0))
    moves = tops - corners[:, 1]
    return [
        number.label._replace(at=(number.label.at[0], top + number.label.align[1] * height)) if move else number.label
        for number, top, height, move, keep in zip(
            numbers,
            tops.tolist(),
            heights.tolist(),
            moves.tolist(),
            _uncovered(corners[:, 0], tops, sizes),
            strict=True,
        )
        if keep
    ]


def _uncovered(lefts: Floats, tops: Floats, sizes: Floats) -> list[bool]:
    """Of each label, whether it covers none of those before it that are kept."""
    first = np.stack([lefts, tops], axis=1)
    last = first + sizes - 1e-6
    covers = np.asarray(((first[:, None] < last) & (first < last[:, None])).all(axis=2))
    kept: list[bool] = []
    for row in covers:
        kept.append(not (row[: len(kept)] & np.array(kept, np.bool_)).any())
    return kept


def _size(label: Label, zoom: float) -> tuple[float, float]:
    """Width and height in image pixels, with a pixel of the screen between two."""
    texts = (label.text, WIDEST) if label.text.endswith("°") else (label.text,)
    shapes = [label_picture(label._replace(text=text), zoom).shape for text in texts]
    return (max(shape[1] for shape in shapes) + 1) / zoom, (shapes[0][0] + 1) / zoom


def _gaps(lefts: Floats, sizes: Floats, lower: Floats) -> Floats:
    """(N, N) how far below the top of label i that of j has to lie, for i before j; -inf where they are far apart.

    Where they come near from the side, it grows from where they lie anyway to the height of label i.
    """
    rights, heights = lefts + sizes[:, 0], sizes[:, 1]
    between = np.maximum(lefts[:, None] - rights, lefts - rights[:, None])
    share = np.clip(1 - between / (PARTING * heights[:, None]), 0, 1)
    anyway = np.minimum(lower[:, None] - lower, heights[:, None])
    gaps = share * heights[:, None] + (1 - share) * anyway
    return np.where(np.triu(share > 0, 1), gaps, -np.inf)


def _spaced(tops: Floats, gaps: Floats, lowest: Floats) -> Floats:
    """Tops (N,) such that each lies at least gaps[i, j] above every later one if there is room for that, and all lie
    between 0 and their `lowest`.

    Neighbours push each other, both as far; what is left of it is done by moving all down as little as will do and all
    up so, and taking the mean: what holds for both holds for it.
    """
    for _ in range(ROUNDS):
        short = np.maximum(gaps - (tops - tops[:, None]), 0)
        tops = tops + (short.max(axis=0) - short.max(axis=1)) / 2
    tops = np.clip(tops, 0, lowest)
    down = _moved_up(np.minimum(_moved_down(tops, gaps), lowest), gaps)
    up = _moved_down(np.maximum(_moved_up(tops, gaps), 0), gaps)
    return np.clip((down + up) / 2, 0, lowest)


def _moved_down(tops: Floats, gaps: Floats) -> Floats:
    tops = tops.copy()
    for later in range(1, len(tops)):
        tops[later] = max(tops[later], (tops[:later] + gaps[:later, later]).max())
    return tops


def _moved_up(tops: Floats, gaps: Floats) -> Floats:
    tops = tops.copy()
    for earlier in range(len(tops) - 2, -1, -1):
        tops[earlier] = min(tops[earlier], (tops[earlier + 1 :] - gaps[earlier, earlier + 1 :]).min())
    return tops
