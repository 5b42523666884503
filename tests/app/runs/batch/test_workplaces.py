"""Batches in processes of their own and on a cluster: they resume, fail alone, and give what one process gives."""

import csv
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from app import cli
from app.runs.batch.batch import Batch, BatchState
from app.runs.batch.cluster import cluster_places
from app.runs.batch.inputs import earlier_report, videos_in
from app.runs.batch.workplaces import OwnProcess
from app.runs.outputs import OutputFolder, OutputPaths, Wanted
from app.runs.track_job import Here, OutputsInUseError
from ppnet.errors import UserError
from tests.clips import make_clip
from tests.fakes import PATIENCE_S, children_of, wait_for
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.pipeline import Pipeline
from tracking.run_settings import NetworkSettings, RunSettings
from tracking.session.edits import RenamePerson
from tracking.session.session import Session

ROOT = Path(__file__).parents[4]
STAND_IN = """
    import os, signal, sys, time
    sys.path.insert(0, {root!r})
    from app import cli, factory
    from tests.walkers import FakeDetector, FakeEstimator
    from tracking.pipeline import Pipeline

    class Deadly(FakeDetector):
        def detect(self, image):
            time.sleep({pause})
            if image.min() > 200:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().detect(image)

    factory.build_pipeline = lambda settings: Pipeline(Deadly(), FakeEstimator(), settings=settings)
    if __name__ == "__main__":
        sys.exit(cli.main(["track", *sys.argv[1:], "-q", "--no-video"]))
"""


@pytest.fixture(autouse=True)
def parts(tmp_path, monkeypatch):
    """Stand-ins for this process; `script` has the same for a program and its children."""
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "log"))
    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(FakeDetector(), FakeEstimator(), settings=settings)
    )


def script(tmp_path, pause=0.0):
    path = tmp_path / "stand_in.py"
    path.write_text(textwrap.dedent(STAND_IN).format(root=str(ROOT), pause=pause))
    return [sys.executable, str(path)]


def clips_in(folder, count, frames=8):
    folder.mkdir()
    return [
        make_clip(folder / f"{i:02}.mp4", frames + i, size_wh=(128, 64), painter=paint_walkers) for i in range(count)
    ]


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*_keypoints.csv"))}


def track(*words):
    return cli.main(["track", *(str(word) for word in words), "-q", "--no-video"])


def summary_of(folder):
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {Path(row["input"]).name: row for row in csv.DictReader(file)}


def test_a_folder_of_videos_stands_for_them_and_one_of_pictures_for_itself(tmp_path):
    clips_in(tmp_path / "videos", 2)
    (tmp_path / "videos" / "notes.txt").write_text("")
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "1.png").write_bytes(b"")
    inputs = [str(tmp_path / name) for name in ("videos", "series", "none.mp4")]
    assert [Path(each).name for each in videos_in(inputs)] == ["00.mp4", "01.mp4", "series", "none.mp4"]
    assert videos_in([*inputs, *map(os.path.relpath, reversed(inputs))]) == videos_in(inputs), "each once"


def test_a_folder_that_may_not_be_read_and_names_that_cannot_be_keep_nothing_else_from_being_done(
    tmp_path, capsys, monkeypatch
):
    clips_in(tmp_path / "videos", 1)
    (tmp_path / "locked").mkdir()
    listed = Path.iterdir

    def iterdir(folder):
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    for more in ((), ("--jobs", 1)):
        inputs = [tmp_path / "locked", "", "n" * 300, tmp_path / "videos"]
        assert track(*inputs, "--out", tmp_path / f"out{len(more)}", *more) == 2
        said = capsys.readouterr()
        assert "locked may not be read; check its permissions." in said.err
        assert "An input has no name" in said.err and f"There is no file {'n' * 300}." in said.err
        assert "Something went wrong" not in said.err and re.search(r"00\.mp4 +done", said.out)


