import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.figures import Walker
from tracking.tracker import frame_evidence
from tracking.tracker.appearance import describe, similarity
from tracking.tracker.tracker import Tracker
from tracking.types import Detections, TrackState

RED, BLUE, GREEN = (190, 40, 50), (40, 60, 180), (60, 150, 70)
ROSE = (190, 75, 85)


def picture(people, light=1.0):
    """Grey, with people as two patches of cloth: (x, top colour, trouser colour)."""
    rng = np.random.default_rng(0)
    image = np.full((400, 800, 3), 120.0)
    for x, top, bottom in people:
        image[60:180, x : x + 80] = top
        image[180:300, x : x + 80] = bottom
    return np.clip(image * light + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)


def boxes_at(*xs):
    return np.array([[x - 10, 20, x + 90, 340] for x in xs], np.float32)


def test_the_same_clothes_are_known_again_in_another_place_and_light():
    first = describe(picture([(100, RED, BLUE), (500, GREEN, BLUE)]), boxes_at(100, 500), Poses.empty(COCO_17, 2))
    second = describe(picture([(300, RED, BLUE)], light=0.92), boxes_at(300), Poses.empty(COCO_17, 1))
    found = similarity(first, second)[:, 0]
    assert found[0] > 0.75
    assert found[1] < found[0] - 0.2
    assert similarity(first, first).diagonal() == pytest.approx([1, 1], abs=1e-3)


def test_joints_show_where_the_clothes_are():
    image = picture([(100, RED, BLUE)])
    wide = np.array([[0, 20, 600, 340]], np.float32)  # most of the box is wall
    keypoints = np.full((1, 17, 2), np.nan, np.float32)
    for left, right, y in ((5, 6, 70), (11, 12, 175), (13, 14, 290)):
        keypoints[0, left], keypoints[0, right] = (170, y), (110, y)
    scores = np.where(np.isfinite(keypoints[..., 0]), 0.9, 0).astype(np.float32)
    tight = describe(image, boxes_at(100), Poses.empty(COCO_17, 1))
    assert similarity(describe(image, wide, Poses(keypoints, scores, COCO_17)), tight)[0, 0] > 0.9
    assert similarity(describe(image, wide, Poses.empty(COCO_17, 1)), tight)[0, 0] < 0.6


@pytest.mark.parametrize("box", [[-90, -90, -10, -10], [10, 10, 10, 10], [0, 0, 1, 1], [-1e6, -1e6, 1e6, 1e6]])
def test_boxes_that_show_nothing(box):
    found = describe(picture([]), np.array([box], np.float32), Poses.empty(COCO_17, 1))
    assert np.isfinite(found).all()
    assert describe(picture([]), np.zeros((0, 4), np.float32), Poses.empty(COCO_17)).shape[0] == 0


def step(tracker, time_s, people):
    """Where everybody with an id is, after one frame with `people`."""
    image = picture(people)
    found = Detections(boxes_at(*[x for x, _, _ in people]).reshape(-1, 4), np.full(len(people), 0.9, np.float32))
    asked = tracker.associate(found, time_s, size_wh=(800, 400))
    tracks, _ = tracker.update(Poses.empty(COCO_17, len(asked)), image=image)
    return {int(i): float(b[0]) for i, b in zip(tracks.ids, tracks.boxes, strict=True)}


@pytest.mark.parametrize("other", [GREEN, ROSE])
def test_two_who_hide_together_come_out_with_their_own_numbers(other):
    """Both vanish in one place and come out the wrong way round for their speed: only the clothes tell."""
    tracker = Tracker()
    for k in range(10):
        seen = step(tracker, k / 10, [(100 + 20 * k, RED, BLUE), (600 - 20 * k, other, BLUE)])
    assert seen[1] < seen[2]
    for k in range(10, 20):
        step(tracker, k / 10, [])
    for k in range(20, 26):
        seen = step(tracker, k / 10, [(400 + 20 * (k - 20), other, BLUE), (300 - 20 * (k - 20), RED, BLUE)])
    assert set(seen) == {1, 2}
    assert seen[1] < seen[2]


def test_clothes_come_before_place_where_they_speak_clearly():
    """Who changes places between two looks keeps the number; who turns up in other clothes keeps it too."""
    tracker = Tracker()
    for k in range(6):
        seen = step(tracker, k / 5, [(300, RED, BLUE), (400 - 20 * min(k, 2), GREEN, BLUE)])
    assert seen[1] < seen[2]
    seen = step(tracker, 6 / 5, [(300, GREEN, BLUE), (360, RED, BLUE)])
    assert seen[2] < seen[1]
    assert set(step(tracker, 7 / 5, [(300, BLUE, RED), (360, RED, BLUE)])) == {1, 2}


@pytest.mark.parametrize(("apart", "looks"), [(90, False), (25, True)])
def test_colours_are_looked_at_only_where_they_may_decide(apart, looks, monkeypatch):
    """One person is read in the boxes of two: whose joints they were is plain, or not."""
    walkers = [Walker(lambda _time_s, x=x: (x, 600.0)) for x in (500, 500 + apart)]
    points, boxes = (np.array([getattr(walker, name)(0.0) for walker in walkers], np.float32)
                     for name in ("keypoints", "box"))  # fmt: skip
    boxes[1, 1] += 40  # not one person twice
    tracker, sure = Tracker(), np.ones((2, 17), np.float32)
    image = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    tracker.associate(Detections(boxes, np.full(2, 0.9, np.float32)), 0.0, size_wh=(1280, 720))
    assert len(tracker.update(Poses(points, sure, COCO_17), image=image)[0]) == 2
    tracker._people.colours[:] = describe(image, boxes, Poses(points, sure, COCO_17))
    seen = []
    monkeypatch.setattr(frame_evidence, "describe", lambda *given: seen.append(given) or describe(*given))
    assert len(tracker.associate(None, 1 / 30, size_wh=(1280, 720))) == 2
    tracks, _ = tracker.update(Poses(points[[1, 1]], sure, COCO_17), image=image)
    assert tracks.states.tolist() == [TrackState.PREDICTED, TrackState.TRACKED]
    assert bool(seen) == looks
