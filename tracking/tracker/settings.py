"""Every threshold of the tracker, and what it does when raised."""

import math
from dataclasses import dataclass

from ppnet.errors import UserError


@dataclass(frozen=True)
class TrackerSettings:
    """Times in seconds, distances as fractions of the box, scores 0 to 1.

    new_score: a detection must reach it to begin a new person. Raised: fewer false people, later starts.
    sure_score: a detection that reaches it counts at once, without being seen again. Raised: slower starts.
    confirm_hits: how often an unsure person must be detected before it gets a number. Raised: fewer false
        people, later starts. Everyone found in the very first look counts at once.
    min_iou: overlap of a detection with a predicted box from which it may be the same person. Raised: fewer
        mix-ups in a crowd, more breaks in fast motion.
    weak_min_iou: the same for detections below `new_score`. Raised: weak detections keep fewer people alive.
    min_similarity: likeness of keypoints (OKS) from which a person is found again without overlap. Raised:
        fewer wrong reunions, more new numbers after an occlusion.
    min_resemblance: likeness of clothes' colours below which nobody is found again after an occlusion, and whoever
        fits better has the first choice. Raised: fewer wrong reunions, more new numbers where the light changes.
    lost_life_s: how long a person who is not seen keeps the number: 2 s and the time until the detector has found them
        again. Raised: longer occlusions are survived, but a newcomer is more easily taken for who was lost.
    shown_lost_s: for how long an unseen person is still reported, as predicted. Raised: fewer gaps, more ghosts.
    joints_alone_s: how long the network's joints may hold a person whom the detector keeps missing. Raised:
        fewer breaks where the detector is weak, longer-lived false people.
    pose_score: mean score of the better half of the joints from which they count as evidence of a person.
        Raised: boxes follow the joints only where the network is sure; weak detections keep fewer people alive.
    new_pose_score: the same for a newcomer, whose detections below `sure_score` count only with such joints (where
        nobody reads joints they count without). Raised: fewer false people, later starts.
    duplicate_similarity: likeness of keypoints from which two people are taken for one and the same. Raised:
        more doubled people, fewer lost ones where two stand close together.
    max_people: at most so many at a time, the earliest kept; None for no limit.
    """

    new_score: float = 0.3
    sure_score: float = 0.5
    confirm_hits: int = 2
    min_iou: float = 0.2
    weak_min_iou: float = 0.4
    min_similarity: float = 0.3
    min_resemblance: float = 0.7
    lost_life_s: float = 2.5
    shown_lost_s: float = 0.5
    joints_alone_s: float = 1.0
    pose_score: float = 0.3
    new_pose_score: float = 0.4
    duplicate_similarity: float = 0.8
    max_people: int | None = None

    def __post_init__(self) -> None:
        fractions = (
            "new_score", "sure_score", "min_iou", "weak_min_iou",
            "min_similarity", "min_resemblance", "pose_score", "new_pose_score",
            "duplicate_similarity",
        )  # fmt: skip
        for name in fractions:
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"The tracker's {name} must lie between 0 and 1, not {getattr(self, name)}.")
        for name in ("lost_life_s", "shown_lost_s", "joints_alone_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UserError(f"The tracker's {name} must be 0 or more seconds, not {getattr(self, name)}.")
        if self.confirm_hits < 1:
            raise UserError(f"A person must be seen at least once, not {self.confirm_hits} times.")
        if self.max_people is not None and self.max_people < 1:
            raise UserError(f"The number of people must be at least 1, not {self.max_people}.")
