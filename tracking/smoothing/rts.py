"""Rauch-Tung-Striebel smoothing of whole tracks after a run: the Kalman filter forth, then back, without lag.

Several rounds: what lies far from the curve of the last one weighs less in the next, as in robust regression by
reweighting (Holland and Welsch, 1977); mistakes that come in a row pull the curve away in the first.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.pose_store import PoseStore
from tracking.smoothing import bank
from tracking.smoothing.filters import JointFilters
from tracking.smoothing.in_picture import outside
from tracking.smoothing.in_picture import seen as seen_of
from tracking.smoothing.noise import motion_density
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.smoothing.sides import exchanges
from tracking.smoothing.twins import exchanged, twins_of
from tracking.types import FrameResult, KeypointState

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDS = 3  # the whole track is gone through so often; from the second on answers far from its curve weigh less
MOST_ROWS = 6000  # people times frames gone through at once; about 2 kB of memory each
PIECE_ROWS = 2000  # a longer track is gone through in pieces, with a margin on both sides that is thrown away
MARGIN_S = 10.0
"""Or twice the longest gap, if longer: up to a strength of 90 what lies farther away moves no joint by 0.01 pixels."""
BLOCK_ROWS = 64  # so many of a track are written and read at once
LEAST_SHARE = 0.5  # tracks shorter than this share of the longest beside them wait for shorter company


@dataclass(frozen=True)
class Trail:
    """One person's whole track, as it was measured.

    times_s: (T,) rising presentation times in seconds; ValueError when they fall. poses: T, pixels, NaN where missing.
    sides: (T,) longest box side in pixels, the scale of all noise. size_wh: of the picture, out of which no joint is
    carried; None where it is not known.
    """

    times_s: Floats
    poses: Poses
    sides: Floats
    size_wh: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not (np.diff(self.times_s) >= 0).all():
            raise ValueError("times_s must rise")

    def __len__(self) -> int:
        return len(self.times_s)

    def part(self, first: int, last: int) -> "Trail":
        """Rows first <= t < last."""
        rows = slice(first, last)
        poses = Poses(self.poses.keypoints[rows], self.poses.scores[rows], self.poses.skeleton)
        return Trail(self.times_s[rows], poses, self.sides[rows], self.size_wh)


class Parts(Protocol):
    """A whole track of which parts are read: a `Trail`, or one that does not lie in memory."""

    @property
    def times_s(self) -> Floats: ...

    def part(self, first: int, last: int) -> Trail: ...


Smoothed = tuple[Poses, npt.NDArray[np.uint8]]


def smooth_pieces(trails: Sequence[Parts], settings: SmoothingSettings) -> Iterator[tuple["Piece", Smoothed]]:
    """Smooths whole tracks, many at once, each for itself: yields every piece of every track, long pieces first.

    A piece comes with its smoothed poses (a row for each of its times) and their (T, K) `KeypointState`: gaps up to
    `max_gap_s` between two measured places are filled (PREDICTED), longer ones and the ends stay missing.
    """
    margin_s = max(MARGIN_S, 2 * settings.max_gap_s)
    pieces = [piece for number, trail in enumerate(trails) for piece in _pieces(number, trail.times_s, margin_s)]
    for batch in _batches([piece.stop - piece.start for piece in pieces]):
        parts = [trails[pieces[i].trail].part(pieces[i].start, pieces[i].stop) for i in batch]
        abreast, settings_now = _sides_settled(_Abreast.of(parts), settings)
        steps, *who = abreast.scores.shape
        places = np.full((steps, 2, *who), np.nan)
        seen = _forth_and_back(abreast, settings_now, places)
        for _ in range(ROUNDS - 1):
            places.swapaxes(0, 1)[:, ~seen.taken] = np.nan
            seen = _forth_and_back(abreast, settings_now, places)
        for row, (i, part) in enumerate(zip(batch, parts, strict=True)):
            yield pieces[i], pieces[i].kept(_answer(part, places[:, :, row], seen, row, settings))


def smooth_run(
    results: Iterable[FrameResult], settings: SmoothingSettings | None = None
) -> Iterator[tuple[int, Poses, npt.NDArray[np.uint8]]]:
    """(frame_index, smoothed, states) of every frame of a finished run, in order; rows as in the results.

    Everyone is smoothed over the whole of their track; where time steps back everybody begins again. Joints of a long
    run lie in temporary files meanwhile; 25 bytes a person and frame stay in memory. UserError when those cannot be
    written.
    """
    tracks: dict[tuple[int, int], _Track] = {}
    frames, ends, seen = array("q"), array("q", [0]), array("q")  # indices; where each ends in `seen`; tracks of rows
    unread = array("b")  # of rows
    part, last_s = 0, -math.inf
    measured: PoseStore | None = None
    for result in results:
        measured = PoseStore(result.skeleton) if measured is None else measured
        part, last_s = part + (result.time_s < last_s), result.time_s
        sides = box_math.longest_sides(result.tracks.boxes)
        raw = seen_of(result.raw, sides, result.size_wh)
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            track = tracks.setdefault((track_id, part), _Track(measured, len(tracks), result.size_wh))
            track.add(result.time_s, raw, row, float(sides[row]))
            seen.append(track.number)
        unread.extend(result.unread.tolist())
        frames.append(result.frame_index)
        ends.append(len(seen))
    if measured is None:
        return
    everyone, answers = list(tracks.values()), PoseStore(measured.skeleton)
    places: list[list[tuple[int, int, int]]] = [[] for _ in everyone]  # of each piece: first row, where it is, length
    for piece, (poses, states) in smooth_pieces(everyone, settings or SmoothingSettings(kind="rts")):
        places[piece.trail].append((piece.first, answers.add(poses, states), len(states)))
    rows = [_rows(answers, sorted(pieces)) for pieces in places]
    joints = len(measured.skeleton)
    for frame_index, (first, last) in zip(frames, pairwise(ends), strict=True):
        found = [next(rows[number]) for number in seen[first:last]]
        keypoints = np.array([row[0] for row in found], np.float32).reshape(-1, joints, 2)
        scores = np.array([row[1] for row in found], np.float32).reshape(-1, joints)
        states = np.array([row[2] for row in found], np.uint8).reshape(-1, joints)
        # Half the confidence is what a gap costs; here nobody looked.
        whole = np.array(unread[first:last], bool)[:, None] & (states == KeypointState.PREDICTED)
        yield frame_index, Poses(keypoints, np.where(whole, 2 * scores, scores), measured.skeleton), states


def _rows(answers: PoseStore, pieces: Sequence[tuple[int, int, int]]) -> Iterator[tuple[npt.NDArray[np.generic], ...]]:
    """One track's, row by row."""
    for _, start, count in pieces:
        for first in range(start, start + count, BLOCK_ROWS):
            poses, states = answers.read(first, min(first + BLOCK_ROWS, start + count))
            yield from zip(poses.keypoints, poses.scores, states, strict=True)


