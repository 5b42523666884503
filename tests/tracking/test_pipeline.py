import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.pipeline import Pipeline
from tracking.pipeline_settings import PipelineSettings
from tracking.smoothing import SmoothingSettings
from tracking.tracker.settings import TrackerSettings
from tracking.types import Detections, Frame, KeypointState, Tracks, TrackState

BOX = np.array([300, 200, 400, 500], np.float32)
POSE = np.stack([np.linspace(310, 390, 17), np.linspace(210, 490, 17)], axis=1)


class ScriptedDetector:
    """One person who moves 2 px a frame; counts the looks."""

    def __init__(self, people=1):
        self.looks, self.people, self.closed = [], people, False
        self.frame = 0

    def detect(self, image):
        self.looks.append(self.frame)
        boxes = [BOX + [300 * n + 2 * self.frame, 0] * 2 for n in range(self.people)]
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(self.people, 0.9, np.float32))

    def close(self):
        self.closed = True


class ScriptedEstimator:
    """Joints at fixed places of whatever box it is given."""

    def __init__(self, score=0.9):
        self.calls, self.score = [], score

    def estimate(self, image, boxes):
        self.calls.append(len(boxes))
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        keypoints = POSE[None] - POSE.mean(axis=0) + middle[:, None]
        return Poses(keypoints.astype(np.float32), np.full((len(boxes), 17), self.score, np.float32), COCO_17)


def run(pipeline, count, rate=30.0, start=0):
    results = []
    for index in range(start, start + count):
        pipeline.detector.frame = index
        results.append(pipeline.process(Frame(index, index / rate, np.zeros((720, 1280, 3), np.uint8))))
    return results


def made(**settings):
    return Pipeline(ScriptedDetector(), ScriptedEstimator(), settings=PipelineSettings(**settings))


def test_result_of_a_frame():
    result = run(made(), 1)[0]
    assert (result.frame_index, result.time_s, result.size_wh) == (0, 0.0, (1280, 720))
    assert result.tracks.ids.tolist() == [1]
    assert result.tracks.states.tolist() == [TrackState.TRACKED]
    assert result.raw.keypoints[0] == pytest.approx(POSE - POSE.mean(axis=0) + [350, 350], abs=0.01)
    assert result.smoothed.keypoints == pytest.approx(result.raw.keypoints)
    assert (result.states == KeypointState.MEASURED).all()
    assert result.times.detect_s > 0
    assert result.times.pose_s > 0
    assert result.times.track_s > 0
    assert result.times.smooth_s > 0


def test_detector_looks_every_third_frame():
    pipeline = made(detect_every=3)
    run(pipeline, 12)
    assert pipeline.detector.looks == [0, 1, 4, 7, 10], "once more after someone new, then every third"


def test_detector_looks_by_time():
    pipeline = made(detect_interval_s=0.2)
    run(pipeline, 30)
    assert pipeline.detector.looks == [0, 1, 7, 13, 19, 25]


@dataclass
class OneAtATime(FakeDetector):
    """Notes in which thread it looks, and fails where two look at once."""

    threads: list = field(default_factory=list)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def detect(self, image):
        assert not self.busy.locked(), "one look at a time"
        with self.busy:
            self.threads.append(threading.current_thread().name.split("_")[0])
            return super().detect(image)


def test_looking_ahead_changes_nothing_but_the_thread():
    frames = [Frame(index, index / 30, paint_walkers(index, (160, 140), people=2)) for index in range(12)]
    results, detectors = [], []
    for looks_ahead in (False, True):
        pipeline = Pipeline(OneAtATime(), FakeEstimator(), settings=PipelineSettings(detect_every=3))
        detectors.append(pipeline.detector)
        found = []
        for frame, following in zip(frames, [*frames[1:], None], strict=True):
            if looks_ahead and following is not None:
                pipeline.expect(following)
            found.append(pipeline.process(frame))
        results.append(found)
        pipeline.close()
        assert pipeline.detector.closed
    for alone, ahead in zip(*results, strict=True):
        assert np.array_equal(alone.tracks.boxes, ahead.tracks.boxes)
        assert np.array_equal(alone.smoothed.keypoints, ahead.smoothed.keypoints)
    assert len(detectors[0].threads) == len(detectors[1].threads) == 5
    assert detectors[1].threads.count("detect") == 3, "all but the looks that nobody could foresee"


def test_a_look_ahead_that_is_not_wanted_any_more_is_let_go():
    frames = [Frame(index, index / 30, paint_walkers(index, (160, 140))) for index in range(9)]
    pipeline = Pipeline(OneAtATime(), FakeEstimator(), settings=PipelineSettings(detect_every=1))
    pipeline.expect(frames[1])
    pipeline.process(frames[0])
    before, pipeline.detector = pipeline.detector, OneAtATime()  # waits for the one that looks
    assert before.seen == 2 and not before.busy.locked()
    pipeline.expect(frames[5])
    pipeline.process(frames[1])
    assert len(pipeline.process(frames[2])) == 1, "another frame came than the one that was expected"
    pipeline.detector.fails_at = pipeline.detector.seen
    pipeline.expect(frames[4])
    with pytest.raises(RuntimeError, match="the detector broke"):
        pipeline.process(frames[3])
    pipeline.detector.fails_at = None
    assert len(pipeline.process(frames[4])) == 1
    pipeline.detector.fails_at = pipeline.detector.seen + 1
    pipeline.expect(frames[6])
    pipeline.process(frames[5])
    with pytest.raises(RuntimeError, match="the detector broke"):
        pipeline.process(frames[6])
    pipeline.close()


