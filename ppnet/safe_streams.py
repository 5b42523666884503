"""Output streams that never end a run: a closed pipe, a full disk, a window without a console, letters they lack."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


class SafeStream(io.TextIOBase):
    """A text stream whose failures are nobody's business: what can't be written is lost, and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes what the stream can take; letters it lacks are spelled out."""
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding or "ascii"
            self.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except (OSError, ValueError):
            self._silence()
        return len(text)

    def flush(self) -> None:
        """Sends on what was written."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._silence()

    def _silence(self) -> None:
        """Leads the file elsewhere, so that neither later words nor those still waiting fail again."""
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether a person is watching."""
        with contextlib.suppress(OSError, ValueError):
            return self._stream.isatty()
        return False

    def fileno(self) -> int:
        """The stream's own number."""
        return self._stream.fileno()


@contextlib.contextmanager
def safe_streams() -> Iterator[None]:
    """While the block runs, stdout and stderr exist and take everything without an error.

    Services and `pythonw` start programs without them. Then files opened later would take their numbers, and what a
    library says on stderr would be written into a result.
    """
    _occupy_standard_numbers()
    before = sys.stdout, sys.stderr
    with contextlib.ExitStack() as opened:
        streams = [stream or opened.enter_context(open(os.devnull, "w", encoding="utf-8")) for stream in before]
        sys.stdout, sys.stderr = (SafeStream(stream) for stream in streams)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr = before


@contextlib.contextmanager
def libraries_write_to(path: Path) -> Iterator[None]:
    """While the block runs, what libraries write to stderr past Python goes to a file: their remarks, and what Qt says
    of each error in a function that it calls. What Python writes goes where it went."""
    before = sys.stderr
    with contextlib.ExitStack() as opened:
        try:
            number = before.fileno()
            file = opened.enter_context(open(path, "wb"))
        except (OSError, ValueError):
            number = -1
        if number != 2:
            yield
            return
        before.flush()
        kept = os.dup(2)
        sys.stderr = SafeStream(opened.enter_context(open(kept, "w", buffering=1)))
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            sys.stderr = before


def _occupy_standard_numbers() -> None:
    """Gives the numbers 0 to 2 to the null device where they are free; a new file takes the lowest free number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
