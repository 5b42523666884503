"""The net under every command, and output streams that are closed, full, missing or lack letters."""

import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from ppnet.command_line import exit_code
from ppnet.errors import UserError
from ppnet.inference.measuring import MEASURING, measuring
from ppnet.safe_streams import safe_streams

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "log"))
    return tmp_path / "log" / "ppnet-live.log"


def failing(error):
    def work():
        raise error

    return work


def test_an_error_nobody_expected_is_one_sentence_and_its_traceback_is_in_the_log(log, capsys):
    assert exit_code(failing(KeyError("oh\nno")), before="ppnet: ") == 2
    said = capsys.readouterr().err
    assert said == f"ppnet: Something went wrong (KeyError: 'oh\\nno'); details are in {log}.\n"
    assert "Traceback" in log.read_text() and "raise error" in log.read_text()


class Broken:
    def __del__(self):
        raise KeyError("in a destructor")


def test_wherever_an_error_is_raised_its_traceback_is_in_the_log_alone(log, capsys):
    def work():
        for _ in range(2):
            thread = threading.Thread(target=failing(KeyError("in a thread")))
            thread.start()
            thread.join()
        Broken()
        warnings.warn("of a library", UserWarning, stacklevel=1)
        logging.getLogger("library").warning("that helps nobody")
        return 0

    assert exit_code(work) == 0
    assert capsys.readouterr().err == f"Something went wrong (KeyError: 'in a thread'); details are in {log}.\n"
    written = log.read_text()
    assert written.count("Traceback") == 3 and "KeyError: 'in a destructor'" in written
    assert "UserWarning: of a library" in written and "that helps nobody" in written


def test_what_the_user_can_mend_and_a_stop_have_their_codes(log, capsys):
    assert exit_code(failing(UserError("Do that."))) == 2
    assert exit_code(failing(KeyboardInterrupt()), before="ppnet: ") == 130
    assert exit_code(lambda: 7) == 7
    assert capsys.readouterr().err == "Do that.\nppnet: Stopped.\n"


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_asked_to_end_leaves_nothing_half_made(log, capsys, number):
    done = []

    def work():
        try:
            os.kill(os.getpid(), number)
            threading.Event().wait(10)
        finally:
            done.append("removed")

    assert exit_code(work) == 128 + number
    assert done == ["removed"] and capsys.readouterr().err == "Stopped.\n"


def test_a_command_that_measures_backends_says_so(log, capsys):
    def work():
        with measuring():
            return 0

    assert exit_code(work) == 0
    assert capsys.readouterr().err == f"{MEASURING}\n"


def test_a_log_that_cannot_be_written_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "file"))
    assert exit_code(failing(KeyError("oh"))) == 2
    said = capsys.readouterr().err
    assert "(KeyError: 'oh'); " in said and "cannot be written" in said and said.count("\n") == 1


def closed_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w")


@needs_posix
@pytest.mark.parametrize("opened", [closed_pipe, lambda: FULL.open("w")], ids=["closed pipe", "full disk"])
def test_what_cannot_be_written_is_lost_and_nothing_else(monkeypatch, opened):
    with opened() as stream:  # closing it must not fail either
        monkeypatch.setattr("sys.stdout", stream)
        with safe_streams():
            for _ in range(3):
                print("x" * 10_000, flush=True)
            assert not sys.stdout.isatty()


def test_letters_that_a_console_lacks_are_spelled_out(monkeypatch, tmp_path):
    with open(tmp_path / "said", "w", encoding="cp1252") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with safe_streams():
            print("Köln 走る.mp4 \udcff")
    assert (tmp_path / "said").read_bytes() == b"K\xf6ln \\u8d70\\u308b.mp4 \\udcff" + os.linesep.encode()


@needs_posix
@pytest.mark.parametrize("words", ["main.py --help", "main.py none", "-m ppnet --help", "-m tracking x"])
@pytest.mark.parametrize("streams", [">&- 2>&-", ">/dev/full 2>/dev/full", "2>&1 | true"])
def test_commands_end_in_good_order_whatever_their_streams_are(words, streams):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"{sys.executable}" {words} {streams}'],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == (0 if "--help" in words else 2)
    assert done.stdout == done.stderr == ""


@needs_posix
def test_files_never_take_the_number_of_a_missing_stream(tmp_path):
    """What a library says on stderr would be written into a session otherwise."""
    code = (
        "import os, sys\n"
        "from ppnet.safe_streams import safe_streams\n"
        "with safe_streams():\n"
        "    file = open(sys.argv[1], 'w')\n"
        "    os.write(1, b'said'), os.write(2, b'said')\n"
        "    print('said', flush=True)\n"
    )
    subprocess.run(
        ["bash", "-c", f'exec "{sys.executable}" -c "{code}" "$0" <&- >&- 2>&-', tmp_path / "a"], check=True, cwd=ROOT
    )
    assert (tmp_path / "a").read_bytes() == b""
