"""Every constant of the tracker: its unit, and what it does when raised."""

from dataclasses import dataclass, field

from tracking.checked_settings import (
    Amount,
    AmountAboveZero,
    Count,
    Seconds,
    SecondsAboveZero,
    Settings,
    Share,
    ShareAboveZero,
    setting,
)


@dataclass(frozen=True)
class MotionSettings(Settings):
    """How boxes move. A side is the longest side of the person's box."""

    position_noise: Amount = setting(
        0.03, "Noise of the centre", "standard deviation of a measured centre, sides; raised: calmer boxes that lag "
        "more",
    )  # fmt: skip
    size_noise: Amount = setting(0.03, "Noise of the size", "the same for width and height")
    position_density: Amount = setting(
        0.5, "Acceleration of the centre", "spectral density of the centre's acceleration, sides^2 / s^3; raised: "
        "boxes follow sudden starts and turns sooner, and shake more",
    )  # fmt: skip
    size_density: Amount = setting(0.1, "Acceleration of the size", "the same for width and height")
    start_speed: Amount = setting(
        1.0, "Speed of newcomers", "standard deviation of a new person's speed, sides / s; raised: fast newcomers are "
        "followed sooner",
    )  # fmt: skip
    start_size_speed: Amount = setting(0.2, "Size change of newcomers", "the same for width and height")
    size_memory_s: SecondsAboveZero = setting(
        0.4, "Memory of size changes", "how long a change of size lasts unless it is measured again; raised: predicted "
        "boxes go on growing or shrinking for longer", unit="s",
    )  # fmt: skip
    freeze_memory_s: SecondsAboveZero = setting(
        0.7, "Averaging when lost", "time over which size and speed are averaged for a lost person (the last ones "
        "measured may be those of a person half hidden); raised: steadier, slower to notice a turn", unit="s",
    )  # fmt: skip
    occlusion_noise: Amount = setting(
        4.0, "Noise when covered", "by how many times a measured box gets noisier as others cover it wholly; raised: "
        "partly hidden people keep their size and speed for longer",
    )  # fmt: skip
    keypoint_noise: Amount = setting(
        1.5, "Noise of keypoint boxes", "noise of a box made from keypoints, times that of a detected one; raised: "
        "calmer between detections",
    )  # fmt: skip
    max_scale: AmountAboveZero = setting(
        1.5, "Scale of keypoint boxes", "by how many times a box made from keypoints may be larger or smaller than the "
        "last detected one",
    )  # fmt: skip
    max_edge_shift: Amount = setting(
        0.15, "Shift of an edge", "sides by which an edge may follow the outermost keypoint away from where all "
        "keypoints together put it; raised: boxes enclose strides better, and wild keypoints stretch them further",
    )  # fmt: skip
    measured_share: Share = setting(
        0.7, "Share of the measurement", "share of the newest measurement in a reported box; the rest is the filter's; "
        "raised: prompter, less calm",
    )  # fmt: skip


@dataclass(frozen=True)
class AppearanceSettings(Settings):
    """Colours of torso and thighs."""

    min_appearance: Share = setting(
        0.7, "Least likeness of colours", "similarity below which a detection is not the track's unless nothing else "
        "fits; raised: fewer people found again wrongly, more new ids where the light changes",
    )  # fmt: skip
    spread: AmountAboveZero = setting(
        0.06, "Spread of colour likeness", "by how much the similarity of one person's colours usually falls short of "
        "1; raised: colours decide less",
    )  # fmt: skip
    weight: Amount = setting(
        2.0, "Weight of colours", "weight of colours against keypoints and place when a lost person is found again; "
        "raised: the reverse",
    )  # fmt: skip
    learning_rate: Share = setting(
        0.1, "Learning rate of colours", "share of a new description in the track's; raised: follows the light sooner, "
        "and learns a stranger's colours sooner",
    )  # fmt: skip
    max_covered: Share = setting(
        0.3, "Most covered while learning", "share of the box that others may cover while colours are learnt; raised: "
        "learnt more often, less purely",
    )  # fmt: skip
    min_keypoint_score: Share = setting(
        0.3, "Least score of torso keypoints", "score from which shoulders, hips and knees say where torso and thighs "
        "are; raised: the usual place in the box is taken more often",
    )  # fmt: skip
    min_width: Amount = setting(
        0.1, "Least width of torso and thighs", "least width of torso and thighs, box heights (people are seen from "
        "the side too); raised: more of what is behind them",
    )  # fmt: skip


