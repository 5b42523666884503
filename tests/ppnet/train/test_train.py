"""Training: learns, resumes to the step, is the same on one process and on two, stops on nonsense."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path

import pytest
import torch

from ppnet.__main__ import main
from ppnet.checkpoint import load_backbone, load_checkpoint, save
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.data.augment import NONE
from ppnet.data.coco import read_coco
from ppnet.data.dataset import BatchOrder, CropDataset, Source
from ppnet.errors import UserError
from ppnet.networks.pyramid import PPNet
from ppnet.networks.table import build
from ppnet.skeleton import COCO_17
from ppnet.train.frozen_stem import FrozenStem
from ppnet.train.growing import fill_new_modules
from ppnet.train.loop import Trainer
from ppnet.train.loss import LossSettings, heatmap_loss, make_targets
from ppnet.train.settings import PRESETS, TrainSettings
from tests.fakes import PATIENCE_S, wait_for
from tests.ppnet.seeded_networks import SMALL as NETWORK
from tests.ppnet.train.drawn_people import write_people
from tests.shared_material import shared

ROOT = Path(__file__).parents[3]
SMALL = TrainSettings(network=NETWORK, codec=Codec(input_wh=(48, 64)), batch=4, samples=100, optimizer="adam",
                      learning_rate=1e-3)  # fmt: skip


def make_trainer(people: Path, settings: TrainSettings, *, first_step: int = 0):
    torch.manual_seed(0)
    sources = [Source(read_coco(people))]
    dataset = CropDataset(sources, settings.codecs, settings.augmentation, skeleton=COCO_17)
    order = BatchOrder(sources, settings.batch, seed=0, first_step=first_step)
    network = build(settings.network)
    trainer = Trainer(network, settings, total_steps=25, steps_per_epoch=2, device=torch.device("cpu"))
    return trainer, iter(torch.utils.data.DataLoader(dataset, batch_sampler=order))


@pytest.fixture
def people(tmp_path):
    return write_people(tmp_path)


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "adamw", "muon"])
def test_the_loss_falls(people, optimizer):
    settings = replace(SMALL, optimizer=optimizer, augmentation=NONE, loss=LossSettings(1000.0, 1.0))
    trainer, batches = make_trainer(people, settings)
    losses = [report.loss for report in trainer.train(batches, 20)]
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])


def test_a_resumed_run_ends_in_the_same_parameters(people, tmp_path):
    settings = replace(SMALL, optimizer="muon", ema=0.9, schedule="cosine", warm_up_steps=2)
    whole, batches = make_trainer(people, settings)
    list(whole.train(batches, 6))
    part, batches = make_trainer(people, settings)
    list(part.train(batches, 3))
    part.save(tmp_path / "state.pt")
    resumed, batches = make_trainer(people, settings, first_step=3)
    resumed.load(tmp_path / "state.pt")
    assert resumed.step == 3
    list(resumed.train(batches, 3))
    for (name, a), b in zip(whole.network.state_dict().items(), resumed.network.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert all(torch.equal(whole.mean.tensors[name], value) for name, value in resumed.mean.tensors.items())


def test_crops_depend_on_seed_draw_and_index_alone(people):
    settings = PRESETS["small-data"]
    sources = [Source(read_coco(people))]
    datasets = [
        CropDataset(sources, [Codec((48, 64))], settings.augmentation, skeleton=COCO_17, seed=s) for s in (1, 1, 2)
    ]
    first, again, other = (dataset[(3, 5, 0)] for dataset in datasets)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.image, other.image)
    order = BatchOrder(sources, 4, seed=0)
    loaders = [torch.utils.data.DataLoader(datasets[0], batch_sampler=order, num_workers=workers) for workers in (0, 2)]
    alone, helped = (next(iter(loader)) for loader in loaders)
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_who_comes_several_times_in_an_epoch_is_changed_another_way_each_time(people):
    sources = [Source(read_coco(people), share=5)]
    dataset = CropDataset(sources, SMALL.codecs, PRESETS["small-data"].augmentation, skeleton=COCO_17)
    order = BatchOrder(sources, 4, seed=0)
    epoch = [item for batch in islice(order, order.steps_per_epoch) for item in batch]
    person = epoch[0][1]
    crops = [dataset[item].image for item in epoch if item[1] == person]
    assert len(crops) >= 4
    assert all(not torch.equal(a, b) for a, b in combinations(crops, 2))
    assert torch.equal(crops[0], dataset[epoch[0]].image), "the same again when asked for again"


def run_or_show_where_it_hangs(command, timeout_s):
    """(exit code, stderr); who does not end in time shows every thread's stack there."""
    environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            stderr = process.communicate(timeout=timeout_s)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGABRT)
            stderr = process.communicate()[1]
    return process.returncode, stderr


