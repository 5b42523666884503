"""Joints whose names say nothing are found, and what they may be is guessed with care."""

from ppnet.skeleton import COCO_17
from tracking.importing.joint_guesses import OpenJoints


def test_sides_are_kept_and_no_keypoint_is_guessed_twice():
    open_joints = OpenJoints.of(("Snout", "hand_L", "RHand", "left_foot", "LHeel", "left_knee", "tail"))
    assert open_joints.unknown == ("Snout", "hand_L", "RHand", "left_foot", "LHeel", "tail")
    assert "left_knee" not in open_joints.free and "nose" in open_joints.free
    assert open_joints.guesses() == {
        "Snout": "nose", "hand_L": "left_wrist", "RHand": "right_wrist", "left_foot": "left_ankle",
    }  # fmt: skip


def test_without_a_side_nothing_is_guessed_that_has_one():
    assert OpenJoints.of(("hand", "foot")).guesses() == {}


def test_a_file_with_all_of_ours_leaves_nothing_open():
    assert OpenJoints.of((*COCO_17.keypoints, "neck", "left_big_toe")) == OpenJoints((), ())
