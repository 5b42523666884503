"""`WriterLock`: one program at a time writes a session, and the others can say which one it is.

SQLite's own lock does not suffice: POSIX drops it as soon as the program opens and closes the file anywhere else. This
one is held on a file beside the session, `<session>.lock`, which also names its holder. The system gives it back when
the holder is killed.
"""

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from filelock import FileLock, Timeout

from tracking.session.format import SessionError, SessionInUseError

WAIT_S = 0.3  # a reader that looks whether somebody writes holds the lock for a moment
MAX_OWNER_BYTES = 4096
MAX_NAME = 255  # no file has a longer one


class _Owner(msgspec.Struct, frozen=True):
    """Who holds a lock, as the lock file has it."""

    host: str
    process_id: int
    since_utc: datetime
    source: bytes = b""  # file name of the video that the session is about, which may be no text

    def __str__(self) -> str:
        return f"process {self.process_id} on {self.host!r} (since {self.since_utc.astimezone():%Y-%m-%d %H:%M})"


class WriterLock:
    """Held from its making to `release`, which any thread may call."""

    def __init__(self, session: Path) -> None:
        """SessionInUseError when another program, or another part of this one, writes the session; SessionError when
        nothing can be written beside it."""
        self._path = _lock_path(session)
        if not self._path.parent.is_dir():  # which would be made
            raise SessionError(f"{session} cannot be written (there is no folder {session.parent}).")
        self._lock = FileLock(self._path, timeout=WAIT_S, thread_local=False, fallback_to_soft=False)
        self._owner = _Owner(socket.gethostname(), os.getpid(), datetime.now(UTC))
        try:
            self._lock.acquire()
            self._path.write_bytes(msgspec.json.encode(self._owner))
        except Timeout as error:
            owner = _owner_of(self._path)
            if owner is None:
                raise SessionInUseError(session) from error
            raise SessionInUseError(session, str(owner), owner.source.decode("utf-8", "surrogatepass")) from error
        except OSError as error:
            self.release()
            raise SessionError(f"{session} cannot be written ({error.strerror or error}).") from error

    def tell(self, source: str) -> None:
        """Lets others know which video it is about, as long as nobody else can read that from the session."""
        name = source[:MAX_NAME].encode("utf-8", "surrogatepass")
        self._owner = msgspec.structs.replace(self._owner, source=name)
        with suppress(OSError):
            self._path.write_bytes(msgspec.json.encode(self._owner))

    def release(self) -> None:
        """Lets others write; twice is fine."""
        if self._lock.is_locked:
            with suppress(OSError):  # whoever waits for a lock file that is gone makes a new one
                self._path.unlink()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def refuse_if_written(session: Path) -> None:
    """SessionInUseError while somebody holds the session's lock; nothing is left by looking."""
    if _lock_path(session).exists():
        try:
            WriterLock(session).release()
        except SessionInUseError:
            raise
        except SessionError:
            pass  # a folder that cannot be written: nobody else's lock can be tried there, and reading does no harm


def _lock_path(session: Path) -> Path:
    """Beside the file itself, by whatever name it is opened."""
    return Path(os.path.realpath(session) + ".lock")


def _owner_of(lock: Path) -> _Owner | None:
    """The holder; None when that can't be read."""
    try:
        with lock.open("rb") as stream:
            return msgspec.json.decode(stream.read(MAX_OWNER_BYTES), type=_Owner)
    except (OSError, ValueError, OverflowError, msgspec.MsgspecError):
        return None
