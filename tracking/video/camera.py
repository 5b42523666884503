"""Webcams by OpenCV, and their names."""

import contextlib
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tracking.types import Frame
from tracking.video.source import CameraError, ClosingSource, VideoInfo

BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
"""One named interface per system: letting OpenCV try all of them takes up to minutes on Windows."""
LIST_FORMATS = {"win32": "dshow", "darwin": "avfoundation"}
SYSFS = Path("/sys/class/video4linux")
LOST_AFTER_S = 1.0
"""A camera that gives nothing for that long is taken as unplugged."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera of this machine: the index that opens it and the name that people know it by."""

    index: int
    name: str


def list_cameras() -> tuple[CameraInfo, ...]:
    """The cameras that are plugged in now, without opening any of them."""
    if sys.platform.startswith("linux"):
        return _list_linux(SYSFS)
    return _list_by_format(LIST_FORMATS.get(sys.platform))


def find_camera(name: str) -> CameraInfo:
    """The camera of that index or name (any part of the name, in any case); CameraError when there is none."""
    cameras = list_cameras()
    if name.isdecimal():
        index = int(name)
        return next((camera for camera in cameras if camera.index == index), CameraInfo(index, f"Camera {index}"))
    for camera in cameras:
        if name.lower() in camera.name.lower():
            return camera
    there = ", ".join(f"{camera.index} ({camera.name})" for camera in cameras) or "none"
    raise CameraError(f"There is no camera named {name}; cameras found: {there}.")


class Camera(ClosingSource):
    """Pictures of a webcam as they come; times are a monotonic clock at the grab.

    size_wh and frame_rate are wishes; `info` holds what the camera really gives. CameraError when it is not
    there, in use, or goes away while it is read.
    """

    def __init__(
        self, name: str | int, *, size_wh: tuple[int, int] | None = None, frame_rate: float | None = None
    ) -> None:
        self._camera = find_camera(str(name))
        self._index = 0
        self._capture = cv2.VideoCapture(self._camera.index, BACKENDS.get(sys.platform, cv2.CAP_ANY))
        if not self._capture.isOpened():
            raise CameraError(
                f"{self._camera.name} (camera {self._camera.index}) cannot be opened; plug it in, close other "
                "programs that use it, or choose another one."
            )
        self._wish(size_wh, frame_rate)
        self._first = self._grab()
        if self._first is None:
            self.close()
            raise CameraError(f"{self._camera.name} opens but sends no picture; unplug it and plug it in again.")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._info = VideoInfo(
            name=self._camera.name,
            path=None,
            size_wh=self._first.size_wh,
            frame_rate=Fraction(rate).limit_denominator(1001) if 1 <= rate <= 1000 else None,
            codec="camera",
            is_live=True,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Pictures until the camera is closed; CameraError when it is lost."""
        if self._first is not None:
            frame, self._first = self._first, None
            yield frame
        while self._capture.isOpened():
            frame_or_none = self._grab()
            if frame_or_none is None:
                if not self._capture.isOpened():
                    return
                raise CameraError(f"{self._camera.name} was unplugged or stopped sending pictures.")
            yield frame_or_none

    def close(self) -> None:
        """Give the camera back; closing twice is fine. Call it from the thread that reads."""
        self._capture.release()

    def _wish(self, size_wh: tuple[int, int] | None, frame_rate: float | None) -> None:
        if size_wh is not None:
            # Uncompressed pictures of HD size do not fit through USB 2; every camera has MJPEG for them.
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_wh[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_wh[1])
        if frame_rate is not None:
            self._capture.set(cv2.CAP_PROP_FPS, frame_rate)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not the oldest of a queue

    def _grab(self) -> Frame | None:
        deadline = time.monotonic() + LOST_AFTER_S
        while self._capture.isOpened():
            grabbed = self._capture.grab()
            time_s = time.monotonic()
            ok, image = self._capture.retrieve() if grabbed else (False, None)
            if ok and image is not None:
                frame = Frame(self._index, time_s, np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8))
                self._index += 1
                return frame
            if time_s >= deadline:
                return None
            time.sleep(0.01)
        return None


def _list_linux(folder: Path) -> tuple[CameraInfo, ...]:
    """Names from the kernel's list; nodes other than a device's first carry no pictures."""
    cameras = []
    for node in folder.glob("video*"):
        number = re.fullmatch(r"video(\d+)", node.name)
        with contextlib.suppress(OSError):
            if number and (node / "index").read_text().strip() == "0":
                cameras.append(CameraInfo(int(number[1]), (node / "name").read_text().strip()))
    return tuple(sorted(cameras, key=lambda camera: camera.index))


def _list_by_format(name: str | None) -> tuple[CameraInfo, ...]:
    """Names in the order of the system's video interface, the one that `BACKENDS` opens by index."""
    import av
    import av.device

    try:
        devices = av.device.enumerate_input_devices(name) if name else []
    except (av.FFmpegError, ValueError, RuntimeError):
        return ()
    videos = [device for device in devices if "video" in device.media_types or not device.media_types]
    return tuple(CameraInfo(index, device.description or device.name) for index, device in enumerate(videos))
