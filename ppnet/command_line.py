"""Commands of a program: a table of them, each in a module of its own with `add_arguments` and `run`; exit codes."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from ppnet import __version__
from ppnet.errors import UserError
from ppnet.inference.measuring import telling
from ppnet.log_file import start_log, uncaught_in_log, unexpected
from ppnet.safe_streams import safe_streams
from ppnet.stop_signals import Ended, interrupted_by_signals

Commands = Mapping[str, tuple[str, str]]
"""Name -> (module, one line of help)."""
USER_ERROR = 2
INTERRUPTED = 130


def exit_code(work: Callable[[], int], *, before: str = "") -> int:
    """The net under every command: the code that `work` returns, 2 for an error, told in one sentence, 130 when
    interrupted (143 by SIGTERM, 129 by SIGHUP). Tracebacks go to the log file, those of threads too.

    before: what each sentence begins with."""
    with safe_streams(), telling(lambda words: print(words, file=sys.stderr)), uncaught_in_log():
        start_log()
        try:
            with interrupted_by_signals():
                return work()
        except UserError as error:
            print(f"{before}{error.on_command_line}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt as stop:
            print(f"{before}Stopped.", file=sys.stderr)
            return 128 + stop.number if isinstance(stop, Ended) else INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the last net
            print(f"{before}{unexpected(error)}", file=sys.stderr)
            return USER_ERROR


class _Parser(argparse.ArgumentParser):
    """Tells a mistake in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}; `{self.prog} --help` shows the usage.")


def run_command(program: str, description: str | None, commands: Commands, words: Sequence[str]) -> int:
    """Runs the command that the words name, and returns its exit code. UserError when they are written wrongly.

    Only that command's module is loaded, so that `--help` comes at once.
    """
    chosen = next((word for word in words if not word.startswith("-")), None)
    parser = _Parser(prog=program, description=description)
    parser.add_argument("--version", action="version", version=f"PPNet Live {__version__}")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, (module, text) in commands.items():
        command = choices.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        if name == chosen:
            import_module(module).add_arguments(command)
    arguments, unknown = parser.parse_known_args(words)
    if unknown:  # left to itself the whole program's parser would say so, whose help doesn't show the command's options
        choices.choices[arguments.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    return int(import_module(commands[arguments.command][0]).run(arguments))


def run_package(package: str, description: str | None, commands: Commands, argv: Sequence[str] | None) -> int:
    """`python -m PACKAGE`: 0 when all went well, 2 for an error, 130 when interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    return exit_code(lambda: run_command(f"python -m {package}", description, commands, words), before=f"{package}: ")
