"""Rauch-Tung-Striebel smoothing of whole tracks after a run: the Kalman filter forth, then back, without lag.

Several rounds: what lies far from the curve of the last one weighs less in the next, as in robust regression by
reweighting (Holland and Welsch, 1977); mistakes that come in a row pull the curve away in the first.
"""

from collections.abc import Sequence
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
MOST_ROWS = 100_000  # people times frames gone through at once; about 2 kB of memory each
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
    answers: dict[int, Smoothed] = {}
    for batch in _batches([len(trail) for trail in trails]):
        abreast = _Abreast.of([trails[i] for i in batch])
        known = np.full((*abreast.scores.shape, 2), np.nan)
        for _ in range(ROUNDS):
            forward = _filter(abreast, settings, known)
            places = _back(abreast, forward, settings)
            known = np.where(forward.taken[..., None], places, np.nan)
        for row, i in enumerate(batch):
            answers[i] = _answer(trails[i], places[:, row], forward, row, settings)
    return [answers[i] for i in range(len(trails))]


def smooth_results(results: Sequence[FrameResult], settings: SmoothingSettings | None = None) -> list[FrameResult]:
    """A finished run with everyone's joints smoothed over the whole of their track; the rest stays as it is."""
    keypoints = [result.smoothed.keypoints.copy() for result in results]
    scores = [result.smoothed.scores.copy() for result in results]
    states = [result.states.copy() for result in results]
    whereabouts = _whereabouts(results)
    smoothed = smooth_trails(
        [_trail([(results[frame], row) for frame, row in places]) for places in whereabouts], settings
    )
    for places, (poses, track_states) in zip(whereabouts, smoothed, strict=True):
        for index, (frame, row) in enumerate(places):
            keypoints[frame][row], scores[frame][row] = poses.keypoints[index], poses.scores[index]
            states[frame][row] = track_states[index]
    return [
        replace(result, smoothed=Poses(keypoints[i], scores[i], result.skeleton), states=states[i])
        for i, result in enumerate(results)
    ]


def _whereabouts(results: Sequence[FrameResult]) -> list[list[tuple[int, int]]]:
    """(frame, row) of every track in order of time; where time steps back everybody begins anew."""
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    part = 0
    for frame, result in enumerate(results):
        part += frame > 0 and result.time_s < results[frame - 1].time_s
        for row, track_id in enumerate(result.tracks.ids):
            places.setdefault((int(track_id), part), []).append((frame, row))
    return list(places.values())


def _trail(rows: Sequence[tuple[FrameResult, int]]) -> Trail:
    poses = Poses(
        np.array([result.raw.keypoints[row] for result, row in rows]),
        np.array([result.raw.scores[row] for result, row in rows]),
        rows[0][0].skeleton,
    )
    boxes = np.array([result.tracks.boxes[row] for result, row in rows])
    return Trail(np.array([result.time_s for result, _ in rows]), poses, box_math.sizes(boxes).max(axis=1))


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
