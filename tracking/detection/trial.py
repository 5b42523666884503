"""A detector file from elsewhere is tried in a process of its own: a damaged one can bring a whole process down."""

import hashlib
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import ppnet
from ppnet.cache import cached_file, read_checked, write_checked
from tracking.child_process import run_in_child


def try_in_child(path: Path, opener: Callable[[Path], object], *, known_sha256: frozenset[str] = frozenset()) -> None:
    """Opens the detector once in a child process, unless its content is known. UserError when that fails in any way.

    opener: a function of a module, which opens the file and lets the network answer once. What it opened well is
    known on this computer from then on, until a version changes.
    """
    if getattr(sys, "frozen", False) or (sha256 := hashlib.sha256(path.read_bytes()).hexdigest()) in known_sha256:
        return
    versions = (ppnet.__version__, version("openvino"), version("mediapipe"), platform.platform(), platform.node())
    opened_well = cached_file("trials", (sha256, opener.__module__, opener.__name__, *versions))
    if read_checked(opened_well) is None:
        run_in_child(opener, path)
        write_checked(opened_well, b"")
