import contextlib
import io
import json
from dataclasses import asdict

import av
import numpy as np
import pytest
import torch

from ppnet.checkpoint import save
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.networks.table import build
from tests.ppnet.seeded_networks import SMALL
from tests.tracking.figures import Walker, filmed, straight
from tracking.__main__ import main


def write_black(path, times):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(1 / times[1]))
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        black = av.VideoFrame.from_ndarray(np.zeros((720, 1280, 3), np.uint8), format="rgb24").reformat(
            format="yuv420p"
        )
        for number, _ in enumerate(times):
            black.pts = number
            container.mux(stream.encode(black))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return write_clips(tmp_path_factory.mktemp("evaluated"), seconds=2)


@pytest.fixture(scope="module")
def evaluated(clips):
    """What was printed and written of the clips, which are tracked here."""
    out, printed = clips / "figures.json", io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert evaluate(clips, out) == 0
    return printed.getvalue(), json.loads(out.read_text())


def evaluate(clips, out, *options):
    arguments = ["evaluate", "--clips", str(clips), "--only", "rates-24", "rates-30", "--detector", "true"]
    return main([*arguments, "--network", "simulated", *options, "--json", str(out)])


@pytest.fixture
def short_clips(tmp_path):
    """Too short for figures that mean something."""
    return write_clips(tmp_path, seconds=0.3)


def write_clips(tmp_path, seconds):
    """A folder in which two clips seem rendered already, all black: the stand-ins don't look."""
    evaluation = pytest.importorskip("ppnet.data.people.evaluation")
    for spec in evaluation.EVALUATION_CLIPS:
        if spec.name not in ("rates-24", "rates-30"):
            continue
        place = tmp_path / "clips" / spec.name
        place.mkdir(parents=True)
        times = [t for t in spec.times_s() if t < seconds]
        truth = filmed([Walker(straight(300, 100)), Walker(straight(900, -100, 560), 260, phase=1)], times)
        frames = [
            {
                "time_s": frame.time_s,
                "people": [
                    {
                        "id": int(frame.ids[n]), "bbox": frame.boxes[n].tolist(),
                        "seen_share": float(frame.seen_share[n]),
                        "keypoints": frame.keypoints[n].tolist(), "visibility": frame.visibility[n].tolist(),
                    }
                    for n in range(len(frame))
                ],
            }
            for frame in truth.frames
        ]  # fmt: skip
        (place / "truth.json").write_text(json.dumps({"size_wh": [1280, 720], "frames": frames}))
        write_black(place / "clip.mp4", times)
        (place / "spec.json").write_text(json.dumps(asdict(spec) | {"rendering": evaluation.RENDERING}))
    return tmp_path / "clips"


def test_table_and_json(evaluated):
    printed, content = evaluated
    assert "| rates-24 | 2 |" in printed
    assert "| kalman |" in printed
    assert content["identity"]["all"]["switches"] == 0
    assert content["identity"]["all"]["idf1"] > 0.95
    assert content["rate_differences"]["rates-24 / rates-30"] < 0.05
    assert content["options"]["detector"] == "true"


def test_another_strength_tracks_nothing_again(clips, evaluated, tmp_path, monkeypatch):
    """Tracks don't depend on it; curves and what is compared between frame rates do."""
    usual = evaluated[1]
    assert usual["options"]["strength"] == 50
    monkeypatch.setattr("tracking.evaluate.clips.track_clip", None)
    assert evaluate(clips, tmp_path / "other.json", "--strength", "90") == 0
    other = json.loads((tmp_path / "other.json").read_text())
    assert other["identity"] == usual["identity"] and other["curves"]["raw"] == usual["curves"]["raw"]
    assert other["curves"]["kalman"]["jitter"] < usual["curves"]["kalman"]["jitter"]
    assert other["rate_differences"] != usual["rate_differences"]


def test_weights_of_one_name_are_told_apart(short_clips, tmp_path):
    arguments = ["evaluate", "--clips", str(short_clips), "--only", "rates-24", "--detector", "true"]
    for name in ("first", "second"):
        torch.manual_seed(len(name))
        info = CheckpointInfo(SMALL, (48, 64), "coco17")
        save(tmp_path / name / "latest.safetensors", build(SMALL), info)
        assert main([*arguments, "--weights", str(tmp_path / name / "latest.safetensors")]) == 0
    assert len(list((short_clips / "rates-24").glob("*latest*_session.ppnet"))) == 2


def test_unwritable_figures(short_clips, tmp_path, capsys):
    arguments = [
        "evaluate",
        "--clips",
        str(short_clips),
        "--only",
        "rates-24",
        "--detector",
        "true",
        "--network",
        "simulated",
    ]
    assert main([*arguments, "--json", str(tmp_path / "no" / "where.json")]) == 2
    assert "could not be written" in capsys.readouterr().err


def test_unknown_clip(capsys, tmp_path):
    pytest.importorskip("ppnet.data.people.evaluation")
    assert main(["evaluate", "--only", "nonsense", "--clips", str(tmp_path)]) == 2
    assert "no clip nonsense" in capsys.readouterr().err
