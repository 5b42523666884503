"""Which detection is which track: matching stages in the order they are tried, each an assignment with cost and gate.

High-score detections come first and low-score ones keep what is left, as in ByteTrack (Zhang et al., ECCV 2022); lost
tracks are found again from their last observation, as in OC-SORT (Cao et al., CVPR 2023). Besides IOU the costs use
OKS, the object keypoint similarity of COCO, and appearance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from tracking import boxes as box_math
from tracking.tracker import similarity
from tracking.tracker.frame_evidence import FrameEvidence
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import Track

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Stage:
    """One round of assignment between T tracks and D detections that are still unmatched.

    cost: (T, D) at most 0, lower is better. gate: (T, D) True where a pair may be matched.
    """

    name: str
    cost: Floats
    gate: Mask


def matching_stages(
    tracks: Sequence[Track], evidence: FrameEvidence, time_s: float, settings: TrackerSettings
) -> list[Stage]:
    """The stages of one frame, in order."""
    candidates, count = evidence.candidates, evidence.candidates.detections
    predicted, boxes = similarity.boxes_of(tracks), candidates.boxes[:count]
    iou = box_math.iou_matrix(predicted, boxes)
    # Without any overlap OKS matters from `min_oks` on.
    floor = np.where(iou > 0, similarity.NEGLIGIBLE, settings.min_oks)
    known_oks = similarity.expected_oks(tracks, evidence.keypoints[:count], evidence.poses.skeleton, settings, floor)
    oks = np.nan_to_num(known_oks, nan=0.0)
    colours = similarity.appearance_similarity(tracks, evidence.descriptors, len(candidates.boxes))[:, :count]
    appearance = similarity.appearance_affinity(colours, settings)
    place = np.fmax(oks, similarity.path_likelihood(tracks, boxes, settings))

    high = np.broadcast_to(candidates.scores >= settings.high_score, iou.shape)
    recent = np.array([time_s - track.seen_s <= settings.recent_s for track in tracks])[:, None]
    other_colours = colours < settings.appearance.min_appearance
    # Heights, not widths: those change with every stride, and with what hides a part.
    ratio = settings.max_height_ratio
    height, expected = box_math.sizes(boxes)[None, :, 1], box_math.sizes(predicted)[:, None, 1]
    same_height = (height > expected / ratio) & (height < expected * ratio)
    no_person = evidence.is_empty(settings.pose_score)[:count]

    near = high & (iou >= settings.min_iou) & recent
    found_again = high & (place >= settings.min_oks) & same_height
    both_partly = high & recent & (iou / settings.min_iou + oks / settings.min_oks >= 1.0)
    low = ~high & ~no_person & (iou >= settings.low_min_iou)
    full_cost = -(iou + np.where(np.isnan(known_oks), iou, oks) + appearance)
    lost_cost = -(place + settings.appearance.weight * appearance)
    return [
        Stage("high-score detections, recent tracks", full_cost, near & ~other_colours),
        Stage("high-score detections, lost tracks", lost_cost, found_again & ~other_colours),
        Stage("high-score detections, recent tracks that look different", full_cost, near),
        Stage("high-score detections, some IOU and some OKS", full_cost, both_partly & ~other_colours),
        Stage("low-score detections", -iou, low),
    ]


def match(stages: Sequence[Stage]) -> dict[int, int]:
    """Track index -> detection index after all stages."""
    matches: dict[int, int] = {}
    for stage in stages:
        gate = np.array(stage.gate, bool)
        gate[list(matches), :] = False
        gate[:, list(matches.values())] = False
        matches.update(assign(stage.cost, gate))
    return matches


def assign(cost: Floats, gate: Mask) -> Pairs:
    """Hungarian matching: the pairs (row, column) within the gate with the least total cost; costs are at most 0."""
    # Whoever has nobody to compete with needs no search: nearly everybody, even in a crowd.
    alone = gate & (gate.sum(axis=1, keepdims=True) == 1) & (gate.sum(axis=0, keepdims=True) == 1)
    open_gate = gate & ~alone
    rows, columns = np.flatnonzero(open_gate.any(axis=1)), np.flatnonzero(open_gate.any(axis=0))
    part = np.ix_(rows, columns)
    chosen = linear_sum_assignment(np.where(gate[part], cost[part], 0.0))
    matched = np.array([rows[chosen[0]], columns[chosen[1]]])
    pairs = np.concatenate([np.argwhere(alone), matched[:, gate[matched[0], matched[1]]].T])
    return [(int(row), int(column)) for row, column in pairs]
