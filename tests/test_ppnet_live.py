"""The door for programmers: what its text promises, on a real clip with the real networks, and its examples."""

import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ppnet_live as pl
from app.commands import track as track_command
from ppnet.skeleton import COCO_17
from tests.clips import cut_clip, make_clip
from tests.results import made_header, made_result
from tracking.run_settings import RunSettings
from tracking.session.edits import MoveKeypoint
from tracking.session.session import Session as SessionFile
from tracking.types import Detections

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "assets" / "demo.mp4"
SPAN = {"start": 1.0, "end": 1.2, "input_scale": 0.5}  # crops of half the size: a third of the work, the same code


@pytest.fixture
def run_example(monkeypatch, capsys):
    """Runs an example as a program and gives what it prints; in this process, where the networks' code is loaded."""

    def ran(name: str, *arguments: object) -> str:
        script = str(ROOT / "examples" / name)
        monkeypatch.setenv("MPLBACKEND", "agg")
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        capsys.readouterr()
        runpy.run_path(script, run_name="__main__")
        return capsys.readouterr().out

    return ran


@pytest.fixture(scope="module")
def session_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("session") / "demo_session.ppnet"
    pl.track(DEMO, **SPAN).save(path).close()
    return path


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory):
    """Six frames of the demo, as a file."""
    return cut_clip(DEMO, tmp_path_factory.mktemp("clips") / "short.mp4", end_s=0.2)


