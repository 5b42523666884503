"""`TrackTable`: what every reader makes of its file, and its joints brought onto one of our skeletons."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.skeleton import SKELETONS, Skeleton
from tracking.assignment import cheapest_pairs
from tracking.boxes import iou_matrix
from tracking.number_words import listed
from tracking.session.edits import MAX_NAME
from tracking.session.format import LIMIT, MAX_PEOPLE, MAX_PIXEL

Floats = npt.NDArray[np.float32]
MAX_SCORE = 1000.0
MAX_JOINTS, MAX_VALUES = 1000, 50_000_000
"""Of one person, and of all rows together."""
MAX_WITHOUT_ID = 200
"""People in one frame who are told apart by their overlap."""
MAX_NAMES = 30
"""Of joints, in one sentence."""
MIN_OVERLAP = 0.1
FORGOTTEN_AFTER_FRAMES = 30
NUMBERED = re.compile(r"(?:person|individual|animal|track|mouse|id)?[ _-]?([1-9][0-9]{0,8})", re.IGNORECASE)
HALF_LETTER = re.compile("[\ud800-\udfff]")
SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
PARTS = {name.partition("_")[2] for skeleton in SKELETONS.values() for name in skeleton.keypoints if "_" in name}
PAIRED = "|".join(sorted(part for part in PARTS if any(f"left_{part}" in one.keypoints for one in SKELETONS.values())))


@dataclass(frozen=True)
class TrackTable:
    """N rows, one for each person in a frame; J joints as the file names them; NaN where missing.

    frames, ids: (N,), frames counted from 0, ids from 1. points: (N, J, 2) pixels of the upright picture. scores:
    (N, J), NaN or 0 where nobody answered. boxes: (N, 4) xyxy. person_scores: (N,). person_states: (N,)
    `TrackState`. raw: (N, J, 2), the network's own positions. states: (N, J) `KeypointState`. times_s: (N,). names: of
    people, by id. None: the file has none.
    """

    joints: tuple[str, ...]
    frames: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    points: Floats
    scores: Floats
    boxes: Floats | None = None
    person_scores: Floats | None = None
    person_states: npt.NDArray[np.uint8] | None = None
    raw: Floats | None = None
    states: npt.NDArray[np.uint8] | None = None
    times_s: npt.NDArray[np.float64] | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """ValueError when the numbers cannot be those of people in a video."""
        _check_names(self.joints, self.names.values())
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
            raise ValueError("somebody is in one frame twice")
        if rows and np.unique(self.frames, return_counts=True)[1].max() > MAX_PEOPLE:
            raise ValueError("too many people in one frame")

    def on_skeleton(self, chosen: Mapping[str, str] | None = None) -> tuple["TrackTable", Skeleton, tuple[str, ...]]:
        """The same with the joints of the skeleton of ours that fits best, and which joints of the file are left out.

        chosen: the file's name of a joint -> ours, before what the names themselves say. UserError when one of them is
        not there, or none of the file's joints is known here.
        """
        chosen = chosen or {}
        self._check_chosen(chosen)
        given = {canonical(name): at for at, name in reversed(list(enumerate(self.joints))) if name not in chosen}
        given |= {ours: self.joints.index(name) for name, ours in chosen.items()}
        able = [one for one in _BY_SIZE if set(chosen.values()) <= set(one.keypoints)]
        if not able:
            raise UserError(f"No skeleton has all of {listed_names(chosen.values())}.")
        places = {skeleton: [given.get(name, -1) for name in skeleton.keypoints] for skeleton in able}
        skeleton = max(able, key=lambda one: sum(place >= 0 for place in places[one]))
        place = np.array(places[skeleton])
        if (place < 0).all():
            raise UserError(
                f"None of the file's joints is known here: it has {listed_names(self.joints)}; at least one of these "
                f"is needed: {listed_names(skeleton.keypoints)}.",
                option="`--map NAME=keypoint` says which is which",
            )

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

    def _check_chosen(self, chosen: Mapping[str, str]) -> None:
        known = dict.fromkeys(name for skeleton in _BY_SIZE for name in skeleton.keypoints)
        for name, ours in chosen.items():
            if name not in self.joints:
                raise UserError(f"The file has no joint {name}: it has {listed_names(self.joints)}.")
            if ours not in known:
                raise UserError(f"There is no keypoint {ours}: choose one of {listed_names(known)}.")
        if len(set(chosen.values())) < len(chosen):
            raise UserError("Two joints of the file cannot be the same keypoint.")


_BY_SIZE = tuple(sorted(SKELETONS.values(), key=len, reverse=True))


def _check_names(joints: Iterable[str], people: Iterable[str]) -> None:
    """ValueError for what a session cannot hold: a file may say anything."""
    for name in (*joints, *people):
        if not isinstance(name, str) or HALF_LETTER.search(name):
            raise ValueError("a name is not text")
    if any(len(name) > MAX_NAME for name in people):
        raise ValueError(f"the name of a person has more than {MAX_NAME} letters")


def canonical(name: str) -> str:
    """`left_ankle` for LAnkle, ankle-left, Left Ankle, ankle_L, lankle and the like."""
    spaced = re.sub(r"([a-z])([A-Z])|([LR])([A-Z][a-z])", r"\1\3 \2\4", name)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    for at in (0, -1):
        if len(words) > 1 and words[at] in SIDES:
            side = SIDES[words.pop(at)]
            return "_".join((side, *words))
    joined = "_".join(words)
    match = re.fullmatch(rf"(?:(left|right|l|r)({PAIRED})|({PAIRED})(left|right))", joined)
    if match is None or joined == "rear":  # of an animal
        return joined
    return f"{SIDES[match[1] or match[4]]}_{match[2] or match[3]}"


def listed_names(names: Iterable[str]) -> str:
    """The first ones as part of a sentence; those of files can hold anything."""
    shown = ["".join(letter if letter.isprintable() else " " for letter in str(name)[:40]) for name in names]
    return listed(shown, at_most=MAX_NAMES)


def check_size(rows: int, joints: int) -> None:
    """ValueError when a table of so many rows and joints would be larger than any video's; asked before it is made."""
    if joints > MAX_JOINTS or rows * joints > MAX_VALUES:
        raise ValueError(f"{rows} people with {joints} joints are too many")


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
    """(N,) ids for rows without, frames rising: who overlaps a box of the last frames goes on under its number.

    ValueError when more people are in one frame than can be told apart in reasonable time.
    """
    ids = np.zeros(len(frames), np.int64)
    known: dict[int, tuple[int, Floats]] = {}
    newest = 0
    begins = np.flatnonzero(np.diff(frames, prepend=frames[:1] - 1))
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(frames)], strict=True):
        if end - begin > MAX_WITHOUT_ID:
            raise ValueError(f"{end - begin} people without ids are in one frame")
        frame, rows = int(frames[begin]), range(begin, end)
        known = {who: seen for who, seen in known.items() if frame - seen[0] <= FORGOTTEN_AFTER_FRAMES}
        if known:
            overlap = np.nan_to_num(iou_matrix(np.stack([box for _, box in known.values()]), boxes[begin:end]))
            near = np.flatnonzero((overlap > MIN_OVERLAP).any(axis=1))
            numbers = np.array(list(known))[near]
            for one, other in zip(*cheapest_pairs(-overlap[near]), strict=True):
                if overlap[near][one, other] > MIN_OVERLAP:
                    ids[rows[other]] = numbers[one]
        for row in rows:
            if not ids[row]:
                newest += 1
                ids[row] = newest
            known[int(ids[row])] = frame, boxes[row]
    return ids
