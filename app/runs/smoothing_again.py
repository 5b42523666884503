"""Smooths everything that was tracked anew, in a thread of its own; the old curves stay until it is done."""

import threading
from collections.abc import Callable

from app.runs.background_call import BackgroundCall, Post
from app.runs.opened import Opened
from tracking.session.edited_session import EditedSession


class SmoothingAgain:
    """One smoothing at a time: a newer one takes the place of the one at work."""

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

    def smooth_if_needed(self, run: Opened) -> None:
        """Begins, where the edits ask for smoothing that was not made yet."""
        if not run.edited.needs_smoothing:
            return
        self._cancelled.set()
        self._cancelled = cancelled = threading.Event()
        fresh = EditedSession(run.session)
        self._job = BackgroundCall(
            lambda: fresh.refresh(cancelled=cancelled.is_set),
            name="smooth",
            post=self._post,
            done=lambda _finished: None if cancelled.is_set() else self._done(run, fresh),
            failed=lambda error: self._tell(f"The smoothing could not be made: {error}", "error"),
        )

    def cancel(self) -> None:
        """Gives up what is at work, and waits for a moment until it has."""
        self._cancelled.set()
        if self._job is not None:
            self._job.wait(1.0)
            self._job = None
