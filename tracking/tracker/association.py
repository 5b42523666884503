"""Which detection is which track: matching stages in the order they are tried, each an assignment with cost and gate.

High-score detections come first and low-score ones keep what is left, as in ByteTrack (Zhang et al., ECCV 2022); lost
tracks are found again from their last observation, as in OC-SORT (Cao et al., CVPR 2023). Besides IOU the costs use
OKS, the object keypoint similarity of COCO, and appearance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.assignment import cheapest_pairs
from tracking.tracker import appearance, similarity
from tracking.tracker.frame_evidence import FrameEvidence
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import TrackStates

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Stage:
    """One round of assignment between the tracks and detections that are still unmatched.

    rows, columns: (P,), (P,) track and detection of each pair that may be matched. cost: (P,) at most 0, lower is
    better.
    """

    name: str
    rows: Rows
    columns: Rows
    cost: Floats


def matching_stages(
    people: TrackStates, evidence: FrameEvidence, time_s: float, settings: TrackerSettings
) -> list[Stage]:
    """The stages of one frame, in order."""
    candidates, iou = evidence.candidates, evidence.candidates.iou
    count = candidates.detections
    predicted, boxes = people.boxes, candidates.boxes[:count]
    # Without any overlap OKS matters from `min_oks` on.
    oks = similarity.expected_oks(
        people, evidence.keypoints[:count], evidence.poses.skeleton, settings, floor=settings.min_oks, anyhow=iou > 0
    )
    place = np.fmax(oks, similarity.path_likelihood(people, boxes, settings))
    # All else is worked out for the pairs that come into question: few, even in a crowd.
    rows, columns = ((iou > 0) | (place >= settings.min_oks)).nonzero()
    iou, oks, place = iou[rows, columns], oks[rows, columns], place[rows, columns]

    high = candidates.scores[columns] >= settings.high_score
    recent = time_s - people.seen_s[rows] <= settings.recent_s
    # Heights, not widths: those change with every stride, and with what hides a part.
    ratio = settings.max_height_ratio
    height, expected = box_math.sizes(boxes)[columns, 1], box_math.sizes(predicted)[rows, 1]
    same_height = (height > expected / ratio) & (height < expected * ratio)
    no_person = evidence.is_empty(settings.pose_score)[columns]

    near = high & (iou >= settings.min_iou) & recent
    found_again = high & (place >= settings.min_oks) & same_height
    both_partly = high & recent & (iou / settings.min_iou + np.fmax(oks, 0.0) / settings.min_oks >= 1.0)
    low = ~high & ~no_person & (iou >= settings.low_min_iou)
    likeness = np.full(len(rows), np.nan, np.float32)
    asked = (near | found_again | both_partly).nonzero()[0]  # where colours have a say
    seen, column = np.unique(columns[asked], return_inverse=True)
    likeness[asked] = appearance.similarities(people.colours, evidence.colours(seen), rows[asked], column)
    other_colours = likeness < settings.appearance.min_appearance
    colours = similarity.appearance_affinity(likeness, settings)
    full_cost = -(iou + np.where(np.isnan(oks), iou, oks) + colours)
    lost_cost = -(place + settings.appearance.weight * colours)
    stages = (
        ("high-score detections, recent tracks", full_cost, near & ~other_colours),
        ("high-score detections, lost tracks", lost_cost, found_again & ~other_colours),
        ("high-score detections, recent tracks that look different", full_cost, near),
        ("high-score detections, some IOU and some OKS", full_cost, both_partly & ~other_colours),
        ("low-score detections", -iou, low),
    )
    return [Stage(name, rows[gate], columns[gate], cost[gate]) for name, cost, gate in stages]


def match(stages: Sequence[Stage], tracks: int, detections: int) -> dict[int, int]:
    """Track index -> detection index after all stages, of so many; each has those whom the ones before left."""
    matches: dict[int, int] = {}
    free_tracks, free_detections = np.ones(tracks, np.bool_), np.ones(detections, np.bool_)
    for stage in stages:
        free = free_tracks[stage.rows] & free_detections[stage.columns]
        for track, detection in assign_pairs(stage.rows[free], stage.columns[free], stage.cost[free]):
            matches[track] = detection
            free_tracks[track] = free_detections[detection] = False
    return matches


def assign(cost: Floats, gate: Mask) -> Pairs:
    """Hungarian matching: the pairs (row, column) within the gate with the least total cost; costs are at most 0."""
    rows, columns = np.nonzero(gate)
    return assign_pairs(rows, columns, cost[rows, columns])


def assign_pairs(rows: Rows, columns: Rows, cost: Floats) -> Pairs:
    """The same of pairs (P,), (P,) with their costs (P,); no others are matched."""
    if not len(rows):
        return []
    # Whoever has nobody to compete with needs no search: nearly everybody, even in a crowd.
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    pairs = list(zip(rows[alone].tolist(), columns[alone].tolist(), strict=True))
    if not alone.all():
        rivals, row = np.unique(rows[~alone], return_inverse=True)
        wanted, column = np.unique(columns[~alone], return_inverse=True)
        gate = np.zeros((len(rivals), len(wanted)), np.bool_)
        costs = np.zeros(gate.shape)
        gate[row, column], costs[row, column] = True, cost[~alone]
        chosen = cheapest_pairs(costs)
        allowed = gate[chosen]
        pairs += zip(rivals[chosen[0]][allowed].tolist(), wanted[chosen[1]][allowed].tolist(), strict=True)
    return pairs
