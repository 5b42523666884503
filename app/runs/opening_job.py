"""`OpeningJob`: looks at what is to be opened and opens it, in a thread; one at a time."""

import threading
from collections.abc import Callable
from typing import Any

from app.runs.background_call import BackgroundCall, Post
from app.runs.opened import Opened

CLOSING_S = 30.0  # longer than any network takes to load


class OpeningJob:
    """ready(run) and failed(error) come in the thread of `post`. A run that was given up meanwhile is closed."""

    def __init__(self, *, post: Post, ready: Callable[[Opened], object], failed: Callable[[Exception], object]) -> None:
        self._post, self._ready, self._failed = post, ready, failed
        self._job: BackgroundCall[Any] | None = None
        self._abandoned = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Whether something is being opened."""
        return self._job is not None

    def look(self, probe: Callable[[], object], then: Callable[[], object]) -> None:
        """Does `then` once `probe` has found nothing wrong."""
        self._begin(probe, lambda _found: then())

    def open(self, work: Callable[[], Opened], *, after: threading.Event | None) -> None:
        """Opens; after: what has to be closed first, perhaps the same session."""
        abandoned = self._abandoned = threading.Event()

        def open_run() -> Opened:
            if after is not None:
                after.wait(CLOSING_S)
            run = work()
            if abandoned.is_set():
                run.close()
            return run

        self._begin(open_run, lambda run: run.close() if abandoned.is_set() else self._ready(run))

    def shut_down(self) -> None:
        """Gives up what is being opened."""
        self._abandoned.set()
        if self._job is not None and self._job.wait(1.0) and isinstance(self._job.answer, Opened):
            self._job.answer.close()

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
