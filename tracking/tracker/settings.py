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
        0.03, "Noise of the centre", "standard deviation of a measured centre, sides; higher: steadier boxes that "
        "lag more",
    )  # fmt: skip
    size_noise: Amount = setting(0.03, "Noise of the size", "the same for width and height")
    position_density: Amount = setting(
        0.5, "Acceleration of the centre", "spectral density of the centre's acceleration, sides^2 / s^3; higher: "
        "boxes follow sudden starts and turns sooner, and shake more",
    )  # fmt: skip
    size_density: Amount = setting(0.1, "Acceleration of the size", "the same for width and height")
    start_speed: Amount = setting(
        1.0, "Speed of newcomers", "standard deviation of a new person's speed, sides / s; higher: fast newcomers "
        "are followed sooner",
    )  # fmt: skip
    start_size_speed: Amount = setting(0.2, "Size change of newcomers", "the same for width and height")
    size_memory_s: SecondsAboveZero = setting(
        0.4, "Memory of size changes", "how long a change of size lasts unless it is measured again; higher: "
        "predicted boxes go on growing or shrinking for longer", unit="s",
    )  # fmt: skip
    freeze_memory_s: SecondsAboveZero = setting(
        0.7, "Averaging when lost", "time over which size and speed are averaged for a lost person (the last "
        "measurements may be of a person half hidden); higher: steadier, slower to notice a turn", unit="s",
    )  # fmt: skip
    occlusion_noise: Amount = setting(
        4.0, "Noise when covered", "how many times noisier a measured box is when others cover all of it; higher: "
        "partly hidden people keep their size and speed for longer",
    )  # fmt: skip
    keypoint_noise: Amount = setting(
        1.5, "Noise of keypoint boxes", "noise of a box made from keypoints, relative to that of a detected one; "
        "higher: steadier between detections",
    )  # fmt: skip
    max_scale: AmountAboveZero = setting(
        1.5, "Scale of keypoint boxes", "how many times larger or smaller than the last detected box a box made from "
        "keypoints may be",
    )  # fmt: skip
    max_edge_shift: Amount = setting(
        0.15, "Shift of an edge", "how far an edge may follow the outermost keypoint away from where all keypoints "
        "together put it, sides; higher: boxes enclose strides better, and stray keypoints stretch them further",
    )  # fmt: skip
    measured_share: Share = setting(
        0.7, "Share of the measurement", "share of the newest measurement in a reported box; the rest is the "
        "filter's; higher: prompter, less steady",
    )  # fmt: skip


@dataclass(frozen=True)
class AppearanceSettings(Settings):
    """Colours of torso and thighs."""

    min_appearance: Share = setting(
        0.7, "Minimum colour similarity", "similarity below which a detection is not the track's unless nothing else "
        "fits; higher: fewer people found again wrongly, more new ids where the light changes",
    )  # fmt: skip
    spread: AmountAboveZero = setting(
        0.06, "Spread of colour similarity", "how far the similarity of one person's colours usually falls short of "
        "1; higher: colours decide less",
    )  # fmt: skip
    weight: Amount = setting(
        2.0, "Weight of colours", "weight of colours against keypoints and place when a lost person is found again; "
        "higher: colours decide more",
    )  # fmt: skip
    learning_rate: Share = setting(
        0.1, "Learning rate of colours", "share of a new description in the track's; higher: follows the light "
        "sooner, and learns a stranger's colours sooner",
    )  # fmt: skip
    max_covered: Share = setting(
        0.3, "Maximum cover while learning", "share of the box that others may cover while colours are learnt; "
        "higher: learnt more often, from less clean views",
    )  # fmt: skip
    min_keypoint_score: Share = setting(
        0.3, "Minimum score of torso keypoints", "score from which shoulders, hips and knees say where torso and "
        "thighs are; higher: the usual place in the box is used more often",
    )  # fmt: skip
    min_width: Amount = setting(
        0.1, "Minimum width of torso and thighs", "minimum width of torso and thighs, box heights (people are seen "
        "from the side too); higher: more of what is behind them",
    )  # fmt: skip


