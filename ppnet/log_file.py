"""The log file: what went wrong in detail, for whoever mends it."""

import contextlib
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from ppnet.errors import MEMORY_ADVICE, NOT_ENOUGH_MEMORY, UserError, is_out_of_memory

log = logging.getLogger(__name__)


_ADDRESS = re.compile(r"(\w://)(?:[^/\s]*@)?([^\s?#'\"]*)(?:[?#][^\s'\"]*)?")
"""An address in a text: its scheme, who logs in, the host with the path, and a query, which may hold a password."""


class _WithoutLogins(logging.Formatter):
    """What libraries say of an address has the login in it, in every line of a traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        return _without_logins(super().format(record))


def _without_logins(text: str) -> str:
    return _ADDRESS.sub(r"\1\2", text)


def log_path() -> Path:
    """Where the log lies."""
    return Path(platformdirs.user_log_dir("ppnet-live")) / "ppnet-live.log"


def start_log() -> Path:
    """Writes warnings and errors to the log file (at most 1 MB, the one before kept) and nowhere else; where it can't
    be written there is none. Returns its path."""
    path = log_path()
    logging.raiseExceptions = False  # a log that can't be written is no reason to print tracebacks
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, RotatingFileHandler | logging.NullHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(logging.NullHandler())  # without any handler, Python prints them
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(_WithoutLogins("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
        root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    return path


@contextlib.contextmanager
def uncaught_in_log(tell: Callable[[BaseException], object] = lambda _error: None) -> Iterator[None]:
    """While the block runs, what nobody caught goes to the log with its traceback, wherever it was raised: in a thread,
    in a function that Qt calls, in a destructor; so do warnings of libraries. On stderr there is one sentence for each
    error, never twice the same; a UserError is its own, and nothing for the log.

    tell(error): is told too, in the thread that raised it.
    """
    said: set[str] = set()

    def say(error: BaseException | None) -> None:
        if error is None or isinstance(error, SystemExit | KeyboardInterrupt):
            return
        sentence = str(error) if isinstance(error, UserError) else unexpected(error)
        if sentence not in said:
            said.add(sentence)
            print(sentence, file=sys.stderr)
        tell(error)

    def in_destructor(args: "sys.UnraisableHookArgs") -> None:
        log.error("%s %r", args.err_msg or "ignored in", args.object, exc_info=args.exc_value)

    def of_library(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        _file: object = None,
        _line: object = None,
    ) -> None:
        log.warning("%s:%d: %s: %s", filename, lineno, category.__name__, message)

    before = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning
    sys.excepthook = lambda _kind, error, _trace: say(error)
    threading.excepthook = lambda args: say(args.exc_value)
    sys.unraisablehook = in_destructor
    warnings.showwarning = of_library  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = before


def unexpected(error: BaseException, subject: str = "") -> str:
    """Writes an error that nobody expected to the log with its traceback; returns the sentence for people.

    subject: what was worked on.
    """
    log.error("something went wrong with %s", subject or "a command", exc_info=error)
    path = log_path()
    details = f"details are in {path}" if path.exists() else f"{path} cannot be written, so there are no details"
    if is_out_of_memory(error):
        return f"{NOT_ENOUGH_MEMORY}{f' for {subject}' if subject else ''}; {MEMORY_ADVICE} ({details})."
    said = _without_logins(" ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":"))
    return f"Something went wrong{f' with {subject}' if subject else ''} ({said}); {details}."
