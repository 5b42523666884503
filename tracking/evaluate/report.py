"""The figures of an evaluation: computed, as text, as JSON and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.extras import load
from ppnet.output_files import save_figure
from tracking import boxes as box_math
from tracking.evaluate.curves import Curve, CurveScores, curve_scores, joint_curves
from tracking.evaluate.identity import IdentityScores, clip_matches, identity_scores
from tracking.evaluate.run import smoothed_again
from tracking.evaluate.truth import Truth
from tracking.smoothing import SmoothingSettings
from tracking.tracker.association import assign
from tracking.types import FrameResult

CURVES = ("raw", "kalman", "one_euro", "rts")
STRENGTHS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)

Run = tuple[Truth, Sequence[FrameResult]]


@dataclass(frozen=True)
class Figures:
    """Scores of one kind of run over some clips.

    identity: by clip, and all together as `all`. curves: by smoother, empty when no joint can be judged. trade:
    smoother -> strength -> scores.
    """

    identity: dict[str, IdentityScores]
    curves: dict[str, CurveScores]
    trade: dict[str, dict[int, CurveScores]]


def figures_of(runs: Mapping[str, Run], *, smoothing: SmoothingSettings, with_trade: bool) -> Figures:
    """Scores of tracked clips by name."""
    matches = {name: clip_matches(truth, results) for name, (truth, results) in runs.items()}
    identity = {name: identity_scores([clip]) for name, clip in matches.items()}
    identity["all"] = identity_scores(list(matches.values()))
    raw = _all_curves(runs, "raw", smoothing)
    if not raw:  # a network that finds nobody's joints
        return Figures(identity, curves={}, trade={})
    curves = {"raw": curve_scores(raw)}
    curves |= {kind: curve_scores(_all_curves(runs, kind, smoothing)) for kind in CURVES[1:]}
    trade: dict[str, dict[int, CurveScores]] = {}
    if with_trade:
        for kind in CURVES[1:]:
            trade[kind] = {
                strength: curve_scores(_all_curves(runs, kind, replace(smoothing, strength=float(strength))))
                for strength in STRENGTHS
            }
    return Figures(identity, curves, trade)


def _all_curves(runs: Mapping[str, Run], kind: str, smoothing: SmoothingSettings) -> list[Curve]:
    curves: list[Curve] = []
    for truth, results in runs.values():
        answers = results if kind == "raw" else smoothed_again(results, smoothing.named(kind))
        curves += joint_curves(truth, results, answers, raw=kind == "raw", min_score=smoothing.min_score)
    return curves


def rate_difference(first: Run, second: Run) -> float:
    """Median distance of the smoothed joints of one scene filmed at two rates, at equal times, as a share of the
    person's box height; NaN when there is nothing to compare."""
    truth, results = first
    at = {round(frame.time_s, 3): index for index, frame in enumerate(second[0].frames)}
    distances: list[float] = []
    for frame, result in zip(truth.frames, results, strict=True):
        index = at.get(round(frame.time_s, 3))
        if index is None:
            continue
        other, other_frame = second[1][index], second[0].frames[index]
        mine, theirs = _rows(frame.boxes, result), _rows(other_frame.boxes, other)
        for person, track_id in enumerate(frame.ids):
            twin = np.flatnonzero(other_frame.ids == track_id)
            if person in mine and len(twin) and int(twin[0]) in theirs:
                a = result.smoothed.keypoints[mine[person]]
                b = other.smoothed.keypoints[theirs[int(twin[0])]]
                height = float(box_math.sizes(frame.boxes[person : person + 1])[0, 1])
                distances += list((np.linalg.norm(a - b, axis=1) / height)[frame.visibility[person] == 2])
    finite = np.array(distances)[np.isfinite(distances)] if distances else np.zeros(0)
    return float(np.median(finite)) if len(finite) else float("nan")


def _rows(boxes: np.ndarray[Any, np.dtype[np.float64]], result: FrameResult) -> dict[int, int]:
    iou = box_math.iou_matrix(boxes, result.tracks.boxes.astype(np.float64))
    return dict(assign(-iou, iou >= 0.5))


def identity_table(identity: Mapping[str, IdentityScores]) -> str:
    """Markdown: one row per clip."""
    lines = ["| clip | people | HOTA | MOTA | IDF1 | id switches |", "|---|---|---|---|---|---|"]
    for name, s in identity.items():
        lines.append(f"| {name} | {s.people} | {s.hota:.3f} | {s.mota:.3f} | {s.idf1:.3f} | {s.switches} |")
    return "\n".join(lines)


def curve_table(curves: Mapping[str, CurveScores]) -> str:
    """Markdown: one row per smoother; errors and jitter in percent of the person's box."""
    if not curves:
        return "No joint was found in a dozen frames in a row, so there are no curves to judge."
    lines = ["| curve | RMS error | median error | jitter | lag ms | lag frames |", "|---|---|---|---|---|---|"]
    for name, s in curves.items():
        lines.append(
            f"| {name} | {s.rms_error:.2f} % | {s.median_error:.2f} % | {s.jitter:.2f} % "
            f"| {s.lag_ms:.1f} | {s.lag_frames:.2f} |"
        )
    return "\n".join(lines)


def plot(figures: Figures, path: Path) -> None:
    """Jitter against lag: one line per smoother over the slider, a point for its default; the raw curve as a star.

    UserError when matplotlib is not installed or the place cannot be written.
    """
    figure = load("matplotlib.figure", "train").Figure(figsize=(7, 4.5))
    axes = figure.subplots()
    colours = {"kalman": "#1f77b4", "one_euro": "#d95f02", "rts": "#2a9d4a"}
    for kind, by_strength in figures.trade.items():
        scores = list(by_strength.values())
        axes.plot([s.lag_ms for s in scores], [s.jitter for s in scores], ".-", color=colours[kind], label=kind, lw=1)
        at = figures.curves[kind]
        axes.plot([at.lag_ms], [at.jitter], "o", color=colours[kind], ms=8)
    raw = figures.curves["raw"]
    axes.plot([raw.lag_ms], [raw.jitter], "*", color="#333333", ms=13, label="raw")
    axes.axvline(1000 / 30, color="#bbbbbb", lw=1, ls="--")
    axes.text(1000 / 30, raw.jitter, " one frame at 30 fps", color="#888888", va="top", fontsize=8)
    axes.set_xlabel("lag, ms")
    axes.set_ylabel("jitter (RMS third difference), % of the person's box")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    save_figure(figure, path, dpi=110)
