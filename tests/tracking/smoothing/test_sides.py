"""Left and right: exchanged answers of a walker seen from the side are found, in time and in hindsight."""

import numpy as np
import pytest

from ppnet.skeleton import COCO_17, Skeleton
from tracking.smoothing.noise import measurement_variance
from tracking.smoothing.sides import Decision, SideWays, exchanges
from tracking.smoothing.twins import twins_of

RATE, SIDE = 30.0, 300.0
KNEES, ANKLES = (13, 14), (15, 16)
TWINS = twins_of(COCO_17)
LEGS, HIPS = int(TWINS.group_of[ANKLES[0]]), int(TWINS.group_of[11])


def walk(frames: int, *, noise: float = 3.0, rate: float = RATE) -> np.ndarray:
    """(T, 17, 2) of somebody who walks past: knees and ankles swing by each other once in half a second."""
    times = np.arange(frames) / rate
    joints = np.stack([np.linspace(110, 130, 17), np.linspace(110, 390, 17)], axis=1) + np.zeros((frames, 1, 1))
    joints[..., 0] += 60 * times[:, None]
    for reach, (left, right) in ((25.0, KNEES), (50.0, ANKLES)):
        swing = reach * np.sin(2 * np.pi * times)
        joints[:, left, 0], joints[:, right, 0] = 200 + 60 * times + swing, 200 + 60 * times - swing
        joints[:, right, 1] = joints[:, left, 1]
    return joints + np.random.default_rng(4).normal(0, noise, joints.shape)


def with_legs_exchanged(joints: np.ndarray, frames: np.ndarray) -> np.ndarray:
    given = joints.copy()
    for left, right in (KNEES, ANKLES):
        given[frames, left], given[frames, right] = joints[frames, right], joints[frames, left]
    return given


def exchanged_legs(given: np.ndarray, score: float | np.ndarray = 0.7, rate: float = RATE) -> np.ndarray:
    """(T,) what is found over the whole track; nothing but legs may be exchanged."""
    steps = np.full((len(given), 1), 1 / rate)
    scores = np.broadcast_to(score, given.shape[:2]).astype(np.float64)
    found = exchanges(steps, given.swapaxes(1, 2)[:, :, None], scores[:, None], np.full(steps.shape, SIDE), COCO_17)
    assert not np.delete(found[:, 0], LEGS, axis=1).any()
    return found[:, 0, LEGS]


