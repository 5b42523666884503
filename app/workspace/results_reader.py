"""Reads all results of what is open, in a thread of its own, as they grow and whenever edits have changed them."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from app.engine.waiting_thread import WaitingThread
from app.workspace.person_history import PersonHistory
from ppnet.errors import UserError
from tracking.events import Event, Lane, events_of, lanes_of
from tracking.session.edited_session import EditedSession
from tracking.session.person_tracks import PersonTrack, person_track
from tracking.session.tracked_parts import TrackedParts
from tracking.sightings import Sightings

SHOW_FRAMES = 4000  # so many at a time come into view
LOOK_S = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownResults:
    """What is known of everybody up to `known_s` (seconds) in so many frames, and the curves of the selected person.

    is_reading: more is stored than was read so far.
    """

    lanes: tuple[Lane, ...] = ()
    events: tuple[Event, ...] = ()
    known_s: float = 0.0
    history: PersonHistory | None = None
    is_reading: bool = False
    frames: int = 0


@dataclass(frozen=True, slots=True)
class _Wish:
    edited: EditedSession
    person: int | None
    history_from: int


class ResultsReader(WaitingThread):
    """`known` is taken by the window. What was known before stays in view until as much is read again."""

    def __init__(self, on_news: Callable[[], object] = lambda: None) -> None:
        """on_news(): called in the thread that reads when there is something new."""
        super().__init__("read results")
        self._on_news = on_news
        self._wish: _Wish | None = None
        self._known = KnownResults()
        self._thread.start()

    @property
    def known(self) -> KnownResults:
        """The newest; the same object until there is news."""
        with self._condition:
            return self._known

    def read(self, edited: EditedSession, *, person: int | None, history_from: int = 0) -> None:
        """Reads from the start: results or edits have changed. person: whose curves are wanted, from the frame
        `history_from` on."""
        with self._condition:
            self._wish = _Wish(edited, person, history_from)
            before = self._known.history
            kept = before if before is not None and before.person == person else None
            self._known = replace(self._known, history=kept, is_reading=person is not None)
            self._condition.notify_all()

    def forget(self) -> None:
        """Nothing is open any more."""
        with self._condition:
            self._wish, self._known = None, KnownResults()

    def _run(self) -> None:
        done: _Wish | None = None
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_closed or self._wish is not done)  # noqa: B023 - called at once
                wish = done = self._wish
                if self._is_closed:
                    return
            try:
                if wish is not None:
                    self._follow(wish)
            except UserError:  # the session was closed meanwhile
                continue
            except Exception:  # top level of a thread: the lanes stay as they are
                log.exception("reading results")

    def _follow(self, wish: _Wish) -> None:
        """Reads what there is and then what comes, until something else is wished for."""
        track: PersonTrack | None = None
        tracked: Sightings | None = None
        lanes: tuple[Lane, ...] = ()
        events: tuple[Event, ...] = ()
        planned, waiting = TrackedParts(), list[range]()  # what the curves hold or will hold, and what they lack of it
        shown_length, is_reading = 0, False
        while self._is_wanted(wish):
            begun_s, before = time.monotonic(), tracked
            tracked = wish.edited.stored.sightings(cancelled=lambda: not self._is_wanted(wish))
            if is_news := tracked is not before:
                sightings = wish.edited.plan.sighted(tracked)
                lanes = lanes_of(sightings)
                events = events_of(sightings, lanes)
            has_more = False
            if wish.person is not None:
                if not waiting:
                    stored = wish.edited.stored.parts
                    waiting = _pieces(stored.beyond(planned), wish.history_from)
                    planned = stored
                if has_more := bool(waiting):
                    piece = waiting.pop(0)
                    more = person_track(wish.edited, wish.person, piece.start, piece.stop, keep_hidden=True)
                    track = more if track is None else PersonTrack.joined([track, more])
            was_reading, is_reading = is_reading, bool(waiting)
            length = 0 if track is None else len(track.times)
            is_longer = has_more and (not is_reading or length >= 1.5 * shown_length)  # all of it is copied each time
            if is_news or is_longer or was_reading > is_reading:
                shown_length = length
                history = None if track is None or wish.person is None else PersonHistory.of(wish.person, track)
                frames = len(tracked.times)
                self._show(wish, KnownResults(lanes, events, tracked.last_s, history, is_reading, frames))
            if not is_reading:
                pause_s = max(LOOK_S, 10 * (time.monotonic() - begun_s))  # a long live run is not read all the time
                with self._condition:
                    self._condition.wait_for(lambda: self._is_closed or self._wish is not wish, pause_s)

    def _is_wanted(self, wish: _Wish) -> bool:
        with self._condition:
            return self._wish is wish and not self._is_closed

    def _show(self, wish: _Wish, fresh: KnownResults) -> None:
        """Puts it in view. A curve that was read whole stays until as much is read again."""
        with self._condition:
            if self._wish is not wish or self._is_closed:
                return
            before, after = self._known.history, fresh.history
            if fresh.is_reading and before is not None and after is not None and len(before.times) > len(after.times):
                fresh = replace(fresh, history=before)
            self._known = fresh
        self._on_news()


def _pieces(frames: Iterable[range], start: int) -> list[range]:
    """The frames from `start` on, in pieces that are read at a time."""
    parts = (range(max(part.start, start), part.stop) for part in frames)
    return [part[i : i + SHOW_FRAMES] for part in parts for i in range(0, len(part), SHOW_FRAMES)]
