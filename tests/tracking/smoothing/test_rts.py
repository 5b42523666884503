import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.results import smooth_results
from tests.tracking.smoothing.test_bank import taylor_step
from tests.tracking.smoothing.test_sides import ANKLES, spans, walk, with_legs_exchanged
from tracking.smoothing import SmoothingSettings, make_smoother
from tracking.smoothing.noise import motion_density
from tracking.smoothing.rts import Trail, _Abreast, _back, _filter, smooth_pieces
from tracking.types import FrameResult, KeypointState, Tracks, TrackState

ROOT = Path(__file__).parents[3]
STILL = np.stack([np.linspace(110, 190, 17), np.linspace(110, 390, 17)], axis=1)


def swinging(times):
    return STILL[None] + np.stack([40 * np.sin(5 * times), 60 * times], axis=1)[:, None]


def smooth_trails(trails, settings=None):
    """Poses and states of each trail, its pieces joined."""
    parts = [[] for _ in trails]
    for piece, (poses, states) in smooth_pieces(trails, settings or SmoothingSettings(kind="rts")):
        parts[piece.trail].append((piece.first, poses.keypoints, poses.scores, states))
    joined = [
        [np.concatenate(column) for column in list(zip(*sorted(one, key=lambda p: p[0]), strict=True))[1:]]
        for one in parts
    ]
    return [(Poses(keypoints, scores, COCO_17), states) for keypoints, scores, states in joined]


def smooth_track(times, keypoints, scores, *, sides):
    poses = Poses(np.asarray(keypoints, np.float32), np.asarray(scores, np.float32), COCO_17)
    return smooth_trails([Trail(np.asarray(times, float), poses, np.asarray(sides, float))])[0]


def rms(difference):
    return float(np.sqrt((difference**2).mean()))


def test_better_than_raw_and_than_live_and_without_lag():
    rng = np.random.default_rng(0)
    times = np.arange(150) / 30
    truth = swinging(times)
    noisy = truth + rng.normal(0, 3, truth.shape)
    poses, states = smooth_track(times, noisy, np.full(truth.shape[:2], 0.9), sides=np.full(150, 300.0))
    smoother = make_smoother(SmoothingSettings())
    box = np.array([[0, 0, 100, 300]], np.float32)
    live = [smoother.update(np.array([1]), _one(noisy[i]), box, t)[0].keypoints[0] for i, t in enumerate(times)]
    assert (states == KeypointState.MEASURED).all()
    assert rms(poses.keypoints - truth) < 0.7 * rms(noisy - truth)
    assert rms(poses.keypoints - truth) < rms(np.array(live) - truth)
    early, late = truth[2:-8], truth[8:-2]  # six frames before and after
    middle = poses.keypoints[5:-5]
    assert rms(middle - early) == pytest.approx(rms(middle - late), rel=0.1), "no lag either way"


def _one(keypoints):
    return Poses(keypoints[None].astype(np.float32), np.full((1, 17), 0.9, np.float32), COCO_17)


def test_gaps_between_are_filled_and_ends_are_not():
    times = np.arange(90) / 30
    truth = swinging(times)
    given, scores = truth.copy(), np.full(truth.shape[:2], 0.9)
    given[30:36, 9] = np.nan
    scores[50:70, 8] = 0.1
    given[:5, 7] = np.nan
    given[80:, 7] = np.nan
    poses, states = smooth_track(times, given, scores, sides=np.full(90, 300.0))
    assert (states[30:36, 9] == KeypointState.PREDICTED).all()
    assert poses.keypoints[30:36, 9] == pytest.approx(truth[30:36, 9], abs=6)
    assert (states[50:70, 8] == KeypointState.MISSING).all(), "longer than max_gap_s"
    assert (states[:5, 7] == KeypointState.MISSING).all()
    assert (states[80:, 7] == KeypointState.MISSING).all()
    assert np.isnan(poses.keypoints[states == KeypointState.MISSING]).all()
    assert (poses.scores[states == KeypointState.MISSING] == 0).all()
    assert np.isfinite(poses.keypoints[states != KeypointState.MISSING]).all()


