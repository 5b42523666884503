"""One person followed by the tracker: motion, last keypoints, and how long since they were seen."""

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.tracker.association import MIN_COMMON
from tracking.tracker.motion import BoxFilter
from tracking.types import TrackState

Floats = npt.NDArray[np.floating]

GONE_VISIBLE = 0.4  # an unseen person of whom the picture would show less than this has left
BORDER_REACH = 0.5  # sides from the left or right border within which an unseen person may have walked out
LEAVING_SPEED = 0.15  # sides per second towards the border that a box touches
LEAVING_S = 0.3  # somebody unseen for this long while walking out has left
USUAL_S = 0.7  # an unseen person goes on with the size and speed of about so long: the last ones seen may be cut off
WEAR_SHARE = 0.1  # by how much a look changes what a person is thought to wear
JOINT_DOUBT = 1.5  # boxes that follow the joints are a little less certain than detected ones
FRESH_SHARE = 0.7  # of a reported box is what was just measured, the rest is the filter's: prompt, and calm enough
MOST_STRAY = 0.15  # an edge follows the outermost joint at most so far (sides) from where all joints say it is
MOST_GROWTH = 1.5  # by how much a box may follow the spread of the joints between two looks of the detector


class Track:
    """State of one person; `id` is 0 until the tracker gives a number.

    order: rank of birth, to break ties. hits: looks in which the detector found the person.
    seen_s: when the person was last seen by detector or network. missed_since_s: first look of the detector
    that missed the person since it last found them, or None. row: which answer of this frame is theirs.
    is_lost: nothing has shown the person since; somebody carried between two looks of the detector is only unclear.
    lost_at: (2,) where they were when last seen. clothes: see `tracking.tracker.appearance`.
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
        self.is_lost = False
        self._alarm = False
        self._measured_box: Floats | None = np.asarray(box, np.float64)
        self._motion = BoxFilter(box)
        self._usual = np.concatenate([box_math.sizes(np.asarray(box, np.float64)[None])[0], np.zeros(2)])
        self._usual_weight = 0.0
        self.clothes: Floats | None = None
        self.lost_at: Floats = box_math.centers(self._motion.box[None])[0]
        self._keypoints: Floats | None = None
        self._keypoints_box: Floats = np.asarray(box, np.float64)
        self._anchor: tuple[Floats, Floats] | None = None

    @property
    def box(self) -> Floats:
        """(4,) xyxy pixels as the motion model has it; may reach outside the picture."""
        return self._motion.box

    @property
    def shown_box(self) -> Floats:
        """(4,) xyxy pixels to report: close to what was just measured, else the motion model's."""
        if self._measured_box is None:
            return self.box
        return np.asarray(FRESH_SHARE * self._measured_box + (1 - FRESH_SHARE) * self.box)

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
        self._measured_box = None
        self._motion.predict(step_s)

    def is_gone(self, time_s: float, size_wh: tuple[int, int], *, life_s: float) -> bool:
        """Whether an unseen person can be given up: unseen for too long, or walked out of the picture."""
        unseen_s = time_s - self.seen_s
        if not self.is_lost:
            return False
        if unseen_s > life_s:
            return True
        if not self._lost_near_border(size_wh):
            return False  # hidden by something; perhaps they wait there
        if box_math.visible_fraction(self.box[None], size_wh)[0] < GONE_VISIBLE:
            return True
        return unseen_s > LEAVING_S and self._walks_out(size_wh)

    def _lost_near_border(self, size_wh: tuple[int, int]) -> bool:
        reach = BORDER_REACH * float(box_math.sizes(self.box[None]).max())
        return bool(self.lost_at[0] < reach or self.lost_at[0] > size_wh[0] - reach)

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
        self._measured_box = np.asarray(box, np.float64)
        self._motion.update(box, doubt=doubt)
        self.score = score
        self.missed_since_s = None
        self._seen(time_s)
        self._anchor = None
        if keypoints is not None:
            self._remember(keypoints)
            self._anchor = np.asarray(box, np.float64), keypoints

    def wear(self, clothes: Floats) -> None:
        """Learn what the person wears, (D,) of `tracking.tracker.appearance.describe`, seen in the open."""
        if self.clothes is None:
            self.clothes = clothes
        else:
            mixed = (1 - WEAR_SHARE) * self.clothes + WEAR_SHARE * clothes
            self.clothes = np.asarray(mixed * (np.linalg.norm(clothes) / max(float(np.linalg.norm(mixed)), 1e-9)))

    def follow(self, keypoints: Floats, *, time_s: float, detected: bool, doubt: float) -> None:
        """The network's joints show the person, without a detection."""
        box = self._box_of(keypoints)
        if box is not None:
            self._measured_box = self._edges_of(keypoints, box)
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
        if not self.is_lost:
            self.is_lost = True
            self.lost_at = box_math.centers(self.box[None])[0]
            self._motion.hold(self._usual[:2], self._usual[2:])
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
        self._learn_usual(max(time_s - self.seen_s, 0.0))
        self.seen_s = time_s
        self.state = TrackState.TRACKED
        self.is_lost = False
        self._alarm = False

    def _learn_usual(self, step_s: float) -> None:
        """Running mean of size and speed; over the first moments a plain one."""
        now = np.concatenate([box_math.sizes(self.box[None])[0], self.velocity])
        fading = np.exp(-step_s / USUAL_S)
        self._usual_weight = self._usual_weight * fading + (1 - fading)
        share = (1 - fading) / max(self._usual_weight, 1e-9)
        self._usual = self._usual + share * (now - self._usual)

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
        box, (old, new) = self._anchor[0], self._common(keypoints)
        if len(old) < MIN_COMMON:
            return None
        spreads = [np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()) for points in (old, new)]
        scale = float(np.clip(spreads[1] / max(spreads[0], 1.0), 1 / MOST_GROWTH, MOST_GROWTH))
        middle = new.mean(axis=0) + (box_math.centers(box[None])[0] - old.mean(axis=0)) * scale
        return np.asarray(box_math.from_centers(middle[None], box_math.sizes(box[None]) * scale)[0])

    def _edges_of(self, keypoints: Floats, box: Floats) -> Floats:
        """The last detected box with each edge moved as the outermost joints have: a stride makes it wider at once.

        box: what all joints say together; no edge strays far from it.
        """
        if self._anchor is None:
            return box
        old, new = self._common(keypoints)
        moved = np.concatenate([new.min(axis=0) - old.min(axis=0), new.max(axis=0) - old.max(axis=0)])
        stray = MOST_STRAY * float(box_math.sizes(box[None]).max())
        return np.clip(self._anchor[0] + moved, box - stray, box + stray)

    def _common(self, keypoints: Floats) -> tuple[Floats, Floats]:
        """Joints (C, 2) seen both at the last detection and now: then, and now."""
        if self._anchor is None:
            return np.zeros((0, 2)), np.zeros((0, 2))
        before = self._anchor[1]
        common = np.isfinite(before).all(axis=1) & np.isfinite(keypoints).all(axis=1)
        return before[common].astype(np.float64), keypoints[common].astype(np.float64)
