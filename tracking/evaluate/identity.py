"""How well people keep their numbers: HOTA, and MOTA, IDF1 and id switches by `motmetrics`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.assignment import cheapest_pairs
from tracking.evaluate.simulate import MIN_SEEN
from tracking.evaluate.truth import Truth, TruthFrame
from tracking.types import FrameResult

Floats = npt.NDArray[np.float64]

MATCH_IOU = 0.5
ALPHAS = np.arange(0.05, 0.99, 0.05)


@dataclass(frozen=True)
class Matches:
    """One frame: ids of truth (N,) and answer (M,), and the IOU (N, M) of their boxes; bystanders left out."""

    truth_ids: npt.NDArray[np.int64]
    answer_ids: npt.NDArray[np.int64]
    iou: Floats


@dataclass(frozen=True)
class IdentityScores:
    """Fractions, 0 to 1, as in the papers; `switches` and the rest are counts."""

    hota: float
    deta: float
    assa: float
    mota: float
    idf1: float
    switches: int
    people: int
    boxes: int


def frame_matches(truth: TruthFrame, result: FrameResult) -> Matches:
    """Boxes of one frame side by side.

    People of whom less than a quarter can be seen count neither way, nor do answers that lie on them.
    """
    iou = np.asarray(box_math.iou_matrix(truth.boxes, result.tracks.boxes), np.float64)
    duty = truth.seen_share >= MIN_SEEN
    on_duty = iou[duty].max(axis=0, initial=0.0) >= MATCH_IOU
    on_bystander = iou[~duty].max(axis=0, initial=0.0) >= MATCH_IOU / 2
    counted = on_duty | ~on_bystander
    return Matches(truth.ids[duty], result.tracks.ids[counted], iou[duty][:, counted])


def clip_matches(truth: Truth, results: Sequence[FrameResult]) -> list[Matches]:
    """One entry per frame; ValueError when the numbers of frames differ."""
    return [frame_matches(frame, result) for frame, result in zip(truth.frames, results, strict=True)]


def identity_scores(clips: Sequence[Sequence[Matches]]) -> IdentityScores:
    """Scores over one or several clips taken together."""
    if not clips or not any(len(clip) for clip in clips):
        raise ValueError("no frames to score")
    hota, deta, assa = _hota(clips)
    summary = _motmetrics(clips)
    return IdentityScores(
        hota=hota,
        deta=deta,
        assa=assa,
        mota=float(summary["mota"]),
        idf1=float(summary["idf1"]),
        switches=int(summary["num_switches"]),
        people=int(summary["num_unique_objects"]),
        boxes=int(summary["num_objects"]),
    )


def _motmetrics(clips: Sequence[Sequence[Matches]]) -> dict[str, float]:
    import motmetrics

    accumulators = []
    for clip in clips:
        accumulator = motmetrics.MOTAccumulator(auto_id=True)
        for frame in clip:
            distance = np.where(frame.iou >= MATCH_IOU, 1 - frame.iou, np.nan)
            accumulator.update(list(frame.truth_ids), list(frame.answer_ids), distance)
        accumulators.append(accumulator)
    names = ["mota", "idf1", "num_switches", "num_objects", "num_unique_objects"]
    table = motmetrics.metrics.create().compute_many(
        accumulators, metrics=names, names=[str(i) for i in range(len(clips))], generate_overall=True
    )
    return {name: float(table.loc["OVERALL", name]) for name in names}


def _hota(clips: Sequence[Sequence[Matches]]) -> tuple[float, float, float]:
    """HOTA, DetA and AssA (Luiten et al., IJCV 2021), averaged over `ALPHAS`; clips add up, ids are per clip."""
    hits = np.zeros(len(ALPHAS))
    misses, wrongs, agreement = np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS))
    for clip in clips:
        tally = _tally(clip)
        hits += tally[0]
        misses += tally[1]
        wrongs += tally[2]
        agreement += tally[3]
    deta = hits / np.maximum(hits + misses + wrongs, 1)
    assa = agreement / np.maximum(hits, 1)
    return float(np.sqrt(deta * assa).mean()), float(deta.mean()), float(assa.mean())


def _tally(clip: Sequence[Matches]) -> tuple[Floats, Floats, Floats, Floats]:
    """Per alpha: hits, misses, false answers, and the sum over hits of how well their two tracks agree."""
    truth_ids = sorted({int(i) for frame in clip for i in frame.truth_ids})
    answer_ids = sorted({int(i) for frame in clip for i in frame.answer_ids})
    rows = [np.searchsorted(truth_ids, frame.truth_ids) for frame in clip]
    columns = [np.searchsorted(answer_ids, frame.answer_ids) for frame in clip]
    potential = np.zeros((len(truth_ids), len(answer_ids)))
    truth_count, answer_count = np.zeros(len(truth_ids)), np.zeros(len(answer_ids))
    for frame, row, column in zip(clip, rows, columns, strict=True):
        total = frame.iou.sum(axis=0)[None] + frame.iou.sum(axis=1)[:, None] - frame.iou
        potential[np.ix_(row, column)] += frame.iou / np.maximum(total, 1e-12)
        truth_count[row] += 1
        answer_count[column] += 1
    alignment = potential / np.maximum(truth_count[:, None] + answer_count[None] - potential, 1e-12)
    hits, agreement = np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS))
    misses, wrongs = np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS))
    together = np.zeros((len(ALPHAS), *potential.shape))
    for frame, row, column in zip(clip, rows, columns, strict=True):
        first, second = cheapest_pairs(-alignment[np.ix_(row, column)] * frame.iou)
        for a, alpha in enumerate(ALPHAS):
            good = frame.iou[first, second] >= alpha - 1e-12
            np.add.at(together[a], (row[first[good]], column[second[good]]), 1)
            hits[a] += good.sum()
            misses[a] += len(row) - good.sum()
            wrongs[a] += len(column) - good.sum()
    union = truth_count[None, :, None] + answer_count[None, None] - together
    agreement = (together * together / np.maximum(union, 1)).sum(axis=(1, 2))
    return hits, misses, wrongs, agreement
