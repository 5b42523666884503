"""A teacher's stored heatmaps lie on the crop where the picture's joints lie, and are as wide as the targets."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from ppnet.codec import Codec
from ppnet.data import augment
from ppnet.data.augment import PAPER_COCO, STRONG
from ppnet.data.dataset import CropDataset, Source
from ppnet.data.heatmap_file import HeatmapFile
from ppnet.data.samples import ImageRef, Sample, SampleSet
from ppnet.data.sources import read_heatmaps
from ppnet.errors import DatasetError
from ppnet.heatmaps import draw_gaussians
from ppnet.skeleton import COCO_17, MPII_16

CELLS_WH = (48, 64)
BOX = np.array([40, 20, 120, 220], np.float32)
FRAME = np.array([80, 120, 1.25 * 150, 1.25 * 200])  # 3:4 about BOX, padded
PERSON = 7
CODEC = Codec((144, 192), sigma=1.5, kind="udp")


def write_heatmaps(folder, joints, *, names=COCO_17.keypoints, sigma=2.0, name="one"):
    """What a perfect teacher says of joints (K, 2), picture pixels; returns the array's path."""
    cells = ((joints - FRAME[:2]) / FRAME[2:] + 0.5) * CELLS_WH
    maps, _ = draw_gaussians(cells[None], CELLS_WH, sigma)
    array = folder / f"{name}.heatmaps.npy"
    np.save(array, np.rint(np.concatenate([np.zeros_like(maps), maps]) * 255).astype(np.uint8))
    content = {"joints": list(names), "sigma": sigma, "people": {str(PERSON): [1, *FRAME.tolist()]}}
    array.with_suffix(".json").write_text(json.dumps(content))
    return array


@pytest.fixture
def joints():
    rng = np.random.default_rng(5)
    return (BOX[:2] + rng.uniform(0.05, 0.95, (17, 2)) * (BOX[2:] - BOX[:2])).astype(np.float32)


def one_person(joints, array):
    cv2.imwrite(str(array.parent / "person.png"), np.full((260, 180, 3), 128, np.uint8))
    sample = Sample(
        ImageRef(array.parent / "person.png"), BOX, joints, np.full(17, 2, np.uint8), np.ones(17, np.float32),
        np.zeros(17, bool), 16000.0, 1, PERSON,
    )  # fmt: skip
    return Source(SampleSet("one", COCO_17, (sample,)), heatmaps=HeatmapFile.read(array))


def seen_targets(crop, codec, margin=3):
    """Targets (n, h, w) of the joints well inside crop and frame, and the teacher's heatmaps of them as high."""
    cells = crop.keypoints.numpy() / codec.cell_xy
    targets, _ = draw_gaussians(cells[None], codec.heatmap_wh, codec.sigma)
    known = crop.heatmaps[-1].numpy() == 255
    inside = cv2.erode(np.pad(known[margin:-margin, margin:-margin], margin).astype(np.uint8), np.ones((7, 7)))
    near = np.clip(cells.round().astype(int), 0, np.array(codec.heatmap_wh) - 1)
    seen = inside[near[:, 1], near[:, 0]] > 0
    peaks = targets[0, seen].max(axis=(1, 2), keepdims=True)
    return targets[0, seen] * known, crop.heatmaps[:-1].numpy()[seen] / 255 * peaks * known


@pytest.mark.parametrize("kind", ["udp", "dark"])
@pytest.mark.parametrize("input_wh", [(144, 192), (192, 256), (96, 128)])
@pytest.mark.parametrize("changes", [PAPER_COCO, STRONG], ids=["paper", "strong"])
def test_a_perfect_teacher_gives_the_students_own_targets(joints, tmp_path, kind, input_wh, changes):
    codec = Codec(input_wh, sigma=1.5, kind=kind)
    source = one_person(joints, write_heatmaps(tmp_path, joints))
    dataset = CropDataset([source], [codec], replace(changes, stretch=0.0), skeleton=COCO_17)
    differences, masses = [], []
    for draw in range(60):
        targets, said = seen_targets(dataset[draw, 0, 0], codec)
        differences += np.abs(targets - said).max(axis=(1, 2)).tolist()
        masses += (np.abs(targets - said).sum(axis=(1, 2)) / targets.sum(axis=(1, 2))).tolist()
    assert len(masses) > 400
    assert np.quantile(differences, 0.99) < 0.15 and np.mean(differences) < 0.04
    assert np.quantile(masses, 0.99) < 0.15 and np.mean(masses) < 0.04


