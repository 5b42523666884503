"""How long work tells where it is, and how it is stopped."""

from collections.abc import Callable

Tick = Callable[[int], None]
"""tick(frames done) is called after each frame; to stop the work it raises `Cancelled`."""


class Cancelled(Exception):
    """Someone wants no more of it; nothing is left behind."""


def no_tick(done: int) -> None:
    """Tells nobody."""
