"""Who was seen where in every frame, as whole columns: an hour takes a fraction of a second."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tracking.boxes import paired_iou

LOW_SCORE = 0.35
"""Mean confidence of a person's joints below which a frame is uncertain."""
_OF_ROWS = ("ids", "seen", "certain", "scores", "boxes")


def in_order(
    keys: npt.NDArray[Any], at: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Frames sorted by `keys` (F,), and the rows that lie in frames `at` (M,) with them: the order of the frames, where
    the sorted rows lie now, and the order of the rows."""
    frames = np.argsort(keys, kind="stable")
    place = np.empty_like(frames)
    place[frames] = np.arange(len(frames))
    rows = np.argsort(place[at], kind="stable")
    return frames, place[at][rows], rows


@dataclass(frozen=True)
class Sightings:
    """Who is where in every frame, without joints: all that lanes and events need, of hours of video at once.

    indices, times (F,): of the frames; sizes_wh (F, 2) pixels. at, ids (M,): frame (its place in `indices`) and number
    of each person in it, by frame; seen: not only guessed; certain: their joints are; scores: mean confidence of these;
    boxes (M, 4) xyxy image pixels.
    """

    indices: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    sizes_wh: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    seen: npt.NDArray[np.bool_]
    certain: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]

    @classmethod
    def none(cls) -> "Sightings":
        """No frame at all."""
        whole, flags, sizes_wh = np.zeros(0, np.int64), np.zeros(0, bool), np.zeros((0, 2), np.int32)
        scores, boxes = np.zeros(0, np.float32), np.zeros((0, 4), np.float32)
        return cls(whole, np.zeros(0), sizes_wh, whole, whole, flags, flags, scores, boxes)

    @classmethod
    def joined(cls, parts: Sequence["Sightings"]) -> "Sightings":
        """Parts that share no frame, in any order, as one."""
        before = np.cumsum([0, *(len(part.indices) for part in parts)]).tolist()
        moved = [replace(part, at=part.at + count) for part, count in zip(parts, before, strict=False)]
        whole = cls(*(np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(cls)))
        return whole if (np.diff(whole.indices) > 0).all() else whole._in_order()

    def _in_order(self) -> "Sightings":
        frames, at, rows = in_order(self.indices, self.at)
        of_frames = {name: getattr(self, name)[frames] for name in ("indices", "times", "sizes_wh")}
        return replace(self, **of_frames, at=at, **{name: getattr(self, name)[rows] for name in _OF_ROWS})

    @property
    def last_s(self) -> float:
        """Time of the newest frame; 0 without any."""
        return float(self.times[-1]) if len(self.times) else 0.0

    def renamed(self, ids: npt.NDArray[np.int64], certain: npt.NDArray[np.bool_]) -> "Sightings":
        """With other numbers (M,) and certainty (M,); whoever has no number (0) is left out."""
        fresh = replace(self, ids=ids, certain=certain)
        pairs, ious = self.overlaps
        if not (kept := ids > 0).all():
            fresh = replace(fresh, at=self.at[kept], **{name: getattr(fresh, name)[kept] for name in _OF_ROWS})
            both = kept[pairs].all(axis=1)
            pairs, ious = (np.cumsum(kept) - 1)[pairs[both]], ious[both]
        fresh.__dict__["overlaps"] = pairs, ious  # not looked for again after every edit
        return fresh

    @cached_property
    def overlaps(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """(P, 2) rows of two people who overlap in a frame, and (P,) by how much: intersection over union."""
        pairs, ious = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)]
        most = int(np.bincount(self.at).max()) if len(self.at) else 0
        for step in range(1, most):  # a person and the one so many rows further in the same frame
            first = np.flatnonzero(self.at[:-step] == self.at[step:])
            found = paired_iou(self.boxes[first], self.boxes[first + step])
            overlap = found > 0
            pairs.append(np.stack([first[overlap], first[overlap] + step], axis=1))
            ious.append(found[overlap].astype(np.float32))
        return np.concatenate(pairs), np.concatenate(ious)

    @cached_property
    def seen_rows(self) -> dict[int, npt.NDArray[np.int64]]:
        """(m,) rows in which each person was seen, by frame; the people by id."""
        rows = np.flatnonzero(self.seen)
        ids = self.ids[rows]
        small = ids.astype(np.uint16) if ids.max(initial=0) < 1 << 16 else ids
        order = np.argsort(small, kind="stable")  # of small numbers in a tenth of the time
        starts = np.flatnonzero(np.diff(ids[order], prepend=0))
        return dict(zip(ids[order[starts]].tolist(), np.split(rows[order], starts[1:]), strict=bool(len(rows))))