def test_blurred_where_the_teacher_is_sharper_and_sharpened_where_it_is_wider(joints, tmp_path):
    for sigma in (1.2, 2.0, 3.0):
        source = one_person(joints, write_heatmaps(tmp_path, joints, sigma=sigma, name=f"wide{sigma}"))
        dataset = CropDataset([source], [CODEC], augment.NONE, skeleton=COCO_17)
        targets, said = seen_targets(dataset[0, 0, 0], CODEC)
        assert len(targets) > 10
        assert np.abs(targets - said).max() < 0.15, sigma


def test_only_the_frame_is_known_and_people_without_heatmaps_have_zeros(joints, tmp_path):
    source = one_person(joints, write_heatmaps(tmp_path, joints))
    dataset = CropDataset([source], [CODEC], replace(augment.NONE, shift=1e-9, scale=0.0), skeleton=COCO_17)
    known = dataset[0, 0, 0].heatmaps[-1].numpy() == 255
    assert known[2:-2, 2:-2].all(), "the crop is the teacher's frame"
    wide = HeatmapFile.read(write_heatmaps(tmp_path, joints))
    half = CODEC.crop_matrices(BOX, padding=2.5)[0]
    known = wide.on_crop(PERSON, half, CODEC, COCO_17)[-1] == 255
    assert 0.2 < known.mean() < 0.27, "a crop twice as large"
    assert wide.on_crop(99, half, CODEC, COCO_17) is None
    stranger = replace(source.samples.samples[0], annotation_id=99)
    both = SampleSet("two", COCO_17, (*source.samples.samples, stranger))
    dataset = CropDataset([replace(source, samples=both)], [CODEC], augment.NONE, skeleton=COCO_17)
    assert not dataset[0, 1, 0].heatmaps.any()
    assert dataset[0, 1, 0].heatmaps.shape == dataset[0, 0, 0].heatmaps.shape


def test_joints_are_matched_by_name(joints, tmp_path):
    names = COCO_17.keypoints[::-1][:12]
    source = one_person(joints, write_heatmaps(tmp_path, joints[::-1][:12], names=names))
    maps = CropDataset([source], [CODEC], augment.NONE, skeleton=COCO_17)[0, 0, 0].heatmaps.numpy()
    assert not maps[:5].any() and maps[5:].any(axis=(1, 2)).all()
    other = CropDataset([source], [CODEC], augment.NONE, skeleton=MPII_16)[0, 0, 0].heatmaps.numpy()
    assert len(other) == 17
    for name in ("left_wrist", "right_ankle"):
        assert np.array_equal(other[MPII_16.index(name)], maps[COCO_17.index(name)])


def test_files_that_do_not_fit_each_other_are_refused_in_a_sentence(joints, tmp_path):
    array = write_heatmaps(tmp_path, joints)
    assert read_heatmaps(f"coco:{tmp_path}/one.json@2") is not None
    assert read_heatmaps(f"coco:{tmp_path}/other.json") is None
    index = array.with_suffix(".json")
    content = json.loads(index.read_text())
    people = {str(PERSON): [2, *FRAME.tolist()]}
    for wrong in ({"joints": ["nose"]}, {"sigma": 0}, {"people": people}, {"people": {"1": [0, 1]}}, {"people": None}):
        index.write_text(json.dumps({**content, **wrong}))
        with pytest.raises(DatasetError, match=r"one\.heatmaps"):
            HeatmapFile.read(array)
    index.write_text(json.dumps(content))
    for number, damaged in enumerate((b"", b"not an array")):
        index.rename(index := tmp_path / f"damaged{number}.heatmaps.json")
        index.with_suffix(".npy").write_bytes(damaged)
        with pytest.raises(DatasetError, match="damaged"):
            HeatmapFile.read(index.with_suffix(".npy"))
