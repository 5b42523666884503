"""`TrackTable`: what every reader makes of its file, and its joints brought onto one of our skeletons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from ppnet.errors import UserError
from ppnet.skeleton import SKELETONS, Skeleton
from tracking.boxes import iou_matrix
from tracking.session.format import LIMIT, MAX_PEOPLE, MAX_PIXEL

Floats = npt.NDArray[np.float32]
MAX_SCORE = 1000.0
MIN_OVERLAP = 0.1
FORGOTTEN_AFTER_FRAMES = 30
NUMBERED = re.compile(r"(?:person|individual|animal|track|mouse|id)?[ _-]?([1-9][0-9]{0,8})", re.IGNORECASE)
SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}


@dataclass(frozen=True)
class TrackTable:
    """N rows, one for each person in a frame; J joints as the file names them; NaN where missing.

    frames, ids: (N,), frames counted from 0, ids from 1. points: (N, J, 2) pixels of the upright picture. scores:
    (N, J), NaN or 0 where nobody answered. boxes: (N, 4) xyxy. person_scores: (N,). raw: (N, J, 2), the network's own
    positions. states: (N, J) `KeypointState`. times_s: (N,). names: of people, by id. None: the file has none.
    """

    joints: tuple[str, ...]
    frames: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    points: Floats
    scores: Floats
    boxes: Floats | None = None
    person_scores: Floats | None = None
    raw: Floats | None = None
    states: npt.NDArray[np.uint8] | None = None
    times_s: npt.NDArray[np.float64] | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """ValueError when the numbers cannot be those of people in a video."""
        rows, joints = len(self.frames), len(self.joints)
        if self.points.shape != (rows, joints, 2) or self.scores.shape != (rows, joints) or self.ids.shape != (rows,):
            raise ValueError("the rows have different lengths")
        limits = ((MAX_PIXEL, (self.points, self.raw, self.boxes)), (MAX_SCORE, (self.scores, self.person_scores)))
        for limit, arrays in limits:
            for values in arrays:
                if values is not None and not ((np.abs(values) <= limit) | np.isnan(values)).all():
                    raise ValueError("a position or a confidence is out of range")
        if rows and (self.frames.min() < 0 or max(self.frames.max(), self.ids.max()) >= LIMIT or self.ids.min() < 1):
            raise ValueError("a frame or person has an impossible number")
        pairs = np.stack([self.frames, self.ids], axis=1)
        if len(np.unique(pairs, axis=0)) != rows:
            raise ValueError("somebody is twice in one frame")
        if rows and np.unique(self.frames, return_counts=True)[1].max() > MAX_PEOPLE:
            raise ValueError("too many people in one frame")

    def on_skeleton(self) -> tuple["TrackTable", Skeleton, tuple[str, ...]]:
        """The same with the joints of the skeleton of ours that fits best, and which joints of the file are left out.

        UserError when none of them is known here.
        """
        given = {canonical(name): at for at, name in reversed(list(enumerate(self.joints)))}
        places = {skeleton: [given.get(canonical(name), -1) for name in skeleton.keypoints] for skeleton in _BY_SIZE}
        skeleton = max(_BY_SIZE, key=lambda one: sum(place >= 0 for place in places[one]))
        place = np.array(places[skeleton])
        if (place < 0).all():
            given_names, known = ", ".join(self.joints[:5]), ", ".join(skeleton.keypoints[:5])
            raise UserError(f"None of the file's joints ({given_names}, ...) is one of ours ({known}, ...).")

        def taken(values: Any, missing: float) -> Any:
            picked = values[:, place]
            picked[:, place < 0] = missing
            return picked

        table = replace(
            self,
            joints=skeleton.keypoints,
            points=taken(self.points, np.nan),
            scores=taken(self.scores, np.nan),
            raw=None if self.raw is None else taken(self.raw, np.nan),
            states=None if self.states is None else taken(self.states, 0),
        )
        used = set(place.tolist())
        return table, skeleton, tuple(name for at, name in enumerate(self.joints) if at not in used)


_BY_SIZE = tuple(sorted(SKELETONS.values(), key=len, reverse=True))


def canonical(name: str) -> str:
    """`left_ankle` for LAnkle, ankle-left, Left Ankle, ankle_L and the like."""
    spaced = re.sub(r"([a-z])([A-Z])|([LR])([A-Z][a-z])", r"\1\3 \2\4", name)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    for at in (0, -1):
        if len(words) > 1 and words[at] in SIDES:
            side = SIDES[words.pop(at)]
            return "_".join((side, *words))
    joined = "_".join(words)
    match = re.fullmatch(r"(left|right)(\w+)", joined)
    return f"{match[1]}_{match[2]}" if match else joined


def numbered(labels: Sequence[str]) -> tuple[list[int], dict[int, str]]:
    """An id for each label, and the names of those ids whose label says more than the id.

    person3 is 3; where not all labels are such numbers, people are counted in order and keep their labels as names.
    """
    matches = [NUMBERED.fullmatch(label.strip()) for label in labels]
    numbers = [int(match[1]) for match in matches if match]
    if len(set(numbers)) == len(labels):
        return numbers, {}
    return list(range(1, len(labels) + 1)), {number: label for number, label in enumerate(labels, 1) if label}


def boxes_of(points: Floats) -> Floats:
    """(N, 4) the smallest xyxy around the joints (N, J, 2), a tenth larger; NaN where there is none."""
    known = np.isfinite(points).all(axis=-1, keepdims=True)
    low = np.where(known, points, np.inf).min(axis=1, initial=np.inf)
    high = np.where(known, points, -np.inf).max(axis=1, initial=-np.inf)
    low, high = (np.where(np.isfinite(end), end, np.nan) for end in (low, high))
    margin = 0.05 * (high - low) + 1
    return np.concatenate([low - margin, high + margin], axis=1).astype(np.float32)


def ids_by_overlap(frames: npt.NDArray[np.int64], boxes: Floats) -> npt.NDArray[np.int64]:
    """(N,) ids for rows without, frames rising: who overlaps a box of the last frames goes on under its number."""
    ids = np.zeros(len(frames), np.int64)
    known: dict[int, tuple[int, Floats]] = {}
    newest = 0
    for frame in np.unique(frames).tolist():
        rows = np.flatnonzero(frames == frame)
        known = {who: seen for who, seen in known.items() if frame - seen[0] <= FORGOTTEN_AFTER_FRAMES}
        if known:
            overlap = iou_matrix(np.stack([box for _, box in known.values()]), boxes[rows])
            for one, other in zip(*linear_sum_assignment(-np.nan_to_num(overlap)), strict=True):
                if overlap[one, other] > MIN_OVERLAP:
                    ids[rows[other]] = list(known)[one]
        for row in rows.tolist():
            if not ids[row]:
                newest += 1
                ids[row] = newest
            known[int(ids[row])] = frame, boxes[row]
    return ids
