import dataclasses

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16, Skeleton
from tracking.smoothing import SMOOTHERS, SmoothingSettings, make_smoother
from tracking.types import KeypointState

BOX = np.array([[100, 100, 200, 400]], np.float32)
ONE = np.array([1])
LIVE = tuple(SMOOTHERS)
STILL = np.stack([np.linspace(110, 190, 17), np.linspace(110, 390, 17)], axis=1)


def poses(keypoints, score=0.9):
    keypoints = np.asarray(keypoints, np.float32).reshape(-1, 17, 2)
    return Poses(keypoints, np.broadcast_to(np.float32(score), keypoints.shape[:2]).copy(), COCO_17)


def walk(time_s, speed=60.0):
    return STILL + np.array([speed * time_s, 0])


def run(smoother, frames, rate=30.0, score=0.9):
    """Smoothed keypoints (T, 17, 2) and states (T, 17) of one person."""
    answers = [smoother.update(ONE, poses(f, score), BOX, i / rate) for i, f in enumerate(frames)]
    return np.array([a[0].keypoints[0] for a in answers]), np.array([a[1][0] for a in answers])


def jitter(curves):
    return float(np.sqrt((np.diff(curves, n=3, axis=0) ** 2).mean()))


@pytest.mark.parametrize("name", LIVE)
def test_contract(name):
    """Every smoother: shapes, states, people who come and go, nobody, time that stands or jumps."""
    smoother = make_smoother(SmoothingSettings(kind=name))
    for time_s, ids in ((0.0, [1]), (0.1, [2, 1]), (0.2, []), (0.3, [2]), (0.3, [2]), (9.0, [2]), (1.0, [2, 3])):
        given = poses(np.repeat(STILL[None], len(ids), 0))
        boxes = np.repeat(BOX, len(ids), 0)
        smoothed, states = smoother.update(np.array(ids, np.int64), given, boxes, time_s)
        assert smoothed.keypoints.shape == (len(ids), 17, 2)
        assert states.shape == (len(ids), 17)
        assert (states == KeypointState.MEASURED).all()
        assert smoothed.keypoints == pytest.approx(given.keypoints, abs=1)


@pytest.mark.parametrize("name", LIVE)
def test_weak_and_nan_joints_are_missing(name):
    smoother = make_smoother(SmoothingSettings(kind=name, min_score=0.5))
    keypoints, scores = STILL[None].astype(np.float32).copy(), np.full((1, 17), 0.9, np.float32)
    scores[0, 3] = 0.49
    keypoints[0, 4] = np.nan
    smoothed, states = smoother.update(ONE, Poses(keypoints, scores, COCO_17), BOX, 0.0)
    assert states[0, [3, 4]].tolist() == [KeypointState.MISSING] * 2
    assert np.isnan(smoothed.keypoints[0, [3, 4]]).all()
    assert (smoothed.scores[0, [3, 4]] == 0).all()
    assert (states[0, 5:] == KeypointState.MEASURED).all()


@pytest.mark.parametrize("name", ["kalman", "one_euro"])
def test_calmer_and_not_far_behind(name):
    rng = np.random.default_rng(0)
    truth = np.array([walk(i / 30) for i in range(120)])
    noisy = truth + rng.normal(0, 3, truth.shape)
    smoothed, _ = run(make_smoother(SmoothingSettings(kind=name)), noisy)
    assert jitter(smoothed[15:]) < jitter(noisy[15:]) / 1.5
    assert np.abs((smoothed - truth)[30:].mean(axis=(0, 1))).max() < 3, "lag at walking speed"


@pytest.mark.parametrize("name", ["kalman", "one_euro"])
def test_strength_makes_calmer(name):
    rng = np.random.default_rng(0)
    noisy = STILL + rng.normal(0, 3, (90, 17, 2))
    strengths = (0, 25, 50, 75, 100)
    levels = [jitter(run(make_smoother(SmoothingSettings(kind=name, strength=s)), noisy)[0][30:]) for s in strengths]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] < levels[0] / 3


