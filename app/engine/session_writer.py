"""`SessionWriter`: writes the results of a live run into its session, in a thread of its own."""

import logging
import queue
import threading
from contextlib import suppress

from app.engine.life_cycle import program_is_ending
from ppnet.errors import UserError, sentence_for
from tracking.session.session import Session
from tracking.types import FrameResult

log = logging.getLogger(__name__)

QUEUE_RESULTS = 600
WAIT_S = 0.5
LAST_LOOKS = 60  # for a result that is still running: half a minute, and more where the computer stands still


class SessionWriter:
    """Writes into a session: `stop` lets the queue run empty and marks the run complete, `close` closes the file too.

    The thread holds a writer, so it is no daemon.
    """

    def __init__(self, session: Session) -> None:
        self.dropped = 0
        self.message: str | None = None
        self._session = session
        self._lock = threading.Lock()
        self._is_done = False
        self._is_closing = False
        self._queue: queue.Queue[FrameResult | None] = queue.Queue()
        self.thread = threading.Thread(target=self._run, name="session")
        self.thread.start()

    def put(self, result: FrameResult) -> None:
        """Takes a result; never blocks: a full queue drops it and counts it."""
        if self._queue.qsize() >= QUEUE_RESULTS:
            self.dropped += 1
        else:
            self._queue.put(result)

    def stop(self) -> None:
        """No more results. The session stays open: it is still looked at, edited and exported."""
        self._queue.put(None)

    def close(self, *, one_more: bool = False) -> None:
        """As `stop`, and the session is closed once all is written. one_more: a last result is still running; it is
        waited for, and `stop` follows it."""
        if not one_more:
            self.stop()
        with self._lock:
            self._is_closing = True
            if self._is_done:
                self._session.close()

    def _run(self) -> None:
        try:
            while (result := self._next()) is not None:
                if self.message is None:
                    self._append(result)
            if self.message is None:
                self._session.finish()
        except UserError as error:
            self.message = str(error)
        finally:
            with self._lock:
                self._is_done = True
                if self._is_closing or program_is_ending():
                    self._session.close()

    def _next(self) -> FrameResult | None:
        looks = 0
        while True:
            is_last = looks >= LAST_LOOKS or program_is_ending()
            with suppress(queue.Empty):
                return self._queue.get(timeout=WAIT_S)
            if is_last:
                return None
            looks += self._is_closing

    def _append(self, result: FrameResult) -> None:
        try:
            self._session.append(result)
        except UserError as error:
            self.message = str(error)
        except Exception as error:  # top level of a thread: the run goes on without its session, and says so
            log.exception("writing the session")
            self.message = sentence_for(error, f"The session could not be written ({error}).")
