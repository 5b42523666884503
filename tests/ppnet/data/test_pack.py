"""A pack holds the same people as its sources, small, in pieces, and trains as they do."""

import cv2
import numpy as np
import pytest

from ppnet.__main__ import main
from ppnet.codec import Codec
from ppnet.crops import apply_matrices, warp
from ppnet.data.coco import read_coco
from ppnet.data.pack import PackSettings, cut_patch
from ppnet.data.sources import read_source
from tests.ppnet.train.drawn_people import write_people


@pytest.fixture
def people(tmp_path):
    return write_people(tmp_path, count=6)


def pack(people, folder, *more):
    return main(["pack", "--data", f"coco:{people}@2", "--out", str(folder), *more])


def test_a_packed_person_gives_the_same_crop_with_joints_at_the_same_places(people, tmp_path):
    assert pack(people, tmp_path / "pack", "--quality", "100") == 0
    codec = Codec((48, 64), kind="udp")
    packed = read_coco(tmp_path / "pack" / "00-people.json")
    for before, after in zip(read_coco(people).samples, packed.samples, strict=True):
        crops, joints = [], []
        for sample in (before, after):
            matrix = codec.crop_matrices(sample.box)
            crops.append(cv2.GaussianBlur(warp(sample.image.read(), matrix, codec.input_wh)[0], (0, 0), 1).astype(int))
            joints.append(apply_matrices(sample.keypoints[None], matrix)[0])
        assert np.abs(joints[0] - joints[1]).max() < 0.1, "crop pixels"
        assert np.abs(crops[0] - crops[1]).mean() < 4, "WebP halves the colours' resolution"
        assert np.array_equal(before.visibility, after.visibility) and np.allclose(before.weights, after.weights)


def test_a_large_person_is_shrunk_about_pixel_centres_and_a_small_one_is_left(people):
    sample = read_coco(people).samples[0]
    image = sample.image.read()
    small = cut_patch(image, sample, PackSettings(height=32))
    height = sample.box[3] - sample.box[1]
    assert small.box[3] - small.box[1] == pytest.approx(32 / 1.25, abs=1)
    shrink = (small.box[3] - small.box[1]) / height
    assert (np.ptp(small.keypoints, axis=0) / np.ptp(sample.keypoints, axis=0)) == pytest.approx(shrink, rel=0.03)
    whole = cut_patch(image, sample, PackSettings(height=400))
    assert whole.box[3] - whole.box[1] == pytest.approx(height)


def test_pieces_stay_below_their_limit_and_hold_everybody(people, tmp_path):
    assert pack(people, tmp_path / "pack", "--piece", "0.0625", "--quality", "100") == 0
    pieces = sorted((tmp_path / "pack").glob("*.tar"))
    assert len(pieces) > 1 and all(piece.stat().st_size <= 2**16 for piece in pieces)
    assert len(read_coco(tmp_path / "pack" / "00-people.json")) == 6


def test_the_options_beside_a_pack_train_from_it(people, tmp_path):
    assert pack(people, tmp_path / "pack") == 0
    options = (tmp_path / "pack" / "train_data.txt").read_text().split()
    samples, share = read_source(options[1])
    assert len(samples) == 6 and share == 2
    small = [
        "--network",
        "M1-D1-W8",
        "--input",
        "64x48",
        "32x32@1",
        "--batch",
        "2",
        "--samples",
        "8",
        "--device",
        "cpu",
        "-q",
    ]
    assert main(["train", *options, *small, "--out", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "latest.safetensors").exists()


def test_a_folder_in_use_is_refused_in_one_sentence(people, tmp_path, capsys):
    assert pack(people, people.parent) == 2
    error = capsys.readouterr().err
    assert "not empty" in error and error.count("\n") == 1
