"""`python -m ppnet evaluate` on real weights and real people."""

import argparse
import json
import re

import numpy as np
import pytest

from ppnet.errors import DatasetError, UserError
from ppnet.evaluate.command import add_arguments, run
from tests.ppnet.evaluate.people import PUBLIC, SHIPPED, coco_content, results_with_oks, write_coco
from tests.ppnet.evaluate.test_pck import write_mpii
from tests.shared_material import needs_shared

needs_people = needs_shared(PUBLIC)


def evaluate(*options):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(option) for option in options]))


@pytest.fixture(scope="module")
def few_people(tmp_path_factory):
    """The public part cut to the pictures of people easy to see."""
    content = json.loads(PUBLIC.read_text())
    large = [a for a in content["annotations"] if a["num_keypoints"] >= 16 and a["area"] > 20000]
    chosen = list(dict.fromkeys(a["image_id"] for a in large))[:4]
    content["images"] = [image for image in content["images"] if image["id"] in chosen]
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] in chosen]
    path = tmp_path_factory.mktemp("few") / "few.json"
    path.write_text(json.dumps(content))
    return path


@needs_people
def test_figures_results_and_plot_of_real_weights(few_people, tmp_path, capsys):
    files = {name: tmp_path / name for name in ("figures.json", "results.json", "curve.png", "failures.jpg")}
    code = evaluate(
        "--weights", SHIPPED, "--data", f"coco:{few_people}", "--images", PUBLIC.parent / "images", "--flip", "both",
        "--bootstrap", 50, "--json", files["figures.json"], "--results", files["results.json"],
        "--reliability", files["curve.png"], "--failures", files["failures.jpg"], "--device", "cpu",
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert code == 0 and "M2-D2-W32 256x192" in printed and "no flip" in printed and "--min-conf" in printed
    figures = json.loads(files["figures.json"].read_text())
    assert figures["figures"]["flip"]["AP50"] > 0.4  # a wrong crop or order gives 0
    assert set(figures["figures"]) == {"flip", "no flip"}
    low, high = figures["figures"]["flip"]["AP_interval_95"]
    assert low <= high and figures["persons"] >= 5 and figures["images"] == 4
    assert len(figures["reliability"]["right"]) == 10
    results = json.loads(files["results.json"].read_text())
    assert len(results) == figures["persons"] and len(results[0]["keypoints"]) == 51
    assert files["curve.png"].stat().st_size > 1000 and files["failures.jpg"].stat().st_size > 1000

    assert (
        evaluate("--answers", files["results.json"], "--data", f"coco:{few_people}", "--json", tmp_path / "again.json")
        == 0
    )
    again = json.loads((tmp_path / "again.json").read_text())["figures"]["answers"]
    assert again["AP"] == pytest.approx(figures["figures"]["flip"]["AP"], abs=0.002)


@needs_people
@pytest.mark.slow
def test_shipped_weights_reach_the_figures_of_their_card(tmp_path):
    card = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    promised = re.search(r"\| this file, 256x192, flip \| \*\*([\d.]+)\*\*", card)
    figures = tmp_path / "figures.json"
    evaluate("--weights", SHIPPED, "--data", f"coco:{PUBLIC}", "--bootstrap", 0, "--json", figures)
    ap = json.loads(figures.read_text())["figures"]["flip"]["AP"]
    assert 100 * ap == pytest.approx(float(promised[1]), abs=0.3)  # number formats differ by that much


def test_perfect_answers_of_another_program(tmp_path, capsys):
    path = write_coco(tmp_path)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(results_with_oks(coco_content()["annotations"], 1.0)))
    assert evaluate("--answers", answers, "--data", f"coco:{path}", "--bootstrap", 0) == 0
    assert "100.0" in capsys.readouterr().out


@pytest.fixture
def mpii_weights(tmp_path):
    """A small network of 16 joints with fresh weights."""
    import torch

    from ppnet.checkpoint import save
    from ppnet.checkpoint_info import CheckpointInfo
    from ppnet.networks.table import build

    torch.manual_seed(0)
    path = tmp_path / "mpii.safetensors"
    save(path, build("M1-D1-W8", 16), CheckpointInfo("M1-D1-W8", (64, 64), skeleton="mpii16"))
    return path


def test_mpii_gives_table_vi(tmp_path, mpii_weights, capsys):
    people = write_mpii(tmp_path)
    assert evaluate("--weights", mpii_weights, "--data", f"mpii:{people}", "--json", tmp_path / "figures.json") == 0
    printed = capsys.readouterr().out
    assert "Shoulder" in printed and "gt_valid.mat" in printed
    figures = json.loads((tmp_path / "figures.json").read_text())["figures"]
    assert set(figures) == {"flip @0.5", "flip @0.1"}
    assert 0 <= figures["flip @0.5"]["Mean"] <= 1 and np.isfinite(figures["flip @0.1"]["Mean"])
    (tmp_path / "gt_valid.mat").unlink()
    evaluate("--weights", mpii_weights, "--data", f"mpii:{people}")
    assert "estimated" in capsys.readouterr().out


def test_joints_that_do_not_match_the_weights(tmp_path, mpii_weights):
    with pytest.raises(DatasetError, match=r"mpii16.*coco17"):
        evaluate("--weights", mpii_weights, "--data", f"coco:{write_coco(tmp_path)}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "either --weights"),
        (("--weights", "a.pth", "--answers", "b.json"), "either --weights"),
        (("--answers", "b.json", "--results", "c.json"), "need --weights"),
        (("--answers", "b.json", "--input", "256x192"), "leave out --detections"),
        (("--weights", "M2-D2-W32_256x192", "--input", "250x190"), "cannot be used"),
        (("--weights", "M2-D2-W32_256x192", "--input", "100x100"), "cannot take"),
        (("--weights", "a.pth", "--head-sizes", "gt_valid.mat"), "--head-sizes"),
        (("--weights", "a.pth", "--batch", "0"), "--batch"),
        (("--weights", "a.pth", "--input", "256"), "256x192"),
        (("--weights", "missing.pth"), "missing.pth"),
        (("--answers", "missing.json"), "missing.json"),
    ],
)
def test_options_that_make_no_sense(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        evaluate("--data", f"coco:{write_coco(tmp_path)}", *options)


def test_place_that_cannot_be_written(tmp_path):
    path = write_coco(tmp_path)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(results_with_oks(coco_content()["annotations"], 1.0)))
    with pytest.raises(UserError, match="nowhere"):
        evaluate(
            "--answers", answers, "--data", f"coco:{path}", "--bootstrap", 0, "--json", tmp_path / "nowhere" / "f.json"
        )
