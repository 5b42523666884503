"""The estimator finds keypoints where the heatmaps say, whatever the flip, batch, precision or boxes."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from ppnet.assets import asset
from ppnet.checkpoint import load_checkpoint
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.cpu import cpu_has_bf16
from ppnet.device import choose_device, choose_precision
from ppnet.errors import UserError
from ppnet.estimator import PoseEstimator

INFO = CheckpointInfo("drawn", (192, 256), sigma=2.0)
CPU = {"device": "cpu", "precision": "fp32"}


class BrightSpots(nn.Module):
    """Stands in for a network: every heatmap is the crop's red channel, one value per cell (its top left pixel).

    Left and right joints see the same picture, so flip averaging must find the spot at the same place.
    """

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.final_layer = nn.Identity()
        self.batches = []

    def forward(self, x):
        self.batches.append(len(x))
        red = nn.functional.avg_pool2d(x[:, :1].float() * 0.229 + 0.485, 5, stride=4, padding=2)
        return [self.final_layer(red.repeat(1, 17, 1, 1))]


def spot_image(x, y, size=(480, 640)):
    """A black picture with a soft bright spot."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 8.0**2))
    return np.repeat((255 * spot).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("flip", [True, False])
def test_keypoints_come_back_to_image_pixels(flip):
    estimator = PoseEstimator.from_network(BrightSpots(), INFO, flip=flip, **CPU)
    for x, y in ((300.0, 200.0), (317.0, 251.0), (260.5, 222.2)):
        poses = estimator.estimate(spot_image(x, y), [[220, 100, 380, 340]])
        cell = 240 * 1.25 / 64  # image pixels per cell
        error = np.abs(poses.keypoints[0] - (x, y)).max()
        assert error < 0.75 * cell, f"{error} px with cells of {cell} px"
        assert poses.scores.min() > 0.8


def test_flip_averaging_shifts_by_one_cell_except_for_udp():
    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.final_layer = nn.Identity()

        def forward(self, x):
            straight = torch.zeros(len(x), 17, 64, 48)
            straight[: len(x) // 2, 5, 30, 10] = 1  # left shoulder in the crop
            straight[len(x) // 2 :, 6, 30, 47 - 9] = 1  # right shoulder in the mirrored crop, one cell off
            return [self.final_layer(straight)]

    crops = np.zeros((1, 256, 192, 3), np.uint8)
    for kind, column in (("quarter", 10), ("dark", 10), ("udp", 9)):
        heatmaps = PoseEstimator.from_network(Recorder(), replace(INFO, codec_kind=kind), **CPU).heatmaps(crops)
        expected = np.zeros((1, 17, 64, 48))
        expected[0, 5, 30, 10] += 0.5
        expected[0, 5, 30, column] += 0.5
        assert np.array_equal(heatmaps, expected), kind


def test_people_are_independent_of_their_batch():
    image = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    boxes = [[10 * i, 5 * i, 10 * i + 80, 5 * i + 90] for i in range(5)]
    network = BrightSpots()
    estimator = PoseEstimator.from_network(network, INFO, max_batch=4, **CPU)
    together = estimator.estimate(image, boxes)
    assert estimator.backend.network.batches == [4, 4, 2]
    alone = [estimator.estimate(image, [box]) for box in boxes]
    assert np.array_equal(together.keypoints, np.concatenate([pose.keypoints for pose in alone]))
    assert np.allclose(together.scores, np.concatenate([pose.scores for pose in alone]), atol=1e-6)


@pytest.mark.parametrize("kind", ["quarter", "udp"])
def test_smaller_crops_find_the_same_place_with_less_work(kind):
    network = BrightSpots()
    estimator = PoseEstimator.from_network(network, replace(INFO, codec_kind=kind), **CPU)
    estimator.input_scale = 0.75
    assert estimator.codec.input_wh == (144, 192)
    assert estimator.heatmaps(np.zeros((1, 192, 144, 3), np.uint8)).shape == (1, 17, 48, 36)
    for x, y in ((300.0, 200.0), (317.0, 251.0)):
        poses = estimator.estimate(spot_image(x, y), [[220, 100, 380, 340]])
        assert np.abs(poses.keypoints[0] - (x, y)).max() < 0.75 * 240 * 1.25 / 48
    estimator.input_scale = 1.0
    assert estimator.codec.input_wh == (192, 256)


def test_smaller_crops_keep_to_what_the_network_can_take():
    class Coarse(BrightSpots):
        def forward(self, x):
            if x.shape[2] % 32 or x.shape[3] % 32:
                raise RuntimeError("sizes of branches differ")
            return super().forward(x)

    estimator = PoseEstimator.from_network(Coarse(), INFO, **CPU)
    estimator.input_scale = 0.75
    assert estimator.codec.input_wh == (128, 192)

    class Fixed(BrightSpots):
        def forward(self, x):
            return super().forward(x) if x.shape[2] == 256 else [x[:, :1]]

    estimator = PoseEstimator.from_network(Fixed(), INFO, **CPU)
    with pytest.raises(UserError, match="of its size"):
        estimator.input_scale = 0.75
    assert estimator.codec.input_wh == (192, 256) and estimator.input_scale == 1


def test_memory_that_runs_out_is_not_taken_for_a_size_that_the_network_cannot_read():
    class Full(BrightSpots):
        def forward(self, x):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 589824 bytes.")

    estimator = PoseEstimator.from_network(Full(), INFO, **CPU)
    with pytest.raises(MemoryError):
        estimator.input_scale = 0.75


def test_nobody_gives_empty_poses():
    estimator = PoseEstimator.from_network(BrightSpots(), INFO, **CPU)
    poses = estimator.estimate(np.zeros((10, 10, 3), np.uint8), np.zeros((0, 4), np.float32))
    assert poses.keypoints.shape == (0, 17, 2) and estimator.backend.network.batches == []
    assert estimator.heatmaps(np.zeros((0, 256, 192, 3), np.uint8)).shape == (0, 17, 64, 48)


def test_senseless_boxes_give_missing_keypoints_and_leave_the_others_alone():
    estimator = PoseEstimator.from_network(BrightSpots(), INFO, **CPU)
    good = [220, 100, 380, 340]
    bad = [[np.nan, 0, 9, 9], [0, 0, np.inf, 9], [50, 50, 50, 90], [50, 90, 80, 50], [0, 0, 0, 0], [-90, -90, -5, -5],
           [700, 10, 800, 90], [0, 0, 1e30, 1e30]]  # fmt: skip
    image = spot_image(300, 200)
    poses = estimator.estimate(image, [*bad[:4], good, *bad[4:]])
    assert np.isnan(np.delete(poses.keypoints, 4, axis=0)).all() and not np.delete(poses.scores, 4, axis=0).any()
    assert np.array_equal(poses.keypoints[4], estimator.estimate(image, [good]).keypoints[0])


def test_boxes_reaching_far_beyond_the_picture_are_fine():
    estimator = PoseEstimator.from_network(BrightSpots(), INFO, **CPU)
    poses = estimator.estimate(spot_image(300, 200), [[-5000, -5000, 6000, 6000], [299.5, 199.5, 300.5, 200.5]])
    assert np.isfinite(poses.keypoints).all()


def test_heatmaps_that_are_not_finite_give_missing_keypoints():
    class Broken(BrightSpots):
        def forward(self, x):
            heatmaps = super().forward(x)[0].clone()
            heatmaps[:, 3] = float("nan")
            return [heatmaps]

    poses = PoseEstimator.from_network(Broken(), INFO, **CPU).estimate(spot_image(300, 200), [[220, 100, 380, 340]])
    missing = np.isnan(poses.keypoints).any(axis=2)[0]
    assert missing[3] and poses.scores[0, 3] == 0 and not missing[[0, 5, 16]].any()


def test_memory_that_runs_out_halves_the_batch():
    class Small(BrightSpots):
        def forward(self, x):
            if len(x) > self.limit:
                raise torch.OutOfMemoryError("no memory")
            return super().forward(x)

    network = Small()
    network.limit = 4
    estimator = PoseEstimator.from_network(network, INFO, max_batch=64, **CPU)
    image, boxes = spot_image(300, 200), [[220, 100, 380, 340]] * 7
    assert np.isfinite(estimator.estimate(image, boxes).keypoints).all()
    before = len(estimator.backend.network.batches)
    estimator.estimate(image, boxes)
    assert max(estimator.backend.network.batches[before:]) <= 4, "the smaller batch is kept"
    estimator.backend.network.limit = 0
    with pytest.raises(UserError, match=r"fits in the memory of cpu; close other programs\.$"):
        estimator.estimate(image, boxes)


def test_pictures_of_another_kind_are_a_programming_error():
    estimator = PoseEstimator.from_network(BrightSpots(), INFO, **CPU)
    for image in (np.zeros((9, 9, 3), np.float32), np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8)):
        with pytest.raises(ValueError, match="uint8"):
            estimator.estimate(image, [[0, 0, 5, 5]])


@pytest.mark.skipif(torch.cuda.is_available(), reason="has CUDA")
def test_a_device_that_is_not_there_is_a_clear_error():
    with pytest.raises(UserError, match="cuda is not available"):
        PoseEstimator.from_network(BrightSpots(), INFO, device="cuda")
    for wrong in ("tpu", "cpu:x", ""):
        with pytest.raises(UserError):
            choose_device(wrong)
    assert choose_device("auto").type in ("cpu", "mps")


def test_precision_follows_the_device():
    cpu = torch.device("cpu")
    assert choose_precision(cpu) == (torch.bfloat16 if cpu_has_bf16() else torch.float32)
    assert choose_precision(torch.device("cuda")) == torch.float16
    assert choose_precision(torch.device("mps")) == torch.float32
    assert choose_precision(cpu, "fp32") == torch.float32
    for wrong in ("fp16", "int8"):
        with pytest.raises(UserError):
            choose_precision(cpu, wrong)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(asset("weights/M2-D2-W32_256x192.safetensors"))


def people_of_the_demo(time_s):
    """A picture of the demo (RGB) and the boxes (N, 4) of those who can be seen well."""
    truth = json.loads(asset("demo_truth.json").read_text())
    index = next(i for i, frame in enumerate(truth["frames"]) if frame["time_s"] >= time_s)
    video = cv2.VideoCapture(str(asset("demo.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, index)
    read, picture = video.read()
    assert read
    boxes = [person["bbox"] for person in truth["frames"][index]["people"] if person["seen_share"] > 0.8]
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.array(boxes, np.float32)


def test_bf16_moves_joints_by_little(shipped):
    image, boxes = people_of_the_demo(3.0)
    full, half = (PoseEstimator.from_network(*shipped, device="cpu", precision=p) for p in ("fp32", "bf16"))
    exact, rough = full.estimate(image, boxes), half.estimate(image, boxes)
    sure = exact.scores > 0.2
    heights = np.repeat(boxes[:, 3:] - boxes[:, 1:2], 17, axis=1)
    moved = np.linalg.norm(exact.keypoints - rough.keypoints, axis=2) / heights
    assert sure.sum() >= 30
    assert np.median(moved[sure]) < 0.001 and (moved[sure] < 0.01).mean() > 0.95
    assert np.abs(exact.scores - rough.scores).max() < 0.02
    assert half.precision == "bf16" and half.device_name == "cpu"


def test_the_estimator_leaves_its_network_alone(shipped):
    before = {key: value.clone() for key, value in shipped[0].state_dict().items()}
    PoseEstimator.from_network(*shipped, device="cpu", precision="bf16")
    after = shipped[0].state_dict()
    assert before.keys() == after.keys() and all(torch.equal(after[key], value) for key, value in before.items())
