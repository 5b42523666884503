"""`track` with a stand-in detector and network: outputs, options, bad input, interruption."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from app import cli
from app.runs.outputs import OutputPaths, Wanted
from app.runs.track_job import TrackJob
from app.runs.track_processor import SharedModels
from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.clips import make_clip, make_sound_only, probed_times, without_packets
from tests.fakes import PATIENCE_S, wait_for
from tests.results import made_header, made_result, smooth_results, track_ids
from tests.walkers import JOINTS, PLATE_WH, FakeDetector, FakeEstimator, paint_walkers, place_of
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session
from tracking.smoothing.settings import SmoothingSettings
from tracking.video.factory import open_source

ROOT = Path(__file__).parents[3]


@pytest.fixture
def parts(monkeypatch):
    """`track` uses a stand-in detector and network; `made` holds the pipelines that were built."""
    made = []

    def build(settings):
        made.append(Pipeline(FakeDetector(), FakeEstimator(), settings=settings))
        return made[-1]

    monkeypatch.setattr("app.factory.build_pipeline", build)
    return made


def track(*words):
    return cli.main(["track", *(str(word) for word in words), "-q"])


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def meta_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def walkers(path, stamps=30, **settings):
    return make_clip(path, stamps, painter=paint_walkers, **{"size_wh": (128, 64), **settings})


def test_three_outputs_and_a_session(tmp_path, parts, capsys):
    clip = walkers(tmp_path / "clip.mp4", sound="aac")
    assert track(clip, "--out", tmp_path / "out", "--detect-every", 1, "--smooth", "off") == 0
    names = ["clip_annotated.mp4", "clip_keypoints.csv", "clip_meta.json", "clip_session.ppnet"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names
    said = capsys.readouterr()
    last = said.out.strip().splitlines()[-1]
    assert said.err == ""
    assert all(name in last for name in names) and "30 frames, 1 person" in last and "on stand-in" in last

    rows, meta = rows_of(tmp_path / "out" / names[1]), meta_of(tmp_path / "out" / names[2])
    with open_source(tmp_path / "out" / names[0]) as source:
        annotated = [frame.time_s for frame in source]
        assert source.info.has_audio
    assert len(annotated) == len(rows) == meta["frames"] == 30
    assert [row["time_s"] for row in rows] == probed_times(clip) == probed_times(tmp_path / "out" / names[0])
    assert meta["complete"] is True and meta["persons"] == 1 and meta["device"] == "stand-in"
    assert meta["settings"]["detect_every"] == 1 and meta["settings"]["smoothing.kind"] == "off"
    assert set(meta["timings"]) == {
        "decode_s", "detect_s", "track_s", "pose_s", "smooth_s", "draw_s", "encode_s",
    }  # fmt: skip
    assert meta["input"]["size_wh"] == [128, 64] and meta["input"]["codec"] == "h264"
    with Session.open(tmp_path / "out" / names[3]) as session:
        assert session.complete and session.frame_count == 30


def test_joints_are_where_they_are(tmp_path, parts):
    track(walkers(tmp_path / "clip.mp4", 20), "--out", tmp_path, "--detect-every", 1, "--smooth", "off")
    for index, row in enumerate(rows_of(tmp_path / "clip_keypoints.csv")):
        assert (row["frame"], row["person_id"], row["state"]) == (str(index), "1", "tracked")
        wanted = np.add(place_of(index), JOINTS * PLATE_WH)
        for (x, y), name in ((wanted[0], "nose"), (wanted[16], "right_ankle")):
            assert float(row[f"{name}_x_raw"]) == pytest.approx(x, abs=0.6)
            assert float(row[f"{name}_y_raw"]) == pytest.approx(y, abs=0.6)
            assert float(row[f"{name}_conf"]) == pytest.approx(0.8)
            assert row[f"{name}_state"] == "measured"


def test_the_annotated_video_shows_the_people(tmp_path, parts):
    clip = walkers(tmp_path / "clip.mp4", 20)
    track(clip, "--out", tmp_path)
    with open_source(clip) as before, open_source(tmp_path / "clip_annotated.mp4") as after:
        for plain, drawn in zip(before, after, strict=True):
            changed = np.abs(plain.image.astype(int) - drawn.image).max(axis=2) > 60
            left, top = place_of(plain.index)
            assert changed[top : top + PLATE_WH[1], left : left + PLATE_WH[0]].mean() > 0.1
            assert changed[:, left + PLATE_WH[0] + 25 :].mean() < 0.02


def test_frames_without_people_have_a_row(tmp_path, parts):
    def empty_at_first(index, size_wh):
        return paint_walkers(index, size_wh, people=0 if index < 10 else 1)

    track(make_clip(tmp_path / "clip.mp4", 20, painter=empty_at_first, size_wh=(128, 64)), "--out", tmp_path)
    rows = rows_of(tmp_path / "clip_keypoints.csv")
    assert [row["frame"] for row in rows] == [str(index) for index in range(20)]
    assert all(set(list(row.values())[2:]) == {""} for row in rows[:10])
    assert rows[15]["person_id"] == "1"


def test_uneven_times_and_a_part(tmp_path, parts):
    stamps = [0, 3, 4, 9, 10, 11, 25, 26, 40, 41, 43, 47]
    clip = walkers(tmp_path / "clip.mp4", stamps, time_base=Fraction(1, 24))
    track(clip, "--out", tmp_path / "all")
    track(clip, "--out", tmp_path / "part", "--start", 0.4, "--end", 1.7)
    times = [row["time_s"] for row in rows_of(tmp_path / "all" / "clip_keypoints.csv")]
    assert times == probed_times(clip) == probed_times(tmp_path / "all" / "clip_annotated.mp4")
    meta = meta_of(tmp_path / "all" / "clip_meta.json")
    assert (meta["shortest_interval_s"], meta["longest_interval_s"]) == pytest.approx((1 / 24, 14 / 24))
    part = rows_of(tmp_path / "part" / "clip_keypoints.csv")
    assert [(row["frame"], row["time_s"]) for row in part] == [(str(i), times[i]) for i in range(4, 9)]
    assert probed_times(tmp_path / "part" / "clip_annotated.mp4") == times[4:9]


def test_several_inputs_one_bad(tmp_path, parts, capsys):
    (tmp_path / "b").mkdir()
    inputs = [walkers(tmp_path / "a.mp4", 10), tmp_path / "none.mp4", walkers(tmp_path / "b" / "a.mp4", 5)]
    assert track(*inputs, "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert said.err == f"There is no file {tmp_path / 'none.mp4'}.\n"
    assert meta_of(tmp_path / "out" / "a_meta.json")["frames"] == 10
    assert meta_of(tmp_path / "out" / "a_2_meta.json")["frames"] == 5
    assert rows_of(tmp_path / "out" / "a_2_keypoints.csv")[-1]["person_id"] == "1", "ids start at 1 in every video"
    assert len(parts) == 1 and parts[0].detector.closed, "models are loaded once and freed"


def test_pictures_and_a_single_picture(tmp_path, parts):
    folder = tmp_path / "series"
    folder.mkdir()
    for index in range(12):
        cv2.imwrite(str(folder / f"{index}.png"), paint_walkers(index, (127, 63)))
    assert track(folder, folder / "3.png", "--out", tmp_path / "out", "--detect-every", 1) == 0
    rows = rows_of(tmp_path / "out" / "series_keypoints.csv")
    assert [row["time_s"] for row in rows][:3] == ["0.000000", "0.033333", "0.066667"]
    assert len(rows) == 12 and rows[11]["person_id"] == "1"
    assert rows_of(tmp_path / "out" / "3_keypoints.csv")[0]["person_id"] == "1"
    with open_source(tmp_path / "out" / "series_annotated.mp4") as source:
        assert source.info.size_wh == (128, 64), "odd sides grow by one"


@pytest.mark.parametrize("smooth", ["off", "rts"])
def test_pictures_that_cannot_be_decoded_move_no_other(tmp_path, parts, smooth):
    clip = without_packets(walkers(tmp_path / "whole.ts", 40), tmp_path / "clip.ts", range(5))
    assert track(clip, "--out", tmp_path, "--detect-every", 1, "--smooth", smooth) == 0
    with open_source(clip) as source:
        decoded = [frame.index for frame in source]
    assert {int(row["frame"]) for row in rows_of(tmp_path / "clip_keypoints.csv")} == set(decoded) and decoded[0] > 0
    again = tmp_path / "again.mp4"
    assert (
        cli.main(["export", str(tmp_path / "clip_session.ppnet"), "--format", "video", "--out", str(again), "-q"]) == 0
    )
    for video in (tmp_path / "clip_annotated.mp4", again):
        with open_source(video) as drawn, open_source(clip) as source:
            pairs, begun_s = list(zip(drawn, source, strict=True)), source.info.start_s
        shown_s = [before.time_s - begun_s for _, before in pairs]
        assert [after.time_s for after, _ in pairs] == pytest.approx(shown_s, abs=1e-4)
        for after, before in pairs[3:]:
            plate = np.flatnonzero((before.image.min(axis=2) > 130).any(axis=0))
            changed = np.flatnonzero((np.abs(before.image.astype(int) - after.image).max(axis=2) > 60).any(axis=0))
            assert abs(changed[0] - plate[0]) <= 5, "drawn where the person is in this picture"


@pytest.mark.parametrize("name", ["clip.mp4", "series"])
def test_the_source_of_a_session_is_found_from_any_folder(tmp_path, parts, monkeypatch, name):
    (tmp_path / "series").mkdir()
    cv2.imwrite(str(tmp_path / "series" / "1.png"), paint_walkers(1, (128, 64)))
    walkers(tmp_path / "clip.mp4", 3)
    monkeypatch.chdir(tmp_path)
    assert track(name, "--out", "out", "--no-video") == 0
    stem = Path(name).stem
    with Session.open(tmp_path / "out" / f"{stem}_session.ppnet") as session:
        assert session.header.source.path == tmp_path / name
    assert meta_of(tmp_path / "out" / f"{stem}_meta.json")["input"]["path"] == str(tmp_path / name)


def test_outputs_that_are_not_wanted(tmp_path, parts):
    track(walkers(tmp_path / "a.mp4", 5), "--out", tmp_path / "out", "--no-video", "--no-csv", "--no-session")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a_meta.json"]


def test_nothing_is_overwritten_unasked(tmp_path, parts, capsys):
    clip = walkers(tmp_path / "a.mp4", 5)
    assert track(clip, "--out", tmp_path) == 0
    kept = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert track(clip, "--out", tmp_path, "--min-conf", 0.9) == 2
    assert "already exists; choose another --out, or add --overwrite" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == kept
    assert track(clip, "--out", tmp_path, "--min-conf", 0.9, "--overwrite") == 0
    assert rows_of(tmp_path / "a_keypoints.csv")[0]["nose_state"] == "missing"


def test_a_video_that_was_renamed_since_is_not_tracked_again_unasked(tmp_path, parts, capsys):
    clip, out, other = walkers(tmp_path / "a.mp4", 5), tmp_path / "out", tmp_path / "other.mp4"
    assert track(clip, "--out", out) == 0
    shutil.copy(clip, other)
    assert track(other, "--out", out) == 0, "a copy is a video of its own"
    other.unlink()
    renamed = clip.rename(tmp_path / "b.mp4")
    for more in ((), ("--jobs", 1)):
        capsys.readouterr()
        assert track(renamed, "--out", out, *more) == 2
        said = capsys.readouterr().err
        assert said.startswith("b.mp4 seems to have been tracked before it was moved or renamed; ")
        assert (
            said.endswith("_... are its results; choose another --out to track it again.\n") and said.count("\n") == 1
        )
        assert not list(out.glob("b_*"))
    (out / "other_meta.json").unlink()
    walkers(clip, 7)
    assert track(renamed, "--out", out) == 2 and "seems to have been tracked" in capsys.readouterr().err, "replaced"
    assert track(renamed, "--out", out, "--overwrite") == 0 and (out / "b_meta.json").exists()


def test_a_batch_whose_videos_were_moved_goes_on(tmp_path, parts):
    (tmp_path / "here").mkdir()
    walkers(tmp_path / "here" / "a.mp4", 5)
    assert track(tmp_path / "here", "--out", tmp_path / "out", "--jobs", 1) == 0
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").iterdir()}
    (tmp_path / "here").rename(tmp_path / "there")
    assert track(tmp_path / "there", "--out", tmp_path / "out", "--jobs", 1) == 0
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").iterdir()} == kept


def test_of_a_run_that_did_not_reach_its_end_both_ways_on_are_told(tmp_path, parts, capsys):
    clip = walkers(tmp_path / "a.mp4", 5)
    assert track(clip, "--out", tmp_path) == 0
    meta = tmp_path / "a_meta.json"
    meta.write_text(json.dumps({**meta_of(meta), "complete": False}))  # as a kill leaves it
    kept = {file: file.read_bytes() for file in tmp_path.iterdir()}
    capsys.readouterr()
    assert track(clip, "--out", tmp_path) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path / 'a_annotated.mp4'} is from a run that did not reach its end; add --jobs 1 to track what is "
        "unfinished, or --overwrite to track everything again.\n"
    )
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == kept


def cut_clip(folder):
    """A video whose second half is missing; its header tells of all of it."""
    noise = np.random.default_rng(0)
    whole = make_clip(
        folder / "whole.mp4", 200, options={"movflags": "faststart"},
        painter=lambda index, size_wh: noise.integers(0, 60, (64, 96, 3), np.uint8),
    )  # fmt: skip
    cut = folder / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return cut


def test_a_cut_file_is_used_and_marked(tmp_path, parts, capsys):
    cut = cut_clip(tmp_path)
    assert track(cut, "--out", tmp_path / "out") == 2
    assert "cut.mp4 is cut off or damaged" in capsys.readouterr().err
    meta = meta_of(tmp_path / "out" / "cut_meta.json")
    assert meta["complete"] is False and 60 < meta["frames"] < 140
    assert len(probed_times(tmp_path / "out" / "cut_annotated.mp4")) == meta["frames"]


def test_nothing_is_left_to_be_gone_on_with_of_a_cut_file(tmp_path, parts, capsys):
    cut, out = cut_clip(tmp_path), tmp_path / "out"
    assert track(cut, "--out", out, "--also", "parquet") == 2
    assert list(out.glob("cut*.parquet")), "what can be read is exported"
    kept = {file: file.read_bytes() for file in out.iterdir()}
    capsys.readouterr()
    assert track(cut, "--out", out) == 2
    assert capsys.readouterr().err == (
        f"{out / 'cut_annotated.mp4'} already has all that can be read of cut.mp4, which is cut off or damaged; "
        "choose another --out, or add --overwrite to track it again.\n"
    )
    assert track(cut, "--out", out, "--also", "parquet", "--jobs", 1) == 2
    assert capsys.readouterr().err == "It is cut off or damaged; all that can be read of it was already done.\n"
    assert {file: file.read_bytes() for file in out.iterdir()} == kept
    for more in ((), ("--jobs", 1)):
        assert track(cut.replace(tmp_path / "renamed.mp4"), "--out", out, *more) == 2
        assert "renamed.mp4 seems to have been tracked before" in capsys.readouterr().err
        (tmp_path / "renamed.mp4").replace(cut)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--detect-every", "0"], "--detect-every must be at least 1"),
        (["--max-people", "0"], "--max-people must be at least 1"),
        (["--detect-every", "often"], "invalid int value: 'often'"),
        (["--min-conf", "1.5"], "--min-conf must be between 0 and 1"),
        (["--min-conf", "nan"], "--min-conf must be between 0 and 1"),
        (["--start", "3", "--end", "2"], r"The start \(3 s\) must come before the end \(2 s\)"),
        (["--start", "-1"], "--start must be at least 0 seconds, not -1\\."),
        (["--end", "1e12"], "--end must be less than 100,000,000,000 seconds, not 1000000000000\\."),
        (["--region", "9", "9", "1", "1"], "smaller than bottom; write --region LEFT TOP RIGHT BOTTOM, in pixels"),
        (["--smooth", "wildly"], "invalid choice: 'wildly'"),
        (["--start", "1000"], "no frame between the given start and end; its times run from 0.000 to 0.333 s"),
        (["--colour", "red"], "Unrecognized arguments: --colour red; `ppnet-live track --help` shows"),
    ],
)
def test_bad_options_are_told_in_one_sentence(tmp_path, parts, capsys, words, sentence):
    import re

    assert track(walkers(tmp_path / "a.mp4", 10), "--out", tmp_path / "out", *words) == 2
    said = capsys.readouterr().err
    assert re.search(sentence, said) and said.count("\n") == 1
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_bad_inputs_leave_nothing(tmp_path, parts, capsys):
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "folder").mkdir()
    inputs = [tmp_path / "text.mp4", tmp_path / "folder", make_sound_only(tmp_path / "sound.mp4")]
    assert track(*inputs, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 3
    assert list((tmp_path / "out").iterdir()) == []
    assert parts == [], "no model is loaded for nothing"


@pytest.mark.parametrize("place", ["file", "/proc/nowhere"])
def test_unwritable_places(tmp_path, parts, capsys, place):
    (tmp_path / "file").write_text("")
    assert track(walkers(tmp_path / "a.mp4", 5), "--out", tmp_path / place if place == "file" else place) == 2
    assert "choose" in capsys.readouterr().err


def test_missing_models_are_told(tmp_path, capsys):
    clip = walkers(tmp_path / "a.mp4", 5)
    for words, sentence in (
        (["--variant", "M4-D3-W48"], "; give some with --weights."),
        (["--weights", tmp_path / "none.pth"], "none.pth"),
        (["--device", "cuda:99"], "cuda:99"),
        (["--device", "toaster"], "toaster"),
        (["--detector", tmp_path / "none.tflite"], "none.tflite"),
    ):
        assert track(clip, "--out", tmp_path / "out", *words) == 2
        said = capsys.readouterr().err
        assert sentence in said and said.count("\n") == 1, said
        assert list((tmp_path / "out").iterdir()) == []


def test_a_bug_in_a_stage_is_told_in_one_sentence_and_keeps_what_was_done(tmp_path, monkeypatch, capsys, own_log):
    def build(settings):
        return Pipeline(FakeDetector(fails_at=12), FakeEstimator(), settings=settings)

    monkeypatch.setattr("app.factory.build_pipeline", build)
    clips = walkers(tmp_path / "a.mp4", 30), tmp_path / "none.mp4"
    assert track(*clips, "--out", tmp_path, "--detect-every", 1) == 2
    said, log = capsys.readouterr().err.splitlines(), own_log / "ppnet-live.log"
    assert said == [
        f"Something went wrong with a.mp4 (RuntimeError: the detector broke); details are in {log}.",
        f"There is no file {clips[1]}.",
    ]
    assert "Traceback" in log.read_text() and 'raise RuntimeError("the detector broke")' in log.read_text()
    meta = meta_of(tmp_path / "a_meta.json")
    assert meta["complete"] is False and meta["frames"] == 12 and "the detector broke" in meta["notices"]
    assert len(rows_of(tmp_path / "a_keypoints.csv")) == len(probed_times(tmp_path / "a_annotated.mp4")) == 12


@pytest.fixture
def shaky(monkeypatch):
    """The stand-in network with noise of 0.5 px."""

    class Shaky(FakeEstimator):
        rng = np.random.default_rng(3)

        def estimate(self, image, boxes):
            poses = super().estimate(image, boxes)
            noise = self.rng.normal(0, 0.5, poses.keypoints.shape).astype(np.float32)
            return Poses(poses.keypoints + noise, poses.scores, poses.skeleton)

    def build(settings):
        return Pipeline(FakeDetector(), Shaky(), settings=settings)

    monkeypatch.setattr("app.factory.build_pipeline", build)


def test_smoothing_that_looks_ahead(tmp_path, shaky):
    clip = walkers(tmp_path / "a.mp4", 50, size_wh=(160, 64), sound="aac")
    assert track(clip, "--out", tmp_path / "out", "--smooth", "rts", "--detect-every", 1) == 0
    rows, meta = rows_of(tmp_path / "out" / "a_keypoints.csv"), meta_of(tmp_path / "out" / "a_meta.json")
    assert meta["complete"] and meta["frames"] == len(rows) == 50
    truth = np.array([np.add(place_of(index), JOINTS[0] * PLATE_WH) for index in range(50)])
    raw, smoothed = (
        np.array([[float(row[f"nose_{axis}{kind}"]) for axis in "xy"] for row in rows]) for kind in ("_raw", "")
    )
    assert np.abs(smoothed - truth).mean() < 0.7 * np.abs(raw - truth).mean()
    with Session.open(tmp_path / "out" / "a_session.ppnet") as session:
        (wanted,) = [r for r in smooth_results(list(session.results())) if r.frame_index == 25]
    assert smoothed[25] == pytest.approx(wanted.smoothed.keypoints[0, 0], abs=1e-3)
    assert probed_times(tmp_path / "out" / "a_annotated.mp4") == probed_times(clip)
    with open_source(tmp_path / "out" / "a_annotated.mp4") as source:
        assert source.info.has_audio
    assert not list((tmp_path / "out").glob("*partial*"))


def test_looking_ahead_and_stopped_in_the_second_pass(tmp_path, shaky):
    clip = walkers(tmp_path / "a.mp4", 40, size_wh=(160, 64))
    settings = RunSettings(smoothing=SmoothingSettings(kind="rts"), start_s=0.3)
    paths = OutputPaths.of(tmp_path, "a")
    job = TrackJob(clip, paths, settings, SharedModels(settings), watch=lambda done, *_: done < 31 + 10)
    report = job.run()
    assert not report.complete and meta_of(paths.meta)["complete"] is False
    assert report.notices[-1] == meta_of(paths.meta)["notices"][-1]
    assert "stopped before the table and video were rewritten" in report.notices[-1]
    assert "smoothed without looking ahead; `export` writes the final ones from a_session.ppnet" in report.notices[-1]
    assert len(rows_of(paths.table)) == len(probed_times(paths.video)) == 31
    assert not list(tmp_path.glob("*partial*")) and not list(tmp_path.glob("*exporting*"))


def run_until(clip, tmp_path, watch, **changes):
    """A run that is stopped when `watch(done, total)` is False."""
    settings = RunSettings(**changes)
    paths = OutputPaths.of(tmp_path, "a")
    return paths, TrackJob(clip, paths, settings, SharedModels(settings), watch=watch)


def test_stopped_before_the_first_picture_only_what_exists_is_named(tmp_path, parts):
    paths, job = run_until(walkers(tmp_path / "clip.mp4", 400), tmp_path, lambda *_: False)
    report = job.run()
    meta = meta_of(paths.meta)
    there = {path.name for path in tmp_path.iterdir()} - {"clip.mp4"}
    assert {path.name for path in report.paths.all()} == set(meta["outputs"].values()) == there
    assert report.notices == tuple(meta["notices"]) and not report.complete and not meta["complete"]
    assert report.notices[-1].startswith("It was stopped ")


def test_table_and_video_are_replaced_together(tmp_path, shaky, monkeypatch):
    """An error while the video is made anew leaves the table that goes with the old one."""
    paths, job = run_until(
        walkers(tmp_path / "a.mp4", 20), tmp_path, lambda *_: True, smoothing=SmoothingSettings(kind="rts")
    )
    before = []

    def broken(*_args, **_options):
        before.append(paths.table.read_bytes())
        raise UserError("The disk is full.")

    monkeypatch.setattr("app.runs.second_pass.write_annotated_video", broken)
    with pytest.raises(UserError, match="The disk is full"):
        job.run()
    assert paths.table.read_bytes() == before[0] and len(probed_times(paths.video)) == 20
    assert meta_of(paths.meta)["complete"] is False and not list(tmp_path.glob("*again*"))


@pytest.mark.skipif(os.name != "posix", reason="files in use can't be moved there")
@pytest.mark.parametrize("lost", ["a_keypoints.csv", "a_annotated.partial.mp4", "a_session.ppnet", "folder"])
def test_outputs_that_vanish_are_noticed_and_the_rest_is_kept(tmp_path, parts, lost):
    out = tmp_path / "out"
    out.mkdir()
    looks = []

    def watch(done, *_):
        looks.append(done)
        if done and lost == "folder" and out.exists():
            out.rename(tmp_path / "moved")
        elif done and lost != "folder":
            (out / lost).unlink(missing_ok=True)
        return True

    clip = make_clip(tmp_path / "a.mp4", 900, painter=paint_walkers, size_wh=(128, 64), gop=60)
    _, job = run_until(clip, out, watch)
    with pytest.raises(UserError, match=r"was moved, deleted or replaced while it was .*the rest is kept"):
        job.run()
    assert looks[-1] < 900, "within one look"
    kept = tmp_path / "moved" if lost == "folder" else out
    assert meta_of(kept / "a_meta.json")["complete"] is False and (lost != "folder" or not out.exists())
    assert ("deleted or replaced" in "".join(meta_of(kept / "a_meta.json")["notices"])) == (lost != "folder")
    if lost != "a_session.ppnet":
        with Session.open(kept / "a_session.ppnet") as session:
            assert 0 < session.frame_count < 900 and not session.complete
    if lost != "a_keypoints.csv":
        assert rows_of(kept / "a_keypoints.csv")[-1]["right_ankle_state"], "whole rows"


@pytest.mark.parametrize("session", [True, False])
def test_what_another_program_writes_is_left_as_it_is_even_without_the_lock_of_its_run(tmp_path, parts, session):
    """A window holds the session alone; and lock files get deleted by people."""
    clip = walkers(tmp_path / "a.mp4", 12)
    paths = OutputPaths.of(tmp_path, "a", Wanted(session=session))
    paths.meta.write_text("of an earlier run")
    with Session.create(paths.working_session, made_header()) as other:
        other.append(made_result(0, (1,)))
        job = TrackJob(clip, paths, RunSettings(), SharedModels(RunSettings()), watch=lambda *_: True)
        with pytest.raises(UserError, match="is in use by process"):
            job.run()
        assert paths.working_session.exists() and paths.meta.read_text() == "of an earlier run"
        other.append(made_result(1, (1,)))


@pytest.mark.skipif(os.name != "posix", reason="files in use can't be replaced there")
@pytest.mark.parametrize("other", ["a_keypoints.csv", "a_annotated.partial.mp4", "a_session.ppnet"])
def test_outputs_in_whose_place_another_file_is_put_are_noticed(tmp_path, parts, other):
    """As by an editor that saves the table, or a program that keeps folders alike."""

    def watch(done, *_):
        if done and (tmp_path / "out" / other).exists():
            shutil.copy(tmp_path / "out" / other, tmp_path / "copy")
            (tmp_path / "copy").replace(tmp_path / "out" / other)
        return True

    (tmp_path / "out").mkdir()
    clip = make_clip(tmp_path / "a.mp4", 900, painter=paint_walkers, size_wh=(128, 64), gop=60)
    _, job = run_until(clip, tmp_path / "out", watch)
    with pytest.raises(UserError, match=rf"{other} was moved, deleted or replaced"):
        job.run()
    assert meta_of(tmp_path / "out" / "a_meta.json")["complete"] is False


def test_weights_that_read_nothing_are_said(tmp_path, monkeypatch, capsys):
    class Blind(FakeEstimator):
        def estimate(self, image, boxes):
            return Poses.empty(COCO_17, len(boxes))

    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(FakeDetector(), Blind(), settings=settings)
    )
    track(walkers(tmp_path / "a.mp4", 12), "--out", tmp_path, "--detect-every", 1)
    assert "found none of their joints; check that these are the right weights." in capsys.readouterr().err
    assert "right weights" in meta_of(tmp_path / "a_meta.json")["notices"][-1]


def test_too_little_memory_is_said(tmp_path, monkeypatch, capsys):
    class Huge(FakeEstimator):
        def estimate(self, image, boxes):
            raise MemoryError

    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(FakeDetector(), Huge(), settings=settings)
    )
    assert track(walkers(tmp_path / "a.mp4", 3), "--out", tmp_path) == 2
    assert capsys.readouterr().err.startswith("There is not enough memory for a.mp4; close other programs")


def test_a_file_of_a_web_server_is_gone_over_twice(tmp_path, shaky):
    """Its second pass asks the server again."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    walkers(tmp_path / "a.mp4", 12)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/a.mp4"
        assert track(address, "--out", tmp_path / "out", "--smooth", "rts") == 0
    finally:
        server.shutdown()
    assert meta_of(tmp_path / "out" / "a_meta.json")["complete"]
    assert len(probed_times(tmp_path / "out" / "a_annotated.mp4")) == 12


