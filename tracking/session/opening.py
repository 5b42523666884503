"""Opens session files with SQLite: new ones, ones to read, ones to write, and what a killed run left behind."""

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ppnet.errors import UserError
from ppnet.output_files import refuse_existing, why_not_written
from tracking.session.format import (
    APPLICATION_ID,
    FORMAT_VERSION,
    LIMIT,
    MAX_META_CHARACTERS,
    SCHEMA,
    SUFFIX,
    SessionError,
    SessionHeader,
    SessionInUseError,
    header_from_json,
    open_parts_from_json,
)
from tracking.session.tracked_parts import TrackedParts
from tracking.session.writer_lock import WriterLock, refuse_if_written
from tracking.video.source import VideoInfo, is_at

MAX_VALUE_BYTES = 64_000_000
MAX_PATH_BYTES = 500  # SQLite opens none of more than 504
MAX_FOUND = 100
MAX_OPEN_S, MAX_QUERY_S = 5.0, 60.0
"""No query of ours takes so long; in a damaged file one may go round in circles for ever."""
LOGS = ("-wal", "-journal")
OPEN_PARTS = "open_parts"  # key in the table `meta`


def connect_new(path: Path, header: str, *, overwrite: bool, keep_as: Path | None) -> sqlite3.Connection:
    """Creates the file with its tables and its header (JSON), whole or not at all, and opens it for writing; the caller
    holds its `WriterLock`. keep_as: what becomes of a file that is overwritten (None: it is gone).

    UserError when it exists, SessionError when it cannot be written.
    """
    refuse_existing(path, overwrite=overwrite)
    if _is_too_long(path):
        raise _too_long(path)
    fresh = path.with_name(path.name + "-new")
    try:
        with fresh.open("wb") as file:
            file.write(_empty_session(header))
            file.flush()
            os.fsync(file.fileno())
        put_in_place(fresh, path, keep_as=keep_as)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise SessionError(f"{path} cannot be written: {why_not_written(error)}.") from error
    return _connect_writing(path)


def put_in_place(fresh: Path, path: Path, *, keep_as: Path | None = None) -> None:
    """Renames a session that nobody has open to `path`, of which the caller holds the `WriterLock`. What a killed run
    left beside one that is there goes with that: SQLite would fold it into the new one. keep_as: see `connect_new`.
    OSError when that can't be."""
    for ending in ("", *LOGS, "-shm"):
        old = path.with_name(path.name + ending)
        if keep_as is not None and old.exists():
            old.rename(keep_as.with_name(keep_as.name + ending))
        old.unlink(missing_ok=True)
    fresh.rename(path)


