"""Left and right of the joint sets."""

import numpy as np

from ppnet.skeleton import COCO_17, MPII_16


def test_mirroring_twice_gives_every_keypoint_back() -> None:
    for skeleton in (COCO_17, MPII_16):
        twins = skeleton.flip_index
        assert np.array_equal(twins[twins], np.arange(len(skeleton)))
        assert all(skeleton.side(i) != skeleton.side(twins[i]) or twins[i] == i for i in range(len(skeleton)))
