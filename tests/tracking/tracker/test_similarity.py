import numpy as np
import pytest

from ppnet.skeleton import COCO_17, MPII_16
from tracking.tracker import similarity
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.similarity import keypoint_sigmas, oks_matrix, same_poses

POSE = np.stack([np.linspace(0, 90, 17), np.linspace(0, 180, 17)], axis=1)


def test_similarity_is_cocos():
    """OKS written out by hand for one shift."""
    shift, area = 5.0, 100.0 * 200.0
    expected = np.mean(np.exp(-(shift**2) / (2 * area * (2 * np.array(COCO_17.sigmas)) ** 2)))
    found = oks_matrix(POSE[None], POSE[None] + [shift, 0], COCO_17, areas=np.array([area]))
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(expected)


def test_missing_keypoints_do_not_count():
    part = POSE.copy()
    part[5:] = np.nan
    assert oks_matrix(POSE[None], part[None], COCO_17, areas=np.array([2e4]))[0, 0] == pytest.approx(1)
    part[3:] = np.nan
    assert np.isnan(oks_matrix(POSE[None], part[None], COCO_17, areas=np.array([2e4]))[0, 0])


def test_unseen_motion_is_forgiven():
    strict = oks_matrix(POSE[None], POSE[None] + 40, COCO_17, areas=np.array([2e4]))[0, 0]
    mild = oks_matrix(POSE[None], POSE[None] + 40, COCO_17, areas=np.array([2e4]), variances=np.array([1600.0]))[0, 0]
    assert strict < 0.1
    assert mild > 0.3


def test_a_pose_is_the_same_with_its_legs_exchanged():
    """A pair counts as it fits better; a joint that is missing on one side is compared as it is."""
    body = POSE.copy()
    body[COCO_17.index("left_ear")] = np.nan
    legs = [COCO_17.index(f"{side}_{part}") for part in ("knee", "ankle") for side in ("left", "right")]
    spread = body + np.where(np.arange(17) % 2, 60, 0)[:, None]
    exchanged = spread.copy()
    exchanged[legs] = spread[COCO_17.flip_index][legs]
    assert oks_matrix(spread[None], exchanged[None], COCO_17, areas=np.array([2e4]))[0, 0] < 0.8
    few = np.where(np.arange(17)[:, None] < 3, spread, np.nan)
    people = np.stack([spread, spread + np.array([200, 0]), exchanged, few])
    first, second = same_poses(people, np.full(4, 2e4), COCO_17, TrackerSettings())
    assert (first.tolist(), second.tolist()) == ([0], [2])


def test_poses_are_compared_at_the_size_of_the_larger_person():
    people, areas = np.stack([POSE, POSE + 6.0]), np.array([2e3, 4e4])
    strict = oks_matrix(people[:1], people[1:], COCO_17, areas=areas[:1])[0, 0]
    assert strict < 0.6 < 0.8 < oks_matrix(people[1:], people[:1], COCO_17, areas=areas[1:])[0, 0]
    for order in (slice(None), slice(None, None, -1)):
        assert len(same_poses(people[order], areas[order], COCO_17, TrackerSettings())[0]) == 1


def test_other_joint_sets_have_sigmas():
    assert keypoint_sigmas(MPII_16).shape == (16,) and (keypoint_sigmas(MPII_16) > 0).all()


def test_people_too_far_apart_to_matter_count_as_unlike():
    """Beyond the reach of `floor` the answer is 0 unless it is wanted anyhow, within it exactly what it is without."""
    rng = np.random.default_rng(0)
    first, second = POSE + rng.uniform(0, 400, (6, 1, 2)), POSE + rng.uniform(0, 400, (8, 1, 2))
    first[0, 3:] = np.nan
    areas = np.full(6, 2e4)
    exact = oks_matrix(first, second, COCO_17, areas=areas, floor=0.0)
    some = rng.random(exact.shape) < 0.2
    for floor in (1e-9, 0.3, 0.9):
        for anyhow in (None, some):
            found = oks_matrix(first, second, COCO_17, areas=areas, floor=floor, anyhow=anyhow)
            assert np.isnan(found[0]).all()
            far = found == 0
            assert far.any() and (anyhow is None or not (far & some)[1:].any())
            assert (exact[far] < floor).all()
            assert np.array_equal(found[1:][~far[1:]], exact[1:][~far[1:]])


@pytest.mark.parametrize("skeleton", [COCO_17, MPII_16])
def test_nobody_alike_is_overlooked_where_the_sharpest_joints_are_compared_first(skeleton, monkeypatch):
    rng, count = np.random.default_rng(3), len(skeleton)
    bodies = rng.uniform(0, 100, (20, count, 2)) + rng.uniform(0, 300, (20, 1, 2))
    people = bodies[rng.integers(0, 20, 300)] + rng.normal(0, 1, (300, 1, 1)) * rng.normal(0, 9, (300, count, 2))
    crossed = rng.random(300) < 0.3
    people[crossed] = people[crossed][:, skeleton.flip_index]
    people[rng.random((300, count)) < 0.1] = np.nan
    areas = rng.uniform(5e3, 4e4, 300)
    for known in (0, 100):
        found = same_poses(people, areas, skeleton, TrackerSettings(), known)
        with monkeypatch.context() as patch:
            patch.setattr(similarity, "_sharpest", lambda skeleton: np.arange(len(skeleton)))
            assert np.array_equal(found, same_poses(people, areas, skeleton, TrackerSettings(), known))
        assert len(found[0]) > 300
