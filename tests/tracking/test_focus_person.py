"""One person followed alone: only they are read and reported, and nobody takes their place."""

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.test_pipeline import POSE
from tracking.focus_person import EVERYONE, SOON_S, FocusPerson, PersonAt
from tracking.pipeline import Pipeline
from tracking.pipeline_settings import PipelineSettings
from tracking.tracker.settings import TrackerSettings
from tracking.types import Detections, Frame, Tracks

RATE = 10.0
pytestmark = pytest.mark.filterwarnings("error")  # nor does anything grumble about boxes that nobody read


class Scene:
    """People by name: (x of the middle, y of the middle) at a frame, or None; 100 x 300 px each."""

    def __init__(self, **people):
        self.people = people
        self.index = 0
        self.read = []

    def middles(self):
        places = (place(self.index) for place in self.people.values())
        return np.array([place for place in places if place is not None], np.float32).reshape(-1, 2)

    def detect(self, image):
        middles = self.middles()
        half = np.array([50.0, 150.0], np.float32)
        boxes = np.concatenate([middles - half, middles + half], axis=1)
        return Detections(boxes, np.full(len(boxes), 0.9, np.float32))

    def close(self):
        pass

    def estimate(self, image, boxes):
        """Joints where somebody stands in the box; nothing where nobody does."""
        self.read.append(boxes.copy())
        middles = self.middles()
        keypoints = np.zeros((len(boxes), 17, 2), np.float32)
        scores = np.zeros((len(boxes), 17), np.float32)
        for row, box in enumerate(boxes):
            away = np.abs(middles - (box[:2] + box[2:]) / 2).max(axis=1) if len(middles) else np.array([1e9])
            if len(middles) and away.min() < 60:
                keypoints[row] = POSE - POSE.mean(axis=0) + middles[away.argmin()]
                scores[row] = 0.9
        return Poses(keypoints, scores, COCO_17)


def run(scene, count, pipeline=None, *, only=None, start=0, **settings):
    pipeline = pipeline or Pipeline(scene, scene, settings=PipelineSettings(only=only, detect_every=1, **settings))
    results = []
    for index in range(start, start + count):
        scene.index = index
        results.append(pipeline.process(Frame(index, index / RATE, np.zeros((480, 1280, 3), np.uint8))))
    return results, pipeline


def standing(x):
    return lambda index: (x, 240.0)


def test_only_the_chosen_one_is_read_and_reported_from_the_moment_on():
    scene = Scene(left=standing(200.0), middle=standing(600.0), right=standing(1000.0))
    results, pipeline = run(scene, 12, only=PersonAt(610, 200, 0.5))
    assert [len(r) for r in results] == [3] * 5 + [1] * 7
    chosen = results[-1]
    assert (chosen.tracks.boxes[0, 0] + chosen.tracks.boxes[0, 2]) / 2 == pytest.approx(600, abs=5)
    assert chosen.tracks.ids.tolist() == [pipeline.focus.track_id] == results[5].tracks.ids.tolist()
    assert [len(boxes) for boxes in scene.read] == [3] * 6 + [1] * 6, "the others cost nothing any more"
    assert np.isfinite(chosen.raw.keypoints).all() and len(chosen.states) == 1


def test_nobody_takes_the_place_of_who_is_gone():
    gone = lambda index: (600.0, 240.0) if index < 8 else None
    scene = Scene(chosen=gone, other=lambda index: (1000.0 - 20 * min(index, 20), 240.0))
    results, pipeline = run(scene, 40, only=PersonAt(600, 240, 0.0))
    mine = pipeline.focus.track_id
    assert all(set(r.tracks.ids.tolist()) <= {mine} for r in results)
    assert [len(r) for r in results[:8]] == [1] * 8
    # The other one comes to stand in the very place; nobody is reported all the same.
    assert scene.people["other"](39) == (600.0, 240.0)
    assert not any(len(r) for r in results[20:])


def test_two_who_pass_each_other_keep_apart():
    there = lambda index: (200.0 + 25 * index, 235.0)
    back = lambda index: (1000.0 - 25 * index, 245.0)
    scene = Scene(there=there, back=back)
    results, _ = run(scene, 32, only=PersonAt(200, 240, 0.0))
    ends = [(r.tracks.boxes[0, 0] + r.tracks.boxes[0, 2]) / 2 for r in results if len(r)]
    assert len(ends) >= 28 and ends[-1] == pytest.approx(there(31)[0], abs=40)


def test_others_who_merge_are_left_unread_in_peace():
    near = lambda index: (880.0, 240.0)
    nearer = lambda index: (1010.0 - 12 * min(index, 10), 240.0)
    results, _ = run(Scene(chosen=standing(860.0), near=near, nearer=nearer, far=standing(200.0)), 16,
                     only=PersonAt(200, 240, 0.2))  # fmt: skip
    assert [len(r) for r in results[2:]] == [1] * 14