def test_stretches_apart_do_not_pull_each_other():
    """After a gap that is too long the filter begins anew; nothing of it reaches back."""
    times = np.concatenate([np.arange(20) / 30, 1.3 + np.arange(20) / 30])
    keypoints = np.concatenate([np.tile(STILL, (20, 1, 1)), np.tile(STILL + 300, (20, 1, 1))])
    poses, states = smooth_track(times, keypoints, np.full((40, 17), 0.9), sides=np.full(40, 300.0))
    assert (states == KeypointState.MEASURED).all()
    assert poses.keypoints == pytest.approx(keypoints, abs=0.1)


def test_outliers_are_bridged():
    times = np.arange(60) / 30
    truth = swinging(times)
    given = truth.copy()
    given[30, 9] += 150
    poses, states = smooth_track(times, given, np.full(truth.shape[:2], 0.9), sides=np.full(60, 300.0))
    assert states[30, 9] == KeypointState.PREDICTED
    assert poses.keypoints[30, 9] == pytest.approx(truth[30, 9], abs=4)


def test_mistakes_that_come_in_a_row_are_bridged():
    """Near enough to be believed at first; seen from the whole track they lie off the curve."""
    times = np.arange(90) / 30
    truth = swinging(times)
    given = truth.copy()
    given[40:42, 9] += 15
    poses, _ = smooth_track(times, given, np.full(truth.shape[:2], 0.9), sides=np.full(90, 300.0))
    assert np.abs(poses.keypoints - truth)[30:60, 9].max() < 6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_tracks(count):
    times = np.arange(count) / 30
    poses, states = smooth_track(times, swinging(times), np.ones((count, 17)), sides=np.full(count, 300.0))
    assert poses.keypoints.shape == (count, 17, 2)
    assert (states == KeypointState.MEASURED).all()
    if count:
        assert poses.keypoints == pytest.approx(swinging(times), abs=2)


def test_odd_times_and_sizes():
    times = np.array([0, 0.1, 0.1, 0.2, 5.0, 5.1])
    sides = [300, np.nan, 0, -5, 300, 300]
    poses, states = smooth_track(times, swinging(times), np.ones((6, 17)), sides=sides)
    assert np.isfinite(poses.keypoints).all()
    assert (states == KeypointState.MEASURED).all()
    with pytest.raises(ValueError, match="rise"):
        smooth_track([1.0, 0.5], swinging(np.zeros(2)), np.ones((2, 17)), sides=[300, 300])


def result(index, ids, keypoints, time_s=None):
    count = len(ids)
    raw = Poses(np.asarray(keypoints, np.float32).reshape(count, 17, 2), np.full((count, 17), 0.9, np.float32), COCO_17)
    tracks = Tracks(
        np.array(ids, np.int64), np.tile(np.array([100, 100, 200, 400], np.float32), (count, 1)),
        np.ones(count, np.float32), np.full(count, TrackState.TRACKED, np.uint8),
    )  # fmt: skip
    states = np.full((count, 17), KeypointState.MEASURED, np.uint8)
    return FrameResult(index, index / 30 if time_s is None else time_s, (640, 480), tracks, raw, raw, states)


def test_a_whole_run():
    rng = np.random.default_rng(0)
    times = np.arange(60) / 30
    truth = swinging(times)
    noisy = truth + rng.normal(0, 3, truth.shape)
    run = []
    for i in range(60):
        ids = [1] if i < 20 else [2, 1] if i < 40 else [2]
        run.append(result(i, ids, [noisy[i] + (0 if k == 1 else 300) for k in ids]))
    smoothed = smooth_results(run, SmoothingSettings())
    assert [r.tracks.ids.tolist() for r in smoothed] == [r.tracks.ids.tolist() for r in run]
    alone, _ = smooth_track(times[:40], noisy[:40], np.full((40, 17), 0.9), sides=np.full(40, 300.0))
    for i in range(40):
        row = run[i].tracks.ids.tolist().index(1)
        assert smoothed[i].smoothed.keypoints[row] == pytest.approx(alone.keypoints[i], abs=1e-3)
        assert smoothed[i].raw is run[i].raw
    assert smooth_results([]) == []
    assert len(smooth_results([result(0, [], [])])) == 1