@pytest.mark.slow
def test_two_processes_with_half_the_batch_give_the_same_parameters(people, tmp_path):
    options = ["--data", f"coco:{people}", "--network", NETWORK, "--input", "64x48", "--freeze-bn",
               "--device", "cpu", "--optimizer", "adam", "--lr", "1e-3", "-q"]  # fmt: skip
    one = tmp_path / "one"
    assert main(["train", *options, "--out", str(one), "--batch", "4", "--samples", "20"]) == 0
    two = tmp_path / "two"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "ppnet",
               "train", *options, "--out", str(two), "--batch", "2", "--samples", "20"]  # fmt: skip
    code, stderr = run_or_show_where_it_hangs(command, timeout_s=240)
    assert code == 0, stderr[-8000:]
    states = [torch.load(run / "state.pt", weights_only=True) for run in (one, two)]
    assert [state["step"] for state in states] == [5, 5]
    start = build(NETWORK).state_dict()
    for name, value in states[0]["network"].items():
        torch.testing.assert_close(states[1]["network"][name], value, rtol=1e-4, atol=1e-6, msg=name)
    moved = [name for name, value in states[0]["network"].items() if not torch.equal(value, start[name])]
    assert len(moved) > 20


def test_a_loss_that_is_not_a_number_stops_the_run(people):
    trainer, batches = make_trainer(people, SMALL)
    with torch.no_grad():
        trainer.network.conv1.weight.fill_(float("nan"))
    with pytest.raises(UserError, match="loss became nan at step 0"):
        list(trainer.train(batches, 1))


def test_a_batch_too_large_for_the_memory_names_one_that_fits(people):
    trainer, batches = make_trainer(people, SMALL)

    def forward(images):
        if len(images) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return trainer.network(images)

    trainer.forward = forward
    with pytest.raises(UserError, match=r"batch of 4 does not fit .* --batch 2 fits"):
        list(trainer.train(batches, 1))


def test_absent_and_unlabelled_joints():
    codec = Codec((48, 64))
    keypoints = torch.tensor([[[20.0, 30.0], [500.0, 30.0], [10.0, 10.0]]])
    weights, absent = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[False, True, False]])
    targets, used, gone = make_targets(keypoints, weights, absent, codec)
    assert used.tolist() == [[1, 0, 0]]
    assert targets[0, 0].max() == 1
    assert targets[0, 1:].abs().sum() == 0
    output = torch.ones(1, 3, 16, 12)
    paper = heatmap_loss([output], targets, used, gone, LossSettings())
    expected = 0.5 * (1 - targets[0, 0]).square().mean() / 3
    torch.testing.assert_close(paper, expected)
    strict = heatmap_loss([output], targets, used, gone, LossSettings(absent=1.0))
    torch.testing.assert_close(strict, expected + 0.5 / 3)


def test_the_command_trains_validates_resumes_and_refuses(people, tmp_path, capsys):
    run = tmp_path / "run"
    options = ["train", "--preset", "small-data", "--data", f"coco:{people}@2", "--val", f"coco:{people}", "--network",
               NETWORK, "--input", "64x48", "--batch", "4", "--device", "cpu", "-q", "--out", str(run)]  # fmt: skip
    assert main([*options, "--samples", "8"]) == 0
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert {"AP", "AP50"} <= set(lines[-1])
    assert len(list((run / "predictions").glob("*.jpg"))) == 1
    info = load_checkpoint(run / "latest.safetensors")[1]
    assert info.input_wh == (48, 64)
    assert json.loads((run / "recipe.json").read_text())["step"] == 2
    assert main([*options, "--samples", "8"]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*options, "--samples", "16", "--resume"]) == 0
    assert json.loads((run / "recipe.json").read_text())["step"] == 4


