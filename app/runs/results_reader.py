"""Reads all results of what is open, in a thread of its own, as they grow and whenever edits have changed them."""

import logging
import threading
from dataclasses import dataclass

from app.runs.person_history import PersonHistory
from ppnet.errors import UserError
from tracking.events import Event, EventLog, Lane
from tracking.session.edited_session import EditedSession

SHOW_FRAMES = 500  # so many at a time come into view
LOOK_S = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownResults:
    """What is known of everybody up to `known_s` (seconds), and the curves of the chosen person.

    is_reading: more is stored than was read so far.
    """

    lanes: tuple[Lane, ...] = ()
    events: tuple[Event, ...] = ()
    known_s: float = 0.0
    history: PersonHistory | None = None
    is_reading: bool = False


@dataclass(frozen=True, slots=True)
class _Wish:
    edited: EditedSession
    person: int | None
    history_from: int


class ResultsReader:
    """`known` is taken by the window. What was known before stays in view until as much is read anew."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wish: _Wish | None = None
        self._known = KnownResults()
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name="read results", daemon=True)
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
            if self._known.history is not None and self._known.history.person != person:
                self._known = KnownResults(self._known.lanes, self._known.events, self._known.known_s, None, True)
            self._condition.notify_all()

    def forget(self) -> None:
        """Nothing is open any more."""
        with self._condition:
            self._wish, self._known = None, KnownResults()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Ends the thread; True when it has ended."""
        with self._condition:
            self._is_ended = True
            self._condition.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        done: _Wish | None = None
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_ended or self._wish is not done)  # noqa: B023 - called at once
                wish = done = self._wish
                if self._is_ended:
                    return
            try:
                if wish is not None:
                    self._follow(wish)
            except UserError:  # the session was closed meanwhile
                continue
            except Exception:  # a thread's top: the lanes stay as they are
                log.exception("reading results")

    def _follow(self, wish: _Wish) -> None:
        """Reads what there is and then what comes, until something else is wished for."""
        events, known_s, next_frame, is_shown = EventLog(), 0.0, 0, False
        history = None if wish.person is None else PersonHistory(wish.person)
        while self._is_wanted(wish):
            count = 0
            for edited in wish.edited.results(next_frame, keep_hidden=True):
                result = edited.result
                events.add(result)
                if history is not None and result.frame_index >= wish.history_from:
                    history.add(result)
                next_frame, known_s, count = result.frame_index + 1, result.time_s, count + 1
                if count % SHOW_FRAMES == 0 and not self._show(wish, events, known_s, history, is_reading=True):
                    return
            if count or not is_shown:
                is_shown = self._show(wish, events, known_s, history, is_reading=False)
            with self._condition:
                self._condition.wait_for(lambda: self._is_ended or self._wish is not wish, LOOK_S)

    def _is_wanted(self, wish: _Wish) -> bool:
        with self._condition:
            return self._wish is wish and not self._is_ended

    def _show(
        self, wish: _Wish, events: EventLog, known_s: float, history: PersonHistory | None, *, is_reading: bool
    ) -> bool:
        """Puts it in view; False when something else is wished for meanwhile."""
        fresh = KnownResults(
            events.lanes(), events.events(), known_s, None if history is None else history.copy(), is_reading
        )
        with self._condition:
            if self._wish is not wish or self._is_ended:
                return False
            if not is_reading or known_s >= self._known.known_s:
                self._known = fresh
            return True
