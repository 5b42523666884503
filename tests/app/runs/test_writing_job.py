"""Files written in a thread: one piece of work at a time, told how far it is, given up without a word."""

import queue
import threading

import pytest

from app.runs.writing_job import WritingJob
from ppnet.errors import UserError


class Told:
    """A job with what it tells, told in the test's own thread."""

    def __init__(self):
        self.words, self._deeds = [], queue.Queue()
        self.writing = WritingJob("write", post=self._deeds.put, written=self.words.append, failed=self.words.append)

    def wait(self):
        self._deeds.get(timeout=10)()
        return self.words


def test_paths_come_when_it_is_done_and_the_share_before(tmp_path):
    told, seen, go_on = Told(), threading.Event(), threading.Event()

    def work(progress):
        progress.tell(0.25)
        seen.set()
        go_on.wait(5.0)
        return (tmp_path / "a", tmp_path / "b")

    told.writing.start(work)
    assert seen.wait(5.0) and told.writing.is_busy and told.writing.share == 0.25
    go_on.set()
    assert told.wait() == [(tmp_path / "a", tmp_path / "b")] and not told.writing.is_busy


def test_what_is_given_up_leaves_no_path_and_no_complaint():
    told = Told()

    def work(progress):
        while True:
            progress.tell(0.5)

    told.writing.start(work)
    told.writing.cancel()
    assert told.wait() == [()]


@pytest.mark.parametrize("error", [UserError("The disk is full."), OSError("The disk is full.")])
def test_what_goes_wrong_is_one_sentence(error):
    told = Told()

    def work(progress):
        raise error

    told.writing.start(work)
    assert told.wait() == ["The disk is full."] and not told.writing.is_busy
