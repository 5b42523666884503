"""`Session`: one SQLite file with all results of a video or live run, and the edits made on them.

Every frame is a transaction, and once a second the log is folded into the file and forced to the disk: `kill -9`
costs at most the current frame, a power cut about a second. The format is described in docs/session.md.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tracking.session import format as layout
from tracking.session import reading
from tracking.session.edits import Edit, edit_from_json, edit_to_json
from tracking.session.format import SessionError, SessionHeader, SettingChange
from tracking.session.known_sightings import KnownSightings
from tracking.session.opening import (
    MAX_QUERY_S,
    OPEN_PARTS,
    connect_new,
    connect_reading,
    connect_writing,
    explained,
    limit_queries,
    meta_value,
    stored_header,
    stored_parts,
)
from tracking.session.resmoothing import LastSmoothing
from tracking.session.tracked_parts import TrackedParts
from tracking.session.writer_lock import WriterLock
from tracking.sightings import Sightings
from tracking.stems import stem_of
from tracking.types import FrameResult

FOLD_EVERY_S = 1.0
CHUNK_FRAMES = 256
SIGHTED_FRAMES = 4000  # read at a time without joints; others wait for it so long
MAX_EDITS = 1_000_000


def session_path(source: Path, folder: Path | None = None) -> Path:
    """Where the session of a video lies: `<stem>_session.ppnet` beside it, or in `folder`."""
    return (folder or source.parent) / f"{stem_of(source)}{layout.SUFFIX}"


class Session:
    """Results of one run on disk. Safe to use from several threads of one process; one process writes at a time."""

    def __init__(
        self, path: Path, database: sqlite3.Connection, header: SessionHeader, *, writer_lock: WriterLock | None
    ) -> None:
        """Use `Session.create` or `Session.open`. writer_lock: given back at the end; None: for reading only."""
        self.path = path
        self.writable = writer_lock is not None
        self.last_smoothing = LastSmoothing()
        self._sightings = KnownSightings(self._sighted)
        self._writer_lock = writer_lock
        self._database, self._header = database, header
        self._lock = threading.RLock()
        self._folded_at = time.monotonic()
        self._closed = False
        with self._guarded():
            self._count, self._parts = int(self._one("SELECT count(*) FROM frames")[0]), stored_parts(database)
            self._newest_index = self._parts.last_index
        self._last_id: int | None = None  # looked up when it is asked for: it takes a while in hours of video

    @classmethod
    def create(cls, path: Path, header: SessionHeader, *, overwrite: bool = False, keep_as: Path | None = None) -> Self:
        """A new file. keep_as: what one that is overwritten is called from then on (None: it is gone).

        UserError when it exists (and `overwrite` is off); SessionError when it is in use or cannot be written.
        """
        with ExitStack() as undo:
            lock = undo.enter_context(WriterLock(path, header.source.file_name))
            text = layout.header_to_json(header)
            database = undo.enter_context(closing(connect_new(path, text, overwrite=overwrite, keep_as=keep_as)))
            session = cls(path, database, header, writer_lock=lock)
            undo.pop_all()
            return session

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> Self:
        """An existing file, for reading or to add results and edits.

        SessionError when it is missing, being written, damaged, no session, or of a newer format.
        """
        with ExitStack() as undo:
            lock = None
            if writable:
                database, lock = connect_writing(path)
                undo.enter_context(lock)
            else:
                database = connect_reading(path)
            undo.enter_context(closing(database))
            header = stored_header(database, path)
            session = cls(path, database, header, writer_lock=lock)
            undo.pop_all()
            return session

    # What is known of the run

    @property
    def header(self) -> SessionHeader:
        """How the results came to be."""
        return self._header

    def set_header(self, header: SessionHeader) -> None:
        """Writes the header again (a camera tells its size only once it is open)."""
        with self._guarded(), self._database:
            self._set_meta("header", layout.header_to_json(header))
        self._header = header

    @property
    def complete(self) -> bool:
        """Whether the run came to its end, by itself or because someone stopped a live run."""
        with self._guarded():
            return meta_value(self._database, "complete") == "1"

    @property
    def frame_count(self) -> int:
        """Number of frames stored."""
        return self._count

    @property
    def last_frame_index(self) -> int:
        """The highest index of a frame; -1 in an empty session."""
        return self._parts.last_index

    @property
    def newest_frame_index(self) -> int:
        """Index of the frame that was stored last, as far as this program knows; -1 in an empty session."""
        return self._newest_index

    @property
    def parts(self) -> TrackedParts:
        """Which frames are tracked, and where something is missing."""
        return self._parts

    def part_times(self) -> tuple[tuple[float, float], ...]:
        """Times in seconds of the first and the last frame of each part, in order."""
        with self._guarded():
            query = "SELECT min(time_s), max(time_s) FROM frames WHERE frame_index IN (?, ?)"
            ends = [self._one(query, part.first, part.last) for part in self._parts.parts]
            return tuple((float(first), float(last)) for first, last in ends)

    def join(self, first: int) -> None:
        """Nothing is missing any more in front of the part that begins with this frame."""
        with self._guarded():
            parts = self._parts.joined_at(first)
            with self._database:
                self._set_meta(OPEN_PARTS, layout.to_json(parts.opened))
            self._parts = parts

    @property
    def last_track_id(self) -> int:
        """Highest id of the run, before any edit; 0 when nobody was seen."""
        with self._guarded():
            if self._last_id is None or not self.writable:  # else somebody else may be writing
                self._last_id = int(self._one("SELECT max(track_id) FROM people")[0] or 0)
            return self._last_id

    def frame_times(self) -> npt.NDArray[np.float64]:
        """(F,) presentation times in seconds of the frames stored, in order."""
        with self._guarded():
            return layout.times_from(self._column("time_s"))

    def frame_indices(self) -> npt.NDArray[np.int64]:
        """(F,) indices in the source of the frames stored, in order."""
        with self._guarded():
            return np.array(self._column("frame_index"), np.int64)

    @property
    def first_backward(self) -> int | None:
        """Index of the first frame that is earlier than the one stored before it; None where times rise."""
        with self._guarded():
            return reading.first_backward(self._database)

    def _column(self, name: str) -> list[Any]:
        rows = self._database.execute(f"SELECT {name} FROM frames ORDER BY frame_index").fetchall()  # noqa: S608
        return [row[0] for row in rows]

    @property
    def time_span(self) -> tuple[float, float] | None:
        """Times in seconds of the first and the last frame stored; None in an empty session."""
        parts = self.part_times()
        return (parts[0][0], parts[-1][1]) if parts else None

    @property
    def setting_changes(self) -> tuple[SettingChange, ...]:
        """Settings that were changed while the run went, oldest first."""
        with self._guarded():
            return layout.setting_changes_from_json(meta_value(self._database, "setting_changes") or "[]")

    def log_changes(self, changes: Sequence[SettingChange]) -> None:
        """Notes that settings were changed."""
        if changes:
            with self._guarded(), self._database:
                self._set_meta("setting_changes", layout.to_json((*self.setting_changes, *changes)))

    # Results

    def append(self, result: FrameResult, *, after: int | None = None) -> None:
        """Stores a frame. after: index of the one in front of it in the source, -1 for the first of all; where that one
        is not stored a part begins. None: the last one stored. ValueError when the frame is stored already (or not
        above all others where `after` is None) or its joints don't fit the header."""
        if after is None and result.frame_index <= self.last_frame_index:
            raise ValueError(f"frame {result.frame_index} comes after frame {self.last_frame_index}")
        parts = self._parts.with_frame(result.frame_index, self.last_frame_index if after is None else after)
        if result.skeleton != self._header.skeleton:
            raise ValueError(f"joints of {result.skeleton.name} in a session of {self._header.skeleton.name}")
        with self._guarded():
            with self._database:
                self._database.execute(
                    f"INSERT INTO frames ({layout.FRAME_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",  # noqa: S608
                    layout.frame_row(result),
                )
                self._database.executemany(
                    f"INSERT INTO people ({layout.PEOPLE_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
                    layout.people_rows(result),
                )
                if parts.opened != self._parts.opened:
                    self._set_meta(OPEN_PARTS, layout.to_json(parts.opened))
            self._count += 1
            if self._last_id is not None:
                self._last_id = max(self._last_id, int(result.tracks.ids.max(initial=0)))
            self._parts, self._newest_index = parts, result.frame_index
            self._fold_when_due()

    def result(self, frame_index: int) -> FrameResult | None:
        """The result of one frame, as it was tracked; None where there is none (yet)."""
        return next(self._span(frame_index, frame_index), None)

    def results(self, start: int = 0, end: int | None = None) -> Iterator[FrameResult]:
        """Results with start <= frame_index < end, in order; frames added meanwhile are given too."""
        last = (1 << 62) if end is None else end - 1
        while True:
            some = list(self._span(start, last))
            yield from some
            if len(some) < CHUNK_FRAMES:
                return
            start = some[-1].frame_index + 1

    def sightings(self, *, cancelled: Callable[[], bool] = lambda: False) -> Sightings:
        """Who is where in all frames, as it was tracked, without joints; the same object until more is stored. Read
        once, and then on from there; when it is cancelled, what is known so far."""
        return self._sightings.up_to(self._parts, cancelled)

    def _sighted(self, start: int, end: int) -> Sightings:
        with self._guarded():
            return reading.sightings(self._database, start, end, SIGHTED_FRAMES, len(self._header.skeleton))

    def rows_of(self, people: Sequence[int] | None, start: int, end: int) -> reading.Rows:
        """Who was tracked under these numbers (None: everybody) in frames with start <= frame_index < end, one under
        the other."""
        with self._guarded():
            rows = reading.rows(self._database, people, start, end, self._header.skeleton)
        return rows if self._header.imported_from else reading.rows_in_picture(rows)

    def _span(self, first: int, last: int) -> Iterator[FrameResult]:
        """At most CHUNK_FRAMES results with first <= frame_index <= last."""
        with self._guarded():
            found = reading.results(self._database, first, last, CHUNK_FRAMES, self._header.skeleton)
        return iter(found if self._header.imported_from else map(reading.in_picture, found))

    def go_on(self) -> None:
        """Takes the mark of completeness away: more is to come."""
        with self._guarded(), self._database:
            self._set_meta("complete", "0")

    def finish(self) -> None:
        """Marks the run as complete."""
        with self._guarded(), self._database:
            self._set_meta("complete", "1")

    # Edits

    def edits(self) -> tuple[Edit, ...]:
        """The edits in force, oldest first."""
        with self._guarded():
            return tuple(edit for _, edit in self._chain())

    def add_edit(self, edit: Edit) -> None:
        """Puts an edit on top; what was undone before can no longer be redone (it stays in the file)."""
        kind, data = edit_to_json(edit)
        with self._guarded(), self._database:
            cursor = self._database.execute(
                "INSERT INTO edits (parent, kind, data, created_utc) VALUES (?,?,?,?)",
                (self._head(), kind, data, layout.utc_now()),
            )
            self._set_meta("edits_head", str(cursor.lastrowid))

    def undo(self) -> Edit | None:
        """Takes the newest edit back and returns it; None when there is none."""
        with self._guarded(), self._database:
            chain = self._chain()
            if not chain:
                return None
            self._set_meta("edits_head", str(chain[-2][0] if len(chain) > 1 else 0))
            return chain[-1][1]

    def redo(self) -> Edit | None:
        """Puts the edit that was undone last back and returns it; None when there is none."""
        with self._guarded(), self._database:
            row = self._next_row()
            if row is None:
                return None
            self._set_meta("edits_head", str(row[0]))
            return edit_from_json(row[1], row[2])

    @property
    def newest_edit(self) -> Edit | None:
        """What `undo` would take back; None where there is nothing."""
        edits = self.edits()
        return edits[-1] if edits else None

    @property
    def undone_edit(self) -> Edit | None:
        """What `redo` would put back; None where there is nothing."""
        with self._guarded():
            row = self._next_row()
        return None if row is None else edit_from_json(row[1], row[2])

    def _next_row(self) -> tuple[int, str, str] | None:
        query = "SELECT edit_id, kind, data FROM edits WHERE parent = ? ORDER BY edit_id DESC LIMIT 1"
        row: tuple[int, str, str] | None = self._database.execute(query, (self._head(),)).fetchone()
        return row

    def _head(self) -> int:
        return int(meta_value(self._database, "edits_head") or 0)

    def _chain(self) -> list[tuple[int, Edit]]:
        rows = self._database.execute("SELECT edit_id, parent, kind, data FROM edits LIMIT ?", (MAX_EDITS,)).fetchall()
        known = {row[0]: row for row in rows}
        chain: list[tuple[int, Edit]] = []
        at = self._head()
        while at:
            if at not in known or known[at][1] >= at:  # a parent is always older: no endless loop in a hostile file
                raise ValueError(f"edit {at} has no valid parent")
            _, parent, kind, data = known[at]
            chain.append((at, edit_from_json(kind, data)))
            at = parent
        return chain[::-1]

    # Life

    def close(self) -> None:
        """Folds everything into the one file; closing twice is fine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self.writable:
                with suppress(sqlite3.Error):  # a full disk must not keep the program open; the log beside it stays
                    self._database.execute("PRAGMA journal_mode=DELETE")
            self._database.close()
            if self._writer_lock is not None:
                self._writer_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _fold_when_due(self) -> None:
        now = time.monotonic()
        if now - self._folded_at >= FOLD_EVERY_S:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._folded_at = now

    def _set_meta(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def _one(self, query: str, *values: int) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._database.execute(query, values).fetchone()
        return row

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Holds the lock; says what went wrong with the file in words for its user."""
        with self._lock:
            if self._closed:
                raise SessionError(f"The session {self.path.name} is closed.")
            limit_queries(self._database, MAX_QUERY_S)
            with explained(self.path):
                yield