def test_near_and_far_are_equally_calm():
    """The same motion and noise, four times larger: the same curve, four times larger."""
    rng = np.random.default_rng(0)
    noisy = STILL + rng.normal(0, 2, (60, 17, 2))
    small, large = make_smoother(SmoothingSettings(kind="kalman")), make_smoother(SmoothingSettings(kind="kalman"))
    for i, frame in enumerate(noisy):
        a, _ = small.update(ONE, poses(frame), BOX, i / 30)
        b, _ = large.update(ONE, poses(4 * frame), 4 * BOX, i / 30)
        assert b.keypoints == pytest.approx(4 * a.keypoints, rel=1e-4)


def test_steps_in_time_are_the_files_own():
    """Frames left out of a straight walk change nothing; pretending they came evenly would."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 4, 120))
    smoother = make_smoother(SmoothingSettings(kind="kalman"))
    for time_s in times:
        smoothed, _ = smoother.update(ONE, poses(walk(time_s, 200)), BOX, time_s)
        if time_s > 0.5:
            assert smoothed.keypoints[0] == pytest.approx(walk(time_s, 200), abs=0.5)


def test_weak_joints_weigh_less():
    """A jump of the same size moves a joint of low confidence less."""
    moved = []
    for score in (0.9, 0.3):
        smoother = make_smoother(SmoothingSettings(kind="kalman", min_score=0.2))
        for i in range(20):
            smoother.update(ONE, poses(STILL), BOX, i / 30)
        smoothed, _ = smoother.update(ONE, poses(STILL + np.array([6, 0]), score), BOX, 20 / 30)
        moved.append((smoothed.keypoints[0] - STILL)[:, 0].mean())
    assert moved[0] > 1.5 * moved[1] > 0


def test_an_outlier_is_refused_and_marked():
    frames = np.array([walk(i / 30) for i in range(40)])
    frames[30, 9] += [120, -80]
    smoothed, states = run(make_smoother(SmoothingSettings(kind="kalman")), frames)
    assert states[30, 9] == KeypointState.PREDICTED
    assert smoothed[30, 9] == pytest.approx(walk(1.0)[9], abs=3)
    assert states[31, 9] == KeypointState.MEASURED


def test_a_true_jump_is_believed_before_long():
    frames = np.array([STILL + ([150, 0] if i >= 20 else [0, 0]) for i in range(60)])
    smoothed, states = run(make_smoother(SmoothingSettings(kind="kalman")), frames)
    assert (states[20:22] == KeypointState.PREDICTED).all()
    assert (states[25:] == KeypointState.MEASURED).all()
    assert smoothed[40:] == pytest.approx(frames[40:], abs=15)
    assert smoothed[-1] == pytest.approx(frames[-1], abs=2)
    assert np.abs(np.diff(smoothed, axis=0)).max() < 100, "it glides"


def test_short_gaps_are_filled_and_long_ones_are_not():
    frames = np.array([walk(i / 30) for i in range(60)])
    frames[20:44, 9] = np.nan
    smoother = make_smoother(SmoothingSettings(kind="kalman", max_gap_s=0.5))
    smoothed, states = run(smoother, frames)
    assert (states[20:35, 9] == KeypointState.PREDICTED).all()
    assert smoothed[25, 9] == pytest.approx(walk(25 / 30)[9], abs=5)
    assert (states[35:44, 9] == KeypointState.MISSING).all()
    assert np.isnan(smoothed[35:44, 9]).all()
    assert (states[44:, 9] == KeypointState.MEASURED).all()
    assert smoothed[44, 9] == pytest.approx(frames[44, 9]), "begun anew"
    assert (states[:, 8] == KeypointState.MEASURED).all()


def test_scores_fade_in_a_gap():
    frames = np.array([walk(i / 30) for i in range(30)])
    frames[20:, 9] = np.nan
    smoother = make_smoother(SmoothingSettings(kind="kalman"))
    scores = [smoother.update(ONE, poses(f), BOX, i / 30)[0].scores[0, 9] for i, f in enumerate(frames)]
    assert scores[19] == pytest.approx(0.9)
    assert np.all(np.diff(scores[19:]) < 0)


def test_unseen_joints_go_on_with_the_body():
    """A hand that flew up when it was lost doesn't leave the walking body."""
    frames = np.array([walk(i / 30, 90) for i in range(40)])
    frames[:, 9, 1] -= np.maximum(np.arange(40) - 15, 0) * 12.0
    frames[20:, 9] = np.nan
    smoothed, _ = run(make_smoother(SmoothingSettings(kind="kalman")), frames)
    assert smoothed[34, 9, 0] - smoothed[34, 7, 0] == pytest.approx(STILL[9, 0] - STILL[7, 0], abs=15)
    assert smoothed[34, 9, 1] > smoothed[20, 9, 1] - 150


