"""Weights files: written whole and read back the same; anything else is refused with the reason."""

import io
import json
import os
import pickle
import struct
import time
import zipfile
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import ppnet
from ppnet.assets import asset
from ppnet.checkpoint import load_backbone, load_checkpoint, read_info, save, save_tensors
from ppnet.checkpoint_info import CheckpointInfo, read_written_info, sha256_of, size_in_name
from ppnet.errors import CheckpointError, UserError
from ppnet.networks.table import build
from ppnet.untrusted_tensors import read_state_file
from tests.ppnet.seeded_networks import small_state_dict

SMALL = CheckpointInfo("M1-D1-W8", (64, 96), source="a test", scores={"AP": 0.5}, terms="none", codec_kind="dark",
                       tolerances=(0.03,) * 17)  # fmt: skip


@pytest.fixture
def weights():
    return small_state_dict()


def write(path, content, **options):
    torch.save(content, path, **options)
    return path


def test_what_is_saved_is_loaded(tmp_path, weights):
    path = tmp_path / "deep" / "w.safetensors"
    written = save_tensors(path, weights, SMALL)
    network, info = load_checkpoint(path)
    assert info == written == replace(SMALL, sha256=sha256_of(path))
    assert read_info(path) == read_written_info(path) == written
    assert not network.training
    assert {k: v.dtype for k, v in network.state_dict().items()} == {k: v.dtype for k, v in weights.items()}
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())
    assert os.listdir(path.parent) == ["w.safetensors"]
    assert path.stat().st_mode & 0o044 == 0o044 & ~_umask(), "other users can read it as any file"


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_half_precision_files_are_loaded_as_fp32(tmp_path, weights):
    save_tensors(tmp_path / "full.safetensors", weights, SMALL)
    save_tensors(tmp_path / "half.safetensors", weights, SMALL, dtype=torch.float16)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * (tmp_path / "full.safetensors").stat().st_size
    network = load_checkpoint(tmp_path / "half.safetensors")[0]
    assert all(p.dtype == torch.float32 for p in network.parameters())
    for key, value in network.state_dict().items():
        expected = weights[key].half().float() if weights[key].dim() == 4 else weights[key]
        assert torch.equal(value, expected), key


def test_what_is_not_finite_is_not_written(tmp_path, weights):
    weights["conv1.weight"][0] = 1e6  # too large for fp16
    with pytest.raises(CheckpointError, match="not finite"):
        save_tensors(tmp_path / "w.safetensors", weights, SMALL, dtype=torch.float16)
    assert os.listdir(tmp_path) == []


def test_an_unwritable_place_is_a_clear_error(tmp_path, weights):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_tensors(tmp_path / "file" / "w.safetensors", weights, SMALL)


@pytest.mark.parametrize("wrap", [
    lambda s: s,
    lambda s: {"state_dict": s},
    lambda s: {"model": s, "epoch": 3},
    lambda s: {"model": "pose_ppnet", "perf": np.float64(0.7), "state_dict": s, "best_state_dict": s},
    lambda s: {"model": {"state_dict": s}},
    lambda s: {f"module.{key}": value for key, value in s.items()},
    lambda s: {"state_dict": {f"module._orig_mod.{key}": value.double() for key, value in s.items()}},
    lambda s: {key: value for key, value in s.items() if "num_batches" not in key},
    lambda s: {key: torch.nn.Parameter(value, requires_grad=False) for key, value in s.items()},
])  # fmt: skip
@pytest.mark.parametrize("zipped", [True, False])
def test_published_forms_of_state_dicts_are_taken(tmp_path, weights, wrap, zipped):
    path = tmp_path / "pose_ppnet_M1-D1-W8_128x96.pth"
    write(path, wrap(weights), _use_new_zipfile_serialization=zipped)
    network, info = ppnet.load_checkpoint(path)
    assert info.network == "M1-D1-W8" and info.input_wh == (96, 128)
    assert info.skeleton == "coco17" and info.codec_kind == "quarter"
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    "scalar", [np.float64(0.5), np.float32(0.5), np.float16(0.5), np.int64(7), np.int32(7), np.bool_(True)]
)
@pytest.mark.parametrize("old_numpy", [True, False])
def test_numpy_scalars_are_read_as_plain_numbers(tmp_path, weights, scalar, old_numpy):
    path = write(tmp_path / "w.pth", {"perf": scalar, "state_dict": weights}, _use_new_zipfile_serialization=False)
    if old_numpy:
        path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert read_state_file(path).tensors.keys() == weights.keys()


