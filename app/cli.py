"""The command line: which commands there are; without one the window opens."""

import os
import sys
from collections.abc import Sequence

from ppnet.command_line import exit_code, run_command
from ppnet.errors import UserError

PROGRAM = "ppnet-live"
DESCRIPTION = (
    "Finds people in videos and follows their joints. Without a command, or with just a file, the window opens."
)


COMMANDS = {
    "track": ("app.commands.track", "track people in videos, pictures or a camera"),
    "cameras": ("app.commands.cameras", "list the cameras of this machine"),
    "export": ("app.commands.export", "write a session as a table, markers, JSON or an annotated video"),
    "import": ("app.commands.import_tracks", "make a session from another program's tracks"),
    "share": ("app.commands.share", "make a slow-motion clip or a still picture from a session"),
    "answers": ("app.commands.answers", "find steps, jumps and repetitions; write a table or a one-page report"),
    "compare": ("app.commands.compare", "make a video of two people or attempts side by side, or one as a ghost"),
    "check": ("app.commands.check", "check that everything the program needs is here and works"),
    "bench": ("app.commands.bench", "measure how fast a clip is tracked on this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code: 0 done, 2 something that the user can mend, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    return exit_code(lambda: _run(given))


def _run(given: list[str]) -> int:
    if not given or (len(given) == 1 and given[0] not in COMMANDS and os.path.exists(given[0])):
        return _window(*given)
    if len(given) == 1 and given[0] not in COMMANDS and os.path.splitext(given[0])[1]:  # the name of a file, mistyped
        raise UserError(f"There is no file {given[0]}.")
    return run_command(PROGRAM, DESCRIPTION, COMMANDS, given)


def _window(path: str | None = None) -> int:
    """Open the window, with a file when one is given."""
    from app.display import check_display

    check_display()
    from app.gui.application import run

    return int(run(path))
