"""What a run leaves behind when it ends early, and what it refuses before it begins."""

import json
import multiprocessing
import os
import signal

import pytest
import torch
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter as Loading

from ppnet.__main__ import main
from ppnet.checkpoint import read_info
from ppnet.train import loop
from ppnet.train.settings import TOLERANCES
from tests.ppnet.seeded_networks import SMALL as NETWORK
from tests.ppnet.train.drawn_people import write_people


def small_run(folder):
    """The words for a small run of 4 people a step, without --samples and --out; its pictures lie in the folder."""
    return ["train", "--preset", "small-data", "--data", f"coco:{write_people(folder)}@4", "--network", NETWORK,
            "--input", "64x48", "--batch", "4", "--device", "cpu", "-q"]  # fmt: skip


@pytest.fixture
def options(tmp_path):
    return small_run(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The network after 5 steps without a break."""
    folder = tmp_path_factory.mktemp("whole")
    assert main([*small_run(folder), "--samples", "20", "--out", str(folder / "run")]) == 0
    return state_of(folder / "run")["network"]


def state_of(run):
    return torch.load(run / "state.pt", weights_only=True)


def assert_same(found, wanted):
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        assert torch.equal(value, found[name]), name


def test_a_run_that_was_stopped_in_a_step_goes_on_exactly(options, whole, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    steps = []

    def interrupted(*arguments):
        steps.append(len(steps))
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return loss(*arguments)

    loss = loop.heatmap_loss
    monkeypatch.setattr(loop, "heatmap_loss", interrupted)
    assert main([*options, "--samples", "20", "--out", str(broken)]) == 130
    assert state_of(broken)["step"] == 3
    assert main([*options, "--samples", "20", "--out", str(broken), "--resume"]) == 0
    assert_same(state_of(broken)["network"], whole)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_killed_loading_process_ends_the_run_in_words_and_it_goes_on_exactly(
    options, whole, tmp_path, monkeypatch, capsys
):
    """As the system kills it for want of memory, in the middle of a step."""
    broken = tmp_path / "broken"
    monkeypatch.setattr(Loading._try_get_data, "__defaults__", (0.2,))  # it looks for lost ones so often

    def bereft(*arguments):
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        return loss(*arguments)

    loss = loop.heatmap_loss
    monkeypatch.setattr(loop, "heatmap_loss", bereft)
    assert main([*options, "--samples", "20", "--out", str(broken), "--workers", "1"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "A loading process ended" in said and "--workers" in said and "--resume" in said
    assert 1 <= state_of(broken)["step"] < 5
    monkeypatch.setattr(loop, "heatmap_loss", loss)
    assert main([*options, "--samples", "20", "--out", str(broken), "--resume"]) == 0
    assert_same(state_of(broken)["network"], whole)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_picture_that_is_damaged_is_named(options, tmp_path, capsys, workers):
    for picture in tmp_path.rglob("*.png"):
        picture.write_bytes(picture.read_bytes()[:40])
    assert main([*options, "--samples", "8", "--out", str(tmp_path / "run"), "--workers", workers]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and ".png" in said and "Traceback" not in said


def test_a_run_that_comes_apart_keeps_its_last_good_state(options, tmp_path, capsys):
    run = tmp_path / "run"
    assert main([*options, "--samples", "8", "--out", str(run)]) == 0
    wild = [*options, "--samples", "40", "--out", str(run), "--resume", "--lr", "1e30"]
    assert main(wild) == 2
    assert "Lower --lr" in capsys.readouterr().err
    state = state_of(run)
    assert state["step"] == 2
    assert all(torch.isfinite(value).all() for value in state["network"].values())


@pytest.mark.parametrize(
    ("changed", "words"),
    [(["--optimizer", "adam"], "with muon"), (["--network", "M2-D1-W8"], NETWORK),
     (["--preset", "paper-mpii", "--optimizer", "muon"], "coco17")],
)  # fmt: skip
def test_another_run_is_not_gone_on_with(options, tmp_path, capsys, changed, words):
    run = tmp_path / "run"
    assert main([*options, "--samples", "4", "--out", str(run)]) == 0
    assert main([*options, "--samples", "8", "--out", str(run), "--resume", *changed]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert state_of(run)["step"] == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [(["--sigma", "0"], "sigma"), (["--input", "250x190"], "multiple"), (["--input", "100x100"], "cannot take"),
     (["--seed", "-1"], "--seed"), (["--rotation", "-5"], "--rotation"), (["--distill", "1"], "--teacher")],
)  # fmt: skip
def test_options_that_cannot_be_used_are_one_sentence(options, tmp_path, capsys, changed, words):
    assert main([*options, "--samples", "4", "--out", str(tmp_path / "run"), *changed]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_joints_that_cannot_be_validated_are_refused_before_the_first_step(options, tmp_path, capsys):
    people = options[options.index("--data") + 1].removesuffix("@4")
    mpii = ["--preset", "paper-mpii", "--val", people, "--samples", "4", "--out", str(tmp_path / "run")]
    assert main([*options, *mpii]) == 2
    assert "leave out --val" in capsys.readouterr().err


def test_after_a_run_the_smallest_numbers_are_not_zero_again(options, tmp_path):
    assert main([*options, "--samples", "4", "--out", str(tmp_path / "run")]) == 0
    assert float(torch.tensor(1e-310, dtype=torch.float64) * 0.5) > 0


def test_a_run_keeps_the_targets_that_its_first_weights_were_trained_for(options, tmp_path):
    first, second, third, paper = (tmp_path / name for name in ("first", "second", "third", "paper"))
    command = [*options, "--samples", "4"]
    assert main([*command, "--codec", "udp", "--sigma", "1.5", "--out", str(first)]) == 0
    weights = ["--init", str(first / "latest.safetensors")]
    assert main([*command, *weights, "--out", str(second)]) == 0
    assert main([*command, *weights, "--sigma", "2.5", "--out", str(third)]) == 0
    assert main([*command, "--preset", "paper-coco", "--out", str(paper)]) == 0
    told = [read_info(run / "latest.safetensors") for run in (first, second, third, paper)]
    assert [(info.codec_kind, info.sigma) for info in told] == [
        ("udp", 1.5),
        ("udp", 1.5),
        ("udp", 2.5),
        ("quarter", 2.0),
    ]
    assert [info.tolerances for info in told] == [TOLERANCES] * 3 + [()]


@pytest.mark.parametrize(("has_bf16", "words", "used"), [(True, [], "bf16"), (False, [], "fp32"),
                                                         (False, ["--precision", "bf16"], "bf16")])  # fmt: skip
def test_a_preset_computes_in_what_the_processor_is_fast_at(options, tmp_path, monkeypatch, has_bf16, words, used):
    monkeypatch.setattr("ppnet.cpu.cpu_has_bf16", lambda: has_bf16)
    assert main([*options, *words, "--samples", "4", "--out", str(tmp_path / "run")]) == 0
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["settings"]["precision"] == used
