import numpy as np
import pytest

from tests.tracking.figures import Walker, filmed, straight
from tracking.evaluate import report
from tracking.evaluate.curves import Curve, curve_scores, joint_curves
from tracking.evaluate.report import CURVES, figures_of, identity_table, plot, rate_difference
from tracking.evaluate.run import smoothed_again, track_clip
from tracking.evaluate.simulate import Faults, SimulatedNetwork, TrueBoxes
from tracking.evaluate.truth import read_truth
from tracking.pipeline import Pipeline
from tracking.smoothing import SmoothingSettings

TIMES = np.arange(120) / 30


def wave(times):
    return np.stack([0.2 * np.sin(6 * times), 0.1 * np.cos(4 * times)], axis=1)


@pytest.mark.parametrize("lag_s", [0.0, 0.02, 0.1, -0.05])
def test_lag_is_found(lag_s):
    scores = curve_scores([Curve(TIMES, wave(TIMES), wave(TIMES - lag_s))])
    assert scores.lag_ms == pytest.approx(1000 * lag_s, abs=2)
    assert scores.lag_frames == pytest.approx(30 * lag_s, abs=0.06)


def test_error_and_jitter_of_known_noise():
    """White noise of deviation s: error s * sqrt(2), third difference sqrt(20) s on each axis."""
    rng = np.random.default_rng(0)
    times = np.arange(6000) / 30
    truth = np.zeros((6000, 2))
    scores = curve_scores([Curve(times, truth, rng.normal(0, 0.01, truth.shape))])
    assert scores.rms_error == pytest.approx(np.sqrt(2), rel=0.03)
    assert scores.jitter == pytest.approx(np.sqrt(2 * 20), rel=0.03)
    assert scores.lag_frames == 0, "who stands still says nothing about lag"


def test_missing_answers_are_left_out():
    found = wave(TIMES)
    found[40:50] = np.nan
    scores = curve_scores([Curve(TIMES, wave(TIMES), found)])
    assert scores.rms_error == 0
    assert scores.samples == 110
    with pytest.raises(ValueError, match="no curves"):
        curve_scores([])


@pytest.fixture(scope="module")
def scene():
    truth = filmed([Walker(straight(300, 100)), Walker(straight(900, -100, 560), 260, phase=1)], np.arange(75) / 30)
    detector, network = TrueBoxes(truth), SimulatedNetwork(truth, faults=Faults(wild=0.02))
    return truth, track_clip(truth, Pipeline(detector, network), stand_ins=[detector, network])


def test_smoothers_are_judged_by_the_same_samples(scene):
    truth, results = scene
    raw = joint_curves(truth, results, results, raw=True)
    for kind in ("kalman", "off"):
        again = joint_curves(truth, results, smoothed_again(results, SmoothingSettings(kind=kind)), raw=False)
        assert [len(curve.truth) for curve in again] == [len(curve.truth) for curve in raw]
    assert curve_scores(again) == curve_scores(raw), "off is raw"


def test_figures_and_pictures(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "STRENGTHS", (20, 50))
    figures = figures_of({"scene": scene}, smoothing=SmoothingSettings(), with_trade=True)
    assert figures.curves["kalman"].jitter < figures.curves["raw"].jitter
    assert figures.curves["rts"].rms_error < figures.curves["raw"].rms_error
    assert figures.identity["all"].switches == 0
    assert set(figures.curves) == set(CURVES)
    assert identity_table(figures.identity).splitlines()[2].startswith("| scene | 2 |")
    plot(figures, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"


def test_rates_are_compared_at_equal_times(scene):
    assert rate_difference(scene, scene) == 0
    truth, results = scene
    moved = [type(r)(**{n: getattr(r, n) for n in r.__slots__}) for r in results]
    assert rate_difference(scene, (truth, moved)) == 0


def test_simulated_network_is_the_same_twice(scene):
    truth, _ = scene
    first, second = SimulatedNetwork(truth), SimulatedNetwork(truth)
    black = np.zeros((4, 4, 3), np.uint8)
    boxes = np.array([*truth.frames[0].boxes, [0, 0, 9, 9]], np.float32)
    a, b = first.estimate(black, boxes), second.estimate(black, boxes)
    assert np.array_equal(a.keypoints, b.keypoints, equal_nan=True)
    assert np.isnan(a.keypoints[2]).all()
    assert np.median(np.abs(a.keypoints[:2] - truth.frames[0].keypoints)) < 10


def test_truth_files(tmp_path):
    import json

    from ppnet.errors import DatasetError

    person = {"id": 4, "bbox": [1, 2, 3, 4], "keypoints": [[1, 2]] * 17, "visibility": [2] * 17}
    content = {"size_wh": [64, 48], "frames": [{"time_s": 0.0, "people": []}, {"time_s": 0.04, "people": [person]}]}
    path = tmp_path / "clip_truth.json"
    path.write_text(json.dumps(content))
    truth = read_truth(path)
    assert (truth.name, truth.size_wh, len(truth.frames)) == ("clip", (64, 48), 2)
    assert truth.frames[0].keypoints.shape == (0, 17, 2)
    assert truth.frames[1].ids.tolist() == [4]
    assert [frame.time_s for frame in truth.frames] == [0.0, 0.04]
    for bad in ("", "[]", '{"size_wh": [1, 2]}', '{"size_wh": [1, 2], "frames": [{"time_s": 0, "people": [{}]}]}'):
        path.write_text(bad)
        with pytest.raises(DatasetError, match="truth file"):
            read_truth(path)
    with pytest.raises(DatasetError):
        read_truth(tmp_path / "none.json")