def test_nobody_is_looked_for_in_every_frame():
    pipeline = made(detect_every=5)
    pipeline.detector.people = 0
    results = run(pipeline, 8)
    assert pipeline.detector.looks == list(range(8))
    assert [len(result) for result in results] == [0] * 8
    assert set(pipeline.estimator.calls) == {0}


def test_boxes_are_carried_by_the_joints_between_looks():
    results = run(made(detect_every=10), 30)
    assert all(result.tracks.ids.tolist() == [1] for result in results)
    assert results[-1].tracks.boxes[0, 0] == pytest.approx(300 + 2 * 29, abs=15)


def test_weak_joints_leave_the_box_to_the_motion_model():
    pipeline = made(detect_every=4)
    pipeline.estimator.score = 0.15
    results = run(pipeline, 12)
    assert [result.tracks.states[0] for result in results[4:9]] != [TrackState.TRACKED] * 5
    assert all((result.states == KeypointState.MISSING).all() for result in results)


def test_settings_change_between_frames():
    pipeline = made(detect_every=1)
    run(pipeline, 3)
    settings = replace(
        pipeline.settings, detect_every=4, smoothing=SmoothingSettings(kind="off", min_score=0.95),
        tracker=TrackerSettings(max_people=1),
    )  # fmt: skip
    pipeline.detector.people = 2
    pipeline.apply(settings)
    results = run(pipeline, 12, start=3)
    assert results[-1].tracks.ids.tolist() == [1], "the number stays, and nobody else gets one"
    assert (results[0].states == KeypointState.MISSING).all()
    assert len(pipeline.detector.looks) < 3 + 12


def test_reset_forgets_everyone():
    pipeline = made()
    run(pipeline, 5)
    pipeline.reset()
    result = run(pipeline, 1)[0]
    assert result.tracks.ids.tolist() == [2]
    assert pipeline.detector.looks[-1] == 0, "the detector looks at once"


def test_parts_are_replaced_between_frames():
    pipeline = made()
    run(pipeline, 3)
    pipeline.estimator = ScriptedEstimator(score=0.5)
    result = run(pipeline, 1, start=3)[0]
    assert result.raw.scores[0, 0] == 0.5
    assert result.tracks.ids.tolist() == [1]


@pytest.mark.parametrize("nonsense", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("kind", ["kalman", "one_euro", "off"])
def test_an_answer_that_is_no_number_is_none(kind, nonsense):
    """It would be believed for good: nothing is surer than an infinite confidence."""

    class Broken(ScriptedEstimator):
        def estimate(self, image, boxes):
            poses = super().estimate(image, boxes)
            keypoints, scores = poses.keypoints.copy(), poses.scores.copy()
            if len(self.calls) == 5:
                scores[:, 9], keypoints[:, 10] = nonsense, nonsense
            return Poses(keypoints, scores, COCO_17)

    pipeline = made(smoothing=SmoothingSettings(kind=kind))
    pipeline.estimator = Broken()
    results, usual = run(pipeline, 20), run(made(smoothing=SmoothingSettings(kind=kind)), 20)
    assert all(np.isfinite(result.raw.scores).all() for result in results)
    assert not any(np.isinf(poses.keypoints).any() for result in results for poses in (result.raw, result.smoothed))
    assert results[4].raw.scores[0, 9] == 0 and np.isnan(results[4].raw.keypoints[0, 9:11]).all()
    assert len(results[-1]) == 1
    np.testing.assert_allclose(results[-1].smoothed.keypoints, usual[-1].smoothed.keypoints, atol=0.5)


def test_a_box_that_is_none_is_refused():
    """Drawing would fail in the middle of a run."""
    boxes = np.array([[0, 0, 10, np.nan]], np.float32)
    with pytest.raises(ValueError, match="finite"):
        Tracks(np.array([1]), boxes, np.ones(1, np.float32), np.array([TrackState.TRACKED]))


def test_close_frees_the_detector():
    pipeline = made()
    pipeline.close()
    assert pipeline.detector.closed


def test_empty_picture():
    pipeline = made()
    pipeline.detector.people = 0
    result = pipeline.process(Frame(0, 0.0, np.zeros((1, 1, 3), np.uint8)))
    assert len(result) == 0


@pytest.mark.parametrize(
    "change", [{"detect_every": 0}, {"detect_interval_s": -1.0}, {"detect_interval_s": float("nan")}]
)
def test_settings_have_limits(change):
    with pytest.raises(UserError):
        PipelineSettings(**change)