def test_a_file_alone_opens_the_window(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(cli, "_window", lambda *path: opened.append(path) or 0)
    clip = walkers(tmp_path / "a.mp4", 3)
    assert cli.main([]) == cli.main([str(clip)]) == 0
    assert opened == [(), (str(clip),)]
    assert cli.main(["no-such-file"]) == 2


def test_cameras_are_listed(monkeypatch, capsys):
    from tracking.video import camera

    monkeypatch.setattr(camera, "list_cameras", lambda: (camera.CameraInfo(2, "HD Webcam"),))
    assert cli.main(["cameras"]) == 0
    assert capsys.readouterr().out == "camera:2  HD Webcam\n"


# -- one person ---------------------------------------------------------------------------------------


@pytest.fixture
def two_walkers(tmp_path):
    return make_clip(
        tmp_path / "two.mp4", 30, size_wh=(128, 128), painter=lambda index, wh: paint_walkers(index, wh, people=2)
    )


def of_the_second(rows):
    return all(float(row["bbox_y1"]) > 50 for row in rows)


def test_only_one_person_from_the_start(tmp_path, two_walkers, parts):
    assert track(two_walkers, "--out", tmp_path / "out", "--only", "10,90", "--detect-every", 1) == 0
    rows, meta = rows_of(tmp_path / "out" / "two_keypoints.csv"), meta_of(tmp_path / "out" / "two_meta.json")
    assert len(rows) == 30 and of_the_second(rows) and meta["persons"] == 1
    assert meta["settings"]["only"] == {"x": 10, "y": 90, "time_s": 0}
    assert {len(boxes) for boxes in parts[0].estimator.boxes[1:]} == {1}, "the other one is never read"
    with Session.open(tmp_path / "out" / "two_session.ppnet") as session:
        assert session.header.settings["only"] == {"x": 10, "y": 90, "time_s": 0} and len(track_ids(session)) == 1


def test_chosen_later_everything_is_about_them_all_the_same(tmp_path, two_walkers, parts):
    assert track(two_walkers, "--out", tmp_path / "out", "--only", "46,90@0.5", "--detect-every", 1) == 0
    rows, meta = rows_of(tmp_path / "out" / "two_keypoints.csv"), meta_of(tmp_path / "out" / "two_meta.json")
    assert len(rows) == 30 and of_the_second(rows) and len(meta["people"]) == 1 and meta["complete"]
    with open_source(tmp_path / "out" / "two_annotated.mp4") as drawn, open_source(two_walkers) as plain:
        for after, before in zip(drawn, plain, strict=True):
            changed = np.abs(after.image.astype(int) - before.image).max(axis=2) > 60
            left = place_of(before.index)[0]
            assert changed[8:46, left : left + 24].mean() < 0.02 < changed[68:108, left : left + 24].mean()
    with Session.open(tmp_path / "out" / "two_session.ppnet") as session:
        assert len(track_ids(session)) == 2 and {len(e.result) for e in EditedSession(session).results()} == {1}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("250,10", "Nobody was found at 250,10"),
        ("5,60@2.6", "Nobody was found"),
        ("10", "10 is not a place in the picture; write --only like 320,240 or 320,240@2.5."),
        ("a,b", "not a place in the picture; write --only"),
        ("1,2@x", "not a place in the picture; write --only"),
        ("nan,3", "nan,3 is not a place in the picture; write --only"),
    ],
)
def test_a_place_that_is_none_is_said(tmp_path, parts, capsys, place, words):
    clip = walkers(tmp_path / "clip.mp4", 80, size_wh=(256, 64))
    assert track(clip, "--out", tmp_path / "out", "--only", place) == 2
    assert words in capsys.readouterr().err