def _empty_session(header: str) -> bytes:
    """The content of a session file without frames."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.execute(f"PRAGMA user_version={FORMAT_VERSION}")
        for statement in SCHEMA.values():
            database.execute(statement)
        database.execute("INSERT INTO meta (key, value) VALUES ('header', ?)", (header,))
        database.commit()
        return database.serialize()


def connect_reading(path: Path) -> sqlite3.Connection:
    """Opens the file for reading; it stays as it is, except that what a killed run left in its log is folded in."""
    refuse_if_written(path)
    _check_is_session(path)
    if any(_log_left(path)):
        return _recovered(path)
    with explained(path):
        return _checked(_connect(path, "ro"), path)


def connect_writing(path: Path) -> tuple[sqlite3.Connection, WriterLock]:
    """Opens the file to add to it; no other program can use it until the lock is given back, which names its video."""
    with closing(connect_reading(path)) as database:
        source = stored_header(database, path).source
    lock = WriterLock(path, source.file_name)
    try:
        return _connect_writing(path), lock
    except BaseException:
        lock.release()
        raise


def _connect_writing(path: Path) -> sqlite3.Connection:
    with explained(path):
        database = _connect(path, "rw")
        try:
            _lock_for_writing(database)
        except BaseException:
            database.close()
            raise
        return _checked(database, path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    database = sqlite3.connect(uri, uri=True, timeout=0.2, check_same_thread=False, isolation_level="IMMEDIATE")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    limit_queries(database, MAX_OPEN_S)
    database.execute("PRAGMA trusted_schema=OFF")
    database.execute("PRAGMA cell_size_check=ON")
    return database


def limit_queries(database: sqlite3.Connection, seconds: float) -> None:
    """Stops what this thread still runs then. Its own work counts, not how long the computer stands still."""
    until_s = time.thread_time() + seconds
    database.set_progress_handler(lambda: time.thread_time() > until_s, 100_000)


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
        with WriterLock(path), closing(_connect(path, "rw")) as database:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=DELETE")
    except SessionInUseError:
        raise
    except (sqlite3.Error, SessionError) as error:
        if "locked" in str(error):
            raise SessionInUseError(path) from error
        return _copied(path)
    with explained(path):
        return _checked(_connect(path, "ro"), path)


def _copied(path: Path) -> sqlite3.Connection:
    """The session in memory, its log folded in: for folders that cannot be written."""
    with explained(path), tempfile.TemporaryDirectory() as folder:
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
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            raise SessionError(f"{path} cannot be read (it is not a file).")
        with path.open("rb") as stream:
            start = stream.read(72)
    except FileNotFoundError as error:
        raise SessionError(f"There is no file {path}.") from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror}).") from error
    # The application id stands at 68: a foreign database is never touched.
    if not start.startswith(b"SQLite format 3\0") or int.from_bytes(start[68:72], "big") != APPLICATION_ID:
        raise SessionError(f"{path} is not a session of this program.")
    if int.from_bytes(start[60:64], "big") > FORMAT_VERSION:  # `user_version`; read before SQLite may write anything
        raise SessionError(f"{path} was written by a newer version of this program; update the program to open it.")


def _checked(database: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, when its tables are exactly ours; else it is closed and SessionError raised."""
    try:
        with explained(path):
            _check_schema(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _check_schema(database: sqlite3.Connection, path: Path) -> None:
    tables = dict(database.execute("SELECT name, sql FROM sqlite_master").fetchall())
    if tables != SCHEMA:  # no views, triggers or columns of someone else
        raise SessionError(f"The session {path} is damaged (its tables are not those of format {FORMAT_VERSION}).")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """The border of the session file: whatever goes wrong with it or its content becomes one SessionError."""
    try:
        yield
    except UserError:
        raise
    except sqlite3.OperationalError as error:
        raise _trouble(path, str(error)) from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror or error}).") from error
    except Exception as error:  # a damaged or hostile file can break the reader anywhere
        raise SessionError(f"The session {path} is damaged ({str(error)[:200] or type(error).__name__}).") from error


def _trouble(path: Path, text: str) -> SessionError:
    if "locked" in text:
        return SessionInUseError(path)
    if "full" in text:
        return SessionError(f"The disk is full: {path} cannot grow; free some space and try again.")
    if "readonly" in text or "read-only" in text:
        return SessionError(f"{path} is read-only; copy it to another folder.")
    if _is_too_long(path):
        return _too_long(path)
    if "unable to open" in text:
        return SessionError(f"{path} cannot be opened; copy it to another folder.")
    if "disk I/O" in text:
        return SessionError(
            f"The disk does not respond, or allows no larger file than {path} is ({text}); check it, or choose "
            "another folder."
        )
    return SessionError(f"The session {path} is damaged, or its disk does not respond ({text}).")


def _is_too_long(path: Path) -> bool:
    return len(os.fsencode(path.absolute())) > MAX_PATH_BYTES


def _too_long(path: Path) -> SessionError:
    return SessionError(
        f"The path of {path.name} is longer than a session can have ({MAX_PATH_BYTES} bytes); choose a folder with a "
        "shorter one."
    )


@dataclass(frozen=True, slots=True)
class UnfinishedSession:
    """A run that did not come to its end and that nobody is writing any more."""

    path: Path
    header: SessionHeader
    frame_count: int


