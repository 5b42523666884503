"""What was measured, as tables in Markdown and as JSON."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.bench.rounds import Round, Side
from app.bench.timed_parts import STAGES

MIB = 2**20
WORK = "work of all cores, ms a frame"
SIDES: Mapping[Side, str] = {"file": "file engine", "live": "live engine", "landmarker": "PoseLandmarker"}
STAGE_NAMES = {
    "decode": "reading a frame",
    "detect": "a look of the detector",
    "track": "tracker",
    "pose": "network: crops, forward pass, joints",
    "smooth": "smoothing",
    "chain": "detector to smoothing, all",
    "store": "session",
    "write": "table and annotated video",
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as fast as PoseLandmarker: of the medians, and in the worst and best round."""

    of_medians: float
    lowest: float
    highest: float


def of_side(rounds: Sequence[Round], side: Side) -> list[Round]:
    """The rounds of one side."""
    return [one for one in rounds if one.side == side]


def stage_table(rounds: Sequence[Round], side: Side) -> str:
    """Median, 95th percentile and mean of each stage's time over all frames of all rounds, and its share of wall time.

    Only frames in which the stage had work count for the first two, all for the mean.
    """
    own = of_side(rounds, side)
    given, tracked, wall_s = (sum(getattr(one, name) for one in own) for name in ("given", "tracked", "wall_s"))
    lines = [_row([SIDES[side], "median, ms", "p95, ms", "mean a frame, ms", "share of wall time"]), _rule(5)]
    for stage in STAGES:
        seconds = np.concatenate([one.seconds.get(stage, ()) for one in own])
        if seconds.size:
            median, p95 = np.percentile(seconds, (50, 95)) * 1000
            total_s, frames = float(seconds.sum()), given if stage == "decode" else tracked
            cells = (f"{median:.1f}", f"{p95:.1f}", f"{1000 * total_s / frames:.1f}", _percent(total_s / wall_s))
            lines.append(_row([STAGE_NAMES[stage], *cells]))
    return "\n".join(lines)


def engine_table(rounds: Sequence[Round]) -> str:
    """What each side achieved: medians over its rounds."""
    sides = [side for side in SIDES if of_side(rounds, side)]
    lines = [_row(["", *(SIDES[side] for side in sides)]), _rule(len(sides) + 1)]
    for words, show in _ENGINE_ROWS:
        lines.append(_row([words, *(show(of_side(rounds, side)) for side in sides)]))
    return "\n".join(lines)


def ratios(rounds: Sequence[Round]) -> dict[str, Ratio]:
    """How many times as fast as PoseLandmarker; above 1 is faster. Empty where it was not measured.

    a frame: time from detector to smoothing against its time. engine: frames a second in the same file engine. work:
    time of all cores in a frame.
    """
    ours, theirs = of_side(rounds, "file"), of_side(rounds, "landmarker")
    if not theirs:
        return {}
    return {
        "a frame": _ratio([1 / one.chain_s for one in ours], [1 / one.chain_s for one in theirs]),
        "engine": _ratio([one.fps for one in ours], [one.fps for one in theirs]),
        "work": _ratio([1 / one.work_s for one in ours], [1 / one.work_s for one in theirs]),
    }


def ratio_table(rounds: Sequence[Round], people: int) -> str:
    """The same as a table; empty where PoseLandmarker was not measured."""
    found = ratios(rounds)
    if not found:
        return ""
    ours, theirs = of_side(rounds, "file"), of_side(rounds, "landmarker")
    count = "1 person" if people < 2 else f"up to {people} people"
    lines = [_row([f"beside PoseLandmarker ({count})", "here", "PoseLandmarker", "times as fast (rounds)"]), _rule(4)]
    values = {
        "a frame": ("detector to smoothing, ms a frame", lambda one: 1000 * one.chain_s),
        "engine": ("frames a second in the file engine", lambda one: one.fps),
        "work": (WORK, lambda one: 1000 * one.work_s),
    }
    for name, (words, value) in values.items():
        ratio = found[name]
        times = f"{ratio.of_medians:.2f} ({ratio.lowest:.2f} to {ratio.highest:.2f})"
        lines.append(_row([words, f"{_median(ours, value):.1f}", f"{_median(theirs, value):.1f}", times]))
    return "\n".join(lines)


def as_text(rounds: Sequence[Round], facts: Mapping[str, Any]) -> str:
    """Everything, to be pasted into a report."""
    parts = [
        describe(facts),
        engine_table(rounds),
        ratio_table(rounds, facts["people"]),
        *(stage_table(rounds, side) for side in ("file", "live") if of_side(rounds, side)),
    ]
    return "\n\n".join(part for part in parts if part)


def as_json(rounds: Sequence[Round], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Every single measurement, in seconds and bytes, and the ratios."""
    return {
        "facts": dict(facts),
        "times_as_fast_as_pose_landmarker": {name: asdict(ratio) for name, ratio in ratios(rounds).items()},
        "rounds": [asdict(one) for one in rounds],
    }


def describe(facts: Mapping[str, Any]) -> str:
    """Clip, settings and machine in a few sentences."""
    changed = ", ".join(f"{name} {value}" for name, value in facts["changed_settings"].items())
    load = f" Load average before and after: {facts['load'][0]} and {facts['load'][1]}." if facts["load"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (
        f"{facts['clip']}, {facts['size_wh'][0]}x{facts['size_wh'][1]}, {facts['frames']} frames, "
        f"{facts['frame_rate']} fps, people in a frame: {facts['people']}. "
        f"{facts['preset']}{f' ({changed})' if changed else ''}, {facts['network']} on {facts['device']}. "
        f"{facts['cpu']} (cores: {facts['cores']}), {facts['system']}, {versions}, {facts['date']}. "
        f"Rounds: {facts['rounds']}, in which all take turns.{load}"
    )


def _delay(rounds: Sequence[Round]) -> str:
    delays = np.concatenate([one.delays_s for one in rounds])
    if not delays.size:
        return ""
    median, p95 = np.percentile(delays, (50, 95)) * 1000
    return f"{median:.0f} (p95 {p95:.0f})"


_ENGINE_ROWS: Sequence[tuple[str, Callable[[Sequence[Round]], str]]] = (
    ("frames tracked a second", lambda own: f"{_median(own, lambda one: one.fps):.1f}"),
    ("frames tracked", lambda own: f"{sum(one.tracked for one in own)} of {sum(one.given for one in own)}"),
    ("delay from capture to result, ms", _delay),
    ("peak memory of the first round, MiB", lambda own: f"{own[0].peak_bytes / MIB:.0f}"),
    ("overlap: seconds of work in a second", lambda own: f"{_median(own, lambda one: one.overlap):.2f}"),
    (WORK, lambda own: f"{_median(own, lambda one: 1000 * one.work_s):.1f}"),
    ("cores busy", lambda own: _percent(_median(own, lambda one: one.cores_busy))),
    (
        "wall time without detector and network",
        lambda own: "" if own[0].side == "landmarker" else _percent(_median(own, lambda one: one.besides)),
    ),
)


def _median(rounds: Sequence[Round], value: Callable[[Round], float]) -> float:
    return statistics.median(value(one) for one in rounds)


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    each = [our / their for our, their in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ours) / statistics.median(theirs), min(each), max(each))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return _row(["---", *["---:"] * (columns - 1)])
