"""`python -m tracking`: how good tracks and curves are."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from ppnet import __version__
from ppnet.errors import UserError

COMMANDS = {"evaluate": ("tracking.evaluate.command", "id switches, jitter and lag against exact truth")}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all went well, 2 for an error that the user can mend, 130 when interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m tracking", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if argv[:1] == [name]:  # only the command that is asked for is imported: --help stays instant
            import_module(module).add_arguments(command)
    arguments = parser.parse_args(argv)
    try:
        return int(import_module(COMMANDS[arguments.command][0]).run(arguments))
    except UserError as error:
        print(f"tracking: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tracking: stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