def find_unfinished(folders: Iterable[Path]) -> tuple[UnfinishedSession, ...]:
    """Unfinished sessions directly in the folders, newest first, of at most `MAX_FOUND` files in each.

    Never raises: damaged sessions, ones in use and folders that cannot be read are left out. Opens files, so a window
    calls it in a thread of its own.
    """
    found: list[tuple[float, UnfinishedSession]] = []
    for folder in folders:
        for changed, path in _newest_files(folder):
            with suppress(SessionError), explained(path):
                session = _unfinished(path)
                if session is not None:
                    found.append((changed, session))
    return tuple(session for _, session in sorted(found, key=lambda pair: -pair[0]))


def find_moved(folders: Iterable[Path], info: VideoInfo) -> tuple[Path, ...]:
    """The sessions in the folders that are of this very video, which was moved or renamed since, newest first. Somebody
    waits for them: at most `MAX_FOUND` files of all folders are looked at. Never raises."""
    found, moved = [file for folder in folders for file in _newest_files(folder, _may_be_kept)], []
    for _, path in sorted(found, reverse=True)[:MAX_FOUND]:
        with suppress(SessionError), explained(path):
            if _is_of_moved(path, info):
                moved.append(path)
    return tuple(moved)


def _is_of_moved(path: Path, info: VideoInfo) -> bool:
    with closing(connect_reading(path)) as database:
        source = stored_header(database, path).source
    if not source.is_same_file(info) or any(_log_left(path)):  # what a killed run left and nobody may fold in
        return False
    return not any(is_at(place, source.size_bytes) for place in (source.path or "", path.parent / source.file_name))


def _is_usual(name: str) -> bool:
    return name.endswith(SUFFIX)


def _may_be_kept(name: str) -> bool:
    """Also `walk_session_2.ppnet`, kept when the video was tracked again, and any other name that people give."""
    ending = Path(SUFFIX).suffix
    return name.endswith(ending) and not name.endswith(f".partial{ending}")


def _newest_files(folder: Path, is_wanted: Callable[[str], bool] = _is_usual) -> list[tuple[float, Path]]:
    files = []
    with suppress(OSError, ValueError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                if is_wanted(entry.name) and entry.is_file():
                    files.append((entry.stat().st_mtime, Path(entry)))
    return sorted(files, reverse=True)[:MAX_FOUND]


def _unfinished(path: Path) -> UnfinishedSession | None:
    with closing(connect_reading(path)) as database:
        if meta_value(database, "complete") == "1":
            return None
        header = stored_header(database, path)
        count = database.execute("SELECT count(*) FROM frames").fetchone()[0]
        return UnfinishedSession(path, header, int(count))


def meta_value(database: sqlite3.Connection, key: str) -> str | None:
    """A value of the table `meta`; ValueError when it is no text of reasonable length."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is not None and (not isinstance(row[0], str) or len(row[0]) > MAX_META_CHARACTERS):
        raise ValueError(f"{key} is no text of reasonable length")
    return None if row is None else row[0]


def stored_header(database: sqlite3.Connection, path: Path) -> SessionHeader:
    """The header as the file has it. SessionError when that makes no sense."""
    with explained(path):
        return header_from_json(meta_value(database, "header") or "")


def stored_parts(database: sqlite3.Connection) -> TrackedParts:
    """The parts as the file has them: they begin at the first frame and at those noted as open. ValueError when that
    makes no sense."""
    opened = open_parts_from_json(meta_value(database, OPEN_PARTS) or "[]")
    first = database.execute("SELECT min(frame_index) FROM frames").fetchone()[0]
    firsts = sorted({*opened, *(() if first is None else (first,))})
    query = "SELECT max(frame_index) FROM frames WHERE frame_index >= ? AND frame_index < ?"
    ends = zip(firsts, (*firsts[1:], LIMIT), strict=False)
    lasts = {start: database.execute(query, (start, end)).fetchone()[0] for start, end in ends}
    if firsts[:1] != ([] if first is None else [first]) or None in lasts.values():
        raise ValueError("a part of the frames holds none")
    return TrackedParts.stored(lasts, opened)
