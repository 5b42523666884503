"""Whether backends are being measured at the moment: it takes seconds, and whoever waits should be told why."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MEASURING = "Finding out what runs fastest on this computer (only this once)…"

_listeners: list[Callable[[str], object]] = []
_under_way: list[str] = []


def is_measuring() -> bool:
    """Whether that goes on in any thread of the program."""
    return bool(_under_way)


@contextmanager
def measuring() -> Iterator[None]:
    """Around a measurement."""
    for tell in tuple(_listeners):
        tell(MEASURING)
    _under_way.append(MEASURING)
    try:
        yield
    finally:
        _under_way.pop()


@contextmanager
def telling(tell: Callable[[str], object]) -> Iterator[None]:
    """Inside, tell(sentence) is called in the thread that begins to measure."""
    _listeners.append(tell)
    try:
        yield
    finally:
        _listeners.remove(tell)
