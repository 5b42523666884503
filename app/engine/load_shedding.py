"""When a live engine sheds work, and what it sheds first.

Work is shed one step at a time while the delay stays above its target, in the order of the steps, and taken up again
in the opposite order once there is room. A step that was given back too early is waited for longer next time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True)
class ShedStep(Generic[S]):
    """One saving: `name` in plain words, `change(settings)` gives the cheaper settings (or the same ones).

    instead_of: the name of a step before it that it goes beyond.
    """

    name: str
    change: Callable[[S], S]
    instead_of: str = ""


def shed(settings: S, steps: Sequence[ShedStep[S]], level: int) -> tuple[S, tuple[str, ...]]:
    """The settings with the first `level` steps that save anything, and the names of these steps."""
    taken: list[ShedStep[S]] = []
    for step in steps:
        if len(taken) == level:
            break
        cheaper = step.change(settings)
        if cheaper != settings:
            settings = cheaper
            taken.append(step)
    outdone = {step.instead_of for step in taken}
    return settings, tuple(step.name for step in taken if step.name not in outdone)


class LoadShedder:
    """Decides how many steps are in force. Not for several threads at once.

    target_s: delay to stay below. steps: how many there are. A step is taken after `take_after_s` above the target and
    given back after `give_back_after_s` below half of it; that wait doubles (up to 16 times) after each failed attempt.
    """

    def __init__(
        self, target_s: float, *, steps: int, take_after_s: float = 1.5, give_back_after_s: float = 5.0
    ) -> None:
        self.level = 0
        self._target_s = target_s
        self._steps = steps
        self._take_after_s = take_after_s
        self._give_back_after_s = give_back_after_s
        self._wait_s = give_back_after_s
        self._above_since: float | None = None
        self._below_since: float | None = None
        self._given_back_at: float | None = None

    def update(self, delay_s: float, now_s: float) -> bool:
        """Takes a measured delay in; True when the level changed."""
        if delay_s > self._target_s:
            self._below_since = None
            self._above_since = now_s if self._above_since is None else self._above_since
            if now_s - self._above_since >= self._take_after_s and self.level < self._steps:
                return self._take(now_s)
        elif delay_s < self._target_s / 2:
            self._above_since = None
            self._below_since = now_s if self._below_since is None else self._below_since
            if now_s - self._below_since >= self._wait_s and self.level > 0:
                return self._give_back(now_s)
        else:
            self._above_since = self._below_since = None
        return False

    def _take(self, now_s: float) -> bool:
        self.level += 1
        self._above_since = None
        if self._given_back_at is not None and now_s - self._given_back_at < 2 * self._wait_s:
            self._wait_s = min(2 * self._wait_s, 16 * self._give_back_after_s)
        self._given_back_at = None
        return True

    def _give_back(self, now_s: float) -> bool:
        self.level -= 1
        self._below_since = None
        self._given_back_at = now_s
        return True
