"""Who holds still is read in every second frame; nothing else about them changes, and who moves is read in each."""

from dataclasses import replace
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from app.factory import build_pipeline
from app.presets import PRESETS
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.results import made_header
from tests.shared_material import SHARED_CLIPS, shared
from tracking.events import lanes_of
from tracking.focus_person import PersonAt
from tracking.pipeline import Pipeline
from tracking.pipeline_settings import PipelineSettings
from tracking.run_settings import RunSettings
from tracking.session.resmoothing import smooth_again
from tracking.session.session import Session
from tracking.smoothing.settings import SMOOTHERS, SmoothingSettings
from tracking.types import Detections, Frame, KeypointState, TrackState
from tracking.video.factory import open_source

FAST = PRESETS[0].applied(RunSettings())
FAST = FAST.changed({"network.backend": "torch"})
BOX = np.array([300, 200, 400, 500], np.float32)
POSE = np.stack([np.linspace(310, 390, 17), np.linspace(210, 490, 17)], axis=1)
NOISE = np.random.default_rng(1).integers(60, 190, (540, 640, 3)).astype(np.uint8)
GROUND = cv2.GaussianBlur(NOISE, (0, 0), 8)


class Scene:
    """Detector and network of a made scene: somebody at x in each frame, None where there is nobody.

    noise: of the camera, standard deviation of 255.
    """

    def __init__(self, places, *, noise=0):
        self.places, self.index, self.noise = places, 0, noise
        self.looks, self.reads = [], []

    def frame(self, index, rate=30.0):
        self.index = index
        image = GROUND.copy()
        if self.places[index] is not None:
            x1, y1, x2, y2 = self.box.astype(int)
            image[y1:y2, x1:x2] = 255 - image[y1:y2, x1:x2] // 2
        if self.noise:
            seen = image[150:550, 250:500]
            grain = np.random.default_rng(index).normal(0, self.noise, seen.shape)
            seen[:] = np.clip(seen + grain, 0, 255)
        return Frame(index, index / rate, image)

    @property
    def box(self):
        return BOX + np.array([self.places[self.index], 0] * 2, np.float32)

    def detect(self, image):
        self.looks.append(self.index)
        boxes = [] if self.places[self.index] is None else [self.box]
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32))

    def close(self):
        pass

    def estimate(self, image, boxes):
        if len(boxes):
            self.reads.append(self.index)
        place, score = self.places[self.index], 0.9
        place, score = (0, 0.05) if place is None else (place, score)
        keypoints = np.repeat((POSE + np.array([place, 0]))[None], len(boxes), axis=0).astype(np.float32)
        return Poses(keypoints, np.full((len(boxes), 17), score, np.float32), COCO_17)


def tracked(places, *, rate=30.0, noise=0, **settings):
    scene = Scene(places, noise=noise)
    settings = {"detect_every": 6, "skip_still": True, **settings}
    pipeline = Pipeline(scene, scene, settings=PipelineSettings(**settings))
    return scene, [pipeline.process(scene.frame(index, rate)) for index in range(len(places))]


def frames_of(clip, first, count):
    with open_source(shared(SHARED_CLIPS / clip)) as source:
        source.seek(source.frame_times()[first])
        return list(islice(source, count))


def left_out(results):
    return [bool(result.unread.any()) for result in results]


@pytest.fixture(scope="module")
def real_pipeline():
    pipeline = build_pipeline(FAST)
    yield pipeline
    pipeline.close()


@pytest.fixture(scope="module")
def portrait(real_pipeline):
    """Real frames of a woman who holds still, and what came of them with and without leaving her out."""
    frames = frames_of("single_portrait.mp4", 0, 14)
    pipeline = build_pipeline(FAST.changed({"skip_still": False}))
    each = [pipeline.process(frame) for frame in frames]
    pipeline.close()
    return [real_pipeline.process(frame) for frame in frames], each


@pytest.fixture
def process(real_pipeline, portrait):
    """Results of real frames that follow on nothing; behind the portrait, as numbers of people go on counting."""

    def processed(frames):
        real_pipeline.reset()
        return [real_pipeline.process(frame) for frame in frames]

    return processed


