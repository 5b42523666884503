"""`BackgroundWork`: work in a thread that tells how far it is, is given up on demand, and fails in one sentence."""

from collections.abc import Callable
from typing import Generic, TypeVar

from app.workspace.background_call import BackgroundCall, Post
from ppnet.errors import UserError, sentence_for
from tracking.progress import Cancelled

T = TypeVar("T")


class Progress:
    """How far work is, 0 to 1, and whether it is still wanted: what two threads know of it."""

    def __init__(self) -> None:
        self.share = 0.0
        self.is_cancelled = False

    def cancelled(self) -> bool:
        """Whether nobody wants the rest any more."""
        return self.is_cancelled

    def tell(self, share: float) -> None:
        """So much is done. Cancelled when the rest is not wanted any more."""
        self.share = min(share, 1.0)
        if self.is_cancelled:
            raise Cancelled


class BackgroundWork(Generic[T]):
    """One piece of work at a time. done(answer) or failed(sentence) comes in the thread of `post`; the answer is None
    when it was given up."""

    def __init__(
        self, name: str, *, post: Post, done: Callable[[T | None], object], failed: Callable[[str], object]
    ) -> None:
        self._name, self._post, self._done, self._failed = name, post, done, failed
        self._progress = Progress()
        self._job: BackgroundCall[T | None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is running."""
        return self._job is not None

    @property
    def is_given_up(self) -> bool:
        """Whether nobody wants what is running any more."""
        return self.is_busy and self._progress.is_cancelled

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self._progress.share

    def start(self, work: Callable[[Progress], T]) -> None:
        """Begins."""
        self._progress = progress = Progress()

        def run() -> T | None:
            try:
                return work(progress)
            except Cancelled:
                return None

        self._job = BackgroundCall(run, name=self._name, post=self._post, done=self._end, failed=self._end_badly)

    def cancel(self, *, wait_s: float = 0.0) -> None:
        """Gives up what is running, and waits at most that long until it has stopped."""
        self._progress.is_cancelled = True
        self.wait(wait_s)

    def wait(self, timeout_s: float) -> None:
        """Waits at most that long until nothing is running."""
        if self._job is not None:
            self._job.wait(timeout_s)

    def _end(self, answer: T | None) -> None:
        self._job = None
        self._done(answer)

    def _end_badly(self, error: Exception) -> None:
        self._job = None
        if self._progress.is_cancelled:
            self._done(None)
        elif isinstance(error, UserError | OSError):
            self._failed(str(error))
        else:
            self._failed(sentence_for(error, "Something went wrong; see the log."))
            raise error
