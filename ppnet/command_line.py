"""`python -m PACKAGE COMMAND`: a table of commands, each in a module of its own with `add_arguments` and `run`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from ppnet import __version__
from ppnet.errors import UserError
from ppnet.inference.measuring import telling
from ppnet.log_file import log_to_stderr, start_log, unexpected
from ppnet.safe_streams import safe_streams

Commands = Mapping[str, tuple[str, str]]
"""Name -> (module, one line of help)."""
USER_ERROR = 2
INTERRUPTED = 130


def exit_code(work: Callable[[], int], *, before: str = "") -> int:
    """The net under every command: the code that `work` returns, 2 for an error, told in one sentence, 130 when
    interrupted. Tracebacks go to the log file. before: what each sentence begins with."""
    with safe_streams(), telling(lambda words: print(words, file=sys.stderr)):
        log_to_stderr()
        start_log()
        try:
            return work()
        except UserError as error:
            print(f"{before}{error}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt:
            print(f"{before}Stopped.", file=sys.stderr)
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the last net
            print(f"{before}{unexpected(error)}", file=sys.stderr)
            return USER_ERROR


def run_commands(package: str, description: str | None, commands: Commands, argv: Sequence[str] | None) -> int:
    """Run one command of `package`: 0 when all went well, 2 for an error, 130 when interrupted."""
    argv = list(sys.argv[1:] if argv is None else argv)
    return exit_code(lambda: _run(package, description, commands, argv), before=f"{package}: ")


def _run(package: str, description: str | None, commands: Commands, argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--version", action="version", version=__version__)
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, text) in commands.items():
        command = choices.add_parser(name, help=text, description=text)
        if argv[:1] == [name]:  # only the command that is asked for is imported: --help stays instant
            import_module(module).add_arguments(command)
    arguments = parser.parse_args(argv)
    return int(import_module(commands[arguments.command][0]).run(arguments))