def test_who_holds_still_is_read_in_every_second_frame(portrait):
    sparing, each = portrait
    out = left_out(sparing)
    assert sum(out) >= 4 and not any(out[:2]), "nobody is left out before they were read twice"
    assert not any(one and other for one, other in pairwise(out)), "never two frames in a row"
    assert not any(left_out(each))
    for result in np.array(sparing, object)[out]:
        assert np.isnan(result.raw.keypoints).all() and (result.raw.scores == 0).all()
        assert set(result.states.ravel().tolist()) == {KeypointState.PREDICTED, KeypointState.MISSING}


def test_nothing_else_changes_for_who_is_left_out(portrait):
    sparing, each = portrait
    heights = float(each[-1].tracks.boxes[0, 3] - each[-1].tracks.boxes[0, 1])
    for result, usual in zip(sparing, each, strict=True):
        assert result.tracks.ids.tolist() == usual.tracks.ids.tolist() == [1]
        assert result.tracks.states.tolist() == [TrackState.TRACKED]
        assert result.tracks.boxes == pytest.approx(usual.tracks.boxes, abs=0.08 * heights)
        away = np.linalg.norm(result.known_keypoints - usual.known_keypoints, axis=2)
        assert np.nanmean(away) < 0.015 * heights
    for before, result in pairwise(sparing):
        if result.unread.any():
            assert result.smoothed.scores[0] == pytest.approx(before.smoothed.scores[0]), "confidence does not flicker"


def test_who_walks_is_read_in_every_frame(process):
    results = process(frames_of("walk_single.mp4", 40, 10))
    assert sum(len(result) for result in results) >= 8
    assert not any(left_out(results))


def test_a_picture_that_changes_is_read_at_once(process):
    """One moment again and again, then one ten seconds later in a frame that would have been left out."""
    still, later = frames_of("single_portrait.mp4", 0, 1)[0], frames_of("single_portrait.mp4", 240, 1)[0]
    for last, is_read in ((still, False), (later, True)):
        shown = [still] * 4 + [last]
        out = left_out(process([replace(frame, index=at, time_s=at / 24) for at, frame in enumerate(shown)]))
        assert out[2] and not out[3] and out[4] != is_read


def test_the_detector_looks_as_often_as_else():
    still = [0] * 40
    scene, results = tracked(still)
    usual, _ = tracked(still, skip_still=False)
    assert scene.looks == usual.looks
    assert usual.reads == list(range(40)) and 20 <= len(scene.reads) <= 24
    assert set(scene.looks) <= set(scene.reads), "where the detector looks everybody is read"
    assert all(result.tracks.ids.tolist() == [1] for result in results)


def test_the_noise_of_a_cheap_camera_is_no_movement():
    usual, noisy = tracked([0] * 12)[1], tracked([0] * 12, noise=8)[1]
    assert left_out(noisy) == left_out(usual) and sum(left_out(noisy)) >= 3
    assert not any(left_out(tracked([9 * index for index in range(12)], noise=8)[1]))


def test_one_who_begins_to_move_is_read_from_then_on():
    scene, results = tracked([0] * 12 + [12 * step for step in range(1, 15)])
    assert any(left_out(results[:12])) and not any(left_out(results[13:]))
    assert scene.reads[-13:] == list(range(13, 26))


@pytest.mark.parametrize("gone_at", [9, 10])
def test_who_is_gone_is_not_invented(gone_at):
    """Whether the frame would have been left out or not."""
    _, results = tracked([0] * gone_at + [None] * 12)
    assert any(left_out(results[:gone_at])) and not any(left_out(results[gone_at:]))
    assert results[gone_at].tracks.states.tolist() == [TrackState.PREDICTED]


@pytest.mark.parametrize(
    ("rate", "longest_gap_s", "saves"), [(30.0, 0.5, True), (15.0, 0.5, False), (30.0, 0.05, False)]
)
def test_slow_pictures_and_short_gaps_leave_nobody_out(rate, longest_gap_s, saves):
    _, results = tracked([0] * 20, rate=rate, smoothing=SmoothingSettings(max_gap_s=longest_gap_s))
    assert any(left_out(results)) == saves


def test_fast_pictures_are_never_left_out_twice_in_a_row():
    _, results = tracked([0] * 24, rate=120.0)
    out = left_out(results)
    assert sum(out) >= 8 and not any(one and other for one, other in pairwise(out))


