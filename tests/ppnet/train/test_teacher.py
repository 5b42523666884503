"""A teacher reads the crops of the student, whatever its own size and targets; of mixed crops it alone tells."""

import json

import numpy as np
import pytest
import torch

from ppnet.__main__ import main
from ppnet.codec import Codec
from ppnet.errors import UserError
from ppnet.openvino_runtime import load_openvino
from ppnet.train.settings import TOLERANCES
from ppnet.train.teacher import Teacher, mix_crops, open_teacher
from tests.ppnet.seeded_networks import SMALL as NETWORK
from tests.ppnet.train.drawn_people import write_people

STUDENTS = [Codec(input_wh=(144, 192), sigma=1.5, kind="udp"), Codec(input_wh=(192, 256), sigma=1.5, kind="udp"),
            Codec(input_wh=(192, 256), sigma=2.0, kind="dark")]  # fmt: skip


def dots(codec, places):
    """Crops (N, H, W, 3) with one white dot each, about places (N, 2) crop pixels."""
    width, height = codec.input_wh
    rows, columns = np.mgrid[:height, :width]
    light = [np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.0**2)) for x, y in places]
    return torch.from_numpy((255 * np.stack(light)[..., None].repeat(3, -1)).astype(np.uint8))


def find_dots(codec, sigma):
    """A perfect teacher of where the dot is: heatmaps (N, 1, h, w) for the crops of `codec`."""

    def run(crops):
        assert crops.shape[1:3] == codec.input_wh[::-1]
        light = crops[..., 0].astype(float)
        total = light.sum((1, 2))
        places = [(light.sum(axis) * np.arange(light.shape[3 - axis])).sum(1) / total for axis in (1, 2)]
        own = Codec(input_wh=codec.input_wh, sigma=sigma, kind=codec.kind)
        return own.targets(np.stack(places, -1)[:, None])[0]

    return run


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("kind", ["dark", "udp"])
def test_a_perfect_teacher_says_what_a_label_would(student, kind):
    codec = Codec(input_wh=(192, 256), sigma=2.0, kind=kind)
    places = np.random.default_rng(0).uniform(0.15, 0.85, (12, 2)) * student.input_wh
    said = Teacher(find_dots(codec, 2.0), codec).heatmaps(dots(student, places), student).numpy()
    wanted = student.targets(places[:, None])[0]
    assert said.shape == wanted.shape
    np.testing.assert_allclose(student.decode(said)[0][:, 0], places, atol=0.4)
    assert np.abs(said - wanted).max() < 0.2 and np.abs(said - wanted).mean() < 0.002


def test_an_unsure_teacher_stays_unsure_and_its_gain_is_cut():
    codec, places = Codec(input_wh=(192, 256), kind="dark"), np.array([[96.0, 128.0]])
    student, sure = STUDENTS[1], find_dots(codec, 2.0)
    for height, gain, peak in ((0.4, 1.0, 0.4), (0.4, 1.5, 0.6), (0.9, 1.5, 1.0)):
        teacher = Teacher(lambda crops, height=height: height * sure(crops), codec, gain)
        assert teacher.heatmaps(dots(student, places), student).max() == pytest.approx(peak, rel=0.1)


def write_network(path, keypoints=17):
    """A network that shows its channels' mean, in the format of `path`; as others publish theirs, with the peaks'
    places as a further output before the heatmaps."""
    openvino = load_openvino()
    from openvino import opset13 as ops

    picture = ops.parameter([-1, 3, 256, 192], np.float32)
    mean = ops.reduce_mean(picture, np.array([1]), keep_dims=True)
    small = ops.avg_pool(mean, [4, 4], [0, 0], [0, 0], [4, 4], True)
    maps = ops.tile(small, np.array([1, keypoints, 1, 1]))
    best = ops.topk(ops.reshape(maps, np.array([0, keypoints, -1]), True), np.array(1), 2, "max", "none").output(1)
    openvino.serialize(openvino.Model([best, maps.output(0)], [picture]), path)
    return path


