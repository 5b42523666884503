import numpy as np
import pytest

from ppnet.data.people.body import Phenotype, body_model
from ppnet.data.people.poses import Pose, sample_pose
from ppnet.skeleton import COCO_17

ARM, LEG = (60, 5, 0, 10, 0, 0, 20), (90, 3, 5, 5, 0)


@pytest.fixture(scope="module")
def model():
    return body_model()


def at(body, name):
    return body.keypoints[COCO_17.index(name)].astype(float)


def angle(a, b, c):
    """Flexion at b, degrees: 0 for a straight limb."""
    u, v = b - a, c - b
    return np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))


def test_left_is_left_and_the_face_looks_forwards(model):
    body = model.pose(
        model.shape(Phenotype(0.5, 30)), Pose.degrees(left_arm=ARM, right_arm=ARM, left_leg=LEG, right_leg=LEG)
    )
    for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        assert at(body, f"left_{part}")[0] > 0.02 > -0.02 > at(body, f"right_{part}")[0]
    assert at(body, "nose")[1] < at(body, "left_ear")[1] - 0.05
    heights = [at(body, name)[2] for name in ("nose", "left_shoulder", "left_hip", "left_knee", "left_ankle")]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("flexion", [20, 60, 110])
def test_elbow_and_knee_bend_as_far_as_asked(model, flexion):
    arm, leg = (60, 40, 0, flexion, 0, 0, 20), (0, 60, 0, flexion, 0)
    body = model.pose(
        model.shape(Phenotype(0.2, 40)), Pose.degrees(left_arm=arm, right_arm=arm, left_leg=leg, right_leg=leg)
    )
    for side in ("left", "right"):
        elbow = angle(*(at(body, f"{side}_{part}") for part in ("shoulder", "elbow", "wrist")))
        knee = angle(*(at(body, f"{side}_{part}") for part in ("hip", "knee", "ankle")))
        assert elbow == pytest.approx(flexion, abs=14)  # joints are surface means, not hinge centres
        assert knee == pytest.approx(flexion, abs=14)


def test_limbs_keep_their_length_in_every_pose(model):
    shape = model.shape(Phenotype(0.9, 25))
    rng = np.random.default_rng(0)
    lengths = []
    for _ in range(8):
        body = model.pose(shape, sample_pose(rng)[1])
        pairs = (("left_hip", "left_knee"), ("right_knee", "right_ankle"), ("left_elbow", "left_wrist"))
        lengths.append([np.linalg.norm(at(body, a) - at(body, b)) for a, b in pairs])
    assert np.ptp(lengths, axis=0).max() < 0.06


def test_people_grow_with_age_and_children_of_five_are_small(model):
    heights = [model.shape(Phenotype(0.5, age)).height_m for age in (5, 9, 13, 30)]
    assert heights == sorted(heights)
    assert 0.95 < heights[0] < 1.3
    assert 1.6 < heights[-1] < 1.95


def test_phenotypes_are_drawn_from_five_years_on():
    rng = np.random.default_rng(0)
    ages = [Phenotype.sample(rng).age_years for _ in range(300)]
    assert min(ages) >= 5
    assert min(ages) < 9 and max(ages) > 70
