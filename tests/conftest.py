"""For all tests."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the cores are busy with the other tests; torch reads it on import

import ppnet  # noqa: F401 - before torch, so that torch's threads sleep while they wait for each other

# `nohup` and a shell's `&` have them ignored, and the program would keep to that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

os.environ["PPNET_LIVE_BACKEND"] = "torch"  # nothing is measured: the same joints in every run

if "PPNET_LIVE_CACHE" not in os.environ:  # workers share that of who started them
    _CACHE = tempfile.TemporaryDirectory(prefix="ppnet-live-tests-")  # removed at exit
    os.environ["PPNET_LIVE_CACHE"] = _CACHE.name  # nothing kept from another run or of changed code

MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 10**9

LONGEST = (
    "tests/ppnet/data/people/",  # where the body's model is made, for which all who need it wait
    "tests/test_silence.py",
    "tests/ppnet/inference/test_int8.py",
    "tests/app/runs/",
    "tests/app/gui/test_end.py",
    "tests/app/gui/test_nothing_is_lost.py",
    "tests/app/commands/test_same_video.py",
    "tests/tracking/detection/test_efficientdet.py",
    "tests/ppnet/train/test_train.py",
    "tests/ppnet/benchmark/",
)
"""Where single tests take longest, the longest of all first."""


def pytest_configure() -> None:
    """Files of tests lie in memory where there is plenty of it: a session waits for the disk a dozen times."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # pytest's own word for it; workers share it


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One for each core and one more for every four: a fifth of their time tests wait for clocks and processes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + max(1, cores // 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first: one that begins last would leave the other cores idle."""
    places = [*LONGEST, ""]
    items.sort(key=lambda item: next(at for at, place in enumerate(places) if item.nodeid.startswith(place)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is imported for the tests stays: Python looks for no garbage in it, now and later, and more rarely in what
    they leave: each network they build is thousands of objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()