def test_safetensors_of_other_programs_are_recognised(tmp_path, weights):
    save_file(weights, tmp_path / "w_128x96.safetensors", metadata={"format": "pt"})
    assert load_checkpoint(tmp_path / "w_128x96.safetensors")[1].network == "M1-D1-W8"


def test_sizes_in_names():
    assert size_in_name(tmp := asset("weights") / "pose_ppnet_M2-D2-W32_384x288.pth") == (288, 384), tmp
    assert size_in_name(asset("weights") / "final_state.pth") is None


class Evaluated:
    def __reduce__(self):
        return eval, ("1 + 1",)


def test_code_in_a_pickle_is_refused_and_not_run(tmp_path, weights):
    marker = tmp_path / "was_here"

    class Touch:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    for number, content in enumerate((Touch(), {"state_dict": weights, "x": Touch()}, {"x": Evaluated(), **weights})):
        for zipped in (True, False):
            path = write(tmp_path / f"{number}{zipped}.pth", content, _use_new_zipfile_serialization=zipped)
            with pytest.raises(CheckpointError, match="more than weights") as error:
                load_checkpoint(path)
            assert "weights_only" not in str(error.value) and str(error.value).count("\n") == 0
    plain = tmp_path / "plain.pth"
    plain.write_bytes(pickle.dumps(Touch()))
    with pytest.raises(CheckpointError):
        load_checkpoint(plain)
    assert not marker.exists()


def test_numpy_arrays_and_other_scalar_types_are_refused(tmp_path, weights):
    for value in (np.ones(3), np.array("x", dtype=object), np.datetime64("2020-01-01"), np.str_("x")):
        with pytest.raises(CheckpointError):
            read_state_file(write(tmp_path / "w.pth", {"perf": value, "state_dict": weights}))


def test_a_zip_that_unpacks_to_more_than_its_size_is_refused(tmp_path, weights):
    path = write(tmp_path / "w.pth", weights)
    packed = tmp_path / "packed.pth"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
        target.writestr("archive/data/bomb", b"\0" * 50_000_000)
    with pytest.raises(CheckpointError, match="does not match its size"):
        load_checkpoint(packed)


def test_too_many_names_are_refused(tmp_path):
    header = {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(30_000)}
    text = json.dumps(header).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(CheckpointError, match="far more than any network"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [
    b"", b"x", b"not weights, just text", b"PK\3\4 broken zip", b"\x80\x02.", b"\x80\x02c", b"\0" * 4096,
    struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 20) + b'{"a": {"dtype": "F32',
    struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 2) + b"{}", b"\x80\x02" + b"(" * 100_000 + b".",
    b"\x80\x02]" + b"\x85" * 100_000 + b".",
])  # fmt: skip
def test_files_of_something_else_are_refused(tmp_path, content):
    for name in ("w.pth", "w.safetensors"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError) as error:
            load_checkpoint(tmp_path / name)
        assert name in str(error.value)


