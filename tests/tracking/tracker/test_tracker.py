import sys
import tracemalloc
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.figures import SIZE_WH, Walker, filmed, straight
from tracking import boxes as box_math
from tracking.evaluate.identity import clip_matches, identity_scores
from tracking.evaluate.run import track_clip
from tracking.evaluate.simulate import Faults, SimulatedNetwork, TrueBoxes
from tracking.pipeline import Pipeline
from tracking.pipeline_settings import PipelineSettings
from tracking.tracker import appearance, association, frame_evidence, similarity
from tracking.tracker.frame_evidence import pose_scores
from tracking.tracker.settings import AppearanceSettings, MotionSettings, TrackerSettings
from tracking.tracker.tracker import Tracker
from tracking.types import Detections, TrackState


def clock(seconds, rate=30):
    return np.arange(int(seconds * rate)) / rate


def film(walkers, seconds=5, rate=30, every=3, network=True, **settings):
    """Scores and results of a scene with perfect boxes and a network that sees who stands in front."""
    truth = filmed(walkers, clock(seconds, rate))
    detector = TrueBoxes(truth)
    estimator = SimulatedNetwork(truth) if network else NoJoints()
    pipeline = Pipeline(detector, estimator, settings=PipelineSettings(detect_every=every, **settings))
    stand_ins = [detector, estimator] if network else [detector]
    results = track_clip(truth, pipeline, stand_ins=stand_ins)
    return identity_scores([clip_matches(truth, results)]), results


class NoJoints:
    def estimate(self, image, boxes):
        return Poses.empty(COCO_17, len(boxes))


