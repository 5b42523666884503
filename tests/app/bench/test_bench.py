"""`bench` on a few frames: what is counted, what stands in the tables, what goes wrong. Nothing about speed."""

import json
import tempfile
import time
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app import cli
from app.bench.report import engine_table, ratio_table, ratios, stage_table
from app.bench.rounds import WARM_UP_FRAMES, Bench, Round
from app.bench.soak import LoopedCamera
from app.engine.live_options import LiveOptions
from ppnet.errors import UserError
from tests.clips import make_clip
from tests.fakes import PATIENCE_S, SteadyClock
from tests.shared_material import SHARED, needs_shared
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.types import Frame
from tracking.video.source import ClosingSource, VideoInfo

LANDMARKER = SHARED / "models" / "pose_landmarker_full.task"
FRAMES = 12


@pytest.fixture
def detectors(monkeypatch):
    """A stand-in detector and network; the detectors that were made."""
    made = []

    def build(settings):
        made.append(FakeDetector())
        return Pipeline(made[-1], FakeEstimator(), settings=settings)

    monkeypatch.setattr("app.factory.build_pipeline", build)
    return made


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "clip.mp4", FRAMES, painter=paint_walkers, size_wh=(128, 64))


def bench(*words):
    return cli.main(["bench", *(str(word) for word in words), "-q"])


def made_round(side, wall_s=2.0, **seconds):
    times = {stage: tuple(values) for stage, values in seconds.items()}
    return Round(side, 10, 10, 1, wall_s, wall_s / 2, 2**20, times)


def test_every_round_goes_through_the_whole_clip_on_every_side(clip, detectors, tmp_path, capsys):
    figures = tmp_path / "bench.json"
    assert bench(clip, "--rounds", 2, "--detect-every", 4, "--outputs", "--json", figures) == 0
    said, found = capsys.readouterr(), json.loads(figures.read_text())
    assert said.err == "" and "| frames tracked | 24 of 24 |" in said.out
    assert "balanced (detect_every 4)" in said.out and "on stand-in, exact" in said.out
    assert [one["side"] for one in found["rounds"]] == ["file", "live"] * 2
    for one in found["rounds"]:
        seconds = one["seconds"]
        assert one["given"] == FRAMES == len(seconds["decode"])
        assert 1 <= one["tracked"] == len(seconds["chain"]) == len(seconds["pose"])
        assert min(one["wall_s"], one["peak_bytes"], *seconds["decode"], *seconds["chain"]) > 0
        assert sum(seconds["detect"] + seconds["pose"]) <= sum(seconds["chain"])
    file, live = found["rounds"][:2]
    assert file["people"] == 1 >= live["people"], (
        "nobody is known in the first pictures: a busy computer sees no others"
    )
    assert file["tracked"] == FRAMES == len(file["seconds"]["store"]) == len(file["seconds"]["write"])
    assert len(file["seconds"]["detect"]) < FRAMES, "only looks of the detector count"
    assert live["wall_s"] >= (FRAMES - 1) / 30, "it is played at its own rate"
    assert len(live["delays_s"]) == live["tracked"] and min(live["delays_s"]) > 0 and not file["delays_s"]
    assert found["facts"]["settings"]["detect_every"] == 4 and "torch" in found["facts"]["versions"]
    (detector,) = detectors
    assert detector.closed and sorted(path.name for path in tmp_path.iterdir()) == ["bench.json", "clip.mp4"]


@needs_shared(LANDMARKER)
def test_pose_landmarker_sees_the_same_frames_in_turn(clip, detectors, tmp_path, capsys):
    assert bench(clip, "--rounds", 2, "--no-live", "--against", LANDMARKER, "--json", tmp_path / "b.json") == 0
    found = json.loads((tmp_path / "b.json").read_text())
    assert [one["side"] for one in found["rounds"]] == ["file", "landmarker"] * 2
    assert all(one["tracked"] == one["given"] == FRAMES for one in found["rounds"])
    ratio = found["times_as_fast_as_pose_landmarker"]["a frame"]
    assert ratio["lowest"] <= ratio["highest"]
    assert "beside PoseLandmarker (1 person)" in capsys.readouterr().out


def test_the_stage_table_tells_looks_from_frames():
    one = made_round("file", decode=[0.01] * 10, detect=[0.1, 0.3], chain=[0.08] * 10)
    rows = dict(line[2:].split(" | ", 1) for line in stage_table([one], "file").splitlines()[2:])
    assert rows["a look of the detector"] == "200.0 | 290.0 | 40.0 | 20 % |"
    assert rows["reading a frame"] == "10.0 | 10.0 | 10.0 | 5 % |"
    assert "session" not in rows


def test_overlap_and_what_is_left_beside_detector_and_network():
    one = made_round(
        "file", decode=[0.1] * 10, detect=[0.5], wait=[0.3], pose=[0.12] * 10, chain=[0.16] * 10, store=[0.04] * 10
    )
    assert one.overlap == pytest.approx(1.6) and one.besides == pytest.approx(0.25) and one.fps == 5
    assert one.chain_s == pytest.approx(0.16)
    assert "| overlap: seconds of work in a second | 1.60 |" in engine_table([one])


