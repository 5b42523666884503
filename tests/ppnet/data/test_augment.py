"""Parts of people: what is kept of the box, and where the picture ends."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ppnet.codec import Codec
from ppnet.data import augment
from ppnet.data.dataset import CropDataset, Source
from ppnet.data.samples import ImageRef, Sample, SampleSet
from ppnet.skeleton import COCO_17

BOX = np.array([40, 20, 120, 220], np.float32)
COLOURS = np.stack([np.arange(17) * 14 + 20, 250 - np.arange(17) * 14, np.arange(17) * 91 % 200 + 50], axis=1)

CODEC = Codec((192, 256), kind="udp")


@pytest.fixture
def joints():
    rng = np.random.default_rng(5)
    return (BOX[:2] + rng.uniform(0.05, 0.95, (17, 2)) * (BOX[2:] - BOX[:2])).astype(np.float32)


def one_person(joints, folder):
    """A picture of somebody whose every joint is a dot of its own colour, as a source."""
    image = np.full((260, 180, 3), 128, np.uint8)
    for point, colour in zip(joints.round().astype(int), COLOURS, strict=True):
        cv2.circle(image, point.tolist(), 2, colour[::-1].tolist(), -1)
    cv2.imwrite(str(folder / "person.png"), image)
    sample = Sample(
        ImageRef(folder / "person.png"), BOX, joints, np.full(17, 2, np.uint8), np.ones(17, np.float32),
        np.zeros(17, bool), 16000.0, 1, 1,
    )  # fmt: skip
    return [Source(SampleSet("one", COCO_17, (sample,)))]


def test_a_part_lies_in_the_box_and_keeps_two_joints(joints):
    weights = np.ones(17, np.float32)
    weights[::3] = 0
    parts = [augment.part_of_person(BOX, joints, weights, np.random.default_rng(seed)) for seed in range(300)]
    kept = [part for part in parts if part is not None]
    assert len(kept) > 250
    for part in kept:
        assert (part.box[:2] >= BOX[:2] - 1e-3).all() and (part.box[2:] <= BOX[2:] + 1e-3).all()
        inside = ((joints >= part.box[:2]) & (joints <= part.box[2:])).all(axis=1) & (weights > 0)
        assert inside.sum() >= 2
        cut = np.isfinite(part.ends)
        assert 1 <= cut.sum() <= 2
        assert (part.box[2:] - part.box[:2] < 0.86 * (BOX[2:] - BOX[:2])).any()
    cuts = np.array([np.isfinite(part.ends) for part in kept]).mean(axis=0)
    assert (cuts > 0.1).all(), "every side is cut now and then"


def test_nobody_is_cut_where_fewer_than_two_joints_are_labelled(joints):
    weights = np.zeros(17, np.float32)
    weights[3] = 1
    assert all(augment.part_of_person(BOX, joints, weights, np.random.default_rng(seed)) is None for seed in range(50))


def test_the_picture_ends_at_the_cut():
    image = np.arange(100 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 80, 3)
    cut, corner = augment.end_picture(image, np.array([-np.inf, 30.2, 61.6, np.inf], np.float32))
    assert corner.tolist() == [0, 30]
    np.testing.assert_array_equal(cut, image[30:, :62])


def test_joints_beyond_the_end_of_the_picture_are_absent_and_others_lie_on_their_pixels(joints, tmp_path):
    settings = replace(augment.NONE, truncate_share=1.0)
    dataset = CropDataset(one_person(joints, tmp_path), [CODEC], settings, skeleton=COCO_17)
    absent = shown = 0
    for epoch in range(40):
        crop = dataset[epoch, 0, 0]
        black = (crop.image == 0).all(dim=-1).numpy()
        for point, gone, colour in zip(crop.keypoints.numpy(), crop.absent.numpy(), COLOURS, strict=True):
            x, y = point.round().astype(int)
            if not (2 <= x < 190 and 2 <= y < 254):
                continue
            if gone:
                absent += 1
                assert black[y - 1 : y + 2, x - 1 : x + 2].any(), "only joints beyond the picture are absent"
            else:
                shown += 1
                near = crop.image.numpy()[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(int)
                assert np.abs(near - colour).max(axis=1).min() < 60
    assert shown > 150 and absent > 20


def test_a_neighbour_covers_a_side_and_leaves_the_middle():
    crop, other = np.zeros((256, 192, 3), np.uint8), np.full((256, 192, 3), 200, np.uint8)
    other[:, :40] = 90
    sides = set()
    for seed in range(60):
        covered = (augment.put_neighbour(crop, other, np.random.default_rng(seed)) > 0).any(axis=2)
        columns = np.flatnonzero(covered.any(axis=0))
        assert 0.005 < covered.mean() < 0.5
        assert not covered[:, 88:104].any()
        sides.add("left" if columns.mean() < 96 else "right")
    assert sides == {"left", "right"} and not crop.any()


def test_a_drawn_out_crop_keeps_every_joint_on_its_pixels_and_its_area(joints, tmp_path):
    people = one_person(joints, tmp_path)
    plain = CropDataset(people, [CODEC], augment.NONE, skeleton=COCO_17)[0, 0, 0].keypoints.numpy()
    dataset = CropDataset(people, [CODEC], replace(augment.NONE, stretch=0.15), skeleton=COCO_17)
    factors = []
    for draw in range(10):
        crop = dataset[draw, 0, 0]
        for point, colour in zip(crop.keypoints.numpy(), COLOURS, strict=True):
            x, y = point.round().astype(int)
            if 2 <= x < 190 and 2 <= y < 254:
                near = crop.image.numpy()[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(int)
                assert np.abs(near - colour).max(axis=1).min() < 60
        linear = np.linalg.lstsq(plain - plain.mean(0), crop.keypoints.numpy() - crop.keypoints.numpy().mean(0))[0]
        assert np.linalg.det(linear) == pytest.approx(1, abs=1e-3)
        factors.append(linear[0, 0])
    assert 0.05 < np.std(factors) < 0.3


def test_a_turned_hue_leaves_grays_and_brightness():
    gray = np.full((4, 4, 3), 90, np.uint8)
    red = np.full((4, 4, 3), (120, 60, 60), np.uint8)
    settings = replace(augment.NONE, hue_share=1.0)
    greens = []
    for seed in range(20):
        assert np.abs(augment.change_pixels(gray, settings, np.random.default_rng(seed)).astype(int) - 90).max() <= 1
        turned = augment.change_pixels(red, settings, np.random.default_rng(seed)).astype(int)
        assert abs(turned.mean() - 80) <= 1
        greens.append(turned[0, 0, 1])
    assert np.std(greens) > 5
