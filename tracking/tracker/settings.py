"""Every constant of the tracker: its unit, and what it does when raised."""

import math
from dataclasses import dataclass, field, fields

from ppnet.errors import UserError


class _Checked:
    """Numbers must be finite and not negative, those in `_FRACTIONS` at most 1, those in `_COUNTS` at least 1."""

    _FRACTIONS: tuple[str, ...] = ()
    _COUNTS: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in ((f.name, getattr(self, f.name)) for f in fields(self)):  # type: ignore[arg-type]
            if not isinstance(value, int | float):
                continue
            if name in self._FRACTIONS and not 0 <= value <= 1:
                raise UserError(f"The tracker's {name} must lie between 0 and 1, not {value}.")
            least = 1 if name in self._COUNTS else 0
            if not least <= value < math.inf:
                raise UserError(f"The tracker's {name} must be {least} or more, not {value}.")


@dataclass(frozen=True)
class MotionSettings(_Checked):
    """How boxes move. A side is the longest side of the person's box.

    position_noise: standard deviation of a measured centre, sides. Raised: calmer boxes that lag more.
    size_noise: the same for width and height.
    position_density: spectral density of the centre's acceleration, sides^2 / s^3. Raised: boxes follow sudden
        starts and turns sooner, and shake more.
    size_density: the same for width and height.
    start_speed: standard deviation of a new person's speed, sides / s. Raised: fast newcomers are followed sooner.
    start_size_speed: the same for width and height.
    size_memory_s: seconds in which a change of size dies out unless it is measured again. Raised: predicted boxes go
        on growing or shrinking for longer.
    freeze_memory_s: seconds over which size and speed are averaged for a lost person (the last ones measured may be
        those of a person half hidden). Raised: steadier, slower to notice a turn.
    occlusion_noise: by how many times a measured box gets noisier as others cover it wholly. Raised: partly hidden
        people keep their size and speed for longer.
    keypoint_noise: noise of a box made from keypoints, times that of a detected one. Raised: calmer between detections.
    max_scale: by how many times a box made from keypoints may be larger or smaller than the last detected one.
    max_edge_shift: sides by which an edge may follow the outermost keypoint away from where all keypoints
        together put it. Raised: boxes enclose strides better, and wild keypoints stretch them further.
    measured_share: share of the newest measurement, 0 to 1, in a reported box; the rest is the filter's. Raised:
        prompter, less calm.
    """

    position_noise: float = 0.03
    size_noise: float = 0.03
    position_density: float = 0.5
    size_density: float = 0.1
    start_speed: float = 1.0
    start_size_speed: float = 0.2
    size_memory_s: float = 0.4
    freeze_memory_s: float = 0.7
    occlusion_noise: float = 4.0
    keypoint_noise: float = 1.5
    max_scale: float = 1.5
    max_edge_shift: float = 0.15
    measured_share: float = 0.7

    _FRACTIONS = ("measured_share",)


@dataclass(frozen=True)
class AppearanceSettings(_Checked):
    """Colours of torso and thighs.

    min_appearance: similarity, 0 to 1, below which a detection is not the track's unless nothing else fits. Raised:
        fewer people found again wrongly, more new ids where the light changes.
    spread: by how much the similarity of one person's colours usually falls short of 1. Raised: colours decide less.
    weight: weight of colours against keypoints and place when a lost person is found again. Raised: the reverse.
    learning_rate: share, 0 to 1, of a new description in the track's. Raised: follows the light sooner, and
        learns a stranger's colours sooner.
    max_covered: share of the box, 0 to 1, that others may cover while colours are learnt. Raised: learnt more often,
        less purely.
    min_keypoint_score: score, 0 to 1, from which shoulders, hips and knees say where torso and thighs are.
        Raised: the usual place in the box is taken more often.
    min_width: least width of torso and thighs, box heights (people are seen from the side too). Raised: more of
        what is behind them.
    """

    min_appearance: float = 0.7
    spread: float = 0.06
    weight: float = 2.0
    learning_rate: float = 0.1
    max_covered: float = 0.3
    min_keypoint_score: float = 0.3
    min_width: float = 0.10

    _FRACTIONS = ("min_appearance", "learning_rate", "max_covered", "min_keypoint_score")


