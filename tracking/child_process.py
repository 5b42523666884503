"""A file that can bring down the process that opens it is opened in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ppnet.errors import UserError

LONGEST_S = 120.0
_PROGRAM = """
import sys
from importlib import import_module
from pathlib import Path
getattr(import_module(sys.argv[1]), sys.argv[2])(Path(sys.argv[3]), *sys.argv[4:])
"""


def run_in_child(
    function: Callable[..., object], path: Path, *texts: str, longest_s: float = LONGEST_S
) -> "subprocess.CompletedProcess[bytes]":
    """function(path, *texts), a function of a module, in a Python of its own: its exit status and what it wrote.

    UserError when the process dies of the file, or is not done with it in that time.
    """
    command = [sys.executable, "-c", _PROGRAM, function.__module__, function.__name__, str(path), *texts]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, timeout=longest_s, stdin=subprocess.DEVNULL, capture_output=True, env=environment
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{path.name} could not be opened within {longest_s:.0f} s; it is most likely damaged."
        ) from None
    if done.returncode < 0 or done.returncode > 128:
        raise UserError(f"{path.name} is damaged: a program that opens it is brought down by it.")
    return done
