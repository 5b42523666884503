"""One person followed by the tracker: motion, last keypoints, and how long since they were seen."""

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.association import MIN_COMMON
from tracking.motion import BoxFilter
from tracking.types import TrackState

Floats = npt.NDArray[np.floating]

GONE_VISIBLE = 0.4  # an unseen person of whom the picture would show less than this has left
LEAVING_SPEED = 0.15  # sides per second towards the border that a box touches
LEAVING_S = 0.3  # somebody unseen for this long while walking out has left
JOINT_DOUBT = 1.5  # boxes that follow the joints are a little less certain than detected ones
MOST_GROWTH = 1.5  # by how much a box may follow the spread of the joints between two looks of the detector


class Track:
    """State of one person; `id` is 0 until the tracker gives a number.

    order: rank of birth, to break ties. hits: looks in which the detector found the person.
    seen_s: when the person was last seen by detector or network. missed_since_s: first look of the detector
    that missed the person since it last found them, or None. row: which answer of this frame is theirs.
    """

    def __init__(self, box: Floats, score: float, *, time_s: float, order: int) -> None:
        self.id = 0
        self.order = order
        self.hits = 1
        self.score = score
        self.seen_s = time_s
        self.missed_since_s: float | None = None
        self.state = TrackState.TRACKED
        self.row: int | None = None
        self.is_over = False
        self._alarm = False
        self._motion = BoxFilter(box)
        self._keypoints: Floats | None = None
        self._keypoints_box: Floats = np.asarray(box, np.float64)
        self._anchor: tuple[Floats, Floats] | None = None

    @property
    def box(self) -> Floats:
        """(4,) xyxy pixels; may reach outside the picture."""
        return self._motion.box

    @property
    def velocity(self) -> Floats:
        """(2,) pixels per second."""
        return self._motion.velocity

    @property
    def unseen_variance(self) -> float:
        """Square pixels by which the expected keypoints may be off because of unseen motion."""
        return self._motion.position_variance

    @property
    def is_unsure(self) -> bool:
        """True when the detector should have another look soon."""
        return self._alarm

    def predict(self, step_s: float) -> None:
        """Begin a frame that comes `step_s` seconds after the last one."""
        self.row = None
        self._motion.predict(step_s)

    def is_gone(self, time_s: float, size_wh: tuple[int, int], *, life_s: float) -> bool:
        """Whether an unseen person can be given up: unseen for too long, or walked out of the picture."""
        unseen_s = time_s - self.seen_s
        if self.state == TrackState.TRACKED:
            return False
        if unseen_s > life_s:
            return True
        if box_math.visible_fraction(self.box[None], size_wh)[0] < GONE_VISIBLE:
            return True
        return unseen_s > LEAVING_S and self._walks_out(size_wh)

    def _walks_out(self, size_wh: tuple[int, int]) -> bool:
        speed = self.velocity[0] / max(*box_math.sizes(self.box[None])[0], 1.0)
        left, right = self.box[0] <= 0.01 * size_wh[0], self.box[2] >= 0.99 * size_wh[0]
        return bool((left and speed < -LEAVING_SPEED) or (right and speed > LEAVING_SPEED))

    def expected_keypoints(self, count: int) -> Floats:
        """(count, 2) last keypoints moved along with the box; NaN where none are known."""
        if self._keypoints is None or len(self._keypoints) != count:
            return np.full((count, 2), np.nan)
        before, now = self._keypoints_box[None], self.box[None]
        scale = np.sqrt(box_math.areas(now) / np.maximum(box_math.areas(before), 1.0))
        return np.asarray((self._keypoints - box_math.centers(before)) * scale + box_math.centers(now))

    def see(self, box: Floats, score: float, *, time_s: float, keypoints: Floats | None, doubt: float) -> None:
        """The detector found the person; `keypoints` (K, 2) as far as the network is sure of them."""
        self._motion.update(box, doubt=doubt)
        self.score = score
        self.hits += 1
        self.missed_since_s = None
        self._seen(time_s)
        self._anchor = None
        if keypoints is not None:
            self._remember(keypoints)
            self._anchor = np.asarray(box, np.float64), keypoints

    def follow(self, keypoints: Floats, *, time_s: float, detected: bool, doubt: float) -> None:
        """The network's joints show the person, without a detection."""
        box = self._box_of(keypoints)
        if box is not None:
            self._motion.update(box, doubt=doubt * JOINT_DOUBT)
        self._seen(time_s)
        self._remember(keypoints)
        if detected:
            self._missed(time_s)

    def carry(self, time_s: float) -> None:
        """Between two looks of the detector, with joints too weak to follow: only the motion model knows."""
        self._alarm = self.state == TrackState.TRACKED
        self.state = TrackState.PREDICTED
        self.seen_s = time_s

    def miss(self, time_s: float, *, detected: bool) -> None:
        """Nothing shows the person in this frame."""
        self._alarm = self.state == TrackState.TRACKED
        self.state = TrackState.PREDICTED
        if detected:
            self._missed(time_s)
            self.is_over = self.id == 0

    def begin(self, keypoints: Floats | None, *, row: int, hits: int) -> None:
        """Complete a new person with the network's answer."""
        self.row, self.hits = row, hits
        self._alarm = True
        if keypoints is not None:
            self._remember(keypoints)
            self._anchor = self.box, keypoints

    def _seen(self, time_s: float) -> None:
        self.seen_s = time_s
        self.state = TrackState.TRACKED
        self._alarm = False

    def _missed(self, time_s: float) -> None:
        if self.missed_since_s is None:
            self.missed_since_s = time_s

    def _remember(self, keypoints: Floats) -> None:
        self._keypoints, self._keypoints_box = np.asarray(keypoints, np.float64), self.box

    def _box_of(self, keypoints: Floats) -> Floats | None:
        """The last detected box, moved and scaled as the joints have moved since; None when too few are common.

        Anchored at the detection, so errors don't add up from frame to frame.
        """
        if self._anchor is None:
            return None
        box, before = self._anchor
        common = np.isfinite(before).all(axis=1) & np.isfinite(keypoints).all(axis=1)
        if common.sum() < MIN_COMMON:
            return None
        old, new = before[common].astype(np.float64), keypoints[common].astype(np.float64)
        spreads = [np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()) for points in (old, new)]
        scale = float(np.clip(spreads[1] / max(spreads[0], 1.0), 1 / MOST_GROWTH, MOST_GROWTH))
        middle = new.mean(axis=0) + (box_math.centers(box[None])[0] - old.mean(axis=0)) * scale
        return np.asarray(box_math.from_centers(middle[None], box_math.sizes(box[None]) * scale)[0])
