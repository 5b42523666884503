"""A missing or silent display and missing libraries are told before Qt ends the program."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import display
from app.display import check_display
from ppnet.errors import UserError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there Qt ends the program")


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_no_display():
    with pytest.raises(UserError, match=r"There is no display .* track VIDEO --out DIR"):
        check_display()


def test_a_display_that_nobody_serves(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":97")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-none")
    monkeypatch.setattr(display, "_is_there", lambda _library: True)
    with pytest.raises(UserError, match="display :97 does not respond"):
        check_display()


def test_a_display_that_takes_the_call_and_never_speaks(monkeypatch):
    monkeypatch.setattr(display, "ANSWER_S", 0.05)
    monkeypatch.setattr(display, "_is_there", lambda _library: True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{silent.getsockname()[1] - 6000}")
        with pytest.raises(UserError, match="does not respond"):
            check_display()


def test_a_missing_library_is_named_with_its_packages(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "_is_there", lambda library: library != "libxcb-cursor.so.0")
    words = r"install libxcb-cursor0 \(Debian, Ubuntu\), xcb-util-cursor \(Fedora\) or xcb-util-cursor \(Arch\)"
    with pytest.raises(UserError, match=words):
        check_display()


def test_the_command_says_it_and_does_not_abort():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=root, capture_output=True, text=True, env={"DISPLAY": ":97", "PATH": ""}
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
