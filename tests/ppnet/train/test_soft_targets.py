"""Soft targets: a teacher's heatmaps take their share of the targets, and labels win where both disagree."""

import json

import numpy as np
import pytest
import torch

from ppnet.__main__ import main
from ppnet.codec import Codec
from ppnet.data.coco import read_coco
from ppnet.heatmaps import draw_gaussians
from ppnet.skeleton import COCO_17
from ppnet.train.loss import LossSettings, heatmap_loss, make_targets, soft_targets
from tests.ppnet.train.drawn_people import write_people

CODEC = Codec((48, 64), sigma=1.5, kind="udp")
LABELS = torch.tensor([[[10.0, 10.0], [20.0, 30.0], [40.0, 50.0]]])
WEIGHTS, NOWHERE = torch.ones(1, 3), torch.zeros(1, 3, dtype=torch.bool)
BOTH = LossSettings(squared=1000.0, cross_entropy=1.0, absent=0.2)


def said(points, known=True, more=None):
    """(1, 4, h, w) uint8: the teacher's answers at points (3, 2) crop pixels, and at other points, half as high."""
    maps, _ = CODEC.targets(np.asarray(points)[None])
    if more is not None:
        maps = np.maximum(maps, 0.6 * CODEC.targets(np.asarray(more)[None])[0])
    maps = maps / maps.max(axis=(2, 3), keepdims=True)
    frame = np.full((1, 1, *maps.shape[2:]), known)
    return torch.from_numpy(np.rint(np.concatenate([maps, frame], axis=1) * 255).astype(np.uint8))


@pytest.fixture
def hard():
    return make_targets(LABELS, WEIGHTS, NOWHERE, CODEC)


def loss(outputs, hard, soft, settings=BOTH):
    return heatmap_loss([outputs], *hard, settings, soft)


def test_a_teacher_that_says_the_same_changes_nothing(hard):
    soft = soft_targets(said(LABELS[0]), hard[0], 0.7)
    assert soft.share.tolist() == [[pytest.approx(0.7)] * 3]
    torch.testing.assert_close(soft.heatmaps, hard[0], atol=0.01, rtol=0)
    output = torch.rand(1, 3, 16, 12)
    torch.testing.assert_close(loss(output, hard, soft), loss(output, hard, None), rtol=0.01, atol=0)


def test_a_label_that_the_teacher_contradicts_counts_alone(hard):
    moved = LABELS[0].clone()
    moved[1] += torch.tensor([16.0, 0.0])
    soft = soft_targets(said(moved), hard[0], 0.5)
    assert soft.share.tolist() == [[0.5, 0.0, 0.5]]


@pytest.mark.parametrize("settings", [LossSettings(), LossSettings(squared=0.0, cross_entropy=1.0)])
def test_a_second_place_that_the_teacher_sees_costs_less(hard, settings):
    other = LABELS[0] + torch.tensor([0.0, 10.0])
    soft = soft_targets(said(LABELS[0], more=other), hard[0], 0.5)
    alone = CODEC.targets(LABELS.numpy())[0]
    twice = np.maximum(alone, 0.3 * CODEC.targets(other[None].numpy())[0])
    alone, twice = torch.from_numpy(alone), torch.from_numpy(twice)
    assert loss(alone, hard, None, settings) < loss(twice, hard, None, settings)
    assert loss(twice, hard, soft, settings) < loss(alone, hard, soft, settings)


def test_the_label_is_left_where_the_teacher_did_not_look(hard):
    for maps in (said(LABELS[0], known=False), torch.zeros(1, 4, 16, 12, dtype=torch.uint8)):
        soft = soft_targets(maps, hard[0], 1.0)
        assert torch.equal(soft.heatmaps, hard[0])
        output = torch.rand(1, 3, 16, 12)
        torch.testing.assert_close(loss(output, hard, soft), loss(output, hard, None))


def test_joints_without_a_label_or_outside_the_crop_stay_as_they_are():
    weights, absent = torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([[False, False, True]])
    hard = make_targets(LABELS, weights, absent, CODEC)
    elsewhere = LABELS[0].clone()
    elsewhere[1:] = 0
    soft = soft_targets(said(elsewhere), hard[0], 1.0)
    assert not soft.heatmaps[:, 1:].any(), "as empty as the targets"
    output = torch.rand(1, 3, 16, 12)
    changed = output.clone()
    changed[:, 1] = 0
    torch.testing.assert_close(loss(output, hard, soft), loss(changed, hard, soft))


def write_heatmaps(people, folder):
    """A perfect teacher's heatmaps of drawn people."""
    maps, index = [], {}
    for row, sample in enumerate(read_coco(people).samples):
        index[sample.annotation_id] = [row, 48, 64, 96, 128]
        maps.append(draw_gaussians(sample.keypoints[None] / 2, (48, 64), 2.0)[0][0])
    np.save(folder / "people.heatmaps.npy", np.rint(np.array(maps) * 255).astype(np.uint8))
    content = {"joints": COCO_17.keypoints, "sigma": 2.0, "people": index}
    (folder / "people.heatmaps.json").write_text(json.dumps(content))


def test_a_run_with_soft_targets_starts_goes_on_and_says_so_in_its_recipe(tmp_path):
    people, heat = write_people(tmp_path), tmp_path / "heat"
    heat.mkdir()
    write_heatmaps(people, heat)
    command = ["train", "--preset", "small-data", "--data", f"coco:{people}", "--soft-targets", "0.5", "--batch", "4"]
    command += ["--network", "M1-D1-W8", "--input", "64x48", "48x32", "--device", "cpu", "-q"]
    out = ["--heatmaps", str(heat), "--out", str(tmp_path / "run")]
    assert main([*command, *out, "--samples", "8", "--workers", "1"]) == 0
    assert main([*command, *out, "--samples", "16", "--resume"]) == 0
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe["step"] == 4 and recipe["settings"]["soft_targets"] == 0.5


def test_soft_targets_and_the_heatmaps_they_need_go_together(tmp_path, capsys):
    people = write_people(tmp_path, count=1)
    command = ["train", "--data", f"coco:{people}", "--out", str(tmp_path / "run")]
    assert main([*command, "--soft-targets", "0.5"]) == 2
    assert "people.heatmaps.npy" in capsys.readouterr().err
    assert main([*command, "--heatmaps", str(tmp_path)]) == 2
    assert "--soft-targets" in capsys.readouterr().err
    assert main([*command, "--soft-targets", "2"]) == 2
    assert "--soft-targets" in capsys.readouterr().err