@pytest.mark.parametrize("kind", SMOOTHERS)
def test_every_smoother_shows_them(kind):
    _, results = tracked([0] * 20, smoothing=SmoothingSettings(kind=kind))
    assert any(left_out(results))
    for result in results:
        assert result.smoothed.keypoints[0] == pytest.approx(POSE, abs=0.5)
        assert result.smoothed.scores == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize("kind", SMOOTHERS)
def test_joints_are_carried_on_for_one_frame_alone(kind):
    """Sessions of earlier versions hold people in view without any joint for longer."""
    _, results = tracked([0] * 20)
    bare = Poses(np.full((1, 17, 2), np.nan, np.float32), np.zeros((1, 17), np.float32), COCO_17)
    results = [replace(result, raw=bare) if result.frame_index >= 3 else result for result in results]
    again = [poses for _, poses, _ in smooth_again(results, SmoothingSettings(kind=kind, max_gap_s=0.3))]
    assert np.isfinite(again[1].keypoints).all() and np.isnan(again[15].keypoints).all()


def test_who_holds_still_is_no_uncertain_stretch(tmp_path):
    _, results = tracked([0] * 60)
    with Session.create(tmp_path / "still.ppnet", made_header()) as session:
        for result in results:
            session.append(result)
        session.finish()
        sightings = session.sightings()
    assert sum(left_out(results)) > 20 and sightings.certain.all()
    (lane,) = lanes_of(sightings)
    assert not lane.uncertain


def test_of_whom_a_joint_is_carried_on_is_read_in_every_frame():
    scene = Scene([0] * 30)
    pipeline = Pipeline(scene, scene, settings=PipelineSettings(detect_every=6, skip_still=True))
    whole = scene.estimate

    def hidden_wrist(image, boxes):
        poses = whole(image, boxes)
        scores = poses.scores.copy()
        scores[:, 9] = 0.1 if scene.index >= 10 else 0.9
        return Poses(poses.keypoints, scores, COCO_17)

    scene.estimate = hidden_wrist
    results = [pipeline.process(scene.frame(index)) for index in range(30)]
    carried = [int(result.states[0, 9]) == KeypointState.PREDICTED for result in results]
    out = left_out(results)
    assert sum(carried[11:24]) == 13 and not any(out[12:24])
    assert any(out[27:]), "when it is given up the others are spared again"


def test_it_can_be_switched_off_and_forgets_with_a_jump():
    scene = Scene([0] * 40)
    pipeline = Pipeline(scene, scene, settings=PipelineSettings(detect_every=20, skip_still=True))
    first = [pipeline.process(scene.frame(index)) for index in range(10)]
    pipeline.apply(replace(pipeline.settings, skip_still=False))
    second = [pipeline.process(scene.frame(index)) for index in range(10, 20)]
    pipeline.apply(replace(pipeline.settings, skip_still=True))
    pipeline.reset()
    third = [pipeline.process(scene.frame(index)) for index in range(20, 30)]
    assert any(left_out(first)) and not any(left_out(second))
    assert not any(left_out(third[:2])) and any(left_out(third))


def test_only_one_person_is_left_out_too():
    scene, results = tracked([0] * 20, only=PersonAt(350, 300))
    assert sum(left_out(results)) >= 6 and len(scene.reads) == 20 - sum(left_out(results))


@pytest.mark.parametrize("change", ["smoother", "network"])
def test_after_another_smoother_or_network_everybody_is_read_first(change):
    scene, usual = tracked([0] * 16)
    at = left_out(usual).index(True, 4)
    pipeline, results = Pipeline(scene, scene, settings=PipelineSettings(detect_every=6, skip_still=True)), []
    for index in range(16):
        if index == at and change == "smoother":
            pipeline.apply(replace(pipeline.settings, smoothing=SmoothingSettings("one_euro")))
        if index == at and change == "network":
            pipeline.estimator = MpiiScene(scene)
        results.append(pipeline.process(scene.frame(index)))
    assert left_out(results[:at]) == left_out(usual[:at])
    assert not any(left_out(results[at : at + 2])) and any(left_out(results[at + 2 :]))
    assert all((result.states != KeypointState.MISSING).all() for result in results)


class MpiiScene:
    """Another network, with other joints."""

    def __init__(self, scene):
        self.scene = scene

    def estimate(self, image, boxes):
        poses = self.scene.estimate(image, boxes)
        return Poses(poses.keypoints[:, :16], poses.scores[:, :16], MPII_16)
