"""Opens video files and network addresses with PyAV; what goes wrong is said in one sentence."""

import os
import stat
from pathlib import Path
from typing import Any

import av

from tracking.video.address import redacted
from tracking.video.source import VideoError

URL_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "srt://")
NETWORK_TIMEOUT_S = 10.0
VIDEO_SUFFIXES = frozenset(
    ".mp4 .mov .avi .mkv .webm .m4v .mpg .mpeg .ts .mts .m2ts .wmv .flv .3gp .mxf .ogv .h264 .hevc".split()  # noqa: SIM905
)
LISTS = {"concat": "ffconcat", "hls": "HLS", "dash": "DASH", "sdp": "SDP", "imf": "IMF"}
"""Formats that hold no pictures themselves but say where to get them: other files, or the network."""
LIST_HEADS = {b"ffconcat version": "concat", b"#EXTM3U": "hls"}
"""What such files begin with, where FFmpeg would open those others at once."""


def is_address(spec: str) -> bool:
    """Whether a network address is spelled out (rtsp://, http://, ...)."""
    return spec.lower().startswith(URL_SCHEMES)


def local_container(path: str | Path) -> Any:
    """A file, opened by its absolute path: no name is taken for a protocol ("10:30.mp4"), no file leads to the network.

    Errors of PyAV and of the system.
    """
    return av.open(os.path.abspath(path), options={"protocol_whitelist": "file"}, metadata_errors="replace")


def open_container(spec: str) -> Any:
    """A file or network address. VideoError when it cannot be opened or holds no pictures by its nature."""
    name = redacted(spec) if is_address(spec) else Path(spec).name
    try:
        if is_address(spec):
            options = {"rtsp_transport": "tcp"} if spec.lower().startswith("rtsp") else {}
            return av.open(spec, options=options, timeout=NETWORK_TIMEOUT_S, metadata_errors="replace")
        if os.path.exists(spec) and not stat.S_ISREG(os.stat(spec).st_mode):
            raise VideoError(f"{name} is not a file but a pipe, socket or device; save it as a file first.")
        kind = _kind_of_list(spec)
        container = None if kind else local_container(spec)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise VideoError(_why_not(spec, error)) from error
    if container is not None:
        kind = container.format.name
        if kind != "tty" and kind not in LISTS:
            return container
        container.close()
    if kind == "tty":
        raise VideoError(f"{name} is a text file, not a video.")
    raise VideoError(f"{name} is a list of other files ({LISTS[kind]}), not a video; open those files themselves.")


def _kind_of_list(spec: str) -> str:
    with open(spec, "rb") as file:
        head = file.read(32)
    return next((kind for begin, kind in LIST_HEADS.items() if head.startswith(begin)), "")


def _why_not(spec: str, error: Exception) -> str:
    reason = str(getattr(error, "strerror", None) or error).strip().rstrip(".") or type(error).__name__
    if is_address(spec):
        return f"Nothing could be opened at {redacted(spec)} ({reason}); check the address and the network."
    path = Path(spec)
    if isinstance(error, PermissionError):
        return f"{path} may not be read; check its permissions."
    if not os.path.exists(path):
        return f"There is no file {path}."
    if path.stat().st_size == 0:
        return f"{path} is empty (0 bytes)."
    return f"{path} is not a video that can be read, or it is damaged or cut off ({reason})."
