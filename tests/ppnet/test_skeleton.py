"""Left and right of the joint sets."""

import numpy as np

from ppnet.skeleton import COCO_17, MPII_16


def test_mirroring_twice_gives_every_keypoint_back() -> None:
    for skeleton in (COCO_17, MPII_16):
        twins = skeleton.flip_index
        assert np.array_equal(twins[twins], np.arange(len(skeleton)))
        assert all(skeleton.side(i) != skeleton.side(twins[i]) or twins[i] == i for i in range(len(skeleton)))


def test_the_head_is_known_in_every_joint_set() -> None:
    heads = {skeleton.name: [skeleton.keypoints[i] for i in skeleton.head_index] for skeleton in (COCO_17, MPII_16)}
    assert heads["coco17"] == ["nose", "left_eye", "right_eye", "left_ear", "right_ear"]
    assert heads["mpii16"] == ["upper_neck", "head_top"]