# -- interruption -----------------------------------------------------------------------------------

SLOW = """
    import sys, time
    from app import cli
    from app import factory as build
    from tests.walkers import FakeDetector, FakeEstimator
    from tracking.pipeline import Pipeline

    class Slow(FakeEstimator):
        def estimate(self, image, boxes):
            time.sleep(0.02 if len(self.boxes) < 100 else 0.5)  # at its end only after the test, however busy it is
            return super().estimate(image, boxes)

    build.build_pipeline = lambda settings: Pipeline(FakeDetector(), Slow(), settings=settings)
    sys.exit(cli.main(["track", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return walkers(tmp_path_factory.mktemp("long") / "clip.mp4", 600, gop=30).read_bytes()


def start_slow(tmp_path, long_clip, *options):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(long_clip)
    words = [sys.executable, "-c", textwrap.dedent(SLOW), clip, "--out", tmp_path / "out", *options]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    table = tmp_path / "out" / "clip_keypoints.csv"
    wait_for(lambda: (table.exists() and table.stat().st_size >= 20_000) or process.poll() is not None)
    assert process.poll() is None
    return process


def pictures_in(growing):
    """How many pictures can be read of a video that is perhaps being written; 0 where it is none yet."""
    with contextlib.suppress(UserError), open_source(growing) as source:
        return sum(1 for _ in source)
    return 0


@pytest.mark.parametrize("session", [(), ("--no-session",)])
def test_a_second_run_into_the_same_outputs_is_refused_before_it_writes(tmp_path, parts, long_clip, capsys, session):
    process = start_slow(tmp_path, long_clip, "--no-session")
    out = tmp_path / "out"
    try:
        before = {path: path.stat().st_ino for path in out.iterdir()}
        assert track(tmp_path / "clip.mp4", "--out", out, "--overwrite", *session) == 2
        assert f"is being written by process {process.pid} on" in capsys.readouterr().err
        assert before == {path: path.stat().st_ino for path in out.iterdir()}
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    assert track(tmp_path / "clip.mp4", "--out", out, "--overwrite", "--end", "0.2", *session) == 0
    assert not (out / "clip.lock").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (getattr(signal, "SIGHUP", 1), 129)]
)
def test_interrupted_runs_end_in_good_order(tmp_path, long_clip, number, code):
    process = start_slow(tmp_path, long_clip)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert "Traceback" not in err and "not complete" in out
    meta = meta_of(tmp_path / "out" / "clip_meta.json")
    rows = rows_of(tmp_path / "out" / "clip_keypoints.csv")
    assert meta["complete"] is False
    assert 20 < len(rows) == meta["frames"] < 600
    assert [row["time_s"] for row in rows] == probed_times(tmp_path / "out" / "clip_annotated.mp4")
    assert not list((tmp_path / "out").glob("*partial*"))
    with Session.open(tmp_path / "out" / "clip_session.ppnet") as session:
        assert session.frame_count == len(rows) and not session.complete


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_killed_run_is_marked_and_readable(tmp_path, long_clip):
    process = start_slow(tmp_path, long_clip)
    partial = tmp_path / "out" / "clip_annotated.partial.mp4"
    wait_for(lambda: pictures_in(partial) > 10)
    process.kill()
    process.communicate()
    assert meta_of(tmp_path / "out" / "clip_meta.json")["complete"] is False
    assert len(rows_of(tmp_path / "out" / "clip_keypoints.csv")) > 20
    assert not (tmp_path / "out" / "clip_annotated.mp4").exists()
    assert pictures_in(partial) > 10
    with Session.open(tmp_path / "out" / "clip_session.ppnet") as session:
        assert session.frame_count > 20


def test_help_and_version(capsys):
    for words, wanted in (
        (["--help"], "track"),
        (["track", "--help"], "--detect-every"),
        (["--version"], "PPNet Live"),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == 0
        assert wanted in capsys.readouterr().out


ALSO = ("--also", "angles", "--also", "methods", "--no-video", "--no-csv", "--detect-every", 1)


def test_further_formats_come_with_each_input_and_what_is_missing_is_written_when_it_goes_on(tmp_path, parts, capsys):
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        walkers(tmp_path / "in" / f"{name}.mp4", 8)
    out = tmp_path / "out"
    assert track(tmp_path / "in", "--out", out, *ALSO, "--jobs", 1) == 0
    angles, methods = out / "a_angles.csv", out / "b_methods.txt"
    assert len(angles.read_text().splitlines()) > 5 and (out / "a_methods.txt").exists()
    assert str(methods) in capsys.readouterr().out
    angles.write_text("as it was")
    methods.unlink()
    assert track(tmp_path / "in", "--out", out, *ALSO, "--jobs", 1) == 0
    assert methods.exists() and angles.read_text() == "as it was", "nothing is written twice"
    assert track(tmp_path / "in", "--out", out, *ALSO, "--overwrite") == 0
    assert angles.read_text() != "as it was"


def test_a_file_in_the_place_of_a_further_format_is_refused_before_anything_is_tracked(tmp_path, parts, capsys):
    (tmp_path / "clip_angles.csv").write_text("mine")
    assert track(walkers(tmp_path / "clip.mp4", 8), "--out", tmp_path, *ALSO) == 2
    assert "clip_angles.csv already exists; choose another --out" in capsys.readouterr().err
    assert (tmp_path / "clip_angles.csv").read_text() == "mine" and not (tmp_path / "clip_session.ppnet").exists()


def test_why_a_further_format_is_not_written_is_said_as_by_export(tmp_path, parts, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    clip = walkers(tmp_path / "clip.mp4", 8)
    assert track(clip, "--out", tmp_path, *ALSO, "--also", "sleap-analysis") == 2
    said = capsys.readouterr()
    assert (tmp_path / "clip_angles.csv").exists() and "clip_angles.csv" in said.out
    assert cli.main(["export", str(tmp_path / "clip_session.ppnet"), "--format", "sleap-analysis"]) == 2
    assert capsys.readouterr().err.strip() == said.err.strip()


@pytest.mark.parametrize("options", [("--also", "video"), ("--also", "angles", "--no-session")])
def test_further_formats_that_make_no_sense_are_refused(tmp_path, parts, capsys, options):
    assert track(walkers(tmp_path / "clip.mp4", 8), "--out", tmp_path, *options) == 2
    assert "--also" in capsys.readouterr().err
