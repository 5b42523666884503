"""The log file: what went wrong in detail, for whoever mends it."""

import contextlib
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from ppnet.errors import MEMORY_ADVICE, NOT_ENOUGH_MEMORY, is_out_of_memory

log = logging.getLogger(__name__)


def log_path() -> Path:
    """Where the log lies."""
    return Path(platformdirs.user_log_dir("ppnet-live")) / "ppnet-live.log"


def start_log(path: Path | None = None) -> Path:
    """Writes warnings and errors to the log file (at most 1 MB, the one before kept); where it can't be written there
    is none. Returns its path."""
    path = path or log_path()
    logging.raiseExceptions = False  # a log that can't be written is no reason to print tracebacks
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, RotatingFileHandler)]:
        root.removeHandler(old)
        old.close()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
        root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    return path


def log_to_stderr() -> None:
    """Warnings go to stderr too; tracebacks are for the log file only."""
    console = logging.StreamHandler()
    console.setLevel(logging.WARNING)
    console.addFilter(lambda record: record.exc_info is None)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", handlers=[console])


def unexpected(error: BaseException, subject: str = "") -> str:
    """Writes an error that nobody expected to the log with its traceback; returns the sentence for people.

    subject: what was worked on.
    """
    log.error("something went wrong with %s", subject or "a command", exc_info=error)
    path = log_path()
    details = f"details are in {path}" if path.exists() else f"{path} cannot be written, so there are no details"
    if is_out_of_memory(error):
        return f"{NOT_ENOUGH_MEMORY}{f' for {subject}' if subject else ''}; {MEMORY_ADVICE} ({details})."
    said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return f"Something went wrong{f' with {subject}' if subject else ''} ({said}); {details}."