@dataclass(frozen=True)
class TrackerSettings(Settings):
    """Detections, matching and the life of a track. Scores, IOU and OKS go from 0 to 1."""

    high_score: Share = setting(
        0.3, "High score", "score from which a detection is matched in the first stages and may start a track "
        "(ByteTrack's high threshold); higher: fewer false people, later starts",
    )  # fmt: skip
    sure_score: Share = setting(
        0.5, "Sure score", "score from which a detection counts at once, without a second one and whatever the "
        "keypoints say; higher: fewer false people, slower starts",
    )  # fmt: skip
    confirm_hits: Count = setting(
        2, "Detections to confirm", "detections a track needs before it gets an id, unless it is sure or from the "
        "very first detection; higher: fewer false people, later starts",
    )  # fmt: skip
    max_people: Count | None = setting(
        None, "Maximum people", "follow at most this many people at a time; those seen first stay",
        option="--max-people", example="N", choices={None: "no limit"}, open=True,
    )  # fmt: skip
    min_iou: ShareAboveZero = setting(
        0.2, "Minimum IOU", "IOU of a high-score detection with the predicted box; higher: fewer mix-ups in a crowd, "
        "more breaks in fast motion",
    )  # fmt: skip
    low_min_iou: Share = setting(
        0.4, "Minimum IOU, low scores", "the same for low-score detections; higher: they keep fewer people alive",
    )  # fmt: skip
    min_oks: ShareAboveZero = setting(
        0.3, "Minimum OKS", "OKS with the expected keypoints from which a lost person is found again; higher: fewer "
        "people found again wrongly, more new ids after an occlusion",
    )  # fmt: skip
    oks_tolerance: Amount = setting(
        2.0, "OKS tolerance", "how many times more tolerant OKS is than COCO's, as limbs swing between two frames; "
        "higher: fast limbs matter less, people side by side are told apart less well",
    )  # fmt: skip
    min_common_keypoints: Count = setting(
        4, "Minimum common keypoints", "keypoints that must be known on both sides before OKS means anything",
    )  # fmt: skip
    recent_s: Seconds = setting(
        0.25, "Recently seen", "how long a person without evidence is matched by the predicted box, and after that "
        "mainly by colours; higher: longer gaps are bridged by the box", unit="s",
    )  # fmt: skip
    path_spread: Amount = setting(
        0.15, "Spread off the path", "how far off the path from the last box to the predicted one a lost person may "
        "come back (standard deviation, sides); higher: found again further off, and confused with others sooner",
    )  # fmt: skip
    max_height_ratio: AmountAboveZero = setting(
        1.7, "Maximum change of height", "how many times taller or shorter than expected a person found again may "
        "be; higher: the same",
    )  # fmt: skip
    min_keypoint_score: Share = setting(
        0.1, "Minimum keypoint score", "keypoints below this say nothing about where a person is; higher: boxes "
        "follow fewer keypoints",
    )  # fmt: skip
    pose_score: Share = setting(
        0.3, "Pose score", "mean score of the better half of the keypoints from which a pose shows a person; higher: "
        "boxes follow keypoints only where they are sure, and low-score detections keep fewer people alive",
    )  # fmt: skip
    new_pose_score: Share = setting(
        0.4, "Pose score of newcomers", "the same for a newcomer below `sure_score`; higher: fewer false people, "
        "later starts",
    )  # fmt: skip
    duplicate_oks: Share = setting(
        0.8, "OKS of duplicates", "OKS from which two poses are one person's; higher: more people found twice, fewer "
        "lost where two stand close together",
    )  # fmt: skip
    duplicate_iou: Share = setting(
        0.8, "IOU of duplicates", "IOU from which a second box is the same person's whatever the keypoints say; "
        "higher: the same",
    )  # fmt: skip
    keypoints_only_s: Seconds = setting(
        1.0, "Kept by keypoints", "how long keypoints alone may keep a person whom the detector misses; higher: "
        "fewer breaks where the detector is weak, longer-lived false people", unit="s",
    )  # fmt: skip
    shown_lost_s: Seconds = setting(
        0.5, "Shown while lost", "how long a lost person is still reported, as predicted, and searched for by the "
        "pose network; higher: fewer gaps, more ghosts", unit="s",
    )  # fmt: skip
    lost_life_s: Seconds = setting(
        2.5, "Kept while lost", "how long a lost person keeps the id; higher: longer occlusions are survived, but a "
        "newcomer is more easily taken for the person who was lost", unit="s",
    )  # fmt: skip
    exit_margin: Amount = setting(
        0.5, "Border for leaving", "distance from the left or right border within which a lost person may have left "
        "the picture, sides; higher: ids end sooner near the border",
    )  # fmt: skip
    exit_visible: Share = setting(
        0.4, "Visible share when leaving", "share of a predicted box inside the picture below which a person lost "
        "there has left; higher: the same",
    )  # fmt: skip
    exit_speed: Amount = setting(
        0.15, "Speed of leaving", "speed towards a border that the box touches from which a lost person is leaving, "
        "sides / s; higher: ids end later",
    )  # fmt: skip
    exit_s: Seconds = setting(
        0.3, "Time to leave", "how long until a lost person who is leaving counts as gone; higher: the same", unit="s",
    )  # fmt: skip
    motion: MotionSettings = field(default_factory=MotionSettings)
    appearance: AppearanceSettings = field(default_factory=AppearanceSettings)
