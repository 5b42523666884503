"""Poses that are put away come back as they were, from memory and from disk."""

from pathlib import Path

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tracking import pose_store
from tracking.pose_store import PoseStore


def some(count: int, seed: int) -> tuple[Poses, np.ndarray]:
    rng = np.random.default_rng(seed)
    keypoints = rng.normal(300, 100, (count, 17, 2)).astype(np.float32)
    keypoints[rng.random((count, 17)) < 0.2] = np.nan
    poses = Poses(keypoints, rng.random((count, 17)).astype(np.float32), COCO_17)
    return poses, rng.integers(0, 4, (count, 17)).astype(np.uint8)


@pytest.mark.parametrize("memory_bytes", [2**20, 1000])
def test_all_comes_back_in_any_order(memory_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pose_store, "MEMORY_BYTES", memory_bytes)
    store, put = PoseStore(COCO_17), [some(count, seed) for seed, count in enumerate((3, 0, 1, 40))]
    firsts = []
    for poses, states in put:
        firsts.append(store.add(poses, states))
        store.read(0, 1)  # what is read moves nothing
    assert firsts == [0, 3, 3, 4] and len(store) == 44
    for first, (poses, states) in reversed(list(zip(firsts, put, strict=True))):
        found, of_joints = store.read(first, first + len(poses))
        np.testing.assert_array_equal(found.keypoints, poses.keypoints)
        np.testing.assert_array_equal(found.scores, poses.scores)
        np.testing.assert_array_equal(of_joints, states)
    assert len(store.read(40, 60)[0]) == 4, "as far as it goes"


def test_a_temporary_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pose_store, "MEMORY_BYTES", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "away"))
    store = PoseStore(COCO_17)
    store.add(*some(3, 0))
    with pytest.raises(UserError, match=r"temporary folder cannot be written.*TMPDIR"):
        store.add(*some(30, 0))