def test_truncated_and_damaged_files_are_refused_or_give_the_same_shapes(tmp_path, weights):
    rng = np.random.default_rng(0)
    for name, zipped in (("a_128x96.pth", True), ("b_128x96.pth", False), ("c.safetensors", None)):
        path = tmp_path / name
        if zipped is None:
            save_tensors(path, weights, SMALL)
        else:
            write(path, weights, _use_new_zipfile_serialization=zipped)
        whole = path.read_bytes()
        for cut in (8, 9, 100, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:cut])
            with pytest.raises(CheckpointError):
                load_checkpoint(path)
        for _ in range(25):
            damaged = bytearray(whole)
            for position in rng.integers(0, min(len(whole), 60_000), 8):
                damaged[position] = rng.integers(256)
            path.write_bytes(bytes(damaged))
            try:
                load_checkpoint(path)
            except UserError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("conv2.weight"), "1 tensors are missing"),
        (lambda s: s.update(extra=torch.zeros(1)), "1 unknown, such as 'extra'"),
        (lambda s: s.update({"conv2.weight": torch.zeros(64, 64, 1, 1)}), "'conv2.weight' is"),
        (lambda s: s["bn1.running_var"].fill_(float("nan")), "not finite"),
        (lambda s: s.update({"conv1.weight": torch.zeros(1).expand(10**6, 10**6)}), "'conv1.weight' is"),
        (lambda s: [s.pop(key) for key in list(s) if "heatmap_layer" in key], "train --init"),
        (lambda s: s.update({"heatmap_layer.0.2.weight": torch.zeros(23, 32, 1, 1)}), "23 joints"),
        (lambda s: s.update({"conv1.weight": torch.zeros(64, 3, 3, 3, dtype=torch.complex64)}), "not finite"),
        (lambda s: [s.pop(key) for key in list(s) if "ppnet" in key], "belong to no network this program knows"),
        (lambda s: s.update({"ppnet.0.branches.0.0.conv1.weight": torch.zeros(9, 9, 3, 3)}), "M1-D1-W9|no network"),
    ],
)
def test_wrong_weights_are_refused_with_the_reason(tmp_path, weights, change, words):
    change(weights)
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(write(tmp_path / "w_128x96.pth", weights))


def test_large_numbers_are_finite_though_their_sum_is_not(tmp_path, weights):
    weights["conv1.weight"].fill_(3e38)
    loaded = load_checkpoint(write(tmp_path / "w_128x96.pth", weights))[0]
    assert torch.equal(loaded.conv1.weight, weights["conv1.weight"])


@pytest.mark.parametrize("content", [3, [1, 2], {}, {"a": 1}, {"state_dict": {"a": {"b": 1}}}, {1: torch.zeros(1)},
                                     {"model": {"model": {"model": {"model": {"model": {"a": torch.zeros(1)}}}}}},
                                     {"a": torch.zeros(3).to_sparse()}])  # fmt: skip
def test_pickles_without_a_state_dict_are_refused(tmp_path, content):
    with pytest.raises(CheckpointError, match=r"holds no state dict|no weights file"):
        load_checkpoint(write(tmp_path / "w.pth", content))


@pytest.mark.parametrize(
    ("key", "value"),
    [("network", "M99999-D99999-W8"), ("network", "rm -rf"), ("input", "1x1"),
     ("input", "99999x99999"), ("joints", "hand"),
     ("mean", "[1]"), ("mean", "[1e300, 0, 0]"), ("sigma", "1e9999999"), ("scores", "{\"AP\": " + "9" * 400 + "}"),
     ("mean", '["a", 1, 2]'), ("std", "[0, 1, 1]"), ("std", "[NaN, 1, 1]"), ("decode", "magic"),
     ("sigma", "-1"), ("sigma", "x"), ("scores", "[]"), ("scores", '{"a": "b"}'), ("kind", "virus"),
     ("tolerances", "[0.1]"), ("tolerances", str([2] * 17)), ("tolerances", "[" + "NaN, " * 16 + "0]"),
     ("tolerances", "0"), ("format", "ppnet-live-999")],
)  # fmt: skip
def test_senseless_metadata_are_refused(tmp_path, weights, key, value):
    save_file(weights, tmp_path / "w.safetensors", metadata={**SMALL.to_metadata(), key: value})
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "w.safetensors")


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(CheckpointError, match="There is no weights file"):
            load_checkpoint(path)