def test_any_pose_network_can_teach_with_its_pictures_normalised_here(tmp_path):
    teacher = open_teacher(write_network(tmp_path / "other.xml"), 17)
    assert (teacher.codec.input_wh, teacher.codec.stride, teacher.codec.kind) == ((192, 256), 4, "dark")
    gray = torch.full((2, 256, 192, 3), 200, dtype=torch.uint8)
    said = teacher.heatmaps(gray, Codec(input_wh=(192, 256), kind="dark"))
    wanted = np.mean((200 / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))
    assert said.shape == (2, 17, 64, 48)
    assert said[:, :, 2:-2, 2:-2].numpy() == pytest.approx(min(wanted, 1.0), abs=0.02)


def test_what_cannot_teach_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="knows 16 keypoints and can't teach a network of 17"):
        open_teacher(write_network(tmp_path / "mpii.xml", 16), 17)
    (tmp_path / "no.onnx").write_bytes(b"not a network")
    with pytest.raises(UserError, match=r"no\.onnx can't be used as a teacher"):
        open_teacher(tmp_path / "no.onnx", 17)


def test_mixed_crops_show_somebody_else_too_and_the_rest_is_untouched():
    shades = torch.arange(0, 240, 15, dtype=torch.uint8)
    crops = shades[:, None, None, None].expand(-1, 64, 48, 3)
    for share in (0.0, 0.5, 1.0):
        found, mixed = mix_crops(crops, share, np.random.default_rng(3))
        changed = (found != crops).flatten(1).any(1)
        assert torch.equal(changed, mixed)
        assert mixed.float().mean() == pytest.approx(share, abs=0.25)
    again, _ = mix_crops(crops, 1.0, np.random.default_rng(3))
    assert torch.equal(found, again)
    own = (found == crops).all(-1).flatten(1).float().mean(1)
    assert ((own == 0) | (own > 0.6)).all() and (own == 0).any() and (own > 0.6).any()  # through it, or over a part
    assert torch.equal(mix_crops(crops[:1], 1.0, np.random.default_rng(3))[0], crops[:1]), "nobody to mix with"


@pytest.fixture
def train(tmp_path):
    def run(name, *words):
        command = ["train", "--preset", "small-data", "--data", f"coco:{write_people(tmp_path)}@4",
                   "--network", NETWORK, "--input", "64x48", "--batch", "4", "--device", "cpu", "-q"]  # fmt: skip
        assert main([*command, *words, "--out", str(tmp_path / name)]) == 0
        return tmp_path / name

    return run


def test_a_run_learns_from_a_teacher_and_tells_so(train, tmp_path):
    teacher = write_network(tmp_path / "other.xml")
    options = ["--teacher", str(teacher), "--teacher-gain", "1.25", "--distill", "0.7", "--mix", "0.5"]
    run = train("taught", "--samples", "12", *options)
    recipe = json.loads((run / "recipe.json").read_text())
    assert recipe["teacher"] == {"file": "other.xml", "gain": 1.25}
    assert (recipe["settings"]["distill"], recipe["settings"]["mix"]) == (0.7, 0.5)
    alone = train("alone", "--samples", "12")
    states = [torch.load(folder / "state.pt", weights_only=True)["network"] for folder in (run, alone)]
    assert any(not torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_own_weights_teach_too(train):
    first = train("first", "--samples", "4")
    weights = first / "latest.safetensors"
    teacher = open_teacher(weights, 17, device="cpu")
    assert teacher.codec == Codec(input_wh=(48, 64), sigma=2.0, kind="quarter", tolerances=TOLERANCES)
    run = train("second", "--samples", "4", "--teacher", str(weights), "--distill", "1")
    assert json.loads((run / "recipe.json").read_text())["teacher"] == {"file": weights.name, "gain": 1.0}
