"""An exported network answers as PyTorch does and says what it is."""

import pytest

from ppnet.__main__ import main
from ppnet.checkpoint import save
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.networks.table import build
from tests.ppnet.seeded_networks import SMALL, small_state_dict


@pytest.fixture
def weights(tmp_path):
    network = build(SMALL)
    network.load_state_dict(small_state_dict(SMALL))
    path = tmp_path / "small_96x64.safetensors"
    save(path, network, CheckpointInfo(SMALL, (64, 96), codec_kind="udp"))
    return path


def test_the_file_takes_any_number_of_crops_and_holds_what_a_reader_needs(weights, tmp_path, capsys):
    import onnx  # takes a second, in every worker that collects it

    out = tmp_path / "small.onnx"
    assert main(["export", "--weights", str(weights), "--out", str(out)]) == 0
    assert f"{SMALL} 96x64; heatmaps within" in capsys.readouterr().out
    model = onnx.load(out)
    crops, heatmaps = model.graph.input[0], model.graph.output[0]
    assert (crops.name, heatmaps.name) == ("crops", "heatmaps")
    assert crops.type.tensor_type.shape.dim[0].dim_param == "people"
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["input"] == "96x64" and facts["decode"] == "udp" and facts["keypoints"].startswith("nose,left_eye")


def test_a_file_that_exists_stays(weights, tmp_path, capsys):
    out = tmp_path / "small.onnx"
    out.write_text("mine")
    assert main(["export", "--weights", str(weights), "--out", str(out)]) == 2
    assert out.read_text() == "mine" and "--overwrite" in capsys.readouterr().err