@dataclass(frozen=True)
class TrackerSettings(Settings):
    """Detections, matching and the life of a track. Scores, IOU and OKS go from 0 to 1."""

    high_score: Share = setting(
        0.3, "High score", "detection score from which the first stages match it, and from which it may start a track "
        "(ByteTrack's high threshold); raised: fewer false people, later starts",
    )  # fmt: skip
    sure_score: Share = setting(
        0.5, "Sure score", "detection score that counts at once, without a second detection and whatever the keypoints "
        "say; raised: fewer false people, slower starts",
    )  # fmt: skip
    confirm_hits: Count = setting(
        2, "Detections to confirm", "detections a track needs before it gets an id, unless it is sure or of the very "
        "first detection; raised: fewer false people, later starts",
    )  # fmt: skip
    max_people: Count | None = setting(
        None, "Maximum people", "follow at most this many people at a time; those seen first stay",
        option="--max-people", example="N", choices={None: "no limit"}, open=True,
    )  # fmt: skip
    min_iou: ShareAboveZero = setting(
        0.2, "Least IOU", "IOU of a high-score detection with the predicted box; raised: fewer mix-ups in a crowd, "
        "more breaks in fast motion",
    )  # fmt: skip
    low_min_iou: Share = setting(
        0.4, "Least IOU, low scores", "the same for low-score detections; raised: they keep fewer people alive",
    )  # fmt: skip
    min_oks: ShareAboveZero = setting(
        0.3, "Least OKS", "OKS with the expected keypoints from which a lost person is found again; raised: fewer "
        "people found again wrongly, more new ids after an occlusion",
    )  # fmt: skip
    oks_tolerance: Amount = setting(
        2.0, "Tolerance of OKS", "by how many times OKS forgives more than COCO's, as limbs swing between two frames; "
        "raised: fast limbs matter less, people side by side are told apart less",
    )  # fmt: skip
    min_common_keypoints: Count = setting(
        4, "Least common keypoints", "keypoints that must be known on both sides before OKS means anything",
    )  # fmt: skip
    recent_s: Seconds = setting(
        0.25, "Recently seen", "how long a person without evidence is looked for by the predicted box, and after that "
        "by colours above all; raised: longer gaps are bridged by the box", unit="s",
    )  # fmt: skip
    path_spread: Amount = setting(
        0.15, "Spread off the path", "sides by which a lost person may come back off the way between the last box and "
        "the predicted one (standard deviation); raised: found again further off, and confused with others sooner",
    )  # fmt: skip
    max_height_ratio: AmountAboveZero = setting(
        1.7, "Most change of height", "by how many times a person found again may be higher or lower than expected; "
        "raised: the same",
    )  # fmt: skip
    min_keypoint_score: Share = setting(
        0.1, "Least keypoint score", "keypoints below say nothing about where a person is; raised: boxes follow fewer "
        "keypoints",
    )  # fmt: skip
    pose_score: Share = setting(
        0.3, "Pose score", "mean score of the better half of the keypoints from which a pose shows a person; raised: "
        "boxes follow keypoints only where they are sure; low-score detections keep fewer people alive",
    )  # fmt: skip
    new_pose_score: Share = setting(
        0.4, "Pose score of newcomers", "the same for a newcomer below `sure_score`; raised: fewer false people, later "
        "starts",
    )  # fmt: skip
    duplicate_oks: Share = setting(
        0.8, "OKS of duplicates", "OKS from which two poses are one person's; raised: more doubled people, fewer lost "
        "ones where two stand close together",
    )  # fmt: skip
    duplicate_iou: Share = setting(
        0.8, "IOU of duplicates", "IOU from which a second box is the same person's whatever the keypoints say; "
        "raised: the same",
    )  # fmt: skip
    keypoints_only_s: Seconds = setting(
        1.0, "Kept by keypoints", "how long keypoints may keep a person whom the detector misses; raised: fewer breaks "
        "where the detector is weak, longer-lived false people", unit="s",
    )  # fmt: skip
    shown_lost_s: Seconds = setting(
        0.5, "Shown while lost", "how long a lost person is still reported, as predicted, and searched for by the pose "
        "network; raised: fewer gaps, more ghosts", unit="s",
    )  # fmt: skip
    lost_life_s: Seconds = setting(
        2.5, "Kept while lost", "how long a lost person keeps the id; raised: longer occlusions are survived, but a "
        "newcomer is more easily taken for who was lost", unit="s",
    )  # fmt: skip
    exit_margin: Amount = setting(
        0.5, "Border for leaving", "sides from the left or right border within which a lost person may have left the "
        "picture; raised: ids end sooner near the border",
    )  # fmt: skip
    exit_visible: Share = setting(
        0.4, "Visible share when leaving", "share of a predicted box inside the picture below which a person lost "
        "there has left; raised: the same",
    )  # fmt: skip
    exit_speed: Amount = setting(
        0.15, "Speed of leaving", "sides per second towards a border that the box touches, from which a lost person is "
        "leaving; raised: ids end later",
    )  # fmt: skip
    exit_s: Seconds = setting(
        0.3, "Time to leave", "after so long a lost person who is leaving has left; raised: the same", unit="s",
    )  # fmt: skip
    motion: MotionSettings = field(default_factory=MotionSettings)
    appearance: AppearanceSettings = field(default_factory=AppearanceSettings)