def test_a_terminated_run_keeps_its_last_step(people, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "ppnet", "train", "--data", f"coco:{people}", "--out", str(run), "--network",
               NETWORK, "--input", "64x48", "--batch", "1", "--device", "cpu", "--samples", "4000000"]  # fmt: skip
    errors = tmp_path / "errors.txt"  # a pipe that nobody reads would fill with the progress bar and stop the run
    with errors.open("w") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stderr=stream)
    log = run / "log.jsonl"
    wait_for(lambda: (log.exists() and log.read_text()) or process.poll() is not None)
    process.terminate()
    assert process.wait(timeout=PATIENCE_S) == 130, errors.read_text()
    state = torch.load(run / "state.pt", weights_only=True)
    assert state["step"] >= 50
    assert json.loads((run / "recipe.json").read_text())["step"] == state["step"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--data", "coco:nowhere.json", "cannot be read"), ("--data", "nonsense", "not a data source"),
     ("--batch", "0", "--batch"), ("--init", "nowhere.pth", "nowhere.pth")],
)  # fmt: skip
def test_bad_input_is_one_sentence(people, tmp_path, capsys, option, value, words):
    options = {"--data": f"coco:{people}", "--out": str(tmp_path / "run"), "--samples": "4", "--device": "cpu",
               "--network": NETWORK, "--input": "64x48"}  # fmt: skip
    options[option] = value
    assert main(["train", *(part for pair in options.items() for part in pair)]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_broken_json_names_file_and_line(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text('{"images": [],\n "annotations": [,]}')
    with pytest.raises(UserError, match=r"broken.json, line 2"):
        read_coco(path)


@pytest.mark.slow
def test_overfits_32_real_crops(tmp_path):
    """AP above 0.95 on the 32 people it learned: targets, loss, decoding and evaluation fit together."""
    annotations = ROOT.parent / "shared" / "data" / "train" / "coco_train.json"
    content = json.loads(shared(annotations).read_text())
    chosen = [entry for entry in content["annotations"] if entry["num_keypoints"] >= 10][:32]
    ids = {entry["image_id"] for entry in chosen}
    content["annotations"] = chosen
    content["images"] = [image for image in content["images"] if image["id"] in ids]
    for image in content["images"]:
        image["shard"] = str(annotations.parent / image["shard"])
    people = tmp_path / "few.json"
    people.write_text(json.dumps(content))
    settings = replace(
        PRESETS["small-data"],
        augmentation=NONE,
        codec=Codec((144, 192), sigma=1.5, kind="udp"),
        ema=0.95,
        network="M2-D1-W16",
        batch=16,
        samples=16 * 600,
        learning_rate=2e-3,
    )
    from ppnet.train.run import RunOptions, train

    train(settings, RunOptions(tmp_path / "run", quiet=True, keep_images=True), [Source(read_coco(people))],
          device=torch.device("cpu"), validation=read_coco(people))  # fmt: skip
    last = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert last["AP"] > 0.95


def test_sizes_are_mixed_by_batches_and_each_is_learned_with_its_own_heatmap(people):
    settings = replace(SMALL, more_inputs=(((32, 32), 3.0),), samples=400)
    dataset = CropDataset([Source(read_coco(people))], settings.codecs, settings.augmentation, skeleton=COCO_17)
    order = BatchOrder([Source(read_coco(people))], settings.batch, seed=0, size_shares=settings.input_shares)
    batches = list(islice(torch.utils.data.DataLoader(dataset, batch_sampler=order), 60))
    heights = [batch.image.shape[1] for batch in batches]
    assert set(heights) == {32, 64}
    assert 0.6 < heights.count(32) / len(heights) < 0.9
    trainer, _ = make_trainer(people, settings)
    reports = list(trainer.train(iter(batches), 10))
    assert all(report.loss > 0 for report in reports)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_frozen_stem_stays_as_it_is_and_the_rest_learns(people, precision):
    trainer, batches = make_trainer(people, replace(SMALL, freeze_stem=True, precision=precision))
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    list(trainer.train(batches, 2))
    changed = {
        name.split(".")[0]
        for name, value in trainer.network.state_dict().items()
        if value.dtype.is_floating_point and not torch.equal(value, before[name])
    }
    assert changed and not changed & {"conv1", "bn1", "conv2", "bn2", "layer1"}


def test_a_frozen_stem_is_run_as_it_will_be_later_and_gives_what_its_layers_give(people):
    trainer, batches = make_trainer(people, replace(SMALL, freeze_stem=True, precision="fp32"))
    list(trainer.train(batches, 1))
    images = torch.randn(2, 3, 64, 48)
    with torch.no_grad():
        expected = PPNet.stem(trainer.network, images)
    found = trainer.network.stem(images)
    assert isinstance(trainer.network.stem, FrozenStem)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    trainer.network.conv1.weight.requires_grad_(False).mul_(2)  # what a resumed run brings is read at the first call
    again, _ = make_trainer(people, replace(SMALL, freeze_stem=True, precision="fp32"))
    again.network.eval().load_state_dict(trainer.network.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(again.network.stem(images), PPNet.stem(again.network, images), rtol=1e-3, atol=1e-4)


def test_new_modules_start_as_copies_and_learn_alone_with_freeze_init(people, tmp_path):
    small = build("M2-D1-W8-2branches")
    small_file = tmp_path / "small.safetensors"
    save(small_file, small, CheckpointInfo("M2-D1-W8-2branches", (48, 64)))
    larger = build("M4-D1-W8-2branches")
    given = load_backbone(larger, small_file).taken
    fill_new_modules(larger, given)
    start = {name: value.clone() for name, value in larger.state_dict().items()}
    for new, old in (("ppnet.1.fuse_layers.1", "ppnet.0.fuse_layers.1"), ("ppnet.2", "ppnet.0"), ("ppnet.3", "ppnet.1"),
                     ("fc.2", "fc.0"), ("heatmap_layer.3", "heatmap_layer.1"), ("fc_.2", "fc_.0")):  # fmt: skip
        for name, value in larger.get_submodule(new).state_dict().items():
            torch.testing.assert_close(value, small.get_submodule(old).state_dict()[name], msg=f"{new}.{name}")

    options = ["--data", f"coco:{people}", "--network", "M4-D1-W8-2branches", "--input", "64x48", "--batch", "4",
               "--samples", "8", "--ema", "0", "--lr", "0.01", "--out", str(tmp_path / "run"), "--device", "cpu",
               "-q"]  # fmt: skip
    assert main(["train", *options, "--init", str(small_file), "--freeze-init"]) == 0
    trained = load_checkpoint(tmp_path / "run" / "latest.safetensors")[0].state_dict()
    assert all(torch.equal(trained[name], small.state_dict()[name]) for name in given)
    assert all(
        not torch.equal(trained[name], start[name]) for name, _ in larger.named_parameters() if name not in given
    )


@pytest.mark.parametrize(
    ("network", "init", "words"),
    [("M2-D1-W8-2branches", True, "nothing is left"), ("M4-D1-W8-2branches", False, "--init")],
)
def test_freeze_init_needs_weights_that_leave_something_to_learn(people, tmp_path, capsys, network, init, words):
    save(tmp_path / "small.safetensors", build("M2-D1-W8-2branches"), CheckpointInfo("M2-D1-W8-2branches", (48, 64)))
    options = ["--data", f"coco:{people}", "--network", network, "--input", "64x48", "--batch", "4", "--samples", "8",
               "--out", str(tmp_path / "run"), "--device", "cpu", "-q", "--freeze-init"]  # fmt: skip
    assert main(["train", *options, *(["--init", str(tmp_path / "small.safetensors")] if init else [])]) == 2
    assert words in capsys.readouterr().err


def test_a_run_is_gone_on_with_only_with_the_layers_that_it_trains(people, tmp_path, capsys):
    small = tmp_path / "small.safetensors"
    save(small, build("M2-D1-W8-2branches"), CheckpointInfo("M2-D1-W8-2branches", (48, 64)))
    options = ["train", "--data", f"coco:{people}", "--network", "M4-D1-W8-2branches", "--input", "64x48",
               "--batch", "4", "--out", str(tmp_path / "run"), "--device", "cpu", "-q"]  # fmt: skip
    alone = ["--init", str(small), "--freeze-init"]
    assert main([*options, *alone, "--samples", "4"]) == 0
    for other in ([], ["--freeze-stem"]):
        capsys.readouterr()
        assert main([*options, *other, "--samples", "8", "--resume"]) == 2
        assert "state.pt is a run in which other layers learn; resume it with the same" in capsys.readouterr().err
    assert main([*options, *alone, "--samples", "8", "--resume"]) == 0


def test_the_clock_saves_too(people, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr("ppnet.train.run._save", lambda trainer, run: saved.append(trainer.step))
    options = [
        "--data",
        f"coco:{people}",
        "--network",
        NETWORK,
        "--input",
        "64x48",
        "--batch",
        "2",
        "--samples",
        "8",
    ]
    assert (
        main(["train", *options, "--save-seconds", "1e-9", "--out", str(tmp_path / "run"), "--device", "cpu", "-q"])
        == 0
    )
    assert {1, 2, 3} <= set(saved)