def test_a_backbone_starts_a_network_with_fresh_heatmap_layers(tmp_path, weights):
    backbone = {key: value for key, value in weights.items() if "heatmap" not in key}
    path = write(
        tmp_path / "ppnet_m1d1w8.pth.tar", {"state_dict": {**backbone, "classifier.weight": torch.zeros(1000, 9)}}
    )
    network = build("M1-D1-W8", 16)
    report = load_backbone(network, path)
    assert set(report.taken) == set(backbone) and report.unused == ("classifier.weight",)
    assert report.fresh and all("heatmap" in name for name in report.fresh)
    assert torch.equal(network.state_dict()["conv1.weight"], weights["conv1.weight"])
    with pytest.raises(CheckpointError, match="initialise this network"):
        load_backbone(build("M2-D2-W32"), path)


def test_weights_of_another_joint_set_start_a_network(tmp_path, weights):
    path = write(tmp_path / "w.pth", weights)
    report = load_backbone(build("M1-D1-W8", 16), path)
    assert report.fresh == ("heatmap_layer.0.2.weight", "heatmap_layer.0.2.bias")


def test_shipped_weights_are_pinned(tmp_path, monkeypatch):
    network, info = load_checkpoint(asset("weights/M2-D2-W32_256x192.safetensors"))
    assert info.network == "M2-D2-W32" and info.input_wh == (192, 256)
    assert sum(p.numel() for p in network.parameters()) == 7_026_690
    shipped = tmp_path / "weights" / "w.safetensors"
    save(shipped, network, info)
    monkeypatch.setattr("ppnet.checkpoint_info.ASSETS", tmp_path)
    with pytest.raises(CheckpointError, match="not listed"):
        load_checkpoint(shipped)
    (tmp_path / "weights" / "manifest.json").write_text(json.dumps({"w.safetensors": {"sha256": "0" * 64}}))
    with pytest.raises(CheckpointError, match="not the file that was shipped"):
        load_checkpoint(shipped)


def test_reading_from_memory_leaves_no_handle_on_the_file(tmp_path, weights):
    path = tmp_path / "w.safetensors"
    save_tensors(path, weights, SMALL)
    network = load_checkpoint(path)[0]
    path.write_bytes(io.BytesIO().getvalue())
    assert network(torch.zeros(1, 3, 64, 64))[-1].isfinite().all()


def test_a_pickle_of_endless_steps_is_refused_at_once(tmp_path):
    for name, content in (
        ("list", b"]" * 3_000_000),
        ("marks", b"(" * 3_000_000),
        ("strings", b"\x8c\x01a" * 1_000_000),
    ):
        path = tmp_path / f"{name}.pth"
        path.write_bytes(b"\x80\x02" + content + b".")
        begun_s = time.process_time()
        with pytest.raises(CheckpointError):
            read_state_file(path)
        zipped = tmp_path / f"{name}_zip.pth"
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("a/data.pkl", b"\x80\x02" + content + b".")
            archive.writestr("a/version", "3\n")
        with pytest.raises(CheckpointError):
            read_state_file(zipped)
        assert time.process_time() - begun_s < 20


def test_any_byte_of_a_zip_may_be_wrong(tmp_path, weights):
    good = write(tmp_path / "w.pth", weights).read_bytes()
    directory = good.rindex(b"PK\1\2") - 400
    for place in [*range(4, 30, 5), *range(directory, directory + 446, 23), *range(len(good) - 60, len(good), 7)]:
        path = tmp_path / "x.pth"
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        with suppress(CheckpointError):  # anything else would be a traceback for the user
            read_state_file(path)
    central = good.rindex(b"PK\1\2")
    path.write_bytes(good[: central + 6] + b"\xff" + good[central + 7 :])  # needs version 25.5 to unpack
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_state_file(path)