class _Track:
    """What was measured of one person, as it comes."""

    def __init__(self, store: PoseStore, number: int, size_wh: tuple[int, int]) -> None:
        self.number, self._store, joints = number, store, len(store.skeleton)
        self._size_wh = size_wh
        self._times, self._sides = array("d"), array("d")
        self._blocks = array("q")  # number of the first row of each in the store
        self._keypoints = np.zeros((BLOCK_ROWS, joints, 2), np.float32)  # of the newest block, not yet in the store
        self._scores = np.zeros((BLOCK_ROWS, joints), np.float32)

    @property
    def times_s(self) -> Floats:
        """(T,) presentation times in seconds; nothing can be added any more."""
        return np.frombuffer(self._times)

    def add(self, time_s: float, poses: Poses, row: int, side: float) -> None:
        """The next frame."""
        at = len(self._times) % BLOCK_ROWS
        if self._times and at == 0:
            self._blocks.append(self._store.add(self._newest, np.zeros(self._scores.shape, np.uint8)))
        self._times.append(time_s)
        self._sides.append(side)
        self._keypoints[at], self._scores[at] = poses.keypoints[row], poses.scores[row]

    @property
    def _newest(self) -> Poses:
        return Poses(self._keypoints.copy(), self._scores.copy(), self._store.skeleton)

    def part(self, first: int, last: int) -> Trail:
        """As of a `Trail`; nothing can be added any more."""
        begin, end = first // BLOCK_ROWS, -(-last // BLOCK_ROWS)
        blocks = [self._store.read(start, start + BLOCK_ROWS)[0] for start in self._blocks[begin:end]]
        if end > len(self._blocks):
            blocks.append(self._newest)
        rows = slice(first - begin * BLOCK_ROWS, last - begin * BLOCK_ROWS)
        keypoints = np.concatenate([block.keypoints for block in blocks])[rows]
        scores = np.concatenate([block.scores for block in blocks])[rows]
        poses = Poses(keypoints, scores, self._store.skeleton)
        return Trail(self.times_s[first:last], poses, np.frombuffer(self._sides)[first:last], self._size_wh)


