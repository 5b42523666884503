"""Which source a name stands for: camera, network address, folder, picture or video file."""

import os
from pathlib import Path

from ppnet.errors import UserError
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.video.camera import Camera
from tracking.video.container import is_address
from tracking.video.file import VideoFile
from tracking.video.images import IMAGE_SUFFIXES, ImageFolder
from tracking.video.source import VideoError, VideoSource
from tracking.video.transformed import Adaptation, adapted


def camera_name(spec: str) -> str | None:
    """The camera that a source's name asks for (`0`, `camera:0`, `camera:Name`, `/dev/video0`), else None."""
    if spec.startswith("camera:"):
        return spec.removeprefix("camera:")
    if spec == "camera":
        return "0"
    if spec.startswith("/dev/video") or (spec.isdecimal() and not os.path.exists(spec)):
        return spec.removeprefix("/dev/video")
    return None


def open_adapted(spec: str | Path, adaptation: Adaptation, *, span: TimeSpan = ALL_TIME) -> VideoSource:
    """As `open_source`, adapted; `span` is in the times after that."""
    speed = adaptation.slow_motion
    if adaptation.picture_rate is not None and not span.is_unlimited:
        with open_source(spec) as source:
            speed = adaptation.speed(source.info)
    return adapted(open_source(spec, span=span.scaled(speed)), adaptation)


def open_source(spec: str | Path, *, span: TimeSpan = ALL_TIME) -> VideoSource:
    """Open a video file, a picture, a folder of pictures, a camera or a network address.

    Only pictures within the span are given. UserError when there is nothing to read, or a camera is
    asked for a part. A network address is opened only when it is spelled out (rtsp://, http://, ...).
    """
    span.check()
    text = str(spec)
    if not text.strip():
        raise VideoError("An input has no name; check that the variable that should hold it is not empty.")
    name = camera_name(text)
    if name is not None:
        if not span.is_unlimited:
            raise UserError(
                "A camera has no start and no end.", option="leave out --start and --end, and end it with Ctrl+C"
            )
        return Camera(name)
    if is_address(text):
        return VideoFile(text, span=span)
    path = Path(spec)
    if os.path.isdir(path) or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFolder(path, span=span)
    return VideoFile(path, span=span)
