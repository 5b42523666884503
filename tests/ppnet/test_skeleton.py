"""Joint sets by their number of keypoints."""

import numpy as np
import pytest

from ppnet.skeleton import COCO_17, MPII_16, skeleton_for, skeleton_or_plain


def test_the_two_joint_sets_are_told_by_their_number_of_keypoints() -> None:
    assert skeleton_for(17) is COCO_17 is skeleton_or_plain(17)
    assert skeleton_for(16) is MPII_16 is skeleton_or_plain(16)


def test_another_number_has_no_sides_no_edges_and_no_sigmas() -> None:
    with pytest.raises(ValueError, match="5 keypoints"):
        skeleton_for(5)
    plain = skeleton_or_plain(5)
    assert len(plain) == 5
    assert np.array_equal(plain.flip_index, np.arange(5))
    assert plain.edges == plain.sigmas == ()
    assert {plain.side(i) for i in range(5)} == {"middle"}


def test_mirroring_twice_gives_every_keypoint_back() -> None:
    for skeleton in (COCO_17, MPII_16):
        twins = skeleton.flip_index
        assert np.array_equal(twins[twins], np.arange(len(skeleton)))
        assert all(skeleton.side(i) != skeleton.side(twins[i]) or twins[i] == i for i in range(len(skeleton)))
