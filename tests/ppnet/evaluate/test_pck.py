"""PCKh by hand, with and without MPII's head boxes."""

import json

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from ppnet.data.mpii import estimated_head_sizes, read_head_sizes, read_mpii
from ppnet.data.samples import SampleSet
from ppnet.errors import DatasetError
from ppnet.evaluate.pck import evaluate_mpii, joints_found, pckh_columns, score_pckh
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.ppnet.evaluate.people import knowing_estimator

SQUARE = (256, 256)


def write_mpii(folder, people=5, seed=0):
    """An MPII json file with its pictures and head boxes; heads are 40 pixels from neck to top."""
    rng = np.random.default_rng(seed)
    entries, boxes = [], []
    for number in range(people):
        joints = rng.uniform(80, 240, (16, 2))
        joints[9] = joints[8] - (0, 40)
        visible = np.ones(16, int)
        visible[number % 6] = 0
        name = f"{number % 3}.png"
        cv2.imwrite(str(folder / name), np.full((320, 320, 3), 90, np.uint8))
        entries.append(
            {
                "image": name,
                "center": [160, 160],
                "scale": 1.0,
                "joints": joints.tolist(),
                "joints_vis": visible.tolist(),
            }
        )
        boxes.append([[0, 0], [30 * (number + 1), 40 * (number + 1)]])
    path = folder / "valid.json"
    path.write_text(json.dumps(entries))
    savemat(folder / "gt_valid.mat", {"headboxes_src": np.transpose(boxes, (1, 2, 0))})
    return path


def poses_of(people: SampleSet, shift=(0.0, 0.0)) -> Poses:
    keypoints = np.stack([sample.keypoints for sample in people.samples]) + np.array(shift)
    return Poses(keypoints, np.ones(keypoints.shape[:2]), MPII_16)


def test_perfect_answers_find_everything(tmp_path):
    people = read_mpii(write_mpii(tmp_path))
    scores = score_pckh(poses_of(people), people, read_head_sizes(tmp_path / "gt_valid.mat"))
    assert scores.persons == 5 and not scores.head_sizes_estimated
    for columns in scores.at.values():
        assert set(columns.values()) == {1.0}
        assert list(columns) == ["Head", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Mean"]


def test_head_size_is_six_tenths_of_the_box_diagonal(tmp_path):
    write_mpii(tmp_path)
    np.testing.assert_allclose(read_head_sizes(tmp_path / "gt_valid.mat"), [30, 60, 90, 120, 150])


def test_shift_is_found_by_those_with_heads_large_enough(tmp_path):
    people = read_mpii(write_mpii(tmp_path))
    sizes = read_head_sizes(tmp_path / "gt_valid.mat")
    scores = score_pckh(poses_of(people, (31, 0)), people, sizes)  # more than half a head for the first two persons
    assert scores.at[0.5]["Head"] == scores.at[0.5]["Wrist"] == pytest.approx(3 / 5)
    assert scores.at[0.1]["Mean"] == 0
    exactly = joints_found([[[3.0, 4.0]]], [[[0.0, 0.0]]], [10.0], 0.5)
    assert exactly.all()  # the edge counts


def test_columns_and_mean_by_hand():
    labelled = np.ones((2, 16), bool)
    found = np.zeros((2, 16), bool)
    found[:, MPII_16.index("left_wrist")] = True
    found[0, MPII_16.index("right_wrist")] = True
    found[:, MPII_16.index("pelvis")] = True  # not in the mean
    labelled[1, MPII_16.index("right_wrist")] = False
    columns = pckh_columns(found, labelled)
    assert columns["Wrist"] == 1 and columns["Head"] == 0
    assert columns["Mean"] == pytest.approx(3 / 27)
    labelled[:, MPII_16.index("head_top")] = False
    assert np.isnan(pckh_columns(found, labelled)["Head"])


def test_estimated_head_sizes(tmp_path):
    people = read_mpii(write_mpii(tmp_path))
    np.testing.assert_allclose(estimated_head_sizes(people), 40, rtol=1e-5)
    scores = score_pckh(poses_of(people, (19, 0)), people)
    assert scores.head_sizes_estimated and scores.at[0.5]["Mean"] == 1 and scores.at[0.1]["Mean"] == 0


def test_whole_way_with_a_network_that_knows(tmp_path):
    people = read_mpii(write_mpii(tmp_path))
    scores, poses = evaluate_mpii(knowing_estimator(people, input_wh=SQUARE), people, batch_size=2)
    assert scores.at[0.1]["Mean"] == 1
    assert poses.keypoints.shape == (5, 16, 2)


def test_refusals(tmp_path):
    people = read_mpii(write_mpii(tmp_path))
    with pytest.raises(DatasetError, match="head sizes are of 2"):
        score_pckh(poses_of(people), people, np.ones(2))
    with pytest.raises(DatasetError, match=r"valid\.json"):
        read_head_sizes(tmp_path / "valid.json")
    with pytest.raises(DatasetError, match="needs mpii16"):
        evaluate_mpii(knowing_estimator(people), SampleSet("x", COCO_17, people.samples))
