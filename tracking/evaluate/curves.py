"""How true, calm and prompt the joints' curves are: RMS error, jitter and lag against exact truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.evaluate.simulate import MIN_SEEN
from tracking.evaluate.truth import VISIBLE, Truth
from tracking.smoothing.settings import SmoothingSettings
from tracking.tracker.association import assign
from tracking.types import FrameResult

Floats = npt.NDArray[np.float64]

MIN_FRAMES = 12  # shorter stretches say nothing about lag
LAG_STEP = 0.5
LAGS = np.arange(-5, 10.01, LAG_STEP)  # tried shifts, frames
MOVES = 0.03  # stretches in which the joint moves less than this (sides) say nothing about lag


@dataclass(frozen=True)
class Curve:
    """A stretch of one joint without a break, seen in truth and found in every frame; lengths in box sides.

    time_s: (T,). truth, found: (T, 2).
    """

    time_s: Floats
    truth: Floats
    found: Floats


@dataclass(frozen=True)
class CurveScores:
    """Over all curves: error and jitter in percent of the box's longest side, lag in milliseconds and in frames.

    rms_error: root mean square distance to the truth. median_error: its median. jitter: RMS of the third difference.
    lag: the delay against the truth at which the curves agree best.
    """

    rms_error: float
    median_error: float
    jitter: float
    lag_ms: float
    lag_frames: float
    curves: int
    samples: int


def joint_curves(
    truth: Truth,
    tracked: Sequence[FrameResult],
    answers: Sequence[FrameResult],
    *,
    raw: bool,
    min_score: float = SmoothingSettings.min_score,
) -> list[Curve]:
    """Curves of everyone who is matched with truth.

    tracked: results whose boxes and raw joints decide which samples count, so that all smoothers are judged by the
    same ones; answers: results whose joints are judged (their raw ones if `raw`). min_score: joints of less confidence
    don't count; they are not shown either.
    """
    series: dict[tuple[int, int, int], list[tuple[int, float, Floats, Floats]]] = {}
    for index, (frame, seen, answer) in enumerate(zip(truth.frames, tracked, answers, strict=True)):
        iou = box_math.iou_matrix(frame.boxes, seen.tracks.boxes.astype(np.float64))
        allowed = (iou >= 0.5) & (frame.seen_share >= MIN_SEEN)[:, None]
        joints = (answer.raw if raw else answer.smoothed).keypoints.astype(np.float64)
        for person, row in assign(-iou, allowed):
            side = float(box_math.sizes(frame.boxes[person : person + 1]).max())
            found = seen.raw.scores[row] >= min_score
            for joint in np.flatnonzero((frame.visibility[person] == VISIBLE) & found):
                key = int(frame.ids[person]), int(seen.tracks.ids[row]), int(joint)
                sample = index, side, frame.keypoints[person, joint], joints[row, joint]
                series.setdefault(key, []).append(sample)
    times = np.array([frame.time_s for frame in truth.frames])
    return [curve for samples in series.values() for curve in _stretches(samples, times)]


def _stretches(samples: list[tuple[int, float, Floats, Floats]], times: Floats) -> Iterable[Curve]:
    frames = np.array([sample[0] for sample in samples])
    breaks = np.flatnonzero(np.diff(frames) > 1) + 1
    for part in np.split(np.arange(len(samples)), breaks):
        if len(part) < MIN_FRAMES:
            continue
        side = float(np.median([samples[i][1] for i in part]))
        truth = np.array([samples[i][2] for i in part]) / side
        found = np.array([samples[i][3] for i in part]) / side
        yield Curve(times[frames[part]], truth, found)


def curve_scores(curves: Sequence[Curve]) -> CurveScores:
    """Scores of all curves together. Samples without an answer are left out of error and jitter."""
    if not curves:
        raise ValueError("no curves to score")
    errors = np.concatenate([np.linalg.norm(curve.found - curve.truth, axis=1) for curve in curves])
    errors = errors[np.isfinite(errors)]
    thirds = np.concatenate([np.diff(curve.found, n=3, axis=0).ravel() for curve in curves])
    thirds = thirds[np.isfinite(thirds)]
    step_s = float(np.median(np.concatenate([np.diff(curve.time_s) for curve in curves])))
    lag_frames = _lag(curves, step_s)
    return CurveScores(
        rms_error=100 * float(np.sqrt((errors**2).mean())),
        median_error=100 * float(np.median(errors)),
        jitter=100 * float(np.sqrt(2 * (thirds**2).mean())),
        lag_ms=1000 * lag_frames * step_s,
        lag_frames=lag_frames,
        curves=len(curves),
        samples=len(errors),
    )


def _lag(curves: Sequence[Curve], step_s: float) -> float:
    """Shift in frames at which found and truth correlate best, all curves pooled; between the tried shifts by a
    parabola through the best three."""
    common, found_power, truth_power = np.zeros((3, len(LAGS)))
    for curve in curves:
        for axis in range(2):
            found, truth = curve.found[:, axis], curve.truth[:, axis]
            good = np.isfinite(found)
            if good.sum() < MIN_FRAMES or np.ptp(truth) < MOVES:
                continue
            for index, lag in enumerate(LAGS):
                shifted = np.interp(curve.time_s - lag * step_s, curve.time_s, truth)
                # Ends, where the shifted truth is unknown, are left out for every shift alike.
                inner = good & (curve.time_s >= curve.time_s[0] + LAGS[-1] * step_s)
                inner &= curve.time_s <= curve.time_s[-1] + LAGS[0] * step_s
                if inner.sum() < 4:
                    continue
                a, b = found[inner] - found[inner].mean(), shifted[inner] - shifted[inner].mean()
                common[index] += a @ b
                found_power[index] += a @ a
                truth_power[index] += b @ b
    if not (found_power > 0).all() or not (truth_power > 0).all():
        return 0.0
    correlation = common / np.sqrt(found_power * truth_power)
    best = int(np.argmax(correlation))
    if 0 < best < len(LAGS) - 1:
        before, at, after = correlation[best - 1 : best + 2]
        bend = before - 2 * at + after
        if bend < 0:
            return float(LAGS[best] + LAG_STEP * 0.5 * (before - after) / bend)
    return float(LAGS[best])
