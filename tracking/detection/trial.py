"""A detector file from elsewhere is tried in a process of its own: a damaged one can bring a whole process down."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from tracking.child_process import run_in_child


def try_in_child(path: Path, opener: Callable[[Path], object], *, known_sha256: frozenset[str] = frozenset()) -> None:
    """Opens the detector once in a child process, unless its content is known. UserError when that fails in any way.

    opener: a function of a module, which opens the file and lets the network answer once.
    """
    if not getattr(sys, "frozen", False) and hashlib.sha256(path.read_bytes()).hexdigest() not in known_sha256:
        run_in_child(opener, path)