def crossing_legs(i):
    """Legs that pass each other in side view."""
    frame = walk(i / 30)
    swing = 60 * np.sin(2 * np.pi * i / 33)
    for left, right, size in ((13, 14, 0.6), (15, 16, 1.0)):
        middle = (frame[left] + frame[right]) / 2
        apart = np.array([size * swing, 5])
        frame[left], frame[right] = middle + apart, middle - apart
    return frame


@pytest.mark.parametrize("undo", [True, False])
def test_exchanged_legs_are_put_back(undo):
    truth = np.array([crossing_legs(i) for i in range(60)])
    given = truth.copy()
    twins = COCO_17.flip_index
    for i in (38, 39, 40):
        given[i, [13, 14, 15, 16]] = truth[i][twins[[13, 14, 15, 16]]]
    settings = SmoothingSettings(undo_swaps=undo, gate=100.0)
    smoothed, states = run(make_smoother(settings.named("kalman")), given)
    worst = np.abs(smoothed - truth)[37:43, 13:].max()
    assert (worst < 12) == undo
    assert (states == KeypointState.MEASURED).all()


def test_legs_that_only_cross_are_left_alone():
    truth = np.array([crossing_legs(i) for i in range(99)])
    smoothed, _ = run(make_smoother(SmoothingSettings(kind="kalman", strength=20)), truth)
    assert np.abs(smoothed - truth).max() < 8


def test_a_lasting_exchange_is_believed():
    """If the network says otherwise for long it was the track that was wrong."""
    truth = np.array([STILL for _ in range(60)])
    truth[:, 15], truth[:, 16] = STILL[15] + [30, 0], STILL[15] - [30, 0]
    given = truth.copy()
    given[:10, [15, 16]] = truth[:10, [16, 15]]
    smoothed, _ = run(make_smoother(SmoothingSettings(kind="kalman")), given)
    assert smoothed[-1] == pytest.approx(truth[-1], abs=2)
    assert np.abs(np.diff(smoothed[1:, [15, 16]], axis=0)).max() < 40, "they glide to the other side, 60 pixels away"


def test_constant_acceleration_follows_curves():
    times = np.arange(60) / 30
    truth = np.array([STILL + np.array([80 * np.sin(2 * np.pi * t), 0]) for t in times])
    errors = []
    for use in (False, True):
        smoothed, _ = run(
            make_smoother(SmoothingSettings(kind="kalman", strength=80, gate=50, use_acceleration=use)), truth
        )
        errors.append(np.abs(smoothed - truth)[30:].mean())
    assert errors[1] < errors[0] / 2


def test_other_joint_sets():
    smoother = make_smoother(SmoothingSettings(kind="kalman"))
    for skeleton in (MPII_16, Skeleton("plain", ("a", "b", "c", "d", "e"), edges=())):
        count = len(skeleton)
        given = Poses(np.ones((1, count, 2), np.float32), np.ones((1, count), np.float32), skeleton)
        smoothed, _ = smoother.update(ONE, given, BOX, 0.0)
        assert smoothed.keypoints.shape == (1, count, 2) and smoothed.skeleton is skeleton


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [np.nan] * 4, [50, 50, 10, 10]])
@pytest.mark.parametrize("name", LIVE)
def test_boxes_without_size(name, box):
    smoother = make_smoother(SmoothingSettings(kind=name))
    for i in range(5):
        smoothed, _ = smoother.update(ONE, poses(STILL), np.array([box], np.float32), i / 30)
        assert np.isfinite(smoothed.keypoints).all()


