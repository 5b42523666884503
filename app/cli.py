"""The command line: which commands there are, and what errors look like to a person."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ppnet.command_line import exit_code
from ppnet.errors import UserError

PROGRAM = "ppnet-live"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: one line of help, and the module that has `add_arguments(parser)` and `run(arguments) -> int`."""

    help: str
    module: str


COMMANDS = {
    "track": Command("track people in videos, pictures or a camera", "app.commands.track"),
    "cameras": Command("list the cameras of this machine", "app.commands.cameras"),
    "export": Command("write a session as table, markers, JSON or annotated video", "app.commands.export"),
    "import": Command("make a session of tracks of another program", "app.commands.import_tracks"),
    "share": Command("make a slow-motion clip or a picture of a part of a session", "app.commands.share"),
    "answers": Command("find steps, jumps and repetitions; table and one-page report", "app.commands.answers"),
    "bench": Command("measure how fast a clip is tracked on this machine", "app.commands.bench"),
}


class _Parser(argparse.ArgumentParser):
    """Tells a mistake in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}; `{self.prog} --help` shows how it is written.")


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The whole grammar; only the chosen command's module is loaded, so that help comes at once."""
    import ppnet

    parser = _Parser(
        prog=PROGRAM,
        description="Finds people in videos and follows their joints. Without a command, or with nothing but a file, "
        "the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"PPNet Live {ppnet.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help[0].upper() + command.help[1:] + ".")
        if name == chosen:
            module = importlib.import_module(command.module)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code: 0 done, 2 something that the user can mend, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    return exit_code(lambda: _run(given))


def _run(given: list[str]) -> int:
    if not given or (len(given) == 1 and given[0] not in COMMANDS and Path(given[0]).exists()):
        return _window(*given)
    chosen = next((word for word in given if not word.startswith("-")), None)
    arguments = _parser(chosen).parse_args(given)
    return int(arguments.run(arguments))


def _window(path: str | None = None) -> int:
    """Open the window, with a file when one is given."""
    from app.display import check_display

    check_display()
    from app.gui.application import run

    return int(run(path))
