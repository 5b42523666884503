"""Many files: order, failures, cancelling, what is left."""

import threading
import time
from pathlib import Path

import pytest

from app.engine.batch import Batch, BatchOutcome, BatchState
from ppnet.errors import UserError
from tests.fakes import wait_for

A, B, C = Path("a.mp4"), Path("b.mp4"), Path("c.mp4")


def test_one_failure_does_not_stop_the_others() -> None:
    def run_one(path, report, cancelled):
        report(5, 10)
        if path == B:
            raise UserError("b.mp4 is not a video.")
        if path == C:
            raise KeyError("oh")
        return BatchOutcome(people=2, outputs=(path.with_suffix(".csv"),))

    batch = Batch([A, B, C], run_one)
    assert [row.state for row in batch.rows()] == [BatchState.WAITING] * 3 and batch.eta_s() is None
    batch.start()
    assert batch.wait(5)
    first, second, third = batch.rows()
    assert (first.state, first.people, first.outputs, first.done) == (BatchState.DONE, 2, (Path("a.csv"),), 5)
    assert second.state is BatchState.FAILED and second.message == "b.mp4 is not a video."
    assert third.state is BatchState.FAILED and "KeyError" in third.message
    assert batch.eta_s() == 0 and not batch.is_running


class Slow:
    """A job of 100 steps that looks at `cancelled` as it should."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.finished: list[Path] = []

    def __call__(self, path, report, cancelled):
        for step in range(100):
            self.gate.wait(5)
            if cancelled():
                raise UserError("cancelled")
            report(step + 1, 100)
            time.sleep(0.002)
        self.finished.append(path)
        return BatchOutcome(1, ())


def test_cancel_one_then_all() -> None:
    job = Slow()
    batch = Batch([A, B, C], job)
    batch.start()
    wait_for(lambda: batch.rows()[0].done > 5)
    batch.cancel_file(A)
    wait_for(lambda: batch.rows()[1].state is BatchState.RUNNING)
    batch.cancel()
    assert batch.wait(2)
    assert [row.state for row in batch.rows()] == [BatchState.CANCELLED] * 3 and job.finished == []


def test_files_are_added_while_it_runs_and_done_again_when_asked() -> None:
    job = Slow()
    batch = Batch([A], job)
    batch.start()
    batch.add(B)
    assert batch.wait(5) and job.finished == [A, B]
    batch.add(A)
    batch.start()
    assert batch.wait(5) and job.finished == [A, B, A]
    assert [row.path for row in batch.rows()] == [B, A]


def test_the_time_left_counts_the_file_at_work_and_those_that_wait() -> None:
    job = Slow()
    batch = Batch([A, B, C], job)
    batch.start()
    wait_for(lambda: batch.rows()[0].done >= 50)
    job.gate.clear()
    time.sleep(0.02)
    row = batch.rows()[0]
    assert row.eta_s == pytest.approx(row.seconds * (100 - row.done) / row.done, rel=0.05)
    assert batch.eta_s() == pytest.approx(row.eta_s + 2 * (row.seconds + row.eta_s), rel=0.05)
    job.gate.set()
    batch.cancel()
    assert batch.wait(2)