def test_importing_it_loads_nothing_heavy_sets_nothing_and_starts_nothing():
    code = (
        "import os, sys, threading; before = dict(os.environ); import ppnet_live;"
        "assert dict(os.environ) == before and threading.active_count() == 1;"
        "print(*{'torch', 'cv2', 'mediapipe', 'PySide6', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_frames_come_by_name_and_equal_those_of_the_session(session_file):
    streamed = list(pl.track(DEMO, **SPAN))
    with pl.open_session(session_file) as session:
        stored = list(session)
        times = session.times_s
    assert [frame.time_s for frame in streamed] == times.tolist()
    assert all(SPAN["start"] <= time < SPAN["end"] for time in times)
    assert len(streamed[-1].people) == 3
    for live, kept in zip(streamed, stored, strict=True):
        for a, b in zip(live.people, kept.people, strict=True):
            assert a.id == b.id
            assert np.array_equal(a["left_wrist"].xy, b["left_wrist"].xy, equal_nan=True)
            assert a["left_wrist"].state == b["left_wrist"].state


def test_the_command_track_gives_the_same_joints(session_file, tmp_path):
    import argparse

    parser = argparse.ArgumentParser()
    track_command.add_arguments(parser)
    options = [str(DEMO), "--out", str(tmp_path), "--start", "1", "--end", "1.2", "--input-scale", "0.5"]
    assert track_command.run(parser.parse_args([*options, "--no-video", "-q"])) == 0
    with pl.open_session(tmp_path / "demo_session.ppnet") as one, pl.open_session(session_file) as other:
        assert np.array_equal(one.to_numpy(), other.to_numpy(), equal_nan=True)


def test_to_numpy_has_frames_people_joints_and_nothing_where_somebody_is_missing(session_file):
    with pl.open_session(session_file) as session:
        table, frames = session.to_numpy(), list(session)
        assert table.shape == (len(frames), len(session.ids), 17, 3)
        nose = session.skeleton.index("nose")
        for row, frame in enumerate(frames):
            here = {person.id: person for person in frame.people}
            for column, track_id in enumerate(session.ids):
                expected = here[track_id]["nose"].xy if track_id in here else (np.nan, np.nan)
                assert np.array_equal(table[row, column, nose, :2], np.float32(expected), equal_nan=True)


def test_a_joint_set_by_hand_is_sure(tmp_path):
    with SessionFile.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        session.append(made_result(0))
        session.add_edit(MoveKeypoint(1, 0, 0, 12.0, 34.0))
        session.finish()
    with pl.open_session(tmp_path / "walk_session.ppnet") as session:
        nose = next(iter(session)).people[0]["nose"]
        assert (nose.xy, nose.score, nose.state) == ((12.0, 34.0), 1.0, "edited")
        assert session.to_numpy()[0, 0, 0].tolist() == [12.0, 34.0, 1.0]


def test_to_dataframe_has_the_columns_of_the_tidy_table(session_file):
    with pl.open_session(session_file) as session:
        frame = session.to_dataframe()
        assert {"frame", "time_s", "person_id", "joint", "x", "y"} <= set(frame.columns)
        assert frame["frame"].nunique() == len(session)


def test_without_pandas_a_data_frame_is_refused_in_words(tmp_path, monkeypatch):
    with SessionFile.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        session.append(made_result(0))
        session.finish()
    monkeypatch.setitem(sys.modules, "pandas", None)
    refused = pytest.raises(pl.UserError, match=r"pandas, .* pip install 'ppnet-live\[")
    with pl.open_session(tmp_path / "walk_session.ppnet") as session, refused:
        session.to_dataframe()


def test_smoothing_that_looks_ahead_is_that_of_a_session_steadied_anew(session_file):
    streamed = [frame.people[0]["left_wrist"].xy for frame in pl.track(DEMO, smooth="rts", **SPAN)]
    with pl.open_session(session_file, smooth="rts") as session:
        again = [frame.people[0]["left_wrist"].xy for frame in session]
    assert np.allclose(streamed, again, atol=1e-3, equal_nan=True)


def test_a_session_is_smoothed_again_with_what_is_given_and_the_rest_as_it_was(tmp_path):
    settings = RunSettings().changed({"smoothing.strength": 10.0}).to_plain()
    with SessionFile.create(tmp_path / "walk_session.ppnet", made_header(settings=settings)) as made:
        for index in range(12):
            made.append(made_result(index))
        made.finish()

    def noses(**options):
        with pl.open_session(tmp_path / "walk_session.ppnet", **options) as session:
            return session.to_numpy()[:, 0, 0, :2]

    assert not np.allclose(noses(strength=90), noses(strength=10), equal_nan=True)
    assert np.array_equal(noses(smooth="kalman"), noses(strength=10), equal_nan=True)
    for wrong in ({"strength": 700}, {"min_conf": -1}, {"smooth": "no"}):
        with pytest.raises(pl.UserError, match=f"--{next(iter(wrong)).replace('_', '-')} must be"):
            noses(**wrong)


def test_leaving_the_loop_ends_the_run_and_leaves_nothing_behind(tmp_path, monkeypatch):
    import tempfile
    import threading

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for frame in pl.track(DEMO):
        assert frame.people is not None
        break
    assert not [thread for thread in threading.enumerate() if thread.name in ("read", "track", "finish")]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"smoth": "rts"}, TypeError, "there is no option 'smoth'"),
        ({"preset": "best"}, pl.UserError, "fast, balanced, accurate"),
        ({"min_conf": 7}, pl.UserError, "--min-conf"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(options, error, words):
    with pytest.raises(error, match=words):
        pl.track("nowhere.mp4", **options)


def test_a_missing_file_or_format_is_one_sentence(session_file, tmp_path):
    with pytest.raises(pl.UserError, match=r"nowhere\.mp4"):
        list(pl.track("nowhere.mp4"))
    with pl.open_session(session_file) as session, pytest.raises(pl.UserError, match="There is no format xls"):
        session.export("xls", tmp_path)


def test_detector_and_estimator_work_on_single_pictures():
    from tracking.video.factory import open_source

    with open_source(DEMO) as source:
        image = next(iter(source)).image
    detector = pl.PersonDetector()
    found = detector.detect(image)
    detector.close()
    poses = pl.PoseEstimator.from_pretrained().estimate(image, found.boxes)
    assert isinstance(found, Detections) and len(found) >= 1
    assert poses.keypoints.shape == (len(found), 17, 2)
    x1, y1, x2, y2 = found.boxes[0]
    center = np.nanmean(poses.keypoints[0], axis=0)
    assert x1 < center[0] < x2 and y1 < center[1] < y2


def test_example_plots_knee_angles(run_example, short_clip, tmp_path):
    run_example("knee_angle.py", short_clip, tmp_path / "knee.png")
    assert (tmp_path / "knee.png").read_bytes().startswith(b"\x89PNG")


def test_example_has_no_knee_angles_where_nobody_is(run_example, tmp_path):
    empty = make_clip(tmp_path / "empty.mp4", 5)
    with pytest.raises(SystemExit, match=rf"^Nobody was found in {empty}\.$"):
        run_example("knee_angle.py", empty, tmp_path / "knee.png")
    assert not (tmp_path / "knee.png").exists()


def test_example_prints_noses_of_any_live_source(short_clip):
    """In a process of its own, as whoever copies it will run it."""
    command = [sys.executable, str(ROOT / "examples" / "live_camera.py"), str(short_clip)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 6 and "1: (" in lines[-1]


def test_example_takes_another_detector(run_example, short_clip):
    assert run_example("own_detector.py", short_clip) == "6 frames, 1 person at most\n"


def test_example_goes_on_after_a_video_that_cannot_be_read(run_example, short_clip, tmp_path, capsys):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a_broken.mp4").write_bytes(b"no video")
    (tmp_path / "videos" / "b_short.mp4").write_bytes(short_clip.read_bytes())
    with pytest.raises(SystemExit, match="2"):
        run_example("folder_to_tables.py", tmp_path / "videos", tmp_path / "results")
    said = capsys.readouterr().err
    assert said.startswith("a_broken.mp4: ") and said.count("\n") == 1
    assert (tmp_path / "results" / "b_short_keypoints.csv").exists()


@pytest.mark.filterwarnings("error")
def test_example_steadies_a_session_anew_also_where_joints_or_people_are_missing(run_example, session_file, tmp_path):
    assert "The left hip of person 3" in run_example("smooth_again.py", session_file, tmp_path)
    assert list((tmp_path / "demo_trc").glob("*.trc"))
    hip = COCO_17.index("left_hip")
    for name, ids in (("two", (1, 2)), ("nobody", ())):
        with SessionFile.create(tmp_path / f"{name}_session.ppnet", made_header()) as session:
            for index in range(60):
                result = made_result(index, ids)
                seen = result.raw.scores.copy()
                seen[:1, hip], seen[1:, hip] = 0.0, 0.9
                session.append(replace(result, raw=replace(result.raw, scores=seen)))
            session.finish()
    two, lines = tmp_path / "two_session.ppnet", ["The left hip of person 1 is never seen."]
    with pl.open_session(two, smooth="rts", strength=70) as session:
        lines.append(f"The left hip of person 2 moves over {np.ptp(session.to_numpy()[:, 1, hip, 0]):.0f} pixels.")
    assert "over 11" in lines[1], "59 steps of two pixels"
    assert run_example("smooth_again.py", two, tmp_path).splitlines() == [*lines, str(tmp_path / "two_trc")]
    nobody = run_example("smooth_again.py", tmp_path / "nobody_session.ppnet", tmp_path)
    assert nobody.splitlines() == [str(tmp_path / "nobody_trc")]


@pytest.mark.parametrize("name", ["knee_angle.py", "live_camera.py", "own_detector.py", "smooth_again.py"])
def test_examples_end_in_a_sentence_when_there_is_no_file(run_example, tmp_path, capsys, name):
    words = [tmp_path / "none.mp4", tmp_path / "out.png"]
    with pytest.raises(SystemExit, match="2"):
        run_example(name, *(words[:1] if name in ("live_camera.py", "own_detector.py") else words))
    said = capsys.readouterr().err
    assert "none.mp4" in said and said.count("\n") == 1
