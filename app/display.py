"""Looks whether a window can open, before Qt tries and ends the program where it can't (Linux)."""

import ctypes
import os
import socket
import sys
import threading
from pathlib import Path

from ppnet.errors import UserError

ANSWER_S = 5.0
ANY = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
}
"""Libraries that every window needs, and their packages in Debian, Fedora and Arch."""
X11 = {
    "libxcb.so.1": ("libxcb1", "libxcb", "libxcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
}
WITHOUT = "`ppnet-live track VIDEO --out DIR` works without a window (see `ppnet-live --help`)."


def check_display() -> None:
    """UserError when there is no display, it does not answer, or a library is missing."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    display, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if not display and not wayland:
        raise UserError(f"There is no display to open the window on; {WITHOUT}")
    _check_libraries(ANY)
    if wayland and _wayland_answers(wayland):
        return
    if display:
        _check_libraries(X11)
        if _x11_answers():
            return
    raise UserError(
        f"The display {display or wayland} does not respond; check that it is running and that you may use it. "
        f"Otherwise {WITHOUT}"
    )


def _check_libraries(needed: dict[str, tuple[str, str, str]]) -> None:
    missing = [packages for name, packages in needed.items() if not _is_there(name)]
    if missing:
        debian, fedora, arch = (" ".join(dict.fromkeys(names)) for names in zip(*missing, strict=True))
        raise UserError(
            f"The window needs a library that is not installed; install {debian} (Debian, Ubuntu), {fedora} (Fedora) "
            f"or {arch} (Arch)."
        )


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _wayland_answers(name: str) -> bool:
    place = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / name
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(ANSWER_S)
            client.connect(str(place))
    except OSError:
        return False
    return True


def _x11_answers() -> bool:
    """Whether the X server of $DISPLAY lets us in, within `ANSWER_S`."""
    answers = threading.Event()

    def ask() -> None:
        xcb = ctypes.CDLL("libxcb.so.1")
        xcb.xcb_connect.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        if not xcb.xcb_connection_has_error(connection):
            answers.set()
        xcb.xcb_disconnect(connection)

    thread = threading.Thread(target=ask, name="display", daemon=True)
    thread.start()
    thread.join(ANSWER_S)
    return answers.is_set()