@pytest.mark.parametrize("acceleration", [False, True])
def test_the_way_back_is_that_of_filterpy(acceleration):
    from filterpy.common import Q_continuous_white_noise  # with much of SciPy, which not every worker needs
    from filterpy.kalman import KalmanFilter

    rng = np.random.default_rng(6)
    settings = SmoothingSettings(kind="rts", use_acceleration=acceleration, undo_swaps=False)
    times = np.cumsum(rng.uniform(0.02, 0.06, 40))
    keypoints = (swinging(times) + rng.normal(0, 2, (40, 17, 2))).astype(np.float32)
    keypoints[10:14] = np.nan
    trail = Trail(times, Poses(keypoints, np.full((40, 17), 0.8, np.float32), COCO_17), np.full(40, 300.0))
    abreast, places = _Abreast.of([trail]), np.full((40, 2, 1, 17), np.nan)
    x, P, seen = _filter(abreast, settings, places)
    _back(abreast, x, P, seen.begun, settings, places)
    size, steps_s = settings.state_size, np.diff(times, prepend=times[0])
    F = np.array([taylor_step(size, step_s) for step_s in steps_s])
    density = float(motion_density(np.array(300.0), settings.density))
    Q = np.array([Q_continuous_white_noise(size, step_s, density) for step_s in steps_s])
    for axis, joint in np.ndindex(2, 17):
        states, variances = x[:, :, axis, 0, joint, None], P[..., 0, joint]
        wanted = KalmanFilter(dim_x=size, dim_z=1).rts_smoother(states, variances, F, Q)[0][:, 0, 0]
        np.testing.assert_allclose(places[:, axis, 0, joint], wanted, atol=1e-8)


@pytest.mark.parametrize("acceleration", [False, True])
def test_many_tracks_at_once_are_each_smoothed_for_themselves(acceleration):
    """Of different lengths, rates, sizes and gaps; one track's frames say nothing of another's."""
    rng = np.random.default_rng(4)
    settings = SmoothingSettings(kind="rts", use_acceleration=acceleration)
    trails = []
    for frames, rate in ((0, 30), (50, 30), (90, 24), (1, 30), (70, 60), (80, 25)):
        times = np.cumsum(rng.uniform(0.5, 1.5, frames)) / rate
        keypoints = (swinging(times) + rng.normal(0, 3, (frames, 17, 2))).astype(np.float32)
        keypoints[rng.random((frames, 17)) < 0.2] = np.nan
        poses = Poses(keypoints, np.full((frames, 17), 0.8, np.float32), COCO_17)
        trails.append(Trail(times, poses, np.full(frames, rng.uniform(100, 400))))
    together = smooth_trails(trails, settings)
    for trail, (poses, states) in zip(trails, together, strict=True):
        alone, alone_states = smooth_trails([trail], settings)[0]
        np.testing.assert_allclose(poses.keypoints, alone.keypoints, rtol=1e-6)
        assert (states == alone_states).all()
    assert np.isfinite(together[2][0].keypoints).all(axis=-1).mean() > 0.9


@pytest.mark.parametrize("strength", [50, 90])
def test_a_long_track_smoothed_in_pieces_is_the_same(monkeypatch, strength):
    """Fifteen frames a second: a margin has few rows, and the filter reaches further back than at thirty."""
    rng = np.random.default_rng(5)
    times, settings = np.arange(450) / 15, SmoothingSettings(kind="rts", strength=strength)
    keypoints = (swinging(times) + rng.normal(0, 3, (450, 17, 2))).astype(np.float32)
    keypoints[rng.random((450, 17)) < 0.2] = np.nan
    keypoints[197:202, 9] = np.nan  # a gap across the border of two pieces, and one that is too long
    keypoints[395:415, 8] = np.nan
    trail = Trail(times, Poses(keypoints, np.full((450, 17), 0.8, np.float32), COCO_17), np.full(450, 300.0))
    whole, whole_states = smooth_trails([trail], settings)[0]
    monkeypatch.setattr("tracking.smoothing.rts.PIECE_ROWS", 200)
    pieces, states = smooth_trails([trail], settings)[0]
    assert (states == whole_states).all() and (states[198:202, 9] == KeypointState.PREDICTED).all()
    np.testing.assert_allclose(pieces.keypoints, whole.keypoints, atol=0.01)
    np.testing.assert_allclose(pieces.scores, whole.scores, atol=1e-6)