def step(tracker, time_s, boxes=(), scores=None, size_wh=SIZE_WH, looked=True):
    """One frame by boxes alone."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    scores = np.full(len(boxes), 0.9, np.float32) if scores is None else np.array(scores, np.float32)
    detections = Detections(boxes, scores) if looked else None
    asked = tracker.associate(detections, time_s, size_wh=size_wh)
    return tracker.update(Poses.empty(COCO_17, len(asked)))[0]


def standing(x, y=300, width=100, height=250):
    return [x, y, x + width, y + height]


CROSSING = [Walker(straight(200, 150)), Walker(straight(1000, -150, 580), 285, phase=1)]


@pytest.mark.parametrize("every", [1, 15])
def test_two_who_cross_keep_their_numbers(every):
    scores, results = film(CROSSING, every=every)
    assert scores.switches == 0
    assert scores.idf1 > 0.97
    assert max(result.tracks.ids.max() for result in results) == 2


def test_two_who_cross_slowly_at_one_distance():
    walkers = [Walker(straight(400, 60)), Walker(straight(700, -60, 595), 297, phase=1)]
    scores, _ = film(walkers)
    assert scores.switches == 0
    assert scores.idf1 > 0.95


def test_two_who_meet_and_turn_back():
    walkers = [
        Walker(lambda t: (400 + 40 * t if t < 4 else 560 - 40 * (t - 4), 600)),
        Walker(lambda t: (740 - 40 * t if t < 4 else 580 + 40 * (t - 4), 580), 285, phase=2),
    ]
    scores, _ = film(walkers, seconds=8)
    assert scores.switches == 0


def test_crossing_by_boxes_alone():
    scores, _ = film(CROSSING, every=1, network=False)
    assert scores.switches == 0


def test_six_in_a_crowd():
    walkers = [
        Walker(straight(100 + 200 * i, (-1) ** i * (60 + 25 * i), 540 + 20 * i), 220 + 15 * i, phase=i)
        for i in range(6)
    ]
    scores, _ = film(walkers)
    assert scores.switches == 0
    assert scores.idf1 > 0.95


def test_leaving_and_entering_share_no_number():
    walkers = [
        Walker(straight(300, -120)),
        Walker(lambda t: (-100 + 120 * (t - 4), 600), phase=2),
    ]
    scores, results = film(walkers, seconds=7)
    assert scores.switches == 0
    assert {int(i) for result in results for i in result.tracks.ids} == {1, 2}
    assert results[0].tracks.ids.tolist() == [1]
    assert results[-1].tracks.ids.tolist() == [2]


@pytest.mark.parametrize(("first_x", "number"), [(150, 2), (600, 1)])
def test_who_walks_out_is_given_up_and_who_is_hidden_is_not(first_x, number):
    """Unseen for 0.9 s; then someone stands there: another one at the border, the same one in the middle."""
    tracker = Tracker()
    for index in range(30):
        step(tracker, index / 30, [standing(max(first_x - 5 * index, first_x - 150))])
    for index in range(30, 57):
        step(tracker, index / 30)
    for index in range(57, 70):
        result = step(tracker, index / 30, [standing(first_x - 150 if number == 2 else first_x - 280)])
    assert result.ids.tolist() == [number]


@pytest.mark.parametrize("rate", [24, 60])
def test_frame_rate_does_not_matter(rate):
    scores, _ = film(CROSSING, rate=rate)
    assert scores.switches == 0
    assert scores.people == 2


def test_same_input_same_answer():
    first, second = film(CROSSING)[1], film(CROSSING)[1]
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.tracks.ids, b.tracks.ids)
        assert np.array_equal(a.tracks.boxes, b.tracks.boxes)


def test_everyone_is_there_from_the_first_frame():
    tracker = Tracker()
    tracks = step(tracker, 0.0, [standing(100), standing(500)], [0.35, 0.31])
    assert tracks.ids.tolist() == [1, 2]


def test_unsure_people_wait_and_sure_ones_do_not():
    tracker = Tracker()
    step(tracker, 0.0, [standing(100)])
    assert step(tracker, 0.1, [standing(100), standing(500), standing(900)], [0.9, 0.4, 0.6]).ids.tolist() == [1, 2]
    assert tracker.needs_detection
    assert step(tracker, 0.2, [standing(100), standing(500), standing(900)], [0.9, 0.4, 0.6]).ids.tolist() == [1, 2, 3]
    assert not tracker.needs_detection


def test_a_false_find_gets_no_number():
    tracker = Tracker()
    step(tracker, 0.0, [standing(100)])
    step(tracker, 0.1, [standing(100), standing(500)], [0.9, 0.4])
    for k in range(2, 10):
        assert step(tracker, k / 10, [standing(100)]).ids.tolist() == [1]


def test_weak_detections_keep_but_do_not_begin():
    tracker = Tracker()
    step(tracker, 0.0, [standing(100)])
    for k in range(1, 20):
        tracks = step(tracker, k / 10, [standing(100), standing(700)], [0.2, 0.2])
        assert tracks.ids.tolist() == [1]
        assert tracks.states.tolist() == [TrackState.TRACKED]


class Reader:
    """A network that is sure of people in some boxes only: `sure(box)`."""

    def __init__(self, sure):
        self.sure = sure

    def estimate(self, boxes):
        at = np.linspace(0.1, 0.9, 17)[None, :, None]
        keypoints = boxes[:, None, :2] + at * (boxes[:, None, 2:] - boxes[:, None, :2])
        scores = np.array([[0.8 if self.sure(box) else 0.2] * 17 for box in boxes], np.float32).reshape(-1, 17)
        return Poses(keypoints.astype(np.float32), scores, COCO_17)


def read_step(tracker, time_s, boxes, scores, reader):
    found = Detections(np.array(boxes, np.float32), np.array(scores, np.float32))
    return tracker.update(reader.estimate(tracker.associate(found, time_s, size_wh=SIZE_WH)))[0]


def test_who_is_nobody_to_the_network_waits_for_a_sure_detection():
    tracker, reader = Tracker(), Reader(lambda box: box[0] < 450)
    boxes = [standing(100), standing(500)]
    for k in range(6):
        assert read_step(tracker, k / 10, boxes, [0.9, 0.45], reader).ids.tolist() == [1]
    assert read_step(tracker, 0.6, boxes, [0.9, 0.55], reader).ids.tolist() == [1]
    assert read_step(tracker, 0.7, boxes, [0.9, 0.55], reader).ids.tolist() == [1, 2]


def test_a_weak_detection_keeps_only_who_is_somebody_to_the_network():
    tracker = Tracker()
    boxes = [standing(100), standing(500)]
    for k in range(3):
        assert read_step(tracker, k / 10, boxes, [0.9, 0.6], Reader(lambda box: True)).ids.tolist() == [1, 2]
    for k in range(3, 12):
        tracks = read_step(tracker, k / 10, boxes, [0.2, 0.2], Reader(lambda box: box[0] < 450))
    assert tracks.ids.tolist() == [1]
    assert tracks.states.tolist() == [TrackState.TRACKED]


@pytest.mark.parametrize(("move", "joints_off", "same"), [((55, 120), (-15, -45), True), ((90, 190), (0, 0), False)])
def test_some_overlap_and_some_likeness_make_one_person_together(move, joints_off, same):
    """A box that jumps by half a person: neither overlap nor likeness is enough by itself."""
    tracker, reader = Tracker(TrackerSettings(min_iou=0.2, min_oks=0.3)), Reader(lambda box: True)
    first = np.array(standing(100), np.float32)
    read_step(tracker, 0.0, [first], [0.9], reader)
    later = first + np.tile(move, 2)
    asked = tracker.associate(Detections(later[None], np.array([0.9], np.float32)), 0.1, size_wh=SIZE_WH)
    answer = reader.estimate(asked)
    tracks, _ = tracker.update(Poses(answer.keypoints + np.float32(joints_off), answer.scores, COCO_17))
    assert tracks.ids.tolist() == ([1] if same else [1, 2])


def test_occlusion_of_less_than_two_seconds_is_survived():
    tracker = Tracker()
    for k in range(10):
        step(tracker, k / 10, [standing(100 + 5 * k)])
    for k in range(10, 28):
        tracks = step(tracker, k / 10)
        shown = (tracks.ids.tolist(), tracks.states.tolist())
        assert shown == (([1], [TrackState.PREDICTED]) if k <= 14 else ([], []))
    assert step(tracker, 2.8, [standing(100 + 5 * 28)]).ids.tolist() == [1]


def test_a_newcomer_at_the_door_is_not_who_came_in_there_and_was_lost_elsewhere():
    """Joints fade between two looks, then the detector misses: lost there, not where the walk began."""
    tracker = Tracker()
    for k in range(20):
        read_step(tracker, k / 10, [standing(40 + 40 * k)], [0.9], Reader(lambda box: True))
    faded = Reader(lambda box: False)
    tracker.update(faded.estimate(tracker.associate(None, 2.0, size_wh=SIZE_WH)))
    for k in range(21, 26):
        read_step(tracker, k / 10, np.zeros((0, 4)), np.zeros(0), faded)
    tracks = read_step(tracker, 2.6, [standing(40)], [0.9], Reader(lambda box: True))
    assert tracks.ids[tracks.states == TrackState.TRACKED].tolist() == [2]


def test_longer_absence_ends_a_number():
    tracker = Tracker(TrackerSettings(lost_life_s=1.0))
    step(tracker, 0.0, [standing(100)])
    for k in range(1, 13):
        step(tracker, k / 10)
    assert step(tracker, 1.3, [standing(100)]).ids.tolist() == [2]


def test_numbers_are_never_used_again():
    tracker = Tracker()
    assert step(tracker, 0.0, [standing(100)]).ids.tolist() == [1]
    tracker.reset()
    assert step(tracker, 0.0, [standing(100)]).ids.tolist() == [2]
    assert Tracker().update  # another instance counts for itself
    assert step(Tracker(), 0.0, [standing(100)]).ids.tolist() == [1]


def test_time_that_jumps_forgets_everyone():
    tracker = Tracker()
    step(tracker, 10.0, [standing(100)])
    assert step(tracker, 10.0, [standing(100)]).ids.tolist() == [1], "the same time again is no jump"
    assert step(tracker, 9.0, [standing(100)]).ids.tolist() == [2], "back"
    assert step(tracker, 99.0, [standing(100)]).ids.tolist() == [3], "far ahead"
    assert step(tracker, 99.1, [standing(100)], size_wh=(640, 480)).ids.tolist() == [4], "another picture size"
    with pytest.raises(ValueError, match="finite"):
        tracker.associate(None, float("nan"), size_wh=SIZE_WH)


def test_boxes_that_are_none():
    tracker = Tracker()
    odd = [
        [5, 5, 5, 90],
        [np.nan, 0, 9, 9],
        [-500, 0, -300, 90],
        [2000, 0, 2100, 90],
        [90, 90, 10, 10],
        [0, 0, 1e9, 1e9],
    ]
    tracks = step(tracker, 0.0, odd)
    assert tracks.ids.tolist() == [1], "only the huge one touches the picture; it is cut to it"
    assert tracks.boxes[0] == pytest.approx([0, 0, *SIZE_WH])
    assert len(step(tracker, 5.0)) == 0


def test_partly_outside():
    tracker = Tracker()
    tracks = step(tracker, 0.0, [[-50, 300, 80, 600]])
    assert tracks.boxes[0] == pytest.approx([0, 300, 80, 600])


def test_second_box_on_one_person_is_dropped():
    truth = filmed([Walker(straight(400, 50))], clock(1))
    network = SimulatedNetwork(truth)
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    for index, frame in enumerate(truth.frames):
        network.index = index
        whole = frame.boxes[0]
        upper = whole * [1, 1, 1, 0] + [0, 0, 0, whole[1] + 0.6 * (whole[3] - whole[1])]
        found = Detections(np.array([whole, upper], np.float32), np.array([0.9, 0.8], np.float32))
        boxes = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        tracks, _ = tracker.update(network.estimate(black, boxes))
        assert tracks.ids.tolist() == [1]


def test_joints_hold_a_person_whom_the_detector_misses_but_not_for_ever():
    truth = filmed([Walker(straight(400, 50))], clock(4))
    network = SimulatedNetwork(truth)
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    states = []
    for index, frame in enumerate(truth.frames):
        network.index = index
        found = Detections(frame.boxes.astype(np.float32), np.ones(1, np.float32)) if index == 0 else Detections.empty()
        boxes = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        tracks, _ = tracker.update(network.estimate(black, boxes))
        states.append(tracks.states.tolist())
    assert states[28] == [TrackState.TRACKED]
    assert states[40] == [TrackState.PREDICTED]
    assert states[60] == []


def test_who_is_left_out_on_purpose_stays_in_view():
    """The detector looks at every sixth frame; of the others every second one is left out."""
    truth = filmed([Walker(straight(400, 0))], clock(1))
    network = SimulatedNetwork(truth)
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    before = None
    for index, frame in enumerate(truth.frames):
        network.index = index
        found = Detections(frame.boxes.astype(np.float32), np.ones(1, np.float32)) if index % 6 == 0 else None
        boxes = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        poses = network.estimate(black, boxes)
        left_out = np.array([index % 2 == 1] * len(boxes))
        assert tracker.sure_ids.tolist() == [0 if index % 6 == 0 else 1]
        poses = Poses.empty(COCO_17, len(boxes)) if left_out.any() else poses
        tracks, raw = tracker.update(poses, left_out=left_out)
        assert (tracks.ids.tolist(), tracks.states.tolist()) == ([1], [TrackState.TRACKED])
        assert tracker.needs_detection == (index < 2), "once more after someone new, and then no more"
        assert np.isnan(raw.keypoints).all() == left_out.any()
        if left_out.any():
            assert tracks.boxes == pytest.approx(before, abs=2), "the box stays where it was seen"
        before = tracks.boxes


def test_whom_the_detector_missed_is_not_left_out():
    truth = filmed([Walker(straight(400, 0))], clock(1))
    network = SimulatedNetwork(truth)
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    for index, frame in enumerate(truth.frames[:6]):
        network.index = index
        found = Detections(frame.boxes.astype(np.float32), np.ones(1, np.float32)) if index == 0 else None
        boxes = tracker.associate(Detections.empty() if index == 3 else found, frame.time_s, size_wh=truth.size_wh)
        assert tracker.sure_ids.tolist() == [1 if index in (1, 2) else 0]
        tracks, _ = tracker.update(network.estimate(black, boxes))
        assert tracks.states.tolist() == [TrackState.TRACKED]


def test_boxes_follow_the_joints_between_two_looks():
    """The detector looks once; who speeds up after that is still in the box."""
    walker = Walker(lambda t: (300 + 100 * t**2, 600))
    truth = filmed([walker], clock(2))
    network = SimulatedNetwork(truth)
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    for index, frame in enumerate(truth.frames):
        network.index = index
        found = Detections(frame.boxes.astype(np.float32), np.ones(1, np.float32)) if index == 0 else None
        boxes = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        tracks, poses = tracker.update(network.estimate(black, boxes))
    assert tracks.boxes[0, [0, 2]].mean() == pytest.approx(walker.path(truth.frames[-1].time_s)[0], abs=20)
    assert np.isfinite(poses.keypoints).all()


def test_boxes_widen_with_the_stride_between_two_looks():
    walker = Walker(straight(400, 60))
    truth = filmed([walker], clock(1.5))
    network = SimulatedNetwork(truth, faults=Faults(noise=0, drift=0, wild=0, exchanged=0))
    tracker, black = Tracker(), np.zeros((720, 1280, 3), np.uint8)
    errors = []
    for index, frame in enumerate(truth.frames):
        network.index = index
        found = Detections(frame.boxes.astype(np.float32), np.ones(1, np.float32)) if index == 0 else None
        tracks, _ = tracker.update(
            network.estimate(black, tracker.associate(found, frame.time_s, size_wh=truth.size_wh))
        )
        errors.append(float(tracks.boxes[0, 2] - tracks.boxes[0, 0] - (frame.boxes[0, 2] - frame.boxes[0, 0])))
    assert np.ptp(truth.frames[0].boxes[0, ::2]) <= 90 < max(np.ptp(f.boxes[0, ::2]) for f in truth.frames)
    assert np.abs(errors).max() < 30


@pytest.mark.parametrize("exchanged", [False, True])
def test_two_boxes_with_the_same_joints_are_one_person_and_one_hidden(exchanged):
    """Between two looks the network finds the front person in both boxes, once perhaps with left and right
    exchanged: the other one is only predicted."""
    tracker = Tracker()
    boxes = [standing(100), standing(260)]
    step(tracker, 0.0, boxes)
    middle = np.array([310.0, 425.0])
    pose = np.stack([np.linspace(-40, 40, 17), np.linspace(-110, 110, 17)], axis=1) + middle
    pose[1::2, 0] -= 40
    states = []
    for k in range(1, 4):
        asked = tracker.associate(None, k / 30, size_wh=SIZE_WH)
        same = np.repeat(pose[None], len(asked), axis=0).astype(np.float32)
        if exchanged:
            same[0] = same[0][COCO_17.flip_index]
        tracks, poses = tracker.update(Poses(same, np.full((len(asked), 17), 0.9, np.float32), COCO_17))
        states.append(tracks.states.tolist())
    assert states[-1] == [TrackState.PREDICTED, TrackState.TRACKED]
    assert np.isnan(poses.keypoints[0]).all()
    assert np.isfinite(poses.keypoints[1]).all()


@pytest.mark.parametrize(("left", "described"), [(125, [1]), (100, [])])
def test_colours_are_described_only_where_known_ones_may_decide(left, described, monkeypatch):
    """Of two people with the same joints the one behind never showed their colours, so that theirs add a half for sure:
    nothing to be described of them, nor of the other where both fit too differently for colours to change that."""
    counts, describe = [], frame_evidence.describe
    monkeypatch.setattr(
        frame_evidence, "describe", lambda image, boxes, *how: counts.append(len(boxes)) or describe(image, boxes, *how)
    )
    tracker, image = Tracker(), np.random.default_rng(0).integers(0, 255, (*SIZE_WH[::-1], 3), np.uint8)
    found = Detections(np.array([standing(100), standing(150)], np.float32), np.array([0.9, 0.9], np.float32))
    tracker.update(Poses.empty(COCO_17, len(tracker.associate(found, 0.0, size_wh=SIZE_WH))), image=image)
    assert counts == [1]
    asked = tracker.associate(None, 1 / 30, size_wh=SIZE_WH)
    around = [left - 12.5, 268.75, left + 112.5, 581.25]  # its joints reach as far as somebody standing at `left`
    pose = Reader(lambda box: True).estimate(np.array([around] * len(asked)))
    tracks, _ = tracker.update(pose, image=image)
    assert counts[1:] == described
    assert sorted(tracks.states.tolist()) == [TrackState.TRACKED, TrackState.PREDICTED]


def test_most_people():
    tracker = Tracker(TrackerSettings(max_people=2))
    three = [standing(100, height=150), standing(500, height=250), standing(900, height=200)]
    tracks = step(tracker, 0.0, three)
    assert tracks.boxes[:, 0] == pytest.approx([500, 900]), "the largest come first"
    assert step(tracker, 0.1, three).ids.tolist() == [1, 2]


def test_nobody_and_no_look():
    tracker = Tracker()
    assert tracker.needs_detection
    assert len(step(tracker, 0.0)) == 0
    assert len(step(tracker, 0.1, looked=False)) == 0
    step(tracker, 0.2, [standing(100)])
    assert step(tracker, 0.3, looked=False).ids.tolist() == [1]


def test_calls_come_in_pairs():
    tracker = Tracker()
    with pytest.raises(ValueError, match="associate"):
        tracker.update(Poses.empty(COCO_17))
    tracker.associate(Detections(np.array([standing(1)], np.float32), np.ones(1)), 0.0, size_wh=SIZE_WH)
    with pytest.raises(ValueError, match="1 poses wanted"):
        tracker.update(Poses.empty(COCO_17, 2))


def test_joints_that_are_nan():
    truth = filmed(CROSSING, clock(2))
    tracker = Tracker()
    for frame in truth.frames:
        found = Detections(frame.boxes.astype(np.float32), np.full(len(frame), 0.9, np.float32))
        boxes = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        nothing = np.full((len(boxes), 17, 2), np.nan, np.float32)
        poses = Poses(nothing, nothing[..., 0], COCO_17)
        tracks, _ = tracker.update(poses)
        assert tracks.ids.tolist() == [1, 2]
        assert np.isfinite(tracks.boxes).all()


@pytest.mark.parametrize(
    "settings",
    [{"high_score": 1.5}, {"min_iou": -0.1}, {"lost_life_s": -1}, {"confirm_hits": 0}, {"max_people": 0},
     {"shown_lost_s": float("nan")}],
)  # fmt: skip
def test_settings_have_limits(settings):
    with pytest.raises(UserError, match=f"{next(iter(settings))}|--max-people"):
        TrackerSettings(**settings)


def test_settings_of_motion_and_appearance_have_limits():
    with pytest.raises(UserError, match="measured_share must be between 0 and 1"):
        MotionSettings(measured_share=1.1)
    with pytest.raises(UserError, match="spread must be less than 1,000,000,000, not inf"):
        AppearanceSettings(spread=float("inf"))


def test_pose_score_is_of_the_better_half():
    assert pose_scores(np.array([[1.0] * 9 + [0.0] * 8, [0.5] * 17])).tolist() == [1, 0.5]
    assert pose_scores(np.zeros((0, 17))).shape == (0,)
    assert pose_scores(np.zeros((2, 0))).tolist() == [0, 0]


def test_a_stadium_keeps_its_numbers():
    """Nine hundred people in rows, each moving on a little; in a third of the frames the detector does not look."""
    tracker = Tracker()
    corners = np.stack(np.meshgrid(np.arange(30) * 120, np.arange(30) * 70), axis=-1).reshape(-1, 2)
    for k in range(4):
        shift = corners + np.array([3 * k, 0])
        boxes = np.concatenate([shift, shift + np.array([40, 60])], axis=1).astype(np.float32)
        found = Detections(boxes, np.full(len(boxes), 0.9, np.float32)) if k != 2 else None
        asked = tracker.associate(found, k / 30, size_wh=(3840, 2160))
        tracks, poses = tracker.update(Reader(lambda box: True).estimate(asked))
        assert tracks.ids.tolist() == list(range(1, 901))
        assert np.abs(tracks.boxes - boxes).max() < 8
        assert np.isfinite(poses.keypoints).all()


def rows_of_people(people, apart):
    """Boxes (N, 4) of people 40 wide and 60 high, `apart` (2,) pixels from one to the next."""
    columns = int(np.sqrt(people))
    corners = np.stack([np.arange(people) % columns, np.arange(people) // columns], axis=1) * apart + 20.0
    return np.concatenate([corners, np.add(corners, (40, 60))], axis=1)


def work_in_a_crowd(first, monkeypatch):
    """What a frame with a look of the detector costs at most, in numbers that no busy computer changes: calls of Python
    functions, pairs of people whose joints or colours are compared, cells of assignments, bytes at once, pairs of boxes
    that overlap.

    first: (N, 4) boxes in the beginning; all move a little and are missed at times.
    """
    counts = Counter()

    def counted(module, name, size):
        plain = getattr(module, name)

        def count(first, *others):
            counts[name] += size(first)
            return plain(first, *others)

        monkeypatch.setattr(module, name, count)

    @contextmanager
    def watched():
        sys.setprofile(lambda _frame, event, _argument: counts.update([event]) if event == "call" else None)
        tracemalloc.start()
        try:
            yield
            counts["bytes"] = max(counts["bytes"], tracemalloc.get_traced_memory()[1])
        finally:
            sys.setprofile(None)
            tracemalloc.stop()

    counted(similarity, "_keypoint_similarity", len)
    counted(appearance, "paired_similarity", len)
    counted(appearance, "similarity", len)
    counted(association, "cheapest_pairs", np.size)
    rng, tracker, most = np.random.default_rng(0), Tracker(), Counter()
    people, size_wh = len(first), tuple((first[:, 2:].max(axis=0) + 40).astype(int).tolist())
    image = rng.integers(0, 255, (size_wh[1], size_wh[0], 3), dtype=np.uint8)
    for k in range(3):
        shift = np.add(rng.normal(0, 2, (people, 2)), [2 * k, 0])
        boxes = (first + np.tile(shift, 2))[rng.random(people) > 0.05].astype(np.float32)
        found = Detections(boxes, rng.uniform(0.4, 0.95, len(boxes)).astype(np.float32))
        counts.clear()
        with watched():
            asked = tracker.associate(found, k / 30, size_wh=size_wh)
        poses = Reader(lambda box: True).estimate(asked)
        with watched():
            tracker.update(poses, image=image)
        counts["overlaps"] = int((box_math.iou_matrix(boxes, boxes) > 0).sum())
        most |= counts
    return most


def test_a_thousand_people_cost_little_more_each_than_a_hundred(monkeypatch):
    """Nobody is compared in detail with more than the neighbours, nothing goes person by person or pair by pair."""
    with monkeypatch.context() as patch:
        few, many = (work_in_a_crowd(rows_of_people(people, (25, 40)), patch) for people in (100, 1000))
    for pairs in ("_keypoint_similarity", "similarity"):
        assert 0 < many[pairs] < 15 * few[pairs]
    assert many["cheapest_pairs"] <= 1000**2  # one assignment for everybody, not one for each stage
    assert many["call"] < 3 * few["call"]
    assert many["bytes"] < 100 * 1000**2  # some numbers for each pair, none for each joint of a pair
    with monkeypatch.context() as patch:
        scattered = work_in_a_crowd(rows_of_people(1000, (90, 85)), patch)
    assert scattered["cheapest_pairs"] == 0
    assert scattered["_keypoint_similarity"] < 2000 and scattered["paired_similarity"] < 2000


@pytest.mark.parametrize(("room", "compared"), [((1820, 780), 2.5), ((400, 300), 1.0)])
def test_a_thousand_people_who_all_cover_many_others(room, compared, monkeypatch):
    """Joints are compared of those near one another, colours of all with all in one product, no pair by itself."""
    rng, sizes = np.random.default_rng(1), np.array([100, 300])
    corners = rng.uniform(0, room, (1000, 2))
    work = work_in_a_crowd(np.concatenate([corners, corners + sizes], axis=1), monkeypatch)
    assert work["overlaps"] > 50_000
    assert 0 < work["_keypoint_similarity"] < compared * work["overlaps"]
    assert 0 < work["similarity"] <= 1000 and work["paired_similarity"] < 2000
    assert work["cheapest_pairs"] <= 2 * 1000**2
    assert work["bytes"] < 100 * 1000**2
