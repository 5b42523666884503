"""Keypoint similarity by hand, and OKS-NMS."""

import numpy as np
import pytest

from ppnet.evaluate.oks import keypoint_similarity, oks_nms
from ppnet.skeleton import COCO_17


def test_similarity_by_hand():
    # COCO: exp(-d^2 / (2 area k^2)) with k = 2 sigma.
    truth = np.zeros((17, 2))
    found = truth + np.array([3, 4])
    each = keypoint_similarity(found, truth, 100.0**2, COCO_17.sigmas)
    assert each[0] == pytest.approx(np.exp(-25 / (2 * 100**2 * (2 * 0.026) ** 2)))
    assert each[11] == pytest.approx(np.exp(-25 / (2 * 100**2 * (2 * 0.107) ** 2)))
    assert (keypoint_similarity(truth, truth, 0.0, COCO_17.sigmas) == 1).all()


def test_nms_keeps_the_best_of_alike_answers_and_all_others():
    rng = np.random.default_rng(0)
    one, other = rng.uniform(0, 200, (2, 17, 2))
    poses = np.stack([one, other, one + 0.5, one + 40])
    kept = oks_nms(poses, [0.5, 0.9, 0.8, 0.1], [20000] * 4, COCO_17.sigmas)
    assert kept.tolist() == [1, 2, 3]
    assert oks_nms(poses, [0.5, 0.9, 0.8, 0.1], [20000] * 4, COCO_17.sigmas, threshold=1.0).tolist() == [1, 2, 0, 3]
    assert oks_nms(np.zeros((0, 17, 2)), [], [], COCO_17.sigmas).tolist() == []
