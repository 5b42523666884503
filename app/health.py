"""Whether everything the program needs is here and works: one finding for each part, found by using it."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import ppnet
from app.display import check_display
from app.packages import packages
from ppnet.assets import asset
from ppnet.errors import UserError
from ppnet.log_file import unexpected
from ppnet.output_files import make_folder
from ppnet.user_folders import user_folder
from tracking.run_settings import RunSettings

if TYPE_CHECKING:
    from tracking.types import Frame

INSTALL_AGAIN = "install PPNet Live again (`make setup`, or pip)"
FRAMES = 12
LITTLE_SPACE_GB = 2
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Finding:
    """What is known of one part. words: what there is, or what is wrong and how to mend it.

    is_fine: whether it works. is_needed: whether tracking a file needs it.
    """

    part: str
    words: str
    is_fine: bool
    is_needed: bool

    @property
    def is_fault(self) -> bool:
        """Whether something has to be mended before files can be tracked."""
        return self.is_needed and not self.is_fine


def findings() -> Iterator[Finding]:
    """One part after the other, each as soon as it was tried. No part that fails keeps the next from being tried."""
    try:
        for part, look, is_needed in PARTS:
            yield _tried(part, look, is_needed=is_needed)
    finally:  # also when nobody wants the rest
        _demo.cache_clear()


def _tried(part: str, look: Callable[[], str], *, is_needed: bool) -> Finding:
    try:
        return Finding(part, look(), is_fine=True, is_needed=is_needed)
    except UserError as error:
        return Finding(part, str(error), is_fine=False, is_needed=is_needed)
    except Exception as error:  # noqa: BLE001 - a broken installation fails in any way
        return Finding(part, unexpected(error, f"the {part}"), is_fine=False, is_needed=is_needed)


def _program() -> str:
    return f"PPNet Live {ppnet.__version__}, Python {platform.python_version()}, {platform.platform()}"


def _packages() -> str:
    try:
        known = packages()
    except PackageNotFoundError:
        raise UserError(f"PPNet Live is not installed in this Python; {INSTALL_AGAIN}.") from None
    missing = [package.name for package in known if package.installed is None]
    if missing:
        raise UserError(f"Not installed: {', '.join(missing)}; {INSTALL_AGAIN}.")
    others = [
        f"{package.name} {package.installed} (tested with {package.tested})"
        for package in known
        if package.installed is not None and package.installed.partition("+")[0] != package.tested
    ]
    if others:
        raise UserError(f"Other versions than the program was tested with: {', '.join(others)}; {INSTALL_AGAIN}.")
    return f"all {len(known)} are here, in the versions the program was tested with"


def _graphics_card() -> str:
    import torch

    from ppnet.cpu import cpu_name
    from ppnet.device import choose_device, describe
    from ppnet.torch_build import available_devices

    if available_devices() == ["cpu"]:
        if NVIDIA_DRIVER.exists():
            raise UserError(
                f"There is an NVIDIA card, but PyTorch {torch.__version__} cannot use it; install PyTorch's CUDA build "
                "of the same version. Until then the processor does the work."
            )
        return f"none; the processor does the work ({cpu_name()}, {os.cpu_count()} cores)"
    return describe(choose_device())


def _tracking() -> str:
    from app.factory import build_detector, build_estimator
    from tracking.pipeline import Pipeline

    settings = RunSettings()
    estimator = build_estimator(settings.network)  # checks the weights against their sha256
    pipeline = Pipeline(build_detector(settings), estimator, settings=settings)
    frames = _demo()
    people = max(len(pipeline.process(frame)) for frame in frames)
    pipeline.reset()
    began_s = perf_counter()
    for frame in frames:
        pipeline.process(frame)
    spent_ms = 1000 * (perf_counter() - began_s) / len(frames)
    if people == 0:
        raise UserError(f"Nobody was found in the demo, which shows three people; {INSTALL_AGAIN}.")
    runs_on = f"{estimator.device_name}, {estimator.precision}"
    return f"{people} people found in the demo, {spent_ms:.0f} ms a frame on {runs_on}"


def _video_files() -> str:
    from tracking.video.file import VideoFile
    from tracking.video.writer import VideoWriter

    frames = _demo()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.mp4"
        writer = VideoWriter(path, frames[0].size_wh)
        for frame in frames:
            writer.write(frame.image, frame.time_s)
        writer.close()
        with VideoFile(path) as video:
            times_s = [frame.time_s for frame in video]
    if times_s != [frame.time_s for frame in frames]:
        raise UserError(f"A video that was written has other times when it is read; {INSTALL_AGAIN}.")
    return "read and written (H.264)"


def _window() -> str:
    check_display()
    import_module("app.gui.application")
    return "can open"


def _cameras() -> str:
    from tracking.video.camera import list_cameras

    return ", ".join(f"{camera.name} (camera:{camera.index})" for camera in list_cameras()) or "none"


def _folders() -> str:
    folders = (user_folder("data"), user_folder("config"), user_folder("cache"))
    for folder in folders:
        make_folder(folder)
    fullest = min(folders, key=lambda folder: shutil.disk_usage(folder).free)
    free_gb = shutil.disk_usage(fullest).free / 1e9
    if free_gb < LITTLE_SPACE_GB:
        raise UserError(f"Only {free_gb:.1f} GB are free on the disk of {fullest}; make some room.")
    return f"can be written, {free_gb:.0f} GB free"


@cache
def _demo() -> "tuple[Frame, ...]":
    """The demo's first frames, for all parts that need some."""
    from tracking.video.file import VideoFile

    with VideoFile(asset("demo.mp4")) as video:
        return tuple(islice(video, FRAMES))


PARTS: tuple[tuple[str, Callable[[], str], bool], ...] = (
    ("program", _program, True),
    ("packages", _packages, True),
    ("folders", _folders, True),
    ("video files", _video_files, True),
    ("graphics card", _graphics_card, False),
    ("tracking", _tracking, True),
    ("window", _window, False),
    ("cameras", _cameras, False),
)
"""Name, how it is tried (in words what there is, or a UserError), and whether tracking a file needs it."""
