"""Signals as requests to end."""

import os
import signal
import threading
import time

import pytest

from ppnet.stop_signals import children_held_back, stop_signals
from tests.fakes import PATIENCE_S, wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_is_a_request_and_one_a_while_later_ends_at_once(number, monkeypatch):
    before = signal.getsignal(number)
    monkeypatch.setattr("ppnet.stop_signals.TOGETHER_S", PATIENCE_S)
    with stop_signals() as stopped:
        assert not stopped.event.is_set()
        os.kill(os.getpid(), number)
        assert stopped.event.is_set() and stopped.number == number
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopped.number == number, "two at once are one request"
        monkeypatch.setattr("ppnet.stop_signals.TOGETHER_S", 0.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_where_the_end_takes_its_time_a_second_one_changes_nothing(monkeypatch):
    monkeypatch.setattr("ppnet.stop_signals.TOGETHER_S", 0.0)
    with stop_signals(insistent=False) as stopped:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
            os.kill(os.getpid(), number)
        assert stopped.number == signal.SIGTERM


def test_the_end_of_the_terminal_is_ignored_where_it_was():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        with stop_signals() as stopped:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stopped.event.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("others", [0, 1])
def test_what_comes_while_a_child_is_begun_is_met_once_it_is(others):
    """Another thread takes what this one has blocked, and this one is the one that Python interrupts."""
    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(others)]
    for thread in threads:
        thread.start()
    begun = False
    try:
        with pytest.raises(KeyboardInterrupt):
            with children_held_back():
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.05)  # lets the other thread take it
                begun = True
            # That thread was perhaps not let on so soon. It alone wakes up then: a long sleep would here be slept out.
            wait_for(lambda: False)
        assert begun
    finally:
        over.set()
        for thread in threads:
            thread.join()
