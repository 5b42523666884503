import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.figures import Walker, filmed, straight
from tracking.evaluate.identity import clip_matches, frame_matches, identity_scores
from tracking.types import FrameResult, Tracks


def answer(index, time_s, ids, boxes):
    count = len(ids)
    tracks = Tracks(
        np.array(ids, np.int64), np.asarray(boxes, np.float32).reshape(-1, 4), np.ones(count), np.ones(count)
    )
    poses = Poses.empty(COCO_17, count)
    return FrameResult(index, time_s, (1280, 720), tracks, poses, poses, np.zeros((count, 17), np.uint8))


@pytest.fixture
def truth():
    return filmed([Walker(straight(200, 50)), Walker(straight(800, -50))], np.arange(40) / 20)


def answers(truth, ids_of):
    """`ids_of(frame index, truth id)` gives the answered id, or None for a miss."""
    results = []
    for index, frame in enumerate(truth.frames):
        kept = [(ids_of(index, int(i)), box) for i, box in zip(frame.ids, frame.boxes, strict=True)]
        kept = [(i, box) for i, box in kept if i is not None]
        results.append(answer(index, frame.time_s, [i for i, _ in kept], [box for _, box in kept]))
    return results


def scored(truth, ids_of):
    return identity_scores([clip_matches(truth, answers(truth, ids_of))])


def test_perfect(truth):
    scores = scored(truth, lambda _, i: i + 6)
    assert (scores.hota, scores.deta, scores.assa, scores.mota, scores.idf1) == pytest.approx((1, 1, 1, 1, 1), abs=1e-6)
    assert (scores.switches, scores.people, scores.boxes) == (0, 2, 80)


def test_one_number_changes_half_way(truth):
    """By the definitions: one of two tracks is cut in halves, so its hits agree with half of their track."""
    scores = scored(truth, lambda t, i: 3 if i == 2 and t >= 20 else i)
    assert scores.switches == 1
    assert scores.mota == pytest.approx(1 - 1 / 80)
    assert scores.idf1 == pytest.approx(60 / 80)
    assert scores.deta == pytest.approx(1)
    assert scores.assa == pytest.approx((1 + 0.5) / 2)
    assert scores.hota == pytest.approx(np.sqrt(0.75))


def test_two_trade_numbers(truth):
    scores = scored(truth, lambda t, i: 3 - i if t >= 20 else i)
    assert scores.switches == 2
    assert scores.idf1 == pytest.approx(0.5)
    assert scores.assa == pytest.approx(20 / 60)


def test_misses_and_false_answers(truth):
    scores = scored(truth, lambda t, i: None if i == 2 else i)
    assert scores.mota == pytest.approx(0.5)
    assert scores.deta == pytest.approx(0.5)
    assert scores.assa == pytest.approx(1)
    results = answers(truth, lambda t, i: i)
    ghost = [5, 5, 60, 90]
    results = [answer(k, r.time_s, [*r.tracks.ids, 9], [*r.tracks.boxes, ghost]) for k, r in enumerate(results)]
    scores = identity_scores([clip_matches(truth, results)])
    assert scores.mota == pytest.approx(0.5)


def test_nobody_answers(truth):
    scores = scored(truth, lambda t, i: None)
    assert (scores.hota, scores.mota) == (0, 0)


def test_hidden_people_count_neither_way(truth):
    frame = truth.frames[0]
    hidden = type(frame)(frame.time_s, frame.ids, frame.boxes, np.array([1, 0.1]), frame.keypoints, frame.visibility)
    both, one = answer(0, 0.0, [1, 2], frame.boxes), answer(0, 0.0, [1], frame.boxes[:1])
    for result in (both, one):
        matches = frame_matches(hidden, result)
        assert matches.truth_ids.tolist() == [1]
        assert matches.answer_ids.tolist() == [1]


def test_clips_add_up(truth):
    good = clip_matches(truth, answers(truth, lambda _, i: i))
    bad = clip_matches(truth, answers(truth, lambda t, i: 3 - i if t >= 20 else i))
    scores = identity_scores([good, bad])
    assert scores.switches == 2
    assert scores.idf1 == pytest.approx(0.75)
    assert scores.hota == pytest.approx(np.sqrt((1 + 1 / 3) / 2))
    with pytest.raises(ValueError, match="no frames"):
        identity_scores([])
    with pytest.raises(ValueError, match="shorter"):
        clip_matches(truth, [])
