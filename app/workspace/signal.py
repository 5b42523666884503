"""`Signal`: something that others want to hear of; the plain counterpart of a Qt signal."""

from collections.abc import Callable
from typing import Generic, TypeVarTuple

Values = TypeVarTuple("Values")


class Signal(Generic[*Values]):
    """Calls everyone who is connected, in the order of connecting, in the thread that emits."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[*Values], object]] = []

    def connect(self, listener: Callable[[*Values], object]) -> None:
        """`listener(*values)` is called from now on."""
        self._listeners.append(listener)

    def emit(self, *values: *Values) -> None:
        """Tells all listeners."""
        for listener in tuple(self._listeners):
            listener(*values)