MEMORY = """
import re
from pathlib import Path
from tests.results import made_result
from tracking import pose_store
from tracking.session.resmoothing import SmoothedRun, smooth_again
from tracking.smoothing import rts
from tracking.smoothing.settings import SmoothingSettings
rts.PIECE_ROWS, rts.MOST_ROWS, rts.MARGIN_S, pose_store.MEMORY_BYTES = 40, 400, 0.5, 2**15
def smoothed(frames):
    return SmoothedRun(smooth_again((made_result(i, [1]) for i in range(frames)), SmoothingSettings(kind="rts")))
def peak_kb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
smoothed(500)
before, kept = peak_kb(), smoothed(2000)
print(1024 * (peak_kb() - before) / 1500, kept.get(1999) is not None, kept.get(2000))
"""


def test_of_each_row_gone_through_at_once_little_more_than_the_filter_is_held():
    """States and covariances of 17 joints are 1,088 bytes a row; places lie in memory once, not once a round."""
    times = np.arange(250) / 30
    poses = Poses(swinging(times).astype(np.float32), np.full((250, 17), 0.8, np.float32), COCO_17)
    trail = Trail(times, poses, np.full(250, 300.0))
    smooth_trails([trail.part(0, 10)])
    tracemalloc.start()
    try:
        smooth_trails(4 * [trail])
        assert tracemalloc.get_traced_memory()[1] / 1000 < 2200
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="how much memory was in use at most")
def test_a_run_four_times_as_long_takes_hardly_more_memory():
    done = subprocess.run([sys.executable, "-c", MEMORY], cwd=ROOT, capture_output=True, text=True, check=True)
    bytes_a_frame, has_last, has_more = done.stdout.split()
    assert float(bytes_a_frame) < 300
    assert (has_last, has_more) == ("True", "None")


def test_a_run_whose_time_goes_back_is_smoothed_in_parts():
    run = [
        result(0, [1], STILL, 0.0),
        result(1, [1], STILL, 0.1),
        result(2, [1], STILL, 0.05),
        result(3, [1], STILL, 0.1),
    ]
    for smoothed in smooth_results(run):
        assert smoothed.smoothed.keypoints[0] == pytest.approx(STILL, abs=1)


def test_confidence_does_not_fall_where_somebody_still_was_left_out():
    """Unlike in a gap; the end stays open where nobody was read any more."""
    nothing = np.full((1, 17, 2), np.nan)
    run = []
    for index in range(20):
        one = result(index, [1], nothing if index % 2 else STILL[None])
        blank = Poses(one.raw.keypoints, np.zeros((1, 17), np.float32), COCO_17)
        run.append(replace(one, raw=blank, smoothed=blank) if index % 2 else one)
    smoothed = smooth_results(run, SmoothingSettings())
    assert all(one.smoothed.scores == pytest.approx(0.9) for one in smoothed[:19])
    assert [int(one.states[0, 0]) for one in smoothed[:3]] == [
        KeypointState.MEASURED, KeypointState.PREDICTED, KeypointState.MEASURED,
    ]  # fmt: skip
    assert (smoothed[19].states == KeypointState.MISSING).all()


@pytest.mark.parametrize("nowhere", [(np.nan, np.nan), (300.0, np.nan), (300.0, np.inf)])
def test_a_joint_with_half_a_place_does_not_blind_the_rest_of_the_track(nowhere):
    """Legs are exchanged long after it: found all the same."""
    truth = walk(90, noise=0.0)
    given = with_legs_exchanged(truth, spans(90, (50, 58)))
    given[20, ANKLES[0]] = nowhere
    poses, _ = smooth_track(np.arange(90) / 30, given, np.full(truth.shape[:2], 0.7), sides=np.full(90, 300.0))
    np.testing.assert_allclose(poses.keypoints[40:], truth[40:], atol=5)