@dataclass(frozen=True)
class Piece:
    """Rows `start` to `stop` of a trail, gone through for the answers of `first` to `last`."""

    trail: int
    start: int
    first: int
    last: int
    stop: int

    def kept(self, answer: Smoothed) -> Smoothed:
        """The answers without those of the margins."""
        rows = slice(self.first - self.start, self.last - self.start)
        poses, states = answer
        return Poses(poses.keypoints[rows], poses.scores[rows], poses.skeleton), states[rows]


def _pieces(number: int, times: Floats, margin_s: float) -> list[Piece]:
    """A long track in pieces, which are smoothed side by side: what is farther away than the margin changes nothing."""
    count = len(times)
    pieces = []
    for first in range(0, max(count, 1), PIECE_ROWS):
        last = min(first + PIECE_ROWS, count)
        start = int(np.searchsorted(times, times[first] - margin_s)) if first else 0
        stop = int(np.searchsorted(times, times[last - 1] + margin_s, side="right")) if last < count else count
        pieces.append(Piece(number, start, first, last, stop))
    return pieces


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of tracks that are gone through together: of like lengths, and not too many."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        longest = lengths[batches[-1][0]] if batches else 0
        alike = bool(batches) and lengths[i] >= LEAST_SHARE * longest
        if not alike or (len(batches[-1]) + 1) * longest > MOST_ROWS:
            batches.append([])
        batches[-1].append(i)
    return batches


@dataclass(frozen=True)
class _Abreast:
    """N tracks side by side, step by step: step t holds the t-th frame of each. After the end of a shorter one time
    stands still, and nothing is seen.

    steps_s: (T, N) seconds since the step before. keypoints (T, N, K, 2), scores (T, N, K). sides: (T, N) pixels,
    without their breathing. skeleton: of all.
    """

    steps_s: Floats
    keypoints: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    sides: Floats
    skeleton: Skeleton

    @classmethod
    def of(cls, trails: Sequence[Trail]) -> "_Abreast":
        shape = max(len(trail) for trail in trails), len(trails)
        skeleton = trails[0].poses.skeleton
        joints = len(skeleton)
        steps_s, sides = np.zeros(shape), np.ones(shape)
        keypoints = np.full((*shape, joints, 2), np.nan, np.float32)
        scores = np.zeros((*shape, joints), np.float32)
        for row, trail in enumerate(trails):
            end = len(trail)
            steps_s[1:end, row] = np.diff(trail.times_s)
            keypoints[:end, row], scores[:end, row] = trail.poses.keypoints, trail.poses.scores
            sides[:end, row] = _calm(trail.sides)
        return cls(steps_s, keypoints, scores, sides, skeleton)


def _sides_settled(abreast: _Abreast, settings: SmoothingSettings) -> tuple[_Abreast, SmoothingSettings]:
    """Left and right put back where the whole track says that they were exchanged; nothing is left for the filter."""
    if not settings.undo_swaps:
        return abreast, settings
    skeleton, shape = abreast.skeleton, abreast.scores.shape
    poses = Poses(abreast.keypoints.reshape(-1, shape[2], 2), abreast.scores.reshape(-1, shape[2]), skeleton)
    found = np.where(measured_mask(poses, settings.min_score)[..., None], poses.keypoints, np.nan).astype(np.float64)
    found, told = np.moveaxis(found.reshape(*shape, 2), 3, 1), abreast.scores.astype(np.float64)
    swap = exchanges(abreast.steps_s, found, told, abreast.sides, skeleton)
    swap = swap.reshape(len(poses), swap.shape[-1])
    keypoints, scores = exchanged(swap, twins_of(skeleton), np.moveaxis(poses.keypoints, 2, 0), poses.scores)
    keypoints = np.moveaxis(keypoints, 0, 2).reshape(*shape, 2)
    put_right = replace(abreast, keypoints=keypoints, scores=scores.reshape(shape))
    return put_right, replace(settings, undo_swaps=False)