def test_what_is_done_is_not_done_again_and_what_was_cut_short_is(tmp_path, capsys):
    clips, out = clips_in(tmp_path / "videos", 3), tmp_path / "out"
    (tmp_path / "videos" / "broken.mp4").write_text("no video")
    assert track(tmp_path / "videos", "--out", out, "--jobs", 1) == 2
    said, whole = capsys.readouterr(), tables(out)
    assert re.search(r"00\.mp4 +done +8 +1 ", said.out) and said.err.count("broken.mp4") == 1 and len(whole) == 3
    meta = json.loads((out / "01_meta.json").read_text())
    (out / "01_meta.json").write_text(json.dumps({**meta, "complete": False}))  # as a kill leaves it
    (out / "01_keypoints.csv").write_text("half")
    (out / "02_keypoints.csv").unlink()
    old = (out / "00_keypoints.csv").stat().st_ino
    assert track(tmp_path / "videos", "--out", out, "--jobs", 1) == 2
    assert tables(out) == whole and (out / "00_keypoints.csv").stat().st_ino == old
    rows = summary_of(out)
    assert [rows[clip.name]["remarks"] for clip in clips] == ["It was already done.", "", ""]
    assert rows["broken.mp4"]["state"] == "failed" and rows["01.mp4"]["frames"] == "9"
    said = capsys.readouterr().err
    assert "00.mp4: It was already done.\n" in said and said.count("broken.mp4") == 1


def test_other_settings_and_edits_are_not_lost_by_a_resumed_batch(tmp_path, capsys):
    (clip,), out = clips_in(tmp_path / "videos", 1), tmp_path / "out"
    assert track(clip, "--out", out, "--jobs", 1) == 0
    assert track(clip, "--out", out, "--jobs", 1, "--min-conf", 0.7) == 2
    assert "results of another input or other settings" in capsys.readouterr().err
    with Session.open(out / "00_session.ppnet", writable=True) as session:
        session.add_edit(RenamePerson(1, "Zoë"))
    (out / "00_keypoints.csv").unlink()
    assert track(clip, "--out", out, "--jobs", 1) == 2
    assert "cut short and then edited" in capsys.readouterr().err
    with Session.open(out / "00_session.ppnet") as session:
        assert len(session.edits()) == 1


DAMAGED_METAS = {
    "no numbers": {"frames": None},
    "words": {"persons": "many"},
    "no input": {"input": []},
    "a list": None,
}


@pytest.mark.parametrize("name", DAMAGED_METAS)
def test_a_damaged_meta_file_is_one_sentence_of_a_resumed_batch(tmp_path, capsys, name):
    (clip,), out = clips_in(tmp_path / "videos", 1), tmp_path / "out"
    assert track(clip, "--out", out, "--jobs", 1) == 0
    path, changes = out / "00_meta.json", DAMAGED_METAS[name]
    meta = json.loads(path.read_text())
    path.write_text(json.dumps([1, 2] if changes is None else {**meta, **changes}))
    capsys.readouterr()
    assert track(clip, "--out", out, "--jobs", 1) == 2
    said = capsys.readouterr().err
    assert "results of another input or other settings" in said and said.count("\n") == 1


def test_results_of_a_file_in_whose_place_another_lies_are_not_taken_for_its_own(tmp_path, capsys):
    (clip,), out = clips_in(tmp_path / "videos", 1), tmp_path / "out"
    assert track(clip, "--out", out, "--jobs", 1) == 0
    make_clip(clip, 30, size_wh=(128, 64), painter=paint_walkers)
    assert track(clip, "--out", out, "--jobs", 1) == 2
    assert "results of another input" in capsys.readouterr().err
    clip.unlink()
    assert track(clip, "--out", out, "--jobs", 1) == 0, "a video may be moved away once it is done"


