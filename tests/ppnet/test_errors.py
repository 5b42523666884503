"""Memory that runs out is said in one sentence, whatever library meets it first."""

import errno
import os
import pickle
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from ppnet.checkpoint import load_checkpoint
from ppnet.errors import CheckpointError, TooLargeError, UserError, as_memory_errors, is_out_of_memory
from tests.clips import make_clip

ROOT = Path(__file__).parents[2]
HUGE = 1 << 60
SENTENCE = "There is not enough memory; close other programs, or use smaller pictures or fewer people at once."
TOLD = (  # what libraries said when a program was given too little
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    RuntimeError("Exception from src/inference/src/cpp/core.cpp:117:\nstd::bad_alloc"),
    RuntimeError("Exception from src/inference/src/dev/plugin.cpp:54:\ncan't alloc\n\n"),
    RuntimeError("can't start new thread"),
    RuntimeError("Exception from src/inference/src/dev/plugin.cpp:54:\nResource temporarily unavailable"),
    OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
    torch.OutOfMemoryError("CUDA error"),
)
OTHERS = (
    ImportError("probe.so: failed to map segment from shared object: Operation not permitted"),
    ImportError("libgomp.so.1: cannot allocate memory in static TLS block"),
    RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
    OSError(errno.ENOSPC, "No space left on device"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
)


def numpy_array():
    np.empty(HUGE, np.uint8)


def torch_tensor():
    torch.empty(HUGE, dtype=torch.uint8)


def opencv_picture():
    cv2.resize(np.zeros((1, 1), np.float64), (1 << 30, 1 << 30), interpolation=cv2.INTER_NEAREST)


def ffmpeg():
    av.error.err_check(-errno.ENOMEM)


@pytest.mark.parametrize("work", [numpy_array, torch_tensor, opencv_picture, ffmpeg])
def test_every_library_says_in_its_own_way_that_memory_ran_out(work):
    with pytest.raises(Exception) as found:
        work()
    assert is_out_of_memory(found.value), found.value


@pytest.mark.parametrize("error", TOLD)
def test_what_was_heard_from_libraries_without_memory_is_known(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", OTHERS)
def test_other_troubles_are_not_taken_for_want_of_memory(error):
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), as_memory_errors():
        raise error


def test_a_file_is_not_called_damaged_for_want_of_memory(tmp_path, monkeypatch):
    def load(*_args, **_options):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch, "load", load)
    torch.save({}, tmp_path / "weights.pth")
    with pytest.raises(CheckpointError) as found:
        load_checkpoint(tmp_path / "weights.pth")
    assert str(found.value) == SENTENCE


def test_words_that_say_what_would_fit_stay():
    with pytest.raises(UserError, match=r"^A batch of 4 is too much\.$"):
        raise TooLargeError("A batch of 4 is too much.") from MemoryError()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")
def test_track_with_too_little_memory_says_so(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", 3)
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (800 << 20, 800 << 20));"
        "sys.argv = ['main.py', *sys.argv[1:]]; runpy.run_path('main.py', run_name='__main__')"
    )
    words = [sys.executable, "-c", limited, "track", str(clip), "--out", str(tmp_path / "out")]
    few_threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **few_threads}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.startswith("There is not enough memory for clip.mp4; close other programs"), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_options_are_named_on_the_command_line_alone():
    error = UserError("There is no video.", option="say where with --video")
    assert str(error) == "There is no video."
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert one.on_command_line == "There is no video; say where with --video."
    assert UserError("Full.").on_command_line == "Full."


def test_another_process_says_the_same():
    error = CheckpointError("a.pth is damaged.")
    error.__cause__ = MemoryError()
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is CheckpointError and str(there) == str(error) and "not enough memory" in str(there)