def _calm(sides: Floats) -> Floats:
    """(T,) sizes without their breathing: the running median of a second or so."""
    usable = np.isfinite(sides) & (sides > 0)
    middle = float(np.median(sides[usable])) if usable.any() else 1.0
    sizes = np.where(usable, sides, middle)
    reach = 15
    if not len(sizes):
        return sizes
    padded = np.pad(sizes, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.maximum(np.median(windows, axis=1), 1.0)


@dataclass(frozen=True)
class _Seen:
    """Of T steps of N people: (T, N, K) which answers the filter took, where it began, and their scores."""

    taken: Mask
    begun: Mask
    scores: Floats


def _forth_and_back(abreast: _Abreast, settings: SmoothingSettings, places: Floats) -> _Seen:
    """Replaces the places of the round before (T, 2, N, K), NaN where there are none, by better ones, and says what
    they were made of; states of the filter, most of the memory, end here."""
    x, P, seen = _filter(abreast, settings, places)
    _back(abreast, x, P, seen.begun, settings, places)
    return seen


def _filter(abreast: _Abreast, settings: SmoothingSettings, hindsight: Floats) -> tuple[Floats, Floats, _Seen]:
    """States x (T, m, 2, N, K) and P (T, m, m, N, K) of the filter."""
    shape, m = abreast.scores.shape, settings.state_size
    x, P = np.zeros((shape[0], m, 2, *shape[1:])), np.zeros((shape[0], m, m, *shape[1:]))
    seen = _Seen(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape))
    filters = JointFilters.empty(abreast.skeleton, size=m).select(np.arange(shape[1]))
    for t in range(len(x)):
        step_s, filters.sides = abreast.steps_s[t][:, None], abreast.sides[t][:, None]
        filters.predict(step_s, settings)
        poses = Poses(abreast.keypoints[t], abreast.scores[t], abreast.skeleton)
        seen.taken[t] = filters.feed(poses, step_s, settings, hindsight[t])
        seen.begun[t], seen.scores[t] = filters.begun, filters.scores
        x[t], P[t] = filters.x, filters.P
    return x, P, seen


def _back(abreast: _Abreast, x: Floats, P: Floats, begun: Mask, settings: SmoothingSettings, places: Floats) -> None:
    """Sets the smoothed places (T, 2, N, K)."""
    if not len(places):
        return
    places[-1] = x[-1, 0]
    later, unmoved = x[-1], np.eye(settings.state_size)[:, :, None, None]
    for t in range(len(places) - 2, -1, -1):
        step_s, sides = abreast.steps_s[t + 1][:, None], abreast.sides[t + 1][:, None]
        linked = ~begun[t + 1]
        moved = linked & (step_s > 0)
        prior_x, prior_P = bank.predict(x[t], P[t], step_s, density=motion_density(sides, settings.density))
        moved_P = P[t].copy()
        bank.advance(moved_P, step_s)  # F @ P, of which P @ F.T is the mirror image
        gain = _by_joint(moved_P.swapaxes(0, 1)) @ np.linalg.inv(_by_joint(np.where(moved, prior_P, unmoved)))
        better = x[t] + np.moveaxis(gain @ _by_joint(later - prior_x), (-2, -1), (0, 1))
        later = np.where(linked, np.where(moved, better, later), x[t])
        places[t] = later[0]


def _by_joint(matrices: Floats) -> Floats:
    """(..., m, n) of matrices (m, n, ...)."""
    return np.moveaxis(matrices, (0, 1), (-2, -1))


def _answer(trail: Trail, places: Floats, seen: _Seen, row: int, settings: SmoothingSettings) -> Smoothed:
    """One track's share of what was found; places: (T, 2, K)."""
    end = len(trail)
    places = places[:end].swapaxes(1, 2)
    taken, begun, scores = seen.taken[:end, row], seen.begun[:end, row], seen.scores[:end, row].copy()
    filled = _fill(trail.times_s, taken, begun, scores, settings.max_gap_s)
    known = taken | filled
    if trail.size_wh is not None:
        known &= ~outside(places, trail.sides, trail.size_wh)
    states = np.where(taken, KeypointState.MEASURED, KeypointState.PREDICTED)
    states = np.where(known, states, KeypointState.MISSING).astype(np.uint8)
    keypoints = np.where(known[..., None], places, np.nan).astype(np.float32)
    return Poses(keypoints, np.where(known, scores, 0.0).astype(np.float32), trail.poses.skeleton), states


def _fill(times: Floats, taken: Mask, begun: Mask, scores: Floats, max_gap_s: float) -> Mask:
    """(T, K) unseen keypoints between two measured places of one run of the filter; `scores` there are set."""
    filled = np.zeros_like(taken)
    for joint in range(taken.shape[1]):
        seen = np.flatnonzero(taken[:, joint])
        for gap in np.flatnonzero(np.diff(seen) > 1):
            first, last = seen[gap], seen[gap + 1]
            if not begun[last, joint] and times[last] - times[first] <= max_gap_s + 1e-9:
                filled[first + 1 : last, joint] = True
                scores[first + 1 : last, joint] = min(scores[first, joint], scores[last, joint]) / 2
    return filled
