"""`OpeningJob`: looks at what is to be opened and opens it, in a thread; one at a time."""

import threading
from collections.abc import Callable
from typing import Any

from app.workspace.background_call import BackgroundCall, Post
from app.workspace.opened import Opened

CLOSING_S = 30.0  # longer than any network takes to load
LAST_S = 1.0


class OpeningJob:
    """ready(run) and failed(error) come in the thread of `post`. A run that comes after `shut_down` is closed."""

    def __init__(self, *, post: Post, ready: Callable[[Opened], object], failed: Callable[[Exception], object]) -> None:
        self._post, self._ready, self._failed = post, ready, failed
        self._job: BackgroundCall[Any] | None = None
        self._lock = threading.Lock()
        self._opened: Opened | None = None  # and not handed over yet
        self._is_over = False

    @property
    def is_busy(self) -> bool:
        """Whether something is being opened."""
        return self._job is not None

    def look(self, probe: Callable[[], object], then: Callable[[object], object]) -> None:
        """Does `then` with what `probe` gives, once that has found nothing wrong."""
        self._begin(probe, then)

    def open(self, work: Callable[[], Opened], *, after: threading.Event | None) -> None:
        """Opens; after: what has to be closed first, perhaps the same session. Nothing after `shut_down`: the program
        may end while what is open is being closed."""
        if self._is_over:
            return

        def open_run() -> None:
            if after is not None:
                after.wait(CLOSING_S)
            run = work()
            with self._lock:
                self._opened = run
            if self._is_over:
                self._close_opened()

        def hand_over(_answer: None) -> None:
            if (run := self._taken()) is not None:
                self._ready(run)

        self._begin(open_run, hand_over)

    def shut_down(self) -> None:
        """Gives up what is being opened, and holds the end of the program up for a moment only."""
        self._is_over = True
        if self._job is not None:
            self._job.wait(LAST_S)
        self._close_opened()

    def _taken(self) -> Opened | None:
        with self._lock:
            run, self._opened = self._opened, None
            return run

    def _close_opened(self) -> None:
        if (run := self._taken()) is not None:
            run.close()

    def _begin(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        def end(then: Callable[[Any], object], answer: Any) -> None:
            self._job = None
            then(answer)

        self._job = BackgroundCall(
            work,
            name="open",
            post=self._post,
            done=lambda answer: end(done, answer),
            failed=lambda error: end(self._failed, error),
        )
