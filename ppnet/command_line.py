"""`python -m PACKAGE COMMAND`: a table of commands, each in a module of its own with `add_arguments` and `run`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from ppnet import __version__
from ppnet.errors import UserError

Commands = Mapping[str, tuple[str, str]]
"""Name -> (module, one line of help)."""


def run_commands(package: str, description: str | None, commands: Commands, argv: Sequence[str] | None) -> int:
    """Run one command of `package`: 0 when all went well, 2 for an error the user can mend, 130 when interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--version", action="version", version=__version__)
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, text) in commands.items():
        command = choices.add_parser(name, help=text, description=text)
        if argv[:1] == [name]:  # only the command that is asked for is imported: --help stays instant
            import_module(module).add_arguments(command)
    arguments = parser.parse_args(argv)
    try:
        return int(import_module(commands[arguments.command][0]).run(arguments))
    except UserError as error:
        print(f"{package}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{package}: stopped.", file=sys.stderr)
        return 130
