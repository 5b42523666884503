"""Work in a thread: one piece of work at a time, told how far it is, given up without a word."""

import queue
import threading

import pytest

from app.workspace.background_work import BackgroundWork
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S


class Told:
    """A job with what it tells, told in the test's own thread."""

    def __init__(self):
        self.words, self._calls = [], queue.Queue()
        self.work = BackgroundWork("write", post=self._calls.put, done=self.words.append, failed=self.words.append)

    def wait(self):
        self._calls.get(timeout=PATIENCE_S)()
        return self.words


def test_the_answer_comes_when_it_is_done_and_the_share_before(tmp_path):
    told, seen, go_on = Told(), threading.Event(), threading.Event()

    def work(progress):
        progress.tell(0.25)
        seen.set()
        go_on.wait(PATIENCE_S)
        return (tmp_path / "a", tmp_path / "b")

    told.work.start(work)
    assert seen.wait(PATIENCE_S) and told.work.is_busy and told.work.share == 0.25
    go_on.set()
    assert told.wait() == [(tmp_path / "a", tmp_path / "b")] and not told.work.is_busy


def test_what_is_given_up_gives_no_answer_and_no_complaint():
    told = Told()

    def work(progress):
        while True:
            progress.tell(0.5)

    told.work.start(work)
    told.work.cancel()
    assert told.wait() == [None]


@pytest.mark.parametrize("error", [UserError("The disk is full."), OSError("The disk is full.")])
def test_what_goes_wrong_is_one_sentence(error):
    told = Told()

    def work(progress):
        raise error

    told.work.start(work)
    assert told.wait() == ["The disk is full."] and not told.work.is_busy
