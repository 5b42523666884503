"""Many inputs: order, names, failures of every kind, cancelling, what is left to do."""

import csv

import pytest

from app.runs.batch.batch import Batch, BatchState
from app.runs.batch.summary import summary, write_summary
from app.runs.outputs import OutputFolder, Wanted
from app.runs.track_job import RunReport
from ppnet.errors import UserError
from tests.clips import make_clip
from tests.fakes import PATIENCE_S, wait_for
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings


@pytest.fixture(autouse=True)
def own_log(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "log"))


@pytest.fixture
def made(monkeypatch):
    """The chains that were built; each batch builds one."""
    made = []

    def build(settings):
        made.append(Pipeline(FakeDetector(), FakeEstimator(), settings=settings))
        return made[-1]

    monkeypatch.setattr("app.factory.build_pipeline", build)
    return made


@pytest.fixture
def clips(tmp_path):
    """Three short clips; two of them have the same name."""
    (tmp_path / "b").mkdir()
    paths = tmp_path / "a.mp4", tmp_path / "b" / "a.mp4", tmp_path / "c.mp4"
    return [make_clip(path, 12, size_wh=(128, 64), painter=paint_walkers) for path in paths]


def batch_of(specs, tmp_path, **options):
    outputs = OutputFolder(tmp_path / "out", Wanted(video=False), taken="rename")
    return Batch(specs, RunSettings(detect_every=1), outputs, **options)


def test_one_failure_of_whatever_kind_does_not_stop_the_others(tmp_path, made, clips, monkeypatch):
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")

    class Broken(FakeDetector):
        def detect(self, image):
            raise KeyError("oh")

    batch = batch_of([broken, clips[0], clips[1]], tmp_path)
    assert [row.state for row in batch.rows()] == [BatchState.WAITING] * 3 and batch.eta_s() is None
    batch.start()
    assert batch.wait(PATIENCE_S) and not batch.is_running and batch.eta_s() == 0
    first, second, third = batch.rows()
    assert first.state is BatchState.FAILED and "broken.mp4 is not a video" in str(first.error)
    assert (second.state, second.report.people, second.done, second.total) == (BatchState.DONE, 1, 12, 12)
    assert [row.report.paths.table.name for row in (second, third)] == ["a_keypoints.csv", "a_2_keypoints.csv"]
    assert len(made) == 1 and made[0].detector.closed, "models are loaded once and freed at the end"

    monkeypatch.setattr("tests.walkers.FakeDetector.detect", Broken.detect)
    again = batch_of([clips[2]], tmp_path)
    again.run()
    (row,) = again.rows()
    assert row.state is BatchState.FAILED and "KeyError" in str(row.error) and "ppnet-live.log" in str(row.error)


def test_the_option_that_helps_is_told_by_the_command_line_and_its_table_alone(tmp_path, clips, monkeypatch):
    def refuse(_settings):
        raise UserError("There are no weights.", option="give some with --weights")

    monkeypatch.setattr("app.factory.build_pipeline", refuse)
    batch = batch_of([clips[2]], tmp_path)
    batch.run()
    assert str(batch.rows()[0].error) == "There are no weights."
    with write_summary(batch.rows(), tmp_path).open(newline="") as file:
        assert next(csv.DictReader(file))["remarks"] == "There are no weights; give some with --weights."


def test_cancelled_the_finished_part_stays_and_the_rest_is_left_undone(tmp_path, made, clips):
    seen = []

    def on_change(row):
        seen.append(row)
        if row.done or len(seen) > 1:
            batch.cancel()

    batch = batch_of(clips, tmp_path, on_change=on_change)
    batch.run()
    assert [row.state for row in batch.rows()] == [BatchState.CANCELLED] * 3
    assert batch.rows()[0].report is not None and batch.rows()[1].report is None
    assert (tmp_path / "out" / "a_session.ppnet").exists() and not (tmp_path / "out" / "c_session.ppnet").exists()


def test_inputs_are_added_while_it_runs_and_done_again_when_asked(tmp_path, made, clips):
    batch = batch_of([clips[0]], tmp_path)
    batch.start()
    batch.add(clips[2])
    batch.start()
    assert batch.wait(PATIENCE_S) and [row.state for row in batch.rows()] == [BatchState.DONE] * 2
    batch.add(clips[0])
    batch.start()
    assert batch.wait(PATIENCE_S)
    assert [(row.name, row.report.paths.meta.name) for row in batch.rows()] == [
        ("c.mp4", "c_meta.json"),
        ("a.mp4", "a_2_meta.json"),
    ]


def test_an_input_that_is_added_while_the_last_one_ends_is_done_too(tmp_path):
    class Slow:
        """Somebody adds another input while it is closed for the first time."""

        closings = 0

        def track(self, spec, paths, watch):
            return RunReport(paths, 1, 0, 1.0, "cpu", True, ())

        def close(self):
            self.closings += 1
            if self.closings == 1:
                batch.add("b.mp4")
                batch.start()

    batch = batch_of(["a.mp4"], tmp_path, places=[Slow()])
    batch.start()
    assert batch.wait(PATIENCE_S)
    assert [row.state for row in batch.rows()] == [BatchState.DONE] * 2 and not batch.is_running


def test_the_time_left_counts_the_one_at_work_and_those_that_wait(tmp_path, made, clips):
    left = []

    def on_change(row):
        if row.done and row.eta_s is not None:
            left.append((row.eta_s, row.seconds + row.eta_s, batch.eta_s()))

    make_clip(tmp_path / "long.mp4", 400, size_wh=(128, 64), painter=paint_walkers)
    batch = batch_of([tmp_path / "long.mp4", clips[0], clips[2]], tmp_path, on_change=on_change)
    batch.start()
    wait_for(lambda: left)
    batch.cancel()
    assert batch.wait(PATIENCE_S)
    here, each, whole = left[0]
    assert whole == pytest.approx(here + 2 * each, rel=0.01)


def test_the_summary_holds_no_login_and_no_formula_and_disturbs_no_terminal(tmp_path, made, clips, monkeypatch):
    monkeypatch.chdir(clips[0].parent)
    odd = ["=1+1.mp4", "\x1b[31mred.mp4", "two\nlines.mp4", "caf\udce9.mp4"]
    for name in odd:
        (tmp_path / name).write_bytes(clips[0].read_bytes())
    batch = batch_of([*odd, "rtsp://anna:geheim@127.0.0.1:9/live?pwd=geheim"], tmp_path)
    batch.run()
    assert [row.state for row in batch.rows()] == [BatchState.DONE] * 4 + [BatchState.FAILED]
    path = write_summary(batch.rows(), tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        written = [row["input"] for row in csv.DictReader(file)]
    assert written[0] == "'=1+1.mp4" and written[1:3] == odd[1:3] and written[4] == "rtsp://127.0.0.1:9/live…"
    shown = summary(batch.rows()).splitlines()
    assert len(shown) == 6 and all(line.isprintable() for line in shown)
    for text in (path.read_text(encoding="utf-8"), *shown):
        assert "geheim" not in text and "anna" not in text
