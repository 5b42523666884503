"""Rauch-Tung-Striebel smoothing of whole tracks after a run: the Kalman filter forth, then back, without lag.

Several rounds: what lies far from the curve of the last one weighs less in the next, as in robust regression by
reweighting (Holland and Welsch, 1977); mistakes that come in a row pull the curve away in the first.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.smoothing import bank
from tracking.smoothing.filters import JointFilters, motion_density
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import FrameResult, KeypointState

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDS = 3  # the whole track is gone through so often; from the second on answers far from its curve weigh less
MOST_ROWS = 40_000  # people times frames gone through at once; about 3 kB of memory each
PIECE_ROWS = 2000  # a longer track is gone through in pieces, with a margin on both sides that is thrown away
MARGIN_S = 10.0
"""Or twice the longest gap, if longer: up to a strength of 90 what lies farther away moves no joint by 0.01 pixels."""
LEAST_SHARE = 0.5  # tracks shorter than this share of the longest beside them wait for shorter company


@dataclass(frozen=True)
class Trail:
    """One person's whole track, as it was measured.

    times_s: (T,) rising presentation times in seconds; ValueError when they fall. poses: T, pixels, NaN where missing.
    sides: (T,) longest box side in pixels, the scale of all noise.
    """

    times_s: Floats
    poses: Poses
    sides: Floats

    def __post_init__(self) -> None:
        if not (np.diff(self.times_s) >= 0).all():
            raise ValueError("times_s must rise")

    def __len__(self) -> int:
        return len(self.times_s)


Smoothed = tuple[Poses, npt.NDArray[np.uint8]]


def smooth_trails(trails: Sequence[Trail], settings: SmoothingSettings | None = None) -> list[Smoothed]:
    """Smooth whole tracks, many at once, each for itself.

    Returns for each its smoothed poses (row t for time t) and their (T, K) `KeypointState`: gaps up to `max_gap_s`
    between two measured places are filled (PREDICTED), longer ones and the ends stay missing.
    """
    settings = settings or SmoothingSettings(kind="rts")
    margin_s = max(MARGIN_S, 2 * settings.max_gap_s)
    pieces = [piece for number, trail in enumerate(trails) for piece in _pieces(number, trail, margin_s)]
    answers: dict[int, Smoothed] = {}
    for batch in _batches([piece.stop - piece.start for piece in pieces]):
        parts = [pieces[i].of(trails) for i in batch]
        abreast = _Abreast.of(parts)
        known = np.full((*abreast.scores.shape, 2), np.nan)
        for _ in range(ROUNDS):
            forward = _filter(abreast, settings, known)
            places = _back(abreast, forward, settings)
            known = np.where(forward.taken[..., None], places, np.nan)
        for row, (i, part) in enumerate(zip(batch, parts, strict=True)):
            answers[i] = pieces[i].kept(_answer(part, places[:, row], forward, row, settings))
    whole: list[list[Smoothed]] = [[] for _ in trails]
    for i, piece in enumerate(pieces):
        whole[piece.trail].append(answers.pop(i))
    return [_joined(parts) for parts in whole]


def smooth_run(
    results: Iterable[FrameResult], settings: SmoothingSettings | None = None
) -> Iterator[tuple[int, Poses, npt.NDArray[np.uint8]]]:
    """(frame_index, smoothed, states) of every frame of a finished run, in order; rows as in the results.

    Everyone is smoothed over the whole of their track; where time steps back everybody begins anew. Of the results it
    keeps about 200 bytes a person and frame.
    """
    tracks: dict[tuple[int, int], _Track] = {}
    frames: list[tuple[int, tuple[_Track, ...]]] = []
    part, last_s = 0, -math.inf
    for result in results:
        part, last_s = part + (result.time_s < last_s), result.time_s
        sides = box_math.sizes(result.tracks.boxes).max(axis=1)
        seen = []
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            track = tracks.setdefault((track_id, part), _Track(result.skeleton))
            track.add(result.time_s, result.raw, row, float(sides[row]))
            seen.append(track)
        frames.append((result.frame_index, tuple(seen)))
    if not frames:
        return
    skeleton = result.skeleton
    answers = smooth_trails([track.trail() for track in tracks.values()], settings)
    rows = {
        id(track): zip(poses.keypoints, poses.scores, states, strict=True)
        for track, (poses, states) in zip(tracks.values(), answers, strict=True)
    }
    joints = len(skeleton)
    for frame_index, everyone in frames:
        found = [next(rows[id(track)]) for track in everyone]
        keypoints = np.array([row[0] for row in found], np.float32).reshape(-1, joints, 2)
        scores = np.array([row[1] for row in found], np.float32).reshape(-1, joints)
        states = np.array([row[2] for row in found], np.uint8).reshape(-1, joints)
        yield frame_index, Poses(keypoints, scores, skeleton), states


def smooth_results(results: Sequence[FrameResult], settings: SmoothingSettings | None = None) -> list[FrameResult]:
    """A finished run with everyone's joints smoothed over the whole of their track; the rest stays as it is."""
    return [
        replace(result, smoothed=smoothed, states=states)
        for result, (_, smoothed, states) in zip(results, smooth_run(results, settings), strict=True)
    ]