def test_the_work_of_a_frame_is_the_time_of_all_cores_for_it():
    one = made_round("file", wall_s=2.0)
    assert one.cpu_s == 1 and one.work_s == pytest.approx(0.1)
    assert "| work of all cores, ms a frame | 100.0 |" in engine_table([one])


def test_ratios_are_of_medians_and_above_one_where_this_program_is_faster():
    times = [(0.1, 0.2), (0.2, 0.2), (0.4, 0.2)]
    rounds = [
        made_round(side, wall_s=wall_s, chain=[wall_s / 10] * 10)
        for pair in times
        for side, wall_s in zip(("file", "landmarker"), pair, strict=True)
    ]
    for ratio in ratios(rounds).values():
        assert (ratio.of_medians, ratio.lowest, ratio.highest) == pytest.approx((1, 0.5, 2))
    table = ratio_table(rounds, people=3)
    assert "up to 3 people" in table and "| 20.0 | 20.0 | 1.00 (0.50 to 2.00) |" in table
    assert ratios(rounds[:1]) == {} and ratio_table(rounds[:1], people=1) == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gone.mp4"], "gone.mp4"),
        (["CLIP", "--rounds", "0"], "--rounds must be at least 1"),
        (["CLIP", "--start", "100"], "has no frame between the given start and end"),
        (["CLIP", "--no-live", "--against", "gone.task"], "There is no file gone.task"),
        (["CLIP", "--plot", "soak.png"], "--plot draws what --soak measures"),
        (["CLIP", "--no-live", "--against", "CLIP"], "clip.mp4 is not a MediaPipe pose landmarker"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_sentence(words, sentence, clip, detectors, capsys):
    assert bench(*(str(clip) if word == "CLIP" else word for word in words)) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said and len(said.strip().splitlines()) == 1


def test_a_detector_that_breaks_while_the_clip_is_played_is_told(clip, detectors):
    with Bench(clip, RunSettings(detect_every=1)) as bench, pytest.raises(UserError, match="the detector broke"):
        bench._models.fresh()
        detectors[0].fails_at = WARM_UP_FRAMES + FRAMES
        bench.measure(1)


def test_a_soak_loops_the_clip_records_it_and_leaves_nothing(detectors, capsys, tmp_path, monkeypatch):
    frames = 4  # each is stored once: with more than these in the session the clip was looped
    clip = make_clip(tmp_path / "short.mp4", frames, painter=paint_walkers, size_wh=(128, 64))
    monkeypatch.setattr("app.engine.live.LiveOptions", partial(LiveOptions, lost_after_s=PATIENCE_S))
    monkeypatch.setattr("app.bench.soak.time", SimpleNamespace(monotonic=SteadyClock(), sleep=time.sleep))
    before = set(Path(tempfile.gettempdir()).glob("ppnet-soak-*"))
    figures, picture = tmp_path / "soak.json", tmp_path / "soak.png"
    assert bench(clip, "--soak", 0.05, "--json", figures, "--plot", picture) == 0
    said, done = capsys.readouterr().out, json.loads(figures.read_text())
    assert done["stored"] > frames
    assert (
        sorted(done["recorded"]) == ["soak_annotated.mp4", "soak_raw.mp4"] and min(done["recorded"].values()) > frames
    )
    threads = [look["threads"] for look in done["looks"]]
    assert len(threads) > 5 and min(threads) > 1  # that none are left by a clip is tested where clips are opened
    assert cv2.imread(str(picture)).shape[1] == 800
    assert done["notices"] == [] and "memory, MB: " in said and "stop() took" in said
    assert detectors[0].closed and set(Path(tempfile.gettempdir()).glob("ppnet-soak-*")) <= before


def test_a_soak_that_breaks_is_told(clip, detectors, capsys, monkeypatch):
    monkeypatch.setattr(FakeDetector, "detect", lambda *_args: 1 / 0)
    assert bench(str(clip), "--soak", "0.5") == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_camera_falls_not_silent_where_the_clip_cannot_be_read_in_time(monkeypatch):
    class Rushed(ClosingSource):
        """More pictures a second than can be read."""

        info = VideoInfo("rushed.mp4", None, (8, 8), frame_rate=1_000_000)
        notices = ()

        def __iter__(self):
            for index in count():
                assert time.monotonic() < begun_s + PATIENCE_S, "silent"
                yield Frame(index, index * 1e-6, np.zeros((8, 8, 3), np.uint8))

        def close(self):
            pass

    monkeypatch.setattr("app.bench.soak.open_run_source", lambda *_words: Rushed())
    begun_s = time.monotonic()
    with LoopedCamera("rushed.mp4", RunSettings()) as camera:
        assert len(list(islice(camera, 3))) == 3
