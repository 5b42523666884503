"""The state of everybody who is followed, a row each in one set of arrays.

Their motion and appearance have files of their own.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.tracker.appearance import Descriptions
from tracking.tracker.motion import BoxFilters, boxes_of_keypoints
from tracking.tracker.settings import TrackerSettings
from tracking.types import TrackState

Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass
class TrackStates:
    """State of T people.

    motion: how their boxes move. ids: (T,) 0 until the tracker gives one. scores: (T,) of the latest detection. hits:
    (T,) detections so far. rows: (T,) candidate of this frame that is the person, or -1. states: (T,) `TrackState`.
    seen_s: (T,) time of the latest evidence. missed_since_s: (T,) first time the detector missed the person since it
    last found them, or NaN. lost: (T,) no candidate is theirs since `lost_centers` (T, 2); somebody who coasts is not
    lost. wanted: (T,) the detector should look again soon. measured: (T, 4) box of this frame, NaN where there is none;
    of who holds still and is not read that of the frame before. keypoints: (T, K, 2) the last ones, NaN where unknown,
    of when the motion model had `keypoint_boxes` (T, 4). anchors: (T, 4) the last detected boxes, with
    `anchor_keypoints` (T, K, 2), NaN where that had none. colours: (T, D) descriptions of
    `tracking.tracker.appearance`, NaN where unknown.
    """

    motion: BoxFilters
    ids: npt.NDArray[np.int64]
    scores: Floats
    hits: npt.NDArray[np.int64]
    rows: Rows
    states: npt.NDArray[np.uint8]
    seen_s: Floats
    missed_since_s: Floats
    lost: Mask
    lost_centers: Floats
    wanted: Mask
    measured: Floats
    keypoints: Floats
    keypoint_boxes: Floats
    anchors: Floats
    anchor_keypoints: Floats
    colours: Descriptions

    @classmethod
    def start(
        cls, boxes: Floats, scores: Floats, keypoints: Floats, colours: Descriptions, *,
        time_s: float, rows: Rows, hits: npt.NDArray[np.int64], settings: TrackerSettings,
    ) -> "TrackStates":  # fmt: skip
        """Newcomers at detected boxes (T, 4), with keypoints (T, K, 2), NaN where they are not to be used."""
        count = len(boxes)
        motion = BoxFilters.start(boxes, settings.motion)
        return cls(
            motion=motion,
            ids=np.zeros(count, np.int64),
            scores=scores,
            hits=hits,
            rows=rows,
            states=np.full(count, TrackState.TRACKED, np.uint8),
            seen_s=np.full(count, time_s),
            missed_since_s=np.full(count, np.nan),
            lost=np.zeros(count, np.bool_),
            lost_centers=box_math.centers(motion.boxes),
            wanted=np.ones(count, np.bool_),
            measured=np.array(boxes, np.float64),
            keypoints=keypoints,
            keypoint_boxes=motion.boxes.copy(),
            anchors=motion.boxes.copy(),
            anchor_keypoints=keypoints.copy(),
            colours=colours,
        )

    @classmethod
    def empty(cls, settings: TrackerSettings, *, keypoints: int = 0, colours: int = 0) -> "TrackStates":
        """Nobody; for so many keypoints K and colours D."""
        return cls.start(
            np.zeros((0, 4)), np.zeros(0), np.zeros((0, keypoints, 2)), np.zeros((0, colours), np.float32),
            time_s=0.0, rows=np.zeros(0, np.intp), hits=np.zeros(0, np.int64), settings=settings,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def boxes(self) -> Floats:
        """(T, 4) xyxy pixels as the motion model has them; may reach outside the picture."""
        return self.motion.boxes

    def take(self, rows: Rows | Mask) -> "TrackStates":
        """Only these people, in this order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        taken = {name: value[rows] for name, value in values.items() if name != "motion"}
        return TrackStates(motion=self.motion.take(rows), **taken)

    def kept(self, which: Mask) -> "TrackStates":
        """Only those of the (T,) people; itself where that is everybody."""
        return self if which.all() else self.take(which)

    def joined(self, others: "TrackStates") -> "TrackStates":
        """These people and then the others."""
        names = [field.name for field in fields(self) if field.name != "motion"]
        both = {name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in names}
        return TrackStates(motion=self.motion.joined(others.motion), **both)

    def fitted(self, *, keypoints: int, colours: int) -> None:
        """Forget keypoints and colours of another kind than the network and the pictures have now."""
        if self.keypoints.shape[1] != keypoints:
            self.keypoints = np.full((len(self), keypoints, 2), np.nan)
            self.anchor_keypoints = self.keypoints.copy()
        if self.colours.shape[1] != colours:
            self.colours = np.full((len(self), colours), np.nan, np.float32)

    # -- what is expected and reported -----------------------------------------------------------------------------

    def expected_keypoints(self) -> Floats:
        """(T, K, 2) last keypoints moved along with the box; NaN where none are known."""
        before, now = self.keypoint_boxes, self.boxes
        scale = np.sqrt(box_math.areas(now) / np.maximum(box_math.areas(before), 1.0))[:, None, None]
        moved = (self.keypoints - box_math.centers(before)[:, None]) * scale + box_math.centers(now)[:, None]
        return np.asarray(moved)

    def reported_boxes(self, settings: TrackerSettings) -> Floats:
        """(T, 4) xyxy pixels to report: close to the newest measurement, else the motion model's."""
        share = settings.motion.measured_share
        mixed = share * self.measured + (1 - share) * self.boxes
        return np.where(np.isnan(self.measured), self.boxes, mixed)

    def over(self, time_s: float, size_wh: tuple[int, int], settings: TrackerSettings) -> Mask:
        """(T,) lost people who have been lost for too long, or have left a picture of that size."""
        lost_s, width, boxes = time_s - self.seen_s, size_wh[0], self.boxes
        sides = box_math.longest_sides(boxes)
        margins, places = settings.exit_margin * sides, self.lost_centers[:, 0]
        at_border = (places < margins) | (places > width - margins)  # else something hides them; perhaps they wait
        if not (self.lost & at_border).any():
            return np.asarray(self.lost & (lost_s > settings.lost_life_s))
        gone = box_math.visible_fraction(boxes, size_wh) < settings.exit_visible
        speeds = self.motion.speed[:, 0] / np.maximum(sides, 1.0)
        leaves_left = (boxes[:, 0] <= 0.01 * width) & (speeds < -settings.exit_speed)
        leaves_right = (boxes[:, 2] >= 0.99 * width) & (speeds > settings.exit_speed)
        leaves = (lost_s > settings.exit_s) & (leaves_left | leaves_right)
        return np.asarray(self.lost & ((lost_s > settings.lost_life_s) | (at_border & (gone | leaves))))

    # -- one frame ---------------------------------------------------------------------------------------------------

    def predict(self, step_s: float, settings: TrackerSettings) -> None:
        """Begin a frame that comes `step_s` seconds after the last one."""
        self.rows = np.full(len(self), -1, np.intp)
        self.motion.predict(step_s, settings.motion)

    def boxes_from(self, rows: Rows, keypoints: Floats, settings: TrackerSettings) -> tuple[Floats, Floats]:
        """Boxes (R, 4) of people `rows` (R,), made of keypoints (R, K, 2) found where they were predicted: see
        `boxes_of_keypoints`."""
        return boxes_of_keypoints(
            self.anchors[rows], self.anchor_keypoints[rows], keypoints, settings.motion,
            least=settings.min_common_keypoints,
        )  # fmt: skip

    def mark_lost(self, rows: Rows) -> None:
        """No candidate is theirs from this frame on."""
        self.lost[rows] = True
        self.lost_centers[rows] = box_math.centers(self.boxes[rows])
        self.motion.freeze(rows)

    def mark_predicted(self, rows: Rows) -> None:
        """Nothing of this frame says where these people are: the motion model goes on alone."""
        self.wanted[rows] = self.states[rows] == TrackState.TRACKED.value
        self.states[rows] = TrackState.PREDICTED.value

    def mark_missed(self, rows: Rows, time_s: float) -> None:
        """The detector looked and did not find these people."""
        self.missed_since_s[rows] = np.fmin(self.missed_since_s[rows], time_s)

    def mark_seen(self, rows: Rows, time_s: float, settings: TrackerSettings) -> None:
        """There is evidence of these people in this frame."""
        self.motion.average(rows, np.maximum(time_s - self.seen_s[rows], 0.0), settings.motion)
        self.seen_s[rows] = time_s
        self.states[rows] = TrackState.TRACKED.value
        self.lost[rows] = self.wanted[rows] = False

    def keep_detected(self, rows: Rows, boxes: Floats, scores: Floats, keypoints: Floats) -> None:
        """Detected boxes (R, 4) with their scores (R,) and keypoints (R, K, 2), all NaN where they are not sure."""
        self.scores[rows], self.missed_since_s[rows] = scores, np.nan
        self.anchors[rows], self.anchor_keypoints[rows] = boxes, keypoints
        sure = np.isfinite(keypoints).any(axis=(1, 2))
        self.keep_keypoints(rows[sure], keypoints[sure])

    def keep_keypoints(self, rows: Rows, keypoints: Floats) -> None:
        """Keypoints (R, K, 2) that say where these people are."""
        self.keypoints[rows], self.keypoint_boxes[rows] = keypoints, self.boxes[rows]

    def learn_colours(self, rows: Rows, found: Descriptions, settings: TrackerSettings) -> None:
        """Mix in new descriptions (R, D)."""
        rate, known = settings.appearance.learning_rate, self.colours[rows]
        mixed = (1 - rate) * known + rate * found
        length, wanted = (np.linalg.norm(each, axis=1, keepdims=True) for each in (mixed, found))
        first = np.isnan(known[:, :1])
        self.colours[rows] = np.where(first, found, mixed * (wanted / np.maximum(length, 1e-9)))