def test_a_process_that_dies_over_a_camera_tells_no_login(tmp_path):
    class Gone:
        exitcode = -9

        def is_alive(self):
            return True

        def join(self):
            """It has ended meanwhile."""

        def send(self, _order):
            raise BrokenPipeError

    place = OwnProcess(RunSettings(), threads=1)
    place._child = place._pipe = Gone()
    with pytest.raises(UserError, match=r"that tracked rtsp://cam/1 ended with code -9"):
        place.track("rtsp://anna:geheim@cam/1", OutputPaths.of(tmp_path, "1"), lambda *_: True)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_process_that_dies_while_it_waits_costs_no_input(tmp_path):
    clips, settings = clips_in(tmp_path / "videos", 2), RunSettings(network=NetworkSettings(weights="none.pth"))
    place = OwnProcess(settings, threads=1)
    try:
        said = []
        for clip in clips:
            with pytest.raises(UserError) as told:
                place.track(str(clip), OutputPaths.of(tmp_path, clip.stem), lambda *_: True)
            said.append(str(told.value))
            os.kill(place._child.pid, signal.SIGKILL)
            place._child.join()
        assert all("none.pth" in sentence for sentence in said), "each was begun"
    finally:
        place.close()


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_process_that_dies_takes_one_input_with_it(tmp_path):
    clips_in(tmp_path / "videos", 2)
    make_clip(
        tmp_path / "videos" / "00b.mp4", 4, size_wh=(128, 64), painter=lambda i, wh: paint_walkers(i, wh) * 0 + 255
    )
    command = [*script(tmp_path), tmp_path / "videos", "--out", tmp_path / "out", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "00b.mp4 ended with code -9" in done.stderr
    rows = summary_of(tmp_path / "out")
    assert [(name, row["state"]) for name, row in rows.items()] == [
        ("00.mp4", "done"), ("00b.mp4", "failed"), ("01.mp4", "done"),
    ]  # fmt: skip
    assert track(tmp_path / "videos" / "00.mp4", tmp_path / "videos" / "01.mp4", "--out", tmp_path / "here") == 0
    assert tables(tmp_path / "here").items() <= tables(tmp_path / "out").items()


def test_a_process_that_dies_between_two_inputs_takes_none_with_it(tmp_path):
    place = OwnProcess(RunSettings(), threads=1)
    for _ in range(2):
        with pytest.raises(UserError, match="There is no file"):
            place.track("none.mp4", OutputPaths.of(tmp_path, "none"), lambda *_progress: True)
        (child,) = multiprocessing.active_children()
        child.kill()
        child.join()
    place.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_dozen_files_killed_and_resumed_give_the_same(tmp_path, number):
    clips_in(tmp_path / "videos", 12)
    out = tmp_path / "out"
    command = [*script(tmp_path, pause=0.05), tmp_path / "videos", "--out", out, "--jobs", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(list(out.glob("*_keypoints.csv"))) >= 4 or process.poll() is not None)
    process.send_signal(number)
    process.wait(PATIENCE_S)
    wait_for(lambda: not list(out.glob("*.lock")))
    assert 0 < len(list(out.glob("*_meta.json"))) < 12
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(row["remarks"] == "It was already done." for row in summary_of(out).values())
    assert track(tmp_path / "videos", "--out", tmp_path / "here") == 0
    assert tables(out) == tables(tmp_path / "here") and len(tables(out)) == 12


def test_a_cluster_gives_the_same_and_a_broken_input_stops_nothing(tmp_path, capsys):
    distributed = pytest.importorskip("distributed")
    clips_in(tmp_path / "videos", 3)
    (tmp_path / "videos" / "broken.mp4").write_text("no video")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        address = cluster.scheduler_address
        assert track(tmp_path / "videos", "--out", tmp_path / "out", "--scheduler", address) == 2
    assert "broken.mp4 is not a video" in capsys.readouterr().err
    assert track(tmp_path / "videos", "--out", tmp_path / "here") == 2
    assert tables(tmp_path / "out") == tables(tmp_path / "here") and len(tables(tmp_path / "here")) == 3


class SlowDetector(FakeDetector):
    """Takes its time, as a real one does."""

    def detect(self, image):
        threading.Event().wait(0.03)
        return super().detect(image)


@pytest.fixture
def cluster():
    """Two threads of this process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_tells_how_far_an_input_is_while_it_is_tracked(tmp_path, monkeypatch, cluster):
    monkeypatch.setattr("app.runs.batch.cluster.TALK_S", 0.05)
    rows, settings = [], RunSettings(detect_every=1)

    class Patient(FakeDetector):
        """Goes on only when it was told how far it is, but for the frames that are on their way."""

        looks = 0

        def detect(self, image):
            self.looks += 1
            wait_for(lambda: self.looks < 20 or any(row.done > self.looks - 20 for row in rows))
            return super().detect(image)

    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(Patient(), FakeEstimator(), settings=settings)
    )
    clip, frames = make_clip(tmp_path / "walk.mp4", 100, size_wh=(128, 64), painter=paint_walkers), 100
    outputs = OutputFolder(tmp_path / "out", Wanted(video=False))
    Batch([clip], settings, outputs, on_change=rows.append, places=cluster_places(settings, cluster)).run()
    told = [row.done for row in rows if row.state is BatchState.RUNNING and row.total]
    assert told == sorted(told) and len({done for done in told if 0 < done < frames}) > 3
    assert {row.total for row in rows} <= {None, frames}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_dozen_files_on_a_cluster_killed_and_resumed_give_the_same(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(SlowDetector(), FakeEstimator(), settings=settings)
    )
    clips_in(tmp_path / "videos", 12)
    words, out = ("--scheduler", cluster), tmp_path / "out"
    command = [sys.executable, "main.py", "track", tmp_path / "videos", "--out", out, *words, "-q", "--no-video"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(list(out.glob("*_keypoints.csv"))) >= 4 or process.poll() is not None)
    process.kill()
    process.wait(PATIENCE_S)
    wait_for(lambda: not list(out.glob("*.lock")))  # the workers end what they have begun
    assert 0 < len(list(out.glob("*_meta.json"))) < 12
    assert track(tmp_path / "videos", "--out", out, *words) == 0
    assert any(row["remarks"] == "It was already done." for row in summary_of(out).values())
    assert track(tmp_path / "videos", "--out", tmp_path / "here") == 0
    assert tables(out) == tables(tmp_path / "here") and len(tables(out)) == 12


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_batch_on_a_cluster_killed_and_begun_anew_at_once_gives_the_same(tmp_path, cluster, monkeypatch):
    """A worker is still at an input of the old batch: the new one waits for it, and no file is written by two."""
    is_held, is_met = threading.Event(), threading.Event()

    class Held(FakeDetector):
        """Of the long input: it goes on when the new batch has met it."""

        looks = 0

        def detect(self, image):
            self.looks += 1
            if self.looks == 30:
                is_held.set()
                is_met.wait(PATIENCE_S)
            return super().detect(image)

    def meeting(here, *given):
        try:
            return tracked(here, *given)
        except OutputsInUseError:
            is_met.set()
            raise

    tracked = Here.track
    monkeypatch.setattr(Here, "track", meeting)
    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(Held(), FakeEstimator(), settings=settings)
    )
    clips = [
        make_clip(tmp_path / f"{name}.mp4", frames, size_wh=(128, 64), painter=paint_walkers)
        for name, frames in (("a", 8), ("long", 200), ("z", 8))
    ]
    words, out = (*clips, "--detect-every", 1, "--out"), tmp_path / "out"
    command = [sys.executable, "main.py", "track", *words, out, "--scheduler", cluster, "-q", "--no-video"]
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_for(lambda: is_held.is_set() or process.poll() is not None)
    process.kill()
    process.wait(PATIENCE_S)
    assert track(*words, out, "--scheduler", cluster) == 0
    assert is_met.is_set(), "the test tests nothing"
    assert track(*words, tmp_path / "here") == 0
    assert tables(out) == tables(tmp_path / "here") and len(tables(out)) == 3


@pytest.mark.skipif(os.name != "posix" or not shutil.which("ps"), reason="needs signals and ps")
def test_a_process_that_begins_sees_no_request_to_end_before_it_knows_what_to_make_of_it(tmp_path):
    """A terminal sends Ctrl+C to all of them, those that are still being begun too."""
    clips_in(tmp_path / "videos", 2)
    command = [*script(tmp_path), tmp_path / "videos", "--out", tmp_path / "out", "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, start_new_session=True)
    wait_for(lambda: children_of(process.pid) >= 2 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130 and "Traceback" not in said and "ended with code" not in said, said


def test_a_scheduler_that_is_not_there_is_said(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("app.runs.batch.cluster.CONNECT_S", 0.3)
    assert track("a.mp4", "--out", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9") == 2
    assert capsys.readouterr().err.startswith("No Dask scheduler responds at tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


def test_a_stream_is_not_gone_on_with_and_loses_nothing(tmp_path):
    address = "rtsp://me:secret@host/cam"
    paths = OutputFolder(tmp_path, taken="resume").paths_for(address)
    assert earlier_report(paths, address, RunSettings()) is None
    paths.meta.write_text(json.dumps({"complete": False, "frames": 9, "persons": 1, "fps": 9.0, "input": {}}))
    with pytest.raises(UserError, match=r"a stream can't be continued; add --overwrite") as told:
        earlier_report(paths, address, RunSettings())
    assert "secret" not in str(told.value)
