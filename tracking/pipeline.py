"""The one loop body of window, command line and tests: a frame in, everything known of it out."""

from dataclasses import replace
from time import perf_counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.detection.detector import PersonDetector
from tracking.detection.prefetch import DetectionPrefetch
from tracking.focus_person import FocusFilter, FocusPerson
from tracking.pipeline_settings import PipelineSettings
from tracking.smoothing import make_smoother, smoothed_in_picture
from tracking.still_people import StillPeople
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.tracker import Tracker
from tracking.types import Detections, Frame, FrameResult, StageTimes, unread_people

READS_SOMEBODY_OF = 5  # people looked at; a network that fits reads a joint of one of them
READS_NOTHING = "People were found, but the network found none of their joints; check that these are the right weights."


class Estimator(Protocol):
    """Keypoints of the people in given boxes (`ppnet.estimator.PoseEstimator`)."""

    def estimate(self, image: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]) -> Poses:
        """Row i for box i of `boxes` (M, 4) xyxy pixels, on an RGB uint8 (H, W, 3) picture."""
        ...


class Pipeline:
    """Detector, tracker, estimator and smoother in a row. One instance per stream, used by one thread.

    `detector` and `estimator` may be replaced between two frames. Whoever knows the frame after the next says so with
    `expect`: the detector then looks at it while the network reads the one before. The results are the same.
    """

    def __init__(
        self,
        detector: PersonDetector,
        estimator: Estimator,
        *,
        settings: PipelineSettings | None = None,
    ) -> None:
        self.settings = settings or PipelineSettings()
        self._detector = detector
        self._ahead = DetectionPrefetch()
        self._expected: Frame | None = None
        self._estimator = estimator
        self._filter = FocusFilter(self.settings.only)
        self._tracker = Tracker(_tracker_settings(self.settings))
        self._smoother = make_smoother(self.settings.smoothing)
        self._still = StillPeople()
        self._people_looked_at = 0
        self._has_read = False
        self._forget_looks()

    def process(self, frame: Frame) -> FrameResult:
        """Everything known of the next frame. Frames come in the order of their times; `reset` before a jump."""
        expected, self._expected = self._expected, None
        started_s = perf_counter()
        detections = self._look(frame) if self._is_due(frame.time_s) else None
        detected_s = perf_counter()
        boxes = self._tracker.associate(detections, frame.time_s, size_wh=frame.size_wh)
        associated_s = perf_counter()
        if expected is not None and self._is_turn(expected.time_s):
            self._ahead.begin(self._detector, expected)
        left_out = self._left_out(frame)
        poses = self._read(frame.image, boxes, left_out)
        self._people_looked_at += len(boxes)
        self._has_read |= bool((poses.scores >= self.settings.tracker.min_keypoint_score).any())
        estimated_s = perf_counter()
        tracks, raw = self._tracker.update(poses, image=frame.image, left_out=left_out)
        tracks, raw = self._filter.kept(tracks, raw, frame.time_s)
        tracked_s = perf_counter()
        smoothed, states = smoothed_in_picture(
            self._smoother, tracks.ids, raw, tracks.boxes, frame.time_s, size_wh=frame.size_wh,
            unread=unread_people(tracks.states, raw.keypoints),
        )  # fmt: skip
        if self.settings.skip_still:
            min_score = self.settings.smoothing.min_score
            self._still.take(frame.image, tracks, raw, states, frame.time_s, min_score=min_score)
        times = StageTimes(
            detect_s=detected_s - started_s,
            track_s=associated_s - detected_s + tracked_s - estimated_s,
            pose_s=estimated_s - associated_s,
            smooth_s=perf_counter() - tracked_s,
        )
        return FrameResult(frame.index, frame.time_s, frame.size_wh, tracks, raw, smoothed, states, times)

    @property
    def notices(self) -> tuple[str, ...]:
        """What its user must hear, a sentence each, as long as it holds: for window, command line and meta file."""
        reads_nothing = self._people_looked_at >= READS_SOMEBODY_OF and not self._has_read
        return (READS_NOTHING,) if reads_nothing else ()

    def expect(self, frame: Frame) -> None:
        """The frame that will come after the one that is processed next; it need not come."""
        self._expected = frame

    @property
    def detector(self) -> PersonDetector:
        """Who looks for people."""
        return self._detector

    @detector.setter
    def detector(self, detector: PersonDetector) -> None:
        self._ahead.forget()
        self._detector = detector

    @property
    def estimator(self) -> Estimator:
        """Who reads joints; a new one reads everybody first, as it may know other joints."""
        return self._estimator

    @estimator.setter
    def estimator(self, estimator: Estimator) -> None:
        if estimator is not self._estimator:
            self._still.reset()
        self._estimator = estimator

    @property
    def focus(self) -> FocusPerson:
        """Whom it is about; the number is the tracker's."""
        return self._filter.focus

    def reset(self) -> None:
        """Forget everyone before a seek or another clip; numbers go on counting."""
        self._tracker.reset()
        self._smoother.reset()
        self._still.reset()
        self._filter.reset()
        self._ahead.forget()
        self._forget_looks()

    def apply(self, settings: PipelineSettings) -> None:
        """Change settings between two frames; people keep their numbers."""
        if settings.smoothing != self.settings.smoothing:
            self._smoother = make_smoother(settings.smoothing)
            self._still.reset()  # a new smoother knows nobody yet, and could show nothing of who is left out
        if settings.only != self.settings.only:
            self._filter = FocusFilter(settings.only)
        if not settings.skip_still:
            self._still.reset()
        self._tracker.settings = _tracker_settings(settings)
        self.settings = settings

    def rest(self) -> None:
        """No frames for the moment: nothing looks ahead any more. Detector and estimator stay as they are."""
        self._expected = None
        self._ahead.close()

    def close(self) -> None:
        """Free the detector."""
        self.rest()
        self._detector.close()

    def _look(self, frame: Frame) -> Detections:
        found = self._ahead.found(frame)
        return self._detector.detect(frame.image) if found is None else found

    def _left_out(self, frame: Frame) -> npt.NDArray[np.bool_]:
        """(M,) whom of those in the tracker's boxes nobody need read, as they hold still."""
        ids = self._tracker.sure_ids
        if not self.settings.skip_still:
            return np.zeros(len(ids), np.bool_)
        longest_s = self.settings.smoothing.max_gap_s / 2  # they must be read again before their joints are lost
        return self._still.left_out(frame.image, ids, frame.time_s, longest_s=longest_s)

    def _read(
        self, image: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32], left_out: npt.NDArray[np.bool_]
    ) -> Poses:
        rows = ~left_out
        if not self._filter.focus.is_everyone:
            rows &= self._filter.worth_reading(boxes)
        if rows.all():
            return _without_infinite(self._estimator.estimate(image, boxes))
        return _without_infinite(self._estimator.estimate(image, boxes[rows])).spread(rows)

    def _forget_looks(self) -> None:
        self._frames_since = 0
        self._looked_s: float | None = None

    def _is_due(self, time_s: float) -> bool:
        # Who is not read looks lost between two looks; that is nothing to look for while the one person is in view.
        wanted = self._tracker.needs_detection and not self._filter.is_calm
        due = self._looked_s is None or time_s < self._looked_s or wanted or self._is_turn(time_s)
        self._frames_since = 0 if due else self._frames_since + 1
        self._looked_s = time_s if due else self._looked_s
        return due

    def _is_turn(self, time_s: float) -> bool:
        """Whether the next frame is looked at whoever is in it."""
        if self.settings.detect_interval_s is None:
            return self._frames_since + 1 >= self.settings.detect_every
        # Half a millisecond of grace: times are sums of binary fractions.
        return time_s - float(self._looked_s or 0.0) >= self.settings.detect_interval_s - 5e-4


def _without_infinite(poses: Poses) -> Poses:
    """A place or a confidence that is no number is no answer: behind this border all of them are, or are missing."""
    return poses.without(~np.isfinite(poses.scores) | np.isinf(poses.keypoints).any(axis=-1))


def _tracker_settings(settings: PipelineSettings) -> TrackerSettings:
    """With one person to follow the tracker still knows everybody, or that person might get no number."""
    return settings.tracker if settings.only is None else replace(settings.tracker, max_people=None)