@pytest.mark.parametrize(
    "change",
    [{"kind": "magic"}, {"strength": 101}, {"strength": float("nan")}, {"min_score": 2}, {"max_gap_s": -1},
     {"gate": 0}, {"distrust_s": float("inf")}],
)  # fmt: skip
def test_settings_have_limits(change):
    with pytest.raises(UserError):
        SmoothingSettings(**change)


def test_the_slider_means_what_it_says():
    at = {s: dataclasses.replace(SmoothingSettings(), strength=s) for s in (0, 50, 100)}
    assert [at[s].agility for s in at] == pytest.approx([1000, 10, 0.1])
    assert [at[s].cutoff_hz for s in at] == pytest.approx([10, 1, 0.1])
    assert set(SMOOTHERS) == set(LIVE)


@pytest.mark.parametrize("name", LIVE)
def test_who_is_not_read_in_a_frame_keeps_joints_and_confidence(name):
    smoother = make_smoother(SmoothingSettings(kind=name))
    rng = np.random.default_rng(0)
    places, scores = [], []
    for index in range(40):
        is_left_out = index > 3 and index % 2 == 1
        given = Poses.empty(COCO_17, 1) if is_left_out else poses(STILL + rng.normal(0, 1, STILL.shape))
        smoothed, states = smoother.update(ONE, given, BOX, index / 30, np.array([is_left_out]))
        assert (states == (KeypointState.PREDICTED if is_left_out else KeypointState.MEASURED)).all()
        places.append(smoothed.keypoints[0])
        scores.append(smoothed.scores[0])
    assert np.array(scores) == pytest.approx(0.9, abs=1e-6)
    assert np.abs(np.array(places) - STILL).max() < 8


def test_the_1_euro_filter_takes_a_gap_for_the_time_it_lasts():
    """Or whoever moves would seem to move twice as fast after each, and be smoothed less."""
    rng = np.random.default_rng(0)
    frames = [walk(index / 30) + rng.normal(0, 2, STILL.shape) for index in range(90)]
    whole, _ = run(make_smoother(SmoothingSettings(kind="one_euro")), frames)
    halved, _ = run(make_smoother(SmoothingSettings(kind="one_euro")), frames[::2], rate=15.0)
    with_gaps, _ = run(
        make_smoother(SmoothingSettings(kind="one_euro")),
        [frame if index % 2 == 0 else np.full_like(frame, np.nan) for index, frame in enumerate(frames)],
    )
    assert with_gaps[::2] == pytest.approx(halved, abs=1e-3)
    assert jitter(whole) < jitter(np.array(frames))


def test_the_1_euro_filter_holds_a_joint_as_long_as_a_gap_may_be():
    frames = np.array([STILL] * 60)
    frames[20:50, 9] = np.nan
    smoothed, states = run(make_smoother(SmoothingSettings(kind="one_euro", max_gap_s=0.5)), frames)
    assert (states[20:34, 9] == KeypointState.PREDICTED).all() and smoothed[33, 9] == pytest.approx(STILL[9], abs=1e-3)
    assert (states[36:50, 9] == KeypointState.MISSING).all() and np.isnan(smoothed[36:50, 9]).all()
    assert (states[50:, 9] == KeypointState.MEASURED).all()


def test_who_is_not_read_moves_half_as_far_as_they_went():
    smoother = make_smoother(SmoothingSettings(kind="kalman"))
    for index in range(40):
        smoother.update(ONE, poses(walk(index / 30)), BOX, index / 30)
    unread = smoother.update(ONE, Poses.empty(COCO_17, 1), BOX, 40 / 30, np.array([True]))[0].keypoints[0]
    assert unread == pytest.approx(walk(39.5 / 30), abs=0.2)