def spans(frames: int, *parts: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(frames, bool)
    for first, last in parts:
        mask[first:last] = True
    return mask


@pytest.mark.parametrize(
    "parts",
    [(), ((5, 12),), ((20, 25), (50, 53), (78, 87)), ((20, 40),)],
    ids=["never", "once", "often", "over a step"],
)
def test_what_the_network_exchanged_is_found(parts):
    wrong = spans(120, *parts)
    assert (exchanged_legs(with_legs_exchanged(walk(120), wrong)) == wrong).all()


def test_more_ways_through_a_track_are_right_more_often():
    """Sixty noisy walks, in three parts of each of which legs are exchanged."""
    frames, walkers = 120, 60
    given, wrong = np.zeros((frames, 2, walkers, 17)), np.zeros((frames, walkers), bool)
    for walker in range(walkers):
        rng = np.random.default_rng(walker)
        joints = walk(frames, noise=0.0)
        joints[:, KNEES + ANKLES] += rng.normal(0, 8, (frames, 4, 2))
        for first in rng.integers(10, 100, 3):
            wrong[first : first + rng.integers(3, 16), walker] = True
        given[:, :, walker] = with_legs_exchanged(joints, wrong[:, walker]).swapaxes(1, 2)
    shape = frames, walkers
    told = np.full(shape, 1 / RATE), given, np.full((*shape, 17), 0.75), np.full(shape, SIDE), COCO_17
    mistakes = {count: int((exchanges(*told, survivors=count)[..., LEGS] != wrong).sum()) for count in (1, 2, 8)}
    assert mistakes[8] < mistakes[2] < mistakes[1]
    assert mistakes[8] < 0.8 * mistakes[1]


def test_unread_frames_change_nothing():
    """Every second frame without an answer: the others are decided alike."""
    wrong = spans(120, (20, 26), (50, 56))
    given = with_legs_exchanged(walk(120), wrong)
    given[1::2] = np.nan
    assert (exchanged_legs(given)[::2] == wrong[::2]).all()


def test_an_answer_counts_once_however_long_the_pause_before_it():
    """Ten frames a second: each would else count for two or three, and the surest could not be found exchanged."""
    wrong = spans(40, (12, 14), (26, 29))
    assert (exchanged_legs(with_legs_exchanged(walk(40, rate=10), wrong), 0.9, rate=10) == wrong).all()


def test_joints_without_a_twin_and_nobody():
    lonely = Skeleton("lonely", ("nose", "neck"), ((0, 1),))
    found = exchanges(np.full((5, 2), 0.1), np.zeros((5, 2, 2, 2)), np.ones((5, 2, 2)), np.ones((5, 2)), lonely)
    assert found.shape == (5, 2, 0)
    none = exchanges(np.zeros((0, 1)), np.zeros((0, 2, 1, 17)), np.zeros((0, 1, 17)), np.zeros((0, 1)), COCO_17)
    assert none.shape == (0, 1, TWINS.groups)


def decided(ways: SideWays, found: np.ndarray, score: float = 0.7) -> Decision:
    """Of the next answer (N, 17, 2)."""
    people = len(found)
    scores, sides = np.full((people, 17), score), np.full((people, 1), SIDE)
    noise = measurement_variance(sides, scores)
    return ways.decide(found.transpose(2, 0, 1), scores, noise, step_s=1 / RATE, sides=sides)


def live(given: np.ndarray, score: float = 0.7) -> tuple[np.ndarray, np.ndarray, SideWays]:
    """(T,) in which answers legs are found exchanged as they come, in which that was revised, and the ways."""
    ways = SideWays.of(1, COCO_17)
    made = [decided(ways, frame[None], score) for frame in given]
    return np.array([d.swap[0, LEGS] for d in made]), np.array([d.revised[0, LEGS] for d in made]), ways


def test_decided_as_it_comes():
    given = with_legs_exchanged(walk(90), spans(90, (40, 50)))
    swapped, revised, ways = live(given)
    assert (swapped == spans(90, (40, 50))).all()
    assert not revised.any()
    states, known = ways.believed()
    left = TWINS.joints.tolist().index(ANKLES[0])
    assert known[0, left]
    assert states[0, :, 0, left] == pytest.approx(given[-1, ANKLES[0]], abs=12)


def test_an_exchange_that_lasts_is_believed_the_sooner_the_surer_the_network_is():
    given = with_legs_exchanged(walk(120), spans(120, (20, 120)))
    runs = [live(given, score) for score in (0.95, 0.8, 0.6)]
    doubted = [int(swapped.sum()) for swapped, _, _ in runs]
    assert 0 < doubted[0] < doubted[1] < doubted[2] < 60
    assert all(revised.any() for _, revised, _ in runs)


def test_people_keep_their_ways_when_others_come_and_go():
    given = with_legs_exchanged(walk(60), spans(60, (40, 60)))
    alone, among = SideWays.of(1, COCO_17), SideWays.of(1, COCO_17)
    for t, frame in enumerate(given):
        if t == 30:
            among = among.select(np.array([-1, 0, -1]))
        people = 1 if t < 30 else 3
        one, many = decided(alone, frame[None]), decided(among, np.repeat(frame[None], people, axis=0))
        assert (one.swap[0] == many.swap[0 if t < 30 else 1]).all()
    assert one.swap[0, LEGS]
    assert not one.swap[0, HIPS]


def test_joints_that_are_missing_need_no_score():
    wrong, gone = spans(90, (40, 46)), np.random.default_rng(2).random((90, 17)) < 0.2
    given = np.where(gone[..., None], np.nan, with_legs_exchanged(walk(90), wrong))
    told, silent = (exchanged_legs(given, np.where(gone, missing, 0.7)) for missing in (0.0, np.nan))
    assert told.any()
    assert (silent == told).all()
