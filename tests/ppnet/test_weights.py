"""`python -m ppnet weights`: import of published files, the listing, and what the app is offered."""

import json

import pytest
import torch

from ppnet.__main__ import main
from ppnet.assets import ASSETS
from ppnet.checkpoint import load_backbone, load_checkpoint
from ppnet.checkpoint_info import read_header
from ppnet.errors import CheckpointError
from ppnet.networks.table import build
from ppnet.weights import app_weights, find_weights, import_weights, list_weights, weights_folder, write_manifest
from tests.ppnet.seeded_networks import MANIFEST, parity_error, parity_state_dict, small_state_dict

QUICK = ("M2-D2-W32", "M1-D8-W32")


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def published(tmp_path, name, state_dict):
    path = tmp_path / name
    torch.save(state_dict, path)
    return path


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in MANIFEST])
def test_parity_holds_through_import(name, tmp_path):
    entry = MANIFEST[name]
    height, width = entry["input"]
    state = {f"module.{key}": value for key, value in parity_state_dict(name).items()}
    path = published(tmp_path, f"pose_ppnet_{name}_{height}x{width}.pth", {"state_dict": state, "epoch": 210})
    report = import_weights(path)
    network, info = load_checkpoint(report.entry.path)
    assert info.network == name.removesuffix("-mpii16")
    assert info.input_wh == (width, height)
    assert info.skeleton == ("mpii16" if entry["joints"] == 16 else "coco17")
    assert parity_error(name, network) < 1e-4


def test_import_writes_all_that_is_known_into_the_file(tmp_path, data_folder, capsys):
    path = published(tmp_path, "pose_ppnet_M1-D1-W8_128x96.pth", small_state_dict())
    assert main(["weights", "import", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "M1-D1-W8, 17 joints, app" in printed and "input size 128x96 comes from its name" in printed
    metadata = read_header(data_folder / "weights" / "M1-D1-W8_128x96.safetensors")["__metadata__"]
    assert metadata["network"] == "M1-D1-W8" and metadata["input"] == "128x96" and metadata["joints"] == "coco17"
    assert json.loads(metadata["mean"]) == [0.485, 0.456, 0.406] and metadata["decode"] == "quarter"
    assert len(metadata["source_sha256"]) == 64 and path.name in metadata["source"]
    assert main(["weights", "list"]) == 0
    assert "M1-D1-W8_128x96" in capsys.readouterr().out
    assert main(["weights", "show", "M1-D1-W8_128x96", "--json", str(tmp_path / "w.json")]) == 0
    assert json.loads((tmp_path / "w.json").read_text())["source_sha256"] == metadata["source_sha256"]


def test_the_app_is_offered_pose_weights_of_17_joints(tmp_path):
    shipped = [entry.name for entry in app_weights()]
    assert "M2-D2-W32_256x192" in shipped
    state = small_state_dict()
    import_weights(published(tmp_path, "a_128x96.pth", state))
    import_weights(published(tmp_path, "b_128x128.pth", small_state_dict(keypoints=16)))
    backbone = {key: value for key, value in state.items() if "heatmap" not in key}
    import_weights(published(tmp_path, "ppnet_m1d1w8.pth.tar", {"state_dict": backbone}))
    (weights_folder() / "broken.safetensors").write_text("no")
    uses = {entry.name: entry.use for entry in list_weights() if not entry.shipped}
    assert uses == {
        "M1-D1-W8_128x96": "app",
        "M1-D1-W8_128x128_mpii16": "evaluation",
        "M1-D1-W8_backbone": "train --init",
        "broken": "cannot be used",
    }
    assert [entry.name for entry in app_weights()] == [*shipped, "M1-D1-W8_128x96"]
    report = load_backbone(build("M1-D1-W8", 16), find_weights("M1-D1-W8_backbone"))
    assert len(report.taken) == len(backbone) and not report.unused
    with pytest.raises(CheckpointError, match="train --init"):
        load_checkpoint(find_weights("M1-D1-W8_backbone"))


def test_the_input_size_is_given_where_the_name_does_not_tell_it(tmp_path, capsys):
    path = published(tmp_path, "final_state.pth", small_state_dict())
    assert main(["weights", "import", str(path)]) == 2
    assert "--input 256x192" in capsys.readouterr().err
    assert main(["weights", "import", str(path), "--input", "384x288"]) == 0
    assert "input size 384x288 was given" in capsys.readouterr().out
    assert load_checkpoint(find_weights("m1-d1-w8_384x288"))[1].input_wh == (288, 384)


def test_the_same_file_is_imported_once_and_another_beside_it(tmp_path):
    first = import_weights(published(tmp_path, "a_128x96.pth", small_state_dict()))
    again = import_weights(tmp_path / "a_128x96.pth")
    other = import_weights(published(tmp_path, "a_128x96.pth", small_state_dict(seed=1)))
    assert again.entry == first.entry and "imported before" in again.remarks[-1]
    assert other.entry.name == "M1-D1-W8_128x96_2"
    assert not torch.equal(*(load_checkpoint(r.entry.path)[0].conv1.weight for r in (first, other)))


def test_decoding_and_resolution_ratios_can_be_said(tmp_path):
    path = published(tmp_path, "a_384x288.pth", small_state_dict())
    arguments = ["weights", "import", str(path), "--decode", "udp", "--sigma", "3"]
    assert main([*arguments, "--network", "M1-D1-W8-resolution-2-3"]) == 0
    (entry,) = (entry for entry in list_weights() if not entry.shipped)
    assert (entry.info.network, entry.info.codec_kind, entry.info.sigma) == ("M1-D1-W8-resolution-2-3", "udp", 3)
    assert load_checkpoint(entry.path)[0](torch.zeros(1, 3, 96, 96))[-1].shape == (1, 17, 24, 24)


def test_a_name_that_contradicts_the_tensors_is_said(tmp_path):
    report = import_weights(published(tmp_path, "pose_ppnet_M4-D3-W48_128x96.pth", small_state_dict()))
    assert report.entry.info.network == "M1-D1-W8"
    assert any("M4-D3-W48" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "none.pth"], "There is no weights file"),
        (["import", "a_128x96.pth", "--input", "256"], "not an input size"),
        (["import", "a_128x96.pth", "--input", "130x94"], "not a crop size"),
        (["import", "a_128x96.pth", "--input", "100x100"], "cannot take an input"),
        (["import", "a_128x96.pth", "--network", "M2-D2-W32"], "does not hold the weights of M2-D2-W32"),
        (["import", "a_128x96.pth", "--network", "resnet"], "unknown network|no network"),
        (["import", "a_128x96.pth", "--sigma", "-1"], "sigma"),
        (["show", "nothing"], "no weights 'nothing'"),
    ],
)
def test_wrong_requests_are_refused(tmp_path, monkeypatch, capsys, arguments, words):
    published(tmp_path, "a_128x96.pth", small_state_dict())
    monkeypatch.chdir(tmp_path)
    assert main(["weights", *arguments]) == 2
    error = capsys.readouterr().err
    assert any(word in error for word in words.split("|")), error
    assert not list(weights_folder().glob("*"))


def test_the_manifest_is_written_as_it_ships(tmp_path):
    """Whoever ships other weights and forgets the manifest fails here, too."""
    for file in (ASSETS / "weights").glob("*.safetensors"):
        (tmp_path / file.name).symlink_to(file)
    write_manifest(tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == (ASSETS / "weights" / "manifest.json").read_bytes()
