"""A detector file from elsewhere is tried in a process of its own: a damaged one can bring a whole process down."""

import hashlib
import subprocess
import sys
from pathlib import Path

from ppnet.errors import UserError

TRIAL_S = 120.0
_TRIAL = """
import sys
from pathlib import Path
from tracking.detection.detector import DetectorSettings, open_file
open_file(Path(sys.argv[1]), DetectorSettings())
"""


def try_in_child(path: Path, *, known_sha256: frozenset[str]) -> None:
    """Opens the detector once in a child process, unless its content is known. UserError when the child dies of it.

    A child that says in words what is wrong is no matter of this: the caller meets the same error.
    """
    if getattr(sys, "frozen", False) or hashlib.sha256(path.read_bytes()).hexdigest() in known_sha256:
        return
    command = [sys.executable, "-c", _TRIAL, str(path)]
    try:
        status = subprocess.run(command, timeout=TRIAL_S, stdin=subprocess.DEVNULL, capture_output=True).returncode
    except subprocess.TimeoutExpired:
        status = -1
    if status < 0 or status > 128:
        raise UserError(f"{path.name} is damaged: a program that opens it as a detector is brought down by it.")
