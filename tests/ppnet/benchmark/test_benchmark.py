"""The benchmark measures every network in every round, and its tables say what was measured."""

import json

import pytest
import torch

from ppnet.__main__ import main
from ppnet.benchmark.measure import Result, Timing, measure
from ppnet.benchmark.report import as_json, ratio_table, ratios, table
from ppnet.benchmark.subject import Setting, Subject, fitting_batch, peak_bytes
from ppnet.errors import UserError

SETTING = Setting(torch.device("cpu"), torch.float32, (64, 64))


def result(name, seconds, batch=4, case="forward 4"):
    return Result(name, "PPNet", 7_026_690, 3_613_949_952, 3.366, {case: Timing(batch, seconds)}, {case: 2**21})


def test_medians_spreads_and_rates():
    timing = Timing(4, (0.5, 0.2, 0.4, 0.3, 9.0))
    assert timing.median_s == 0.4 and timing.people_per_s == 10
    assert timing.spread == pytest.approx((0.5 - 0.3) / 2 / 0.4)
    assert Timing(1, (0.3,)).spread == 0


def test_ratios_are_speeds_over_those_of_the_reference_networks():
    results = [result("M2-D2-W32", (0.1,)), result("hourglass-2", (0.25,)), result("hrnet-w32", (0.5,), batch=2)]
    found = ratios(results)["forward 4"]
    assert found["M2-D2-W32"] == {"hourglass-2": pytest.approx(2.5), "hrnet-w32": pytest.approx(10)}
    assert found["hourglass-2"]["hourglass-2"] == 1
    assert "10.00" in ratio_table(results) and ratio_table(results[:1]) == ""


def test_the_table_says_when_a_smaller_batch_was_taken():
    text = table([result("M2-D2-W32", (0.1, 0.1)), result("hrnet-w32", (0.5, 0.5), batch=2)])
    first, second = text.splitlines()[2:]
    assert "| 7.0 | 3.61 | 3.4 | 100.0 ±0 % | 40.0 | 2 |" in first and "batch" not in first
    assert "(batch 2)" in second
    assert len({line.count("|") for line in text.splitlines()}) == 1


def test_every_round_measures_every_network_in_every_case():
    said = []
    cases = [("forward", 1), ("forward", 2), ("train", 2)]
    results = measure(["M1-D1-W8", "M1-D1-W16"], SETTING, cases, rounds=3, progress=said.append)
    assert [r.name for r in results] == ["M1-D1-W8", "M1-D1-W16"]
    for r in results:
        assert set(r.timings) == {"forward 1", "forward 2", "train 2"}
        assert all(len(t.seconds) == 3 and min(t.seconds) > 0 for t in r.timings.values())
        assert r.memory_bytes["train 2"] > r.memory_bytes["forward 2"] > 0
    assert results[0].parameters < results[1].parameters
    assert said[-1] == "round 3 of 3 done"
    assert json.loads(json.dumps(as_json(results, {})))["networks"][0]["cases"]["train 2"]["batch"] == 2


@pytest.mark.parametrize("mode", ["forward", "train"])
def test_crops_are_made_before_the_clock_starts(mode, monkeypatch):
    subject = Subject("M1-D1-W8", SETTING)
    subject.prepare(mode, 2)
    with monkeypatch.context() as patched:
        patched.setattr(torch, "randn", None)
        subject.run(mode, 2)


def test_a_training_step_trains_and_gives_its_memory_back():
    subject = Subject("M1-D1-W8", SETTING)
    before = subject._network.conv1.weight.detach().clone()
    subject.run("train", 2)
    assert not torch.equal(before, subject._network.conv1.weight)
    assert subject._optimizer.state
    subject.release()
    assert not subject._optimizer.state and subject._network.conv1.weight.grad is None


def test_memory_grows_with_the_batch_and_the_largest_that_fits_is_found():
    subject = Subject("M1-D1-W8", SETTING)
    one, two, four = (peak_bytes(subject, "train", batch) for batch in (1, 2, 4))
    assert one < two < four
    assert one > 3 * 4 * subject.cost.parameters / 2, "gradients and the optimiser's memory are counted"
    predicted = one + 3 * (two - one)
    assert four == pytest.approx(predicted, rel=0.1)
    assert fitting_batch(subject, "train", 32, available=int(predicted / 0.8) + 1) == 4
    assert fitting_batch(subject, "train", 32, available=int(predicted / 0.8) - 1000) == 2
    assert fitting_batch(subject, "train", 32, available=one // 2) == 0
    assert fitting_batch(subject, "train", 32, available=2**50) == 32


def test_a_batch_that_does_not_fit_is_made_smaller_and_said(monkeypatch):
    said = []
    monkeypatch.setattr("ppnet.benchmark.subject.available_bytes", lambda device: 13 * 2**20)
    (r,) = measure(["M1-D1-W8"], SETTING, [("forward", 512)], rounds=1, progress=said.append)
    taken = r.timings["forward 512"].batch
    assert 1 <= taken < 512 and any(f"512 does not fit in memory (forward); {taken} does" in text for text in said)
    monkeypatch.setattr("ppnet.benchmark.subject.available_bytes", lambda device: 1000)
    with pytest.raises(UserError, match="Not even one crop"):
        measure(["M1-D1-W8"], SETTING, [("forward", 512)], rounds=1)


def test_the_command_writes_table_plot_and_figures(tmp_path, capsys):
    out, figures = tmp_path / "out", tmp_path / "b.json"
    arguments = [
        "--networks",
        "M1-D1-W8",
        "hourglass-2",
        "--batches",
        "1",
        "2",
        "--rounds",
        "2",
        "--input",
        "64x64",
        "--no-train",
    ]
    code = main(["benchmark", *arguments, "--device", "cpu", "--out", str(out), "--json", str(figures)])
    printed = capsys.readouterr().out
    assert code == 0 and "| M1-D1-W8 |" in printed and "times as fast as" in printed
    assert "| M1-D1-W8 |" in (out / "benchmark.md").read_text()
    assert (out / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads(figures.read_text())
    assert content["machine"]["input"] == "64x64" and content["machine"]["rounds"] == 2
    assert content["times_as_fast_as"]["forward 2"]["hourglass-2"]["hourglass-2"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--networks", "resnet"], "There is no network 'resnet'"),
        (["--networks", "hourglass-2", "--input", "96x96"], "hourglass-2 cannot take an input of 96x96"),
        (["--input", "33x33"], "No network can take"),
        (["--rounds", "0"], "at least 1"),
        (["--batches", "0"], "at least 1"),
        (["--precision", "int4"], "no precision 'int4'"),
        (["--device", "tpu"], "no device 'tpu'"),
    ],
)
def test_wrong_requests_are_refused(arguments, words, capsys):
    assert main(["benchmark", "-q", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
