"""One track: the state of one person over time. Its motion and appearance have files of their own."""

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.tracker.motion import BoxAnchor, BoxMotion
from tracking.tracker.settings import TrackerSettings
from tracking.types import TrackState

Floats = npt.NDArray[np.floating]


class Track:
    """State of one person; `id` is 0 until the tracker gives one.

    score: of the latest detection. hits: detections so far. row: candidate of this frame that is the person, or None.
    seen_s: time of the latest evidence. missed_since_s: first time the detector missed the person since it last found
    them, or None. is_lost: no candidate is theirs since `lost_center` (2,); somebody who coasts is not lost.
    needs_detection: the detector should look again soon. descriptor: (D,) colours, None when unknown.
    """

    def __init__(
        self, box: Floats, score: float, keypoints: Floats | None, *,
        time_s: float, row: int, hits: int, settings: TrackerSettings,
    ) -> None:  # fmt: skip
        self.id = 0
        self.score = score
        self.hits = hits
        self.row: int | None = row
        self.state = TrackState.TRACKED
        self.seen_s = time_s
        self.missed_since_s: float | None = None
        self.is_lost = False
        self.needs_detection = True
        self.motion = BoxMotion(box, settings.motion)
        self.lost_center: Floats = box_math.centers(self.motion.box[None])[0]
        self.descriptor: npt.NDArray[np.float32] | None = None
        self._settings = settings
        self._measured_box: Floats | None = np.asarray(box, np.float64)
        self._keypoints: Floats | None = None
        self._keypoints_box = self.box
        self._anchor: BoxAnchor | None = None
        if keypoints is not None:
            self._keep(keypoints)
            self._anchor = BoxAnchor(self.box, keypoints)

    @property
    def box(self) -> Floats:
        """(4,) xyxy pixels as the motion model has it; may reach outside the picture."""
        return self.motion.box

    @property
    def reported_box(self) -> Floats:
        """(4,) xyxy pixels to report: close to the newest measurement, else the motion model's."""
        if self._measured_box is None:
            return self.box
        share = self._settings.motion.measured_share
        return np.asarray(share * self._measured_box + (1 - share) * self.box)

    def expected_keypoints(self, count: int) -> Floats:
        """(count, 2) last keypoints moved along with the box; NaN where none are known."""
        if self._keypoints is None or len(self._keypoints) != count:
            return np.full((count, 2), np.nan)
        before, now = self._keypoints_box[None], self.box[None]
        scale = np.sqrt(box_math.areas(now) / np.maximum(box_math.areas(before), 1.0))
        return np.asarray((self._keypoints - box_math.centers(before)) * scale + box_math.centers(now))

    def predict(self, step_s: float) -> None:
        """Begin a frame that comes `step_s` seconds after the last one."""
        self.row = None
        self._measured_box = None
        self.motion.predict(step_s)

    def update_from_detection(
        self, box: Floats, score: float, keypoints: Floats | None, *, time_s: float, noise: float
    ) -> None:
        """Take in a detected box (4,) with its keypoints (K, 2), None where the pose network is not sure of any."""
        self._measured_box = np.asarray(box, np.float64)
        self.motion.update(self._measured_box, noise=noise)
        self.score = score
        self.missed_since_s = None
        self._mark_seen(time_s)
        self._anchor = None
        if keypoints is not None:
            self._keep(keypoints)
            self._anchor = BoxAnchor(self._measured_box, keypoints)

    def update_from_keypoints(self, keypoints: Floats, *, time_s: float, detected: bool, noise: float) -> None:
        """Take in keypoints (K, 2) found in the predicted box; detected: the detector looked and missed the person."""
        boxes = None
        if self._anchor is not None:
            least = self._settings.min_common_keypoints
            boxes = self._anchor.boxes_of(keypoints, self._settings.motion, least=least)
        if boxes is not None:
            whole, self._measured_box = boxes
            self.motion.update(whole, noise=noise * self._settings.motion.keypoint_noise)
        self._mark_seen(time_s)
        self._keep(keypoints)
        if detected and self.missed_since_s is None:
            self.missed_since_s = time_s

    def update_appearance(self, descriptor: npt.NDArray[np.float32]) -> None:
        """Mix in a new description (D,) of `tracking.tracker.appearance.describe`."""
        if self.descriptor is None:
            self.descriptor = descriptor
            return
        rate = self._settings.appearance.learning_rate
        mixed = (1 - rate) * self.descriptor + rate * descriptor
        self.descriptor = np.asarray(mixed * (np.linalg.norm(descriptor) / max(float(np.linalg.norm(mixed)), 1e-9)))

    def coast(self, time_s: float) -> None:
        """Between two looks of the detector, with keypoints too weak to use: the motion model goes on alone."""
        self.needs_detection = self.state == TrackState.TRACKED
        self.state = TrackState.PREDICTED
        self.seen_s = time_s

    def mark_missed(self, time_s: float, *, detected: bool) -> None:
        """No candidate of this frame is the person; detected: although the detector looked."""
        if not self.is_lost:
            self.is_lost = True
            self.lost_center = box_math.centers(self.box[None])[0]
            self.motion.freeze()
        self.needs_detection = self.state == TrackState.TRACKED
        self.state = TrackState.PREDICTED
        if detected and self.missed_since_s is None:
            self.missed_since_s = time_s

    def is_over(self, time_s: float, size_wh: tuple[int, int], settings: TrackerSettings) -> bool:
        """Whether a lost person has been lost for too long, or has left a picture of that size."""
        lost_s = time_s - self.seen_s
        if not self.is_lost or lost_s > settings.lost_life_s:
            return self.is_lost
        width, side = size_wh[0], float(box_math.sizes(self.box[None]).max())
        margin = settings.exit_margin * side
        if margin <= self.lost_center[0] <= width - margin:
            return False  # hidden by something; perhaps they wait there
        if box_math.visible_fraction(self.box[None], size_wh)[0] < settings.exit_visible:
            return True
        speed = self.motion.velocity[0] / max(side, 1.0)
        leaves_left = self.box[0] <= 0.01 * width and speed < -settings.exit_speed
        leaves_right = self.box[2] >= 0.99 * width and speed > settings.exit_speed
        return bool(lost_s > settings.exit_s and (leaves_left or leaves_right))

    def _mark_seen(self, time_s: float) -> None:
        self.motion.average(max(time_s - self.seen_s, 0.0))
        self.seen_s = time_s
        self.state = TrackState.TRACKED
        self.is_lost = self.needs_detection = False

    def _keep(self, keypoints: Floats) -> None:
        self._keypoints, self._keypoints_box = np.asarray(keypoints, np.float64), self.box
