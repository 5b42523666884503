"""Reading, computing and writing at the same time: three stages joined by short queues, order kept."""

import threading
from collections.abc import Callable, Iterable
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

WAIT_S = 0.1  # how soon a waiting stage sees that the run is over
END = object()


def run_stages(
    source: Iterable[A],
    process: Callable[[A], B],
    finish: Callable[[A, B], None],
    *,
    stop: threading.Event,
    depth: int = 8,
) -> None:
    """Give every item of `source` to `process` and then to `finish`, each stage in a thread of its own.

    `process` runs in the calling thread. At most `depth` items wait before and after it. When `stop` is set,
    items that were processed are still finished, the others are left. An error of any stage is raised here,
    after the stages behind it have finished what came before the error; no thread outlives the call.
    """
    _Stages(source, process, finish, stop=stop, depth=depth).run()


class _Stages(Generic[A, B]):
    def __init__(
        self,
        source: Iterable[A],
        process: Callable[[A], B],
        finish: Callable[[A, B], None],
        *,
        stop: threading.Event,
        depth: int,
    ) -> None:
        self._source, self._process, self._finish = source, process, finish
        self._stop = stop
        self._over = threading.Event()  # the stages behind want nothing more
        self._read: Queue[object] = Queue(depth)
        self._done: Queue[object] = Queue(depth)
        self._errors: list[BaseException] = []

    def run(self) -> None:
        threads = [
            threading.Thread(target=self._guard, args=(self._read_all, self._read), name="read"),
            threading.Thread(target=self._guard, args=(self._finish_all, None), name="write"),
        ]
        for thread in threads:
            thread.start()
        try:
            self._process_all()
        finally:
            self._put(self._done, END)
            threads[1].join()
            self._over.set()
            threads[0].join()
        if self._errors:
            raise self._errors[0]

    def _guard(self, work: Callable[[], None], then: "Queue[object] | None") -> None:
        """Top of a thread: an error is kept for the caller, and the end is told to the next stage."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in `run`
            self._errors.append(error)
        finally:
            if then is None:
                self._over.set()
            else:
                self._put(then, END)

    def _read_all(self) -> None:
        for item in self._source:
            if self._stop.is_set() or not self._put(self._read, item):
                return

    def _process_all(self) -> None:
        while (item := self._get(self._read)) is not END:
            if self._stop.is_set():
                return
            if not self._put(self._done, (item, self._process(item))):  # type: ignore[arg-type]
                return

    def _finish_all(self) -> None:
        while (pair := self._get(self._done)) is not END:
            self._finish(*pair)  # type: ignore[misc]

    def _put(self, queue: "Queue[object]", item: object) -> bool:
        """Wait for room; False when nobody wants it any more."""
        while not self._over.is_set():
            try:
                queue.put(item, timeout=WAIT_S)
                return True
            except Full:
                continue
        return False

    def _get(self, queue: "Queue[object]") -> object:
        """Wait for an item; the end when the stages behind are over."""
        while True:
            try:
                return queue.get(timeout=WAIT_S)
            except Empty:
                if self._over.is_set():
                    return END