@dataclass(frozen=True)
class TrackerSettings(_Checked):
    """Detections, matching and the life of a track. Scores, IOU and OKS go from 0 to 1.

    high_score: detection score from which the first stages match it, and from which it may start a track (ByteTrack's
        high threshold). Raised: fewer false people, later starts.
    sure_score: detection score that counts at once, without a second detection and whatever the keypoints say.
        Raised: fewer false people, slower starts.
    confirm_hits: detections a track needs before it gets an id, unless it is sure or of the very first detection.
        Raised: fewer false people, later starts.
    max_people: at most so many at a time, the earliest kept; None for no limit.
    min_iou: IOU of a high-score detection with the predicted box. Raised: fewer mix-ups in a crowd, more breaks in
        fast motion.
    low_min_iou: the same for low-score detections. Raised: they keep fewer people alive.
    min_oks: OKS with the expected keypoints from which a lost person is found again. Raised: fewer people found
        again wrongly, more new ids after an occlusion.
    oks_tolerance: by how many times OKS forgives more than COCO's, as limbs swing between two frames. Raised:
        fast limbs matter less, people side by side are told apart less.
    min_common_keypoints: keypoints that must be known on both sides before OKS means anything.
    recent_s: seconds without evidence for which a person is looked for by the predicted box, and after that by colours
        above all. Raised: longer gaps are bridged by the box.
    path_spread: sides by which a lost person may come back off the way between the last box and the predicted one
        (standard deviation). Raised: found again further off, and confused with others sooner.
    max_height_ratio: by how many times a person found again may be higher or lower than expected. Raised: the same.
    min_keypoint_score: keypoints below say nothing about where a person is. Raised: boxes follow fewer keypoints.
    pose_score: mean score of the better half of the keypoints from which a pose shows a person. Raised: boxes follow
        keypoints only where they are sure; low-score detections keep fewer people alive.
    new_pose_score: the same for a newcomer below `sure_score`. Raised: fewer false people, later starts.
    duplicate_oks: OKS from which two poses are one person's. Raised: more doubled people, fewer lost ones where two
        stand close together.
    duplicate_iou: IOU from which a second box is the same person's whatever the keypoints say. Raised: the same.
    keypoints_only_s: seconds for which keypoints may keep a person whom the detector misses. Raised: fewer breaks
        where the detector is weak, longer-lived false people.
    shown_lost_s: seconds for which a lost person is still reported, as predicted, and searched for by the pose
        network. Raised: fewer gaps, more ghosts.
    lost_life_s: seconds for which a lost person keeps the id. Raised: longer occlusions are survived, but a
        newcomer is more easily taken for who was lost.
    exit_margin: sides from the left or right border within which a lost person may have left the picture.
        Raised: ids end sooner near the border.
    exit_visible: share, 0 to 1, of a predicted box inside the picture below which a person lost there has left. Raised:
        the same.
    exit_speed: sides per second towards a border that the box touches, from which a lost person is leaving. Raised:
        ids end later.
    exit_s: seconds after which a lost person who is leaving has left. Raised: the same.
    """

    high_score: float = 0.3
    sure_score: float = 0.5
    confirm_hits: int = 2
    max_people: int | None = None
    min_iou: float = 0.2
    low_min_iou: float = 0.4
    min_oks: float = 0.3
    oks_tolerance: float = 2.0
    min_common_keypoints: int = 4
    recent_s: float = 0.25
    path_spread: float = 0.15
    max_height_ratio: float = 1.7
    min_keypoint_score: float = 0.1
    pose_score: float = 0.3
    new_pose_score: float = 0.4
    duplicate_oks: float = 0.8
    duplicate_iou: float = 0.8
    keypoints_only_s: float = 1.0
    shown_lost_s: float = 0.5
    lost_life_s: float = 2.5
    exit_margin: float = 0.5
    exit_visible: float = 0.4
    exit_speed: float = 0.15
    exit_s: float = 0.3
    motion: MotionSettings = field(default_factory=MotionSettings)
    appearance: AppearanceSettings = field(default_factory=AppearanceSettings)

    _FRACTIONS = (
        "high_score", "sure_score", "min_iou", "low_min_iou", "min_oks", "min_keypoint_score", "pose_score",
        "new_pose_score", "duplicate_oks", "duplicate_iou", "exit_visible",
    )  # fmt: skip
    _COUNTS = ("confirm_hits", "max_people", "min_common_keypoints")
