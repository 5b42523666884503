"""A file that can bring down the process that opens it, or ask for all memory, is opened in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ppnet.errors import UserError

LONGEST_S = 120.0
MAX_MEMORY = 6 * 2**30
MAX_PROCESSOR_S = 60
"""Of all threads; where the system can limit memory and time (not on Windows)."""
SENTENCE = 2
"""Exit status when the last line of standard error is a sentence for the user."""
_PROGRAM = "import sys; from tracking.child_process import work; work(*sys.argv[1:])"


def run_in_child(function: Callable[..., object], path: Path, *texts: str, longest_s: float = LONGEST_S) -> bytes:
    """function(path, *texts), a function of a module, in a Python of its own; what it writes to standard output.

    UserError when it raises one, when it fails otherwise or brings its process down, and when it takes too long.
    """
    command = [
        sys.executable,
        "-c",
        _PROGRAM,
        str(MAX_MEMORY),
        function.__module__,
        function.__name__,
        str(path),
        *texts,
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, timeout=longest_s, stdin=subprocess.DEVNULL, capture_output=True, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{path.name} could not be opened within {longest_s:.0f} s; it may be damaged.") from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode < 0 or done.returncode > 128:
        raise UserError(f"{path.name} is damaged: a program that opens it is brought down by it.")
    told = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["nothing was said"])[-1]
    raise UserError(told if done.returncode == SENTENCE else f"{path.name} could not be opened ({told}).")


def work(memory: str, module: str, function: str, path: str, *texts: str) -> None:
    """The child's part, which may have so many bytes of memory."""
    from importlib import import_module

    limit_process(int(memory))
    try:
        getattr(import_module(module), function)(Path(path), *texts)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(SENTENCE)


def limit_process(memory: int = MAX_MEMORY) -> None:
    """Bytes and processor time of this process: what asks for more gets a MemoryError, what works longer is ended."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        for kind, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, MAX_PROCESSOR_S)):
            most = resource.getrlimit(kind)[1]
            limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
            resource.setrlimit(kind, (limit, most))
