"""`BackgroundCall`: one-shot work in a thread of its own, its answer handed back to the thread that asked for it."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Post = Callable[[Callable[[], object]], object]
"""post(call): has the call made soon by the thread that waits for the answers (the window's); callable from any."""


def reraise(error: Exception) -> None:
    """What becomes of an error that nobody expected: whoever makes the calls reports it."""
    raise error


class BackgroundCall(Generic[T]):
    """Runs `work()` once, at once; then `done(answer)` or `failed(error)` is posted."""

    def __init__(
        self,
        work: Callable[[], T],
        *,
        name: str,
        post: Post,
        done: Callable[[T], object] = lambda _answer: None,
        failed: Callable[[Exception], object] = reraise,
    ) -> None:
        self.answer: T | None = None
        self._work, self._post, self._done, self._failed = work, post, done, failed
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the end of the thread; False when it is still running."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.answer = answer = self._work()
        except Exception as error:  # noqa: BLE001 - top level of a thread: whatever it is must reach the window
            kept = error
            self._post(lambda: self._failed(kept))
        else:
            self._post(lambda: self._done(answer))
