"""The installed PyTorch, looked at from outside: importing it takes seconds, and not everybody needs it."""

import runpy
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

GRAPHICS_DRIVERS = (
    "/proc/driver/nvidia",
    "/dev/nvidiactl",
    "/dev/nvmap",  # NVIDIA Jetson
    "/dev/dxg",  # Windows' cards, inside its Linux
    "/dev/kfd",  # AMD
)


def torch_version() -> str:
    """Its version and build, such as 2.13.0+cpu."""
    return str(_version_file()["__version__"])


def available_devices() -> list[str]:
    """The devices of this machine, fastest first; `cpu` is always there. PyTorch is imported only where there may be
    more."""
    if not _may_have_others():
        return ["cpu"]
    import torch

    found = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def _may_have_others() -> bool:
    """False where it is built for the CPU alone, or Linux has no driver of a graphics card."""
    if sys.platform == "darwin":
        return True
    build = _version_file()
    if build.get("cuda") is None and build.get("hip") is None:
        return False
    return sys.platform != "linux" or any(Path(driver).exists() for driver in GRAPHICS_DRIVERS)


@cache
def _version_file() -> Mapping[str, Any]:
    """What PyTorch's file of its version says; it stands by itself."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        raise ImportError("PyTorch is not installed", name="torch")
    return runpy.run_path(str(Path(spec.origin).with_name("version.py")))
