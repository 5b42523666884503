"""Reliability of scores on answers whose truthfulness is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ppnet.data.coco import read_coco
from ppnet.errors import UserError
from ppnet.evaluate.reliability import measure_reliability, plot_reliability
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.ppnet.evaluate.people import coco_content, write_coco


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coco")
    return read_coco(write_coco(folder, coco_content(images=40))).samples


def honest_poses(samples, right_given_score, seed=0):
    """Each labelled keypoint is at the truth with the probability that its score promises, else far away."""
    rng = np.random.default_rng(seed)
    truth = np.stack([sample.keypoints for sample in samples])
    labelled = np.stack([sample.visibility for sample in samples]) > 0
    scores = np.where(labelled, rng.uniform(0.05, 1.1, labelled.shape), 0.1)
    right = rng.random(labelled.shape) < right_given_score(scores)
    return Poses(truth + np.where(right, 0, 500)[..., None], scores, COCO_17), labelled


def test_honest_scores_lie_on_the_diagonal(samples):
    poses, labelled = honest_poses(samples, lambda scores: scores)
    measured = measure_reliability(poses, samples, COCO_17)
    middles = (measured.edges[:-1] + measured.edges[1:]) / 2
    np.testing.assert_allclose(measured.right, middles, atol=0.1)
    assert measured.calibration_error < 0.06
    assert measured.counts.sum() == labelled.sum()
    assert measured.unlabelled_counts.sum() == (~labelled).sum()
    assert set(measured.groups) == {"visible", "covered", "without a label"}
    hidden = measured.groups["without a label"]
    assert hidden.count == (~labelled).sum() and np.isnan(hidden.right)
    assert hidden.scores == pytest.approx((0.1, 0.1, 0.1)) and hidden.shown == 0
    assert measured.groups["visible"].right == pytest.approx(measured.groups["covered"].right, abs=0.1)


def test_line_is_drawn_where_right_and_wrong_part(samples):
    poses, labelled = honest_poses(samples, lambda scores: scores > 0.6)
    measured = measure_reliability(poses, samples, COCO_17)
    assert measured.min_score == pytest.approx(0.6, abs=0.02)
    assert measured.precision > 0.97
    assert measured.recall == pytest.approx((poses.scores[labelled] > 0.6).mean(), abs=0.02)
    assert measured.right[3] == 0 and measured.right[8] == 1


def test_right_means_similarity_above_a_half_at_the_persons_area(samples):
    sample = replace(samples[0], area=10000.0)
    near = 100 * 2 * np.array(COCO_17.sigmas) * np.sqrt(2 * np.log(2))  # similarity 0.5 exactly
    scores = np.full((1, 17), 0.75)
    for factor, share in ((0.99, 1), (1.01, 0)):
        keypoints = sample.keypoints[None] + np.stack([factor * near, 0 * near], axis=1)
        assert measure_reliability(Poses(keypoints, scores, COCO_17), [sample], COCO_17).right[7] == share


def test_joints_known_to_be_absent_are_a_group_of_their_own(samples):
    absent = np.zeros(17, bool)
    absent[15] = True
    some = [replace(sample, absent=absent, visibility=np.where(absent, 0, 2)) for sample in samples[:9]]
    scores = np.where(absent, 0.9, 0.5) * np.ones((9, 1))
    groups = measure_reliability(Poses(np.stack([s.keypoints for s in some]), scores, COCO_17), some, COCO_17).groups
    assert groups["known absent"].count == 9 and groups["known absent"].scores[0] == pytest.approx(0.9)
    assert groups["visible"].right == 1


def test_empty_bins_are_null_in_json(samples):
    poses, _ = honest_poses(samples, lambda scores: scores)
    only_sure = Poses(poses.keypoints, np.full_like(poses.scores, 0.95), COCO_17)
    content = measure_reliability(only_sure, samples, COCO_17).to_json()
    assert content["right"][0] is None and content["right"][9] is not None


def test_plot_is_a_picture_and_a_bad_place_is_named(samples, tmp_path):
    poses, _ = honest_poses(samples, lambda scores: scores)
    measured = measure_reliability(poses, samples, COCO_17)
    plot_reliability(measured, tmp_path / "curve.png")
    picture = cv2.imread(str(tmp_path / "curve.png"))
    assert picture is not None and picture.std() > 10
    with pytest.raises(UserError, match="nowhere"):
        plot_reliability(measured, tmp_path / "nowhere" / "curve.png")
    with pytest.raises(UserError, match=r"curve\.xyz"):
        plot_reliability(measured, tmp_path / "curve.xyz")
