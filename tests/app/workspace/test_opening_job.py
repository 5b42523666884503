"""What is being opened when the program ends is closed once, however late it comes, and never shown."""

import queue
import threading

import pytest

from app.workspace import opening_job
from app.workspace.background_call import BackgroundCall
from app.workspace.opening_job import OpeningJob
from tests.fakes import PATIENCE_S, wait_for


class Run:
    """Stands for something open."""

    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


class Job:
    """A job whose calls are made by `told`, in the test's own thread."""

    def __init__(self):
        self.calls, self.shown = queue.Queue(), []
        self.job = OpeningJob(post=self.calls.put, ready=self.shown.append, failed=self.shown.append)

    def told(self):
        self.calls.get(timeout=PATIENCE_S)()
        return self.shown


@pytest.fixture(autouse=True)
def no_thread_left(no_thread_left):
    """See there."""


def test_what_was_opened_is_handed_over_once_and_stays_open():
    made, run = Job(), Run()
    made.job.open(lambda: run, after=None)
    assert made.told() == [run] and not made.job.is_busy
    made.job.shut_down()
    assert run.closed == 0, "it is somebody else's now"


@pytest.mark.parametrize("is_waited_for", [True, False])
def test_what_is_open_but_not_handed_over_when_the_program_ends_is_closed(monkeypatch, is_waited_for):
    """Even where the computer stands still for longer than the end of the program waits."""
    if not is_waited_for:
        monkeypatch.setattr(BackgroundCall, "wait", lambda *_given: False)
    made, run = Job(), Run()
    made.job.open(lambda: run, after=None)
    wait_for(lambda: not made.calls.empty())
    made.job.shut_down()
    assert made.told() == [] and run.closed == 1


def test_what_is_opened_after_the_end_is_closed(monkeypatch):
    monkeypatch.setattr(opening_job, "LAST_S", 0.0)
    made, run, go_on = Job(), Run(), threading.Event()
    made.job.open(lambda: go_on.wait(PATIENCE_S) and run, after=None)
    made.job.shut_down()
    assert run.closed == 0
    go_on.set()
    assert made.told() == [] and run.closed == 1


def test_why_it_cannot_be_opened_is_told():
    made = Job()
    made.job.open(lambda: {}["nothing"], after=None)
    (error,) = made.told()
    assert isinstance(error, KeyError) and not made.job.is_busy


def test_nothing_is_opened_any_more_after_the_end():
    made = Job()
    made.job.shut_down()
    made.job.open(Run, after=None)
    assert not made.job.is_busy
