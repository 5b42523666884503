"""A detector file from elsewhere is tried in a process of its own: a damaged one can bring a whole process down."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ppnet.errors import UserError

TRIAL_S = 120.0
_TRIAL = """
import sys
from importlib import import_module
from pathlib import Path
getattr(import_module(sys.argv[1]), sys.argv[2])(Path(sys.argv[3]))
"""


def try_in_child(path: Path, opener: Callable[[Path], object], *, known_sha256: frozenset[str] = frozenset()) -> None:
    """Opens the detector once in a child process, unless its content is known. UserError when the child dies of it.

    opener: a function of a module, which opens the file and lets the network answer once.

    A child that says in words what is wrong is no matter of this: the caller meets the same error.
    """
    if getattr(sys, "frozen", False) or hashlib.sha256(path.read_bytes()).hexdigest() in known_sha256:
        return
    command = [sys.executable, "-c", _TRIAL, opener.__module__, opener.__name__, str(path)]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(command, timeout=TRIAL_S, stdin=subprocess.DEVNULL, capture_output=True, env=places)
        status = done.returncode
    except subprocess.TimeoutExpired:
        status = -1
    if status < 0 or status > 128:
        raise UserError(f"{path.name} is damaged: a program that opens it as a detector is brought down by it.")
