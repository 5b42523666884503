"""A detector file from elsewhere is tried in a process of its own: a damaged one can bring a whole process down."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from tracking.child_process import run_in_child


def try_in_child(path: Path, opener: Callable[[Path], object], *, known_sha256: frozenset[str] = frozenset()) -> None:
    """Opens the detector once in a child process, unless its content is known. UserError when the child dies of it.

    opener: a function of a module, which opens the file and lets the network answer once.

    A child that says in words what is wrong is no matter of this: the caller meets the same error.
    """
    if not getattr(sys, "frozen", False) and hashlib.sha256(path.read_bytes()).hexdigest() not in known_sha256:
        run_in_child(opener, path)
