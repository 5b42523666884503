"""Evaluation in words and numbers: tables for the terminal, plain values for json files."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.evaluate.coco import FIGURES, CocoScores
from ppnet.evaluate.pck import COLUMNS, PckhScores
from ppnet.evaluate.reliability import Reliability

Json = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """Figures under one heading, e.g. `flip`; fractions, NaN where there is none. interval: of the first figure."""

    name: str
    figures: Mapping[str, float]
    interval: tuple[float, float] | None = None


def coco_row(name: str, scores: CocoScores) -> Row:
    """COCO's ten figures as one row."""
    return Row(name, {figure: scores[figure] for figure in FIGURES}, scores.interval)


def pckh_rows(name: str, scores: PckhScores) -> list[Row]:
    """One row per threshold, in the columns of Table VI."""
    return [
        Row(f"{name} @{threshold:g}", {column: figures[column] for column in (*COLUMNS, "Mean")})
        for threshold, figures in scores.at.items()
    ]


def table(rows: Sequence[Row]) -> str:
    """Rows in percent, aligned under their columns."""
    names = list(rows[0].figures)
    width = max(len(row.name) for row in rows)
    lines = [" " * width + "".join(f"{name:>9}" for name in names)]
    for row in rows:
        cells = "".join(f"{_percent(row.figures[name]):>9}" for name in names)
        if row.interval is not None:
            low, high = (_percent(value) for value in row.interval)
            cells += f"   ({names[0]} {low} to {high}, 95 %)"
        lines.append(f"{row.name:<{width}}{cells}")
    return "\n".join(lines)


def reliability_text(reliability: Reliability) -> str:
    """What the scores mean: the suggested line, and the scores of each kind of keypoint."""
    lines = [
        f"Scores: suggested --min-conf {reliability.min_score:.2f}: it shows {_percent(reliability.recall)} % of the "
        f"labelled keypoints rightly, and {_percent(reliability.precision)} % of what it shows is right (joints "
        f"without a label count as wrong). Mean distance of score and share right: {reliability.calibration_error:.3f}."
    ]
    for name, group in reliability.groups.items():
        low, middle, high = group.scores
        right = "" if math.isnan(group.right) else f", right {_percent(group.right)} %"
        lines.append(
            f"  {name}: {group.count} keypoints, score median {low:.2f}, 90 % below {middle:.2f}, 99 % below {high:.2f}"
            f"{right}, shown {_percent(group.shown)} %"
        )
    return "\n".join(lines)


def row_json(row: Row) -> Json:
    """A row as fractions, None for no figure."""
    values: Json = {name: _plain(value) for name, value in row.figures.items()}
    if row.interval is not None:
        values["AP_interval_95"] = [_plain(value) for value in row.interval]
    return values


def info_json(info: CheckpointInfo) -> Json:
    """What was evaluated."""
    return {
        "network": info.network,
        "input": info.input_name,
        "joints": info.skeleton,
        "decode": info.codec_kind,
        "sigma": info.sigma,
        "tolerances": list(info.tolerances),
        "sha256": info.sha256,
    }


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}"


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
