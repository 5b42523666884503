"""`FrameQueue`: hands frames from one thread to the next, never holding more than so much memory."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from app.engine.life_cycle import program_is_ending

T = TypeVar("T")
LOOK_S = 0.5  # how often it is asked whether the program ends


class FrameQueue(Generic[T]):
    """First in, first out, between one thread that puts and one that takes.

    It holds at most `most` items and, unless there is only one, at most `most_bytes` bytes. Items of no size (marks)
    always have room.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._is_closed = self._is_abandoned = False
        self._changed = threading.Condition()

    def put(self, item: T, size: int) -> bool:
        """Waits for room for an item of `size` bytes; False when nobody takes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_abandoned or self._has_room(size))
            if self._is_abandoned:
                return False
            self._add(item, size)
            return True

    def offer(self, item: T, size: int) -> bool:
        """As `put`, but never waits: False when there is no room for it."""
        with self._changed:
            if self._is_abandoned or not self._has_room(size):
                return False
            self._add(item, size)
            return True

    def _add(self, item: T, size: int) -> None:
        self._items.append((item, size))
        self._bytes += size
        self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Waits for each item; ends after the last one before `close` or the end of the program, or at once after
        `abandon`."""
        while True:
            with self._changed:
                while not self._changed.wait_for(lambda: self._items or self._is_closed, LOOK_S):
                    if program_is_ending():
                        return
                if not self._items:
                    return
                item, size = self._items.popleft()
                self._bytes -= size
                self._changed.notify_all()
            yield item

    def next_waiting(self) -> T | None:
        """What is given next, if it is there already."""
        with self._changed:
            return self._items[0][0] if self._items else None

    def close(self) -> None:
        """Nothing more will be put."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Nothing more will be taken; what waits is dropped."""
        with self._changed:
            self._is_closed = self._is_abandoned = True
            self._items.clear()
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return not size or not self._items or (len(self._items) < self._most and self._bytes + size <= self._most_bytes)