class _Track:
    """What was measured of one person, as it comes."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._times, self._sides = array("d"), array("d")
        self._keypoints, self._scores = array("f"), array("f")

    def add(self, time_s: float, poses: Poses, row: int, side: float) -> None:
        """The next frame."""
        self._times.append(time_s)
        self._sides.append(side)
        self._keypoints.frombytes(poses.keypoints[row].tobytes())
        self._scores.frombytes(poses.scores[row].tobytes())

    def trail(self) -> Trail:
        """All of it; nothing can be added any more."""
        shape = len(self._times), len(self._skeleton)
        keypoints = np.frombuffer(self._keypoints, np.float32).reshape(*shape, 2)
        poses = Poses(keypoints, np.frombuffer(self._scores, np.float32).reshape(shape), self._skeleton)
        return Trail(np.frombuffer(self._times), poses, np.frombuffer(self._sides))


@dataclass(frozen=True)
class _Piece:
    """Rows `start` to `stop` of a trail, gone through for the answers of `first` to `last`."""

    trail: int
    start: int
    first: int
    last: int
    stop: int

    def of(self, trails: Sequence[Trail]) -> Trail:
        """What is gone through."""
        trail, rows = trails[self.trail], slice(self.start, self.stop)
        poses = Poses(trail.poses.keypoints[rows], trail.poses.scores[rows], trail.poses.skeleton)
        return Trail(trail.times_s[rows], poses, trail.sides[rows])

    def kept(self, answer: Smoothed) -> Smoothed:
        """The answers without those of the margins."""
        rows = slice(self.first - self.start, self.last - self.start)
        poses, states = answer
        return Poses(poses.keypoints[rows], poses.scores[rows], poses.skeleton), states[rows]


def _pieces(number: int, trail: Trail, margin_s: float) -> list[_Piece]:
    """A long track in pieces, which are smoothed side by side: what is farther away than the margin changes nothing."""
    count, times = len(trail), trail.times_s
    pieces = []
    for first in range(0, max(count, 1), PIECE_ROWS):
        last = min(first + PIECE_ROWS, count)
        start = int(np.searchsorted(times, times[first] - margin_s)) if first else 0
        stop = int(np.searchsorted(times, times[last - 1] + margin_s, side="right")) if last < count else count
        pieces.append(_Piece(number, start, first, last, stop))
    return pieces


def _joined(parts: Sequence[Smoothed]) -> Smoothed:
    keypoints = np.concatenate([poses.keypoints for poses, _ in parts])
    scores = np.concatenate([poses.scores for poses, _ in parts])
    return Poses(keypoints, scores, parts[0][0].skeleton), np.concatenate([states for _, states in parts])


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
class _Forward:
    """What the filter made of T steps of N people: states x (T, N, K, m, 2) and P (T, N, K, m, m), and (T, N, K)
    which answers it took, where it began, and their scores."""

    x: Floats
    P: Floats
    taken: Mask
    begun: Mask
    scores: Floats


def _filter(abreast: _Abreast, settings: SmoothingSettings, hindsight: Floats) -> _Forward:
    shape, m = abreast.scores.shape, settings.state_size
    run = _Forward(
        x=np.zeros((*shape, m, 2)),
        P=np.zeros((*shape, m, m)),
        taken=np.zeros(shape, bool),
        begun=np.zeros(shape, bool),
        scores=np.zeros(shape),
    )
    filters = JointFilters.empty(abreast.skeleton, size=m).select(np.arange(shape[1]))
    for t in range(len(run.x)):
        filters.sides = abreast.sides[t]
        filters.predict(abreast.steps_s[t], settings)
        poses = Poses(abreast.keypoints[t], abreast.scores[t], abreast.skeleton)
        run.taken[t] = filters.feed(poses, abreast.steps_s[t], settings, hindsight[t])
        run.begun[t], run.scores[t] = filters.begun, filters.scores
        run.x[t], run.P[t] = filters.x, filters.P
    return run


def _back(abreast: _Abreast, run: _Forward, settings: SmoothingSettings) -> Floats:
    """(T, N, K, 2) smoothed places."""
    places = run.x[..., 0, :].copy()
    if not len(places):
        return places
    later, size = run.x[-1], settings.state_size
    for t in range(len(places) - 2, -1, -1):
        steps_s = abreast.steps_s[t + 1]
        linked = ~run.begun[t + 1]
        moved = (linked & (steps_s > 0)[:, None])[..., None, None]
        density = motion_density(abreast.sides[t + 1], settings)
        prior_x, prior_P = bank.predict(run.x[t], run.P[t], steps_s, density=density)
        F = bank.transition(size, steps_s)
        gain = run.P[t] @ np.swapaxes(F, -1, -2) @ np.linalg.inv(np.where(moved, prior_P, np.eye(size)))
        better = np.where(moved, run.x[t] + gain @ (later - prior_x), later)
        later = np.where(linked[..., None, None], better, run.x[t])
        places[t] = later[..., 0, :]
    return places


def _answer(trail: Trail, places: Floats, run: _Forward, row: int, settings: SmoothingSettings) -> Smoothed:
    """One track's share of what was found."""
    end = len(trail)
    taken, begun, scores = run.taken[:end, row], run.begun[:end, row], run.scores[:end, row].copy()
    filled = _fill(trail.times_s, taken, begun, scores, settings.max_gap_s)
    known = taken | filled
    states = np.where(filled, KeypointState.PREDICTED, KeypointState.MISSING)
    states = np.where(taken, KeypointState.MEASURED, states).astype(np.uint8)
    keypoints = np.where(known[..., None], places[:end], np.nan).astype(np.float32)
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
