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

from ppnet.output_files import why_not_written
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
    """Held from its making to `release`, which any thread may call. Its file is written once, as soon as it is held."""

    def __init__(self, session: Path, source: str = "") -> None:
        """source: file name of the session's video, for others, who can't read it from the session meanwhile.

        SessionInUseError when another program, or another part of this one, writes the session; SessionError when
        nothing can be written beside it."""
        self._path = _lock_path(session)
        self._lock = _acquired(session)
        name = source[:MAX_NAME].encode("utf-8", "surrogatepass")
        try:
            owner = _Owner(socket.gethostname(), os.getpid(), datetime.now(UTC), name)
            self._path.write_bytes(msgspec.json.encode(owner))
        except OSError as error:
            self.release()
            raise _cannot_write(session, error) from error

    def release(self) -> None:
        """Lets others write; twice is fine."""
        _give_back(self._lock)

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
            _give_back(_acquired(session))
        except SessionInUseError:
            raise
        except SessionError:
            pass  # a folder that cannot be written: nobody else's lock can be tried there, and reading does no harm


def _acquired(session: Path) -> FileLock:
    """The lock held, its file as it was found. Errors as those of `WriterLock`."""
    path = _lock_path(session)
    if not path.parent.is_dir():  # which would be made
        raise SessionError(f"{session} cannot be written (there is no folder {session.parent}).")
    lock = FileLock(path, timeout=WAIT_S, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        owner = _owner_of(path)
        if owner is None:
            raise SessionInUseError(session) from error
        raise SessionInUseError(session, str(owner), owner.source.decode("utf-8", "surrogatepass")) from error
    except OSError as error:
        raise _cannot_write(session, error) from error
    return lock


def _give_back(lock: FileLock) -> None:
    if lock.is_locked:
        with suppress(OSError):  # whoever waits for a lock file that is gone makes a new one
            os.unlink(lock.lock_file)
        lock.release()


def _cannot_write(session: Path, error: OSError) -> SessionError:
    return SessionError(f"{session} cannot be written: {why_not_written(error)}.")


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
