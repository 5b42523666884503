"""`LatestSlot`: hands the newest value from one thread to another."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Room for one value; a newer value takes the place of one that nobody took, and that is counted.

    So a slow taker never lags: it always gets the newest value, and `overwritten` says what it missed.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self._overwritten = 0

    def put(self, value: T) -> None:
        """Leaves a value (not None); never blocks."""
        with self._condition:
            if self._value is not None:
                self._overwritten += 1
            self._value = value
            self._condition.notify()

    def take(self, timeout_s: float | None = None) -> T | None:
        """The newest value, removed from the slot; None when none came within `timeout_s` (None waits for ever)."""
        with self._condition:
            self._condition.wait_for(lambda: self._value is not None, timeout_s)
            value, self._value = self._value, None
            return value

    @property
    def overwritten(self) -> int:
        """How many values were replaced before anyone took them."""
        with self._condition:
            return self._overwritten