def test_a_short_absence_ends_with_the_same_number():
    away = lambda index: None if 8 <= index < 14 else (600.0, 240.0)
    results, pipeline = run(Scene(chosen=away, other=standing(1000.0)), 22, only=PersonAt(600, 240, 0.0))
    assert results[-1].tracks.ids.tolist() == [pipeline.focus.track_id]


def test_a_place_where_nobody_comes_leaves_everybody():
    scene = Scene(left=standing(200.0), right=standing(1000.0))
    results, pipeline = run(scene, 30, only=PersonAt(600, 240, 0.2))
    assert pipeline.focus.is_missed and pipeline.focus.track_id is None
    assert all(len(r) == 2 for r in results) and 30 / RATE > 0.2 + SOON_S


def test_of_two_at_the_place_the_one_whose_middle_is_nearest():
    scene = Scene(left=standing(560.0), right=standing(640.0))
    results, _ = run(scene, 4, only=PersonAt(632, 240, 0.0))
    assert results[-1].tracks.boxes[0, 2] > 680


def test_the_choice_is_not_kept_from_the_smaller_ones_by_a_limit():
    small = standing(1000.0)
    scene = Scene(first=standing(200.0), small=small)
    results, _ = run(scene, 5, only=PersonAt(1000, 240, 0.0), tracker=TrackerSettings(max_people=1))
    assert len(results[-1]) == 1 and results[-1].tracks.boxes[0, 0] > 900


def test_switched_on_and_off_between_two_frames():
    scene = Scene(left=standing(200.0), right=standing(1000.0))
    everybody, pipeline = run(scene, 5)
    pipeline.apply(PipelineSettings(only=PersonAt(1000, 240, 0.5), detect_every=1))
    alone, _ = run(scene, 5, pipeline, start=5)
    pipeline.apply(PipelineSettings(detect_every=1))
    again, _ = run(scene, 5, pipeline, start=10)
    assert [len(r) for r in (*everybody, *alone, *again)] == [2] * 5 + [1] * 5 + [2] * 5
    assert again[-1].tracks.ids.tolist() == everybody[-1].tracks.ids.tolist()


def tracks(*middles):
    """People 1, 2, ... at (x, y) of their middles."""
    boxes = np.array([[x - 50, y - 150, x + 50, y + 150] for x, y in middles], np.float32).reshape(-1, 4)
    ids = np.arange(1, len(boxes) + 1)
    states = np.zeros(len(boxes), np.uint8)
    return Tracks(ids, boxes, np.ones(len(boxes), np.float32), states)


def test_a_focus_waits_for_somebody_and_then_follows_them():
    waiting = FocusPerson.waiting(PersonAt(600, 240, 1.0))
    assert waiting.after(tracks((600, 240)), 0.9) is waiting, "not yet"
    assert waiting.after(tracks((100, 240)), 1.5) is waiting, "somebody else"
    followed = waiting.after(tracks((100, 240), (600, 240)), 1.5)
    assert followed.track_id == 2 and not followed.is_waiting
    assert followed.after(tracks((600, 240)), 1.6) is followed, "and nobody takes their place"


def test_a_focus_gives_up_in_time():
    waiting = FocusPerson.waiting(PersonAt(600, 240, 1.0))
    missed = waiting.after(tracks((600, 240)), 1.1 + SOON_S)
    assert missed.is_missed and missed.is_everyone and not missed.is_waiting
    assert EVERYONE.is_everyone and not EVERYONE.is_missed
    known = FocusPerson.waiting(waiting.place, known_as=7)
    assert known.after(tracks(), 1.1 + SOON_S).track_id == 7, "who was known before is still followed"


def test_a_place_must_be_numbers():
    with pytest.raises(UserError, match="place of a person"):
        PersonAt(float("nan"), 1)


def test_a_stream_that_does_not_begin_at_zero():
    scene = Scene(left=standing(200.0), right=standing(1000.0))
    results, pipeline = run(scene, 5, only=PersonAt(1000, 240, 0.0), start=5000)
    assert [len(r) for r in results] == [1] * 5 and pipeline.focus.track_id is not None


def test_after_a_jump_nobody_else_is_taken_for_the_person_whose_moment_is_over():
    scene = Scene(anna=standing(300), ben=standing(900))
    results, pipeline = run(scene, 10, only=PersonAt(300, 240, 0.5))
    assert [len(result) for result in results[-2:]] == [1, 1]
    pipeline.reset()
    scene.people = {"ben": standing(320), "clara": standing(900)}  # another stands at the place by now
    later, _ = run(scene, 10, pipeline, start=300)
    assert [len(result) for result in later[-3:]] == [2, 2, 2], "nobody knows who it is: everybody is read"
    pipeline.reset()
    scene.people = {"anna": standing(300), "ben": standing(900)}
    before, _ = run(scene, 10, pipeline, start=0)
    assert [len(result) for result in (before[2], before[9])] == [2, 1], "their moment comes again"
