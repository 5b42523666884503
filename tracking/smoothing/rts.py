"""Rauch-Tung-Striebel smoothing of whole tracks after a run: the Kalman filter forth, then back, without lag.

Several rounds: what lies far from the curve of the last one weighs less in the next, as in robust regression by
reweighting (Holland and Welsch, 1977); mistakes that come in a row pull the curve away in the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.smoothing import bank
from tracking.smoothing.filters import JointFilters
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import FrameResult, KeypointState

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDS = 3  # the whole track is gone through so often; from the second on answers far from its curve weigh less


def smooth_track(
    times_s: npt.ArrayLike,
    keypoints: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    sides: npt.ArrayLike,
    settings: SmoothingSettings | None = None,
) -> tuple[Poses, npt.NDArray[np.uint8]]:
    """Smooth one person's whole track.

    times_s: (T,) rising presentation times in seconds; ValueError when they fall. keypoints: (T, K, 2) pixels, NaN
    where missing. scores: (T, K). sides: (T,) longest box side in pixels, the scale of all noise.
    Returns smoothed poses of T frames (row t for time t) and their (T, K) `KeypointState`: gaps up to `max_gap_s`
    between two measured places are filled (PREDICTED), longer ones and the ends stay missing.
    """
    settings = settings or SmoothingSettings(kind="rts")
    times = np.asarray(times_s, np.float64)
    poses = Poses(np.asarray(keypoints, np.float32), np.asarray(scores, np.float32))
    if not (np.diff(times) >= 0).all():
        raise ValueError("times_s must rise")
    calm = _calm(sides)
    known = np.full(poses.keypoints.shape, np.nan)
    for _ in range(ROUNDS):
        forward = _filter(times, poses, calm, settings, known)
        places = _back(times, forward)
        known = np.where(forward.taken[..., None], places, np.nan)
    return _answer(times, places, forward, settings)


def smooth_results(results: Sequence[FrameResult], settings: SmoothingSettings | None = None) -> list[FrameResult]:
    """A finished run with everyone's joints smoothed over the whole of their track; the rest stays as it is."""
    settings = settings or SmoothingSettings(kind="rts")
    keypoints = [result.smoothed.keypoints.copy() for result in results]
    scores = [result.smoothed.scores.copy() for result in results]
    states = [result.states.copy() for result in results]
    for places in _whereabouts(results).values():
        rows = [results[frame] for frame, _ in places]
        sides = [box_math.sizes(r.tracks.boxes[[row]]).max() for r, (_, row) in zip(rows, places, strict=True)]
        poses, track_states = smooth_track(
            [r.time_s for r in rows],
            [r.raw.keypoints[row] for r, (_, row) in zip(rows, places, strict=True)],
            [r.raw.scores[row] for r, (_, row) in zip(rows, places, strict=True)],
            sides=sides,
            settings=settings,
        )
        for index, (frame, row) in enumerate(places):
            keypoints[frame][row], scores[frame][row] = poses.keypoints[index], poses.scores[index]
            states[frame][row] = track_states[index]
    return [
        replace(result, smoothed=Poses(keypoints[i], scores[i]), states=states[i]) for i, result in enumerate(results)
    ]


def _whereabouts(results: Sequence[FrameResult]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """(Track id, part) -> (frame, row) in order of time; where time steps back a new part begins."""
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    part = 0
    for frame, result in enumerate(results):
        part += frame > 0 and result.time_s < results[frame - 1].time_s
        for row, track_id in enumerate(result.tracks.ids):
            places.setdefault((int(track_id), part), []).append((frame, row))
    return places


def _calm(sides: npt.ArrayLike) -> Floats:
    """(T,) sizes without their breathing: the running median of a second or so."""
    sizes = np.asarray(sides, np.float64)
    usable = np.isfinite(sizes) & (sizes > 0)
    middle = float(np.median(sizes[usable])) if usable.any() else 1.0
    sizes = np.where(usable, sizes, middle)
    reach = 15
    if not len(sizes):
        return sizes
    padded = np.pad(sizes, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.maximum(np.median(windows, axis=1), 1.0)


@dataclass
class _Forward:
    """Filtered states of T frames and K keypoints, before (`prior`) and after the measurement."""

    x: list[Floats]
    P: list[Floats]
    prior_x: list[Floats]
    prior_P: list[Floats]
    taken: Mask
    begun: Mask
    scores: Floats


def _filter(times: Floats, poses: Poses, sides: Floats, settings: SmoothingSettings, hindsight: Floats) -> _Forward:
    shape = poses.scores.shape
    run = _Forward([], [], [], [], np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape))
    filters = JointFilters.empty(shape[1], size=settings.state_size).select(np.ones(1, np.int64))
    for t, time_s in enumerate(times):
        step_s = float(time_s - times[t - 1]) if t else 0.0
        filters.sides = sides[t : t + 1]
        filters.predict(step_s, settings)
        run.prior_x.append(filters.x[0].copy())
        run.prior_P.append(filters.P[0].copy())
        run.taken[t] = filters.feed(poses.take(np.array([t])), step_s, settings, hindsight[[t]])[0]
        run.begun[t], run.scores[t] = filters.begun[0], filters.scores[0]
        run.x.append(filters.x[0].copy())
        run.P.append(filters.P[0].copy())
    return run


def _back(times: Floats, run: _Forward) -> Floats:
    """(T, K, 2) smoothed places."""
    places = np.zeros((*run.taken.shape, 2))
    if not len(times):
        return places
    size = run.P[0].shape[-1]
    later = run.x[-1]
    places[-1] = later[:, 0, :]
    for t in range(len(times) - 2, -1, -1):
        step_s = times[t + 1] - times[t]
        linked = ~run.begun[t + 1]
        if step_s > 0:
            F = bank.transition(size, step_s)
            prior = np.where(linked[:, None, None], run.prior_P[t + 1], np.eye(size))
            gain = run.P[t] @ F.T @ np.linalg.inv(prior)
            better = run.x[t] + gain @ (later - run.prior_x[t + 1])
        else:
            better = later
        later = np.where(linked[:, None, None], better, run.x[t])
        places[t] = later[:, 0, :]
    return places


def _answer(
    times: Floats, places: Floats, run: _Forward, settings: SmoothingSettings
) -> tuple[Poses, npt.NDArray[np.uint8]]:
    filled, weights = _filled(times, run, settings.max_gap_s)
    known = run.taken | filled
    states = np.where(filled, KeypointState.PREDICTED, KeypointState.MISSING)
    states = np.where(run.taken, KeypointState.MEASURED, states).astype(np.uint8)
    keypoints = np.where(known[..., None], places, np.nan).astype(np.float32)
    return Poses(keypoints, np.where(known, weights, 0.0).astype(np.float32)), states


def _filled(times: Floats, run: _Forward, max_gap_s: float) -> tuple[Mask, Floats]:
    """(T, K) unseen keypoints between two measured places of one run of the filter, and scores for all."""
    filled, weights = np.zeros_like(run.taken), run.scores.copy()
    for joint in range(run.taken.shape[1]):
        seen = np.flatnonzero(run.taken[:, joint])
        for first, last in pairwise(seen):
            if last - first > 1 and not run.begun[last, joint] and times[last] - times[first] <= max_gap_s + 1e-9:
                filled[first + 1 : last, joint] = True
                weights[first + 1 : last, joint] = min(run.scores[first, joint], run.scores[last, joint]) / 2
    return filled, weights
