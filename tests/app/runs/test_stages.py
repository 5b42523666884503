"""Three stages in threads: order, errors of every stage, stopping, and no thread left."""

import threading
import time

import pytest

from app.runs.stages import run_stages


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def run(source, process=lambda item: item * 10, *, finish=None, stop=None, depth=2):
    done = []
    error = None
    try:
        run_stages(
            source, process, finish or (lambda item, result: done.append((item, result))),
            stop=stop or threading.Event(), depth=depth,
        )  # fmt: skip
    except (OSError, ZeroDivisionError, AssertionError) as caught:
        error = caught
    return done, error


def breaking(count, error):
    yield from range(count)
    raise error


def test_every_item_in_order():
    done, error = run(range(100))
    assert done == [(item, item * 10) for item in range(100)] and error is None


def test_nothing_to_do():
    assert run([]) == ([], None)


def test_stages_run_at_the_same_time():
    together = threading.Barrier(3, timeout=5)

    def source():
        for item in range(8):
            if item == 4:
                together.wait()
            yield item

    def process(item):
        if item == 2:
            together.wait()

    def finish(item, result):
        if item == 1:
            together.wait()

    run_stages(source(), process, finish, stop=threading.Event(), depth=2)


def test_queues_are_bounded():
    read = []

    def source():
        for item in range(1000):
            read.append(item)
            yield item

    def process(item):
        assert len(read) - item <= 5
        return item

    done, error = run(source(), process, depth=2)
    assert error is None and len(done) == 1000


def test_error_of_the_source_comes_after_what_was_read():
    done, error = run(breaking(5, OSError("the disk went away")))
    assert [item for item, _ in done] == [0, 1, 2, 3, 4]
    assert str(error) == "the disk went away"


def test_error_of_the_middle_comes_after_what_was_processed():
    done, error = run(range(50), lambda item: 1 // (item - 7))
    assert [item for item, _ in done] == list(range(7))
    assert isinstance(error, ZeroDivisionError)


@pytest.mark.parametrize("depth", [1, 8])
def test_error_of_the_end_stops_all(depth):
    processed = []

    def finish(item, result):
        if item == 3:
            raise OSError("full")

    _, error = run(iter(range(10**9)), lambda item: processed.append(item), finish=finish, depth=depth)
    assert str(error) == "full"
    assert len(processed) < 100


def test_stop_finishes_what_was_processed():
    stop, processed = threading.Event(), []

    def process(item):
        processed.append(item)
        if item == 20:
            stop.set()
        return item

    def finish(item, result):
        time.sleep(0.002)
        finished.append(item)

    finished = []
    _, error = run(iter(range(10**9)), process, finish=finish, stop=stop)
    assert error is None
    assert finished == processed == list(range(21))
