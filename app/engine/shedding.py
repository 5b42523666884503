"""When a live engine sheds work, and what it sheds first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True)
class ShedStep(Generic[S]):
    """One saving: `name` in plain words, `change(settings)` gives the cheaper settings."""

    name: str
    change: Callable[[S], S]
