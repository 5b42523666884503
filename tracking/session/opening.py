"""Opens session files with SQLite: new ones, ones to read, ones to write, and what a killed run left behind."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tracking.session.format import (
    APPLICATION_ID,
    FORMAT_VERSION,
    SCHEMA,
    SessionError,
    SessionHeader,
    SessionInUseError,
    header_from_json,
)

MAX_VALUE_BYTES = 64_000_000
LOGS = ("-wal", "-journal")


def connect_new(path: Path, *, overwrite: bool) -> sqlite3.Connection:
    """Creates the file with its tables. SessionError when it exists, is in use, or cannot be written."""
    if path.exists():
        if not overwrite:
            raise SessionError(f"{path} exists already; choose another name or allow overwriting.")
        _refuse_in_use(path)
    try:
        for old in (path, *(path.with_name(path.name + log) for log in (*LOGS, "-shm"))):
            old.unlink(missing_ok=True)
        database = _connect(path, "rwc")
    except (OSError, sqlite3.Error) as error:
        raise SessionError(f"{path} cannot be written ({error}).") from error
    try:
        # In the file itself before the log begins, so that a run killed at once leaves a session too.
        database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.execute(f"PRAGMA user_version={FORMAT_VERSION}")
        for statement in SCHEMA.values():
            database.execute(statement)
        _lock_for_writing(database)
    except sqlite3.Error as error:
        database.close()
        raise SessionError(f"{path} cannot be written ({error}).") from error
    return database


def _refuse_in_use(path: Path) -> None:
    try:
        connect_writing(path).close()
    except SessionInUseError:
        raise
    except SessionError:
        pass  # no session, or a damaged one: it may go


def connect_reading(path: Path) -> sqlite3.Connection:
    """Opens the file for reading; it stays as it is, except that what a killed run left in its log is folded in."""
    _check_is_session(path)
    if any(_log_left(path)):
        return _recovered(path)
    with _explained(path):
        return _checked(_connect(path, "ro"), path)


def connect_writing(path: Path) -> sqlite3.Connection:
    """Opens the file to add to it; no other program can use it meanwhile."""
    _check_is_session(path)
    with _explained(path):
        database = _connect(path, "rw")
        try:
            _lock_for_writing(database)
        except BaseException:
            database.close()
            raise
        return _checked(database, path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    database = sqlite3.connect(uri, uri=True, timeout=0.2, check_same_thread=False, isolation_level="IMMEDIATE")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    database.execute("PRAGMA trusted_schema=OFF")
    database.execute("PRAGMA cell_size_check=ON")
    return database


def _lock_for_writing(database: sqlite3.Connection) -> None:
    """Exclusive lock (given back by the system even when the process is killed), write-ahead log, our own folding."""
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("PRAGMA wal_autocheckpoint=0")
    database.execute("BEGIN IMMEDIATE")
    database.execute("COMMIT")


def _log_left(path: Path) -> Iterator[bool]:
    for log in LOGS:
        beside = path.with_name(path.name + log)
        yield beside.exists() and beside.stat().st_size > 0


def _recovered(path: Path) -> sqlite3.Connection:
    """A reading connection to what a killed run left; where the folder cannot be written, to a copy in memory."""
    try:
        with closing(_connect(path, "rw")) as database:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise SessionInUseError(path) from error
        return _copied(path)
    with _explained(path):
        return _checked(_connect(path, "ro"), path)


def _copied(path: Path) -> sqlite3.Connection:
    """The session in memory, its log folded in: for folders that cannot be written."""
    with _explained(path), tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        for suffix in ("", *LOGS):
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + suffix), copy.with_name(copy.name + suffix))
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(_connect(copy, "rw")) as database:
            database.backup(memory)
        return _checked(memory, path)


def _check_is_session(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(72)
    except FileNotFoundError as error:
        raise SessionError(f"There is no file {path}.") from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror}).") from error
    # The application id stands at 68: a foreign database is never touched.
    if not start.startswith(b"SQLite format 3\0") or int.from_bytes(start[68:72], "big") != APPLICATION_ID:
        raise SessionError(f"{path} is not a session of this program.")


def _checked(database: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, when its tables are exactly ours; else it is closed and SessionError raised."""
    try:
        with _explained(path):
            _check_schema(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _check_schema(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT_VERSION:
        raise SessionError(f"{path} was written by a newer version of this program; update it to open the file.")
    tables = dict(database.execute("SELECT name, sql FROM sqlite_master").fetchall())
    if tables != SCHEMA:  # no views, triggers or columns of someone else
        raise SessionError(f"The session {path} is damaged (its tables are not those of format {FORMAT_VERSION}).")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise SessionInUseError(path) from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise SessionError(f"{path} cannot be opened for writing; copy it to another folder.") from error
        raise SessionError(f"The session {path} is damaged ({error}).") from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error}).") from error


@dataclass(frozen=True, slots=True)
class UnfinishedSession:
    """A run that did not come to its end and that nobody is writing any more."""

    path: Path
    header: SessionHeader
    frame_count: int
    last_time_s: float


def find_unfinished(folders: Iterable[Path], *, suffix: str = "_session.ppnet") -> tuple[UnfinishedSession, ...]:
    """Unfinished sessions directly in the folders, newest first; damaged ones and ones in use are left out."""
    found: list[tuple[float, UnfinishedSession]] = []
    for folder in folders:
        for path in sorted(folder.glob(f"*{suffix}")) if folder.is_dir() else ():
            with suppress(SessionError, OSError, ValueError, sqlite3.Error):
                session = _unfinished(path)
                if session is not None:
                    found.append((path.stat().st_mtime, session))
    return tuple(session for _, session in sorted(found, key=lambda pair: -pair[0]))


def _unfinished(path: Path) -> UnfinishedSession | None:
    with closing(connect_reading(path)) as database:
        meta = dict(database.execute("SELECT key, value FROM meta").fetchall())
        if meta.get("complete") == "1":
            return None
        count, last = database.execute("SELECT count(*), max(time_s) FROM frames").fetchone()
        return UnfinishedSession(path, header_from_json(meta["header"]), int(count), float(last or 0.0))
