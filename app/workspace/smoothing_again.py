"""Smooths everything that was tracked again, in a thread of its own; the old curves stay until it is done."""

import threading
from collections.abc import Callable

from app.workspace.background_call import BackgroundCall, Post
from app.workspace.opened import Opened
from tracking.session.edited_session import EditedSession


class SmoothingAgain:
    """One smoothing at a time: a newer one takes the place of the one that is running."""

    def __init__(
        self,
        done: Callable[[Opened, EditedSession], object],
        tell: Callable[[str, str], object],
        *,
        post: Post,
    ) -> None:
        """done(run, smoothed) when it is made; tell(sentence, kind) when it can't be."""
        self._done, self._tell, self._post = done, tell, post
        self._cancelled = threading.Event()
        self._job: BackgroundCall[bool] | None = None
        self._at_work_on: object = None

    def smooth_if_needed(self, run: Opened) -> None:
        """Begins, where the edits ask for smoothing that was not made yet and is not at work; what they do not ask for
        any more is given up."""
        wanted = run.edited.wanted_smoothing if run.edited.needs_smoothing else None
        if wanted == self._at_work_on:
            return
        self._cancelled.set()
        self._at_work_on = wanted
        if wanted is None:
            return
        self._cancelled = cancelled = threading.Event()
        fresh = EditedSession(run.session)

        def end(then: Callable[[], object]) -> None:
            if not cancelled.is_set():
                self._at_work_on = None
                then()

        self._job = BackgroundCall(
            lambda: fresh.refresh(cancelled=cancelled.is_set),
            name="smooth",
            post=self._post,
            done=lambda _finished: end(lambda: self._done(run, fresh)),
            failed=lambda error: end(lambda: self._tell(f"The joints could not be smoothed again: {error}", "error")),
        )

    def cancel(self) -> None:
        """Gives up what is running, and waits for a moment until it has."""
        self._cancelled.set()
        self._at_work_on = None
        if self._job is not None:
            self._job.wait(1.0)
            self._job = None
