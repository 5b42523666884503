"""Which frames of a source are tracked: parts without a gap, and what is still missing around them."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Part:
    """Frames `first` to `last`, both included, tracked one after another. Pictures among them that can't be decoded
    are no gap.

    is_open: tracking began here in the middle; what is in front of it has not been tracked, or is not joined to it yet.
    """

    first: int
    last: int
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames that are not tracked: from `first` up to, but without, `end`.

    after: last frame of the part that it goes on from. before: first frame of the part behind it; None: there is none.
    """

    first: int
    end: int
    after: int | None = None
    before: int | None = None

    def contains(self, index: int) -> bool:
        """Whether a frame is missing here."""
        return self.first <= index < self.end


@dataclass(frozen=True, slots=True)
class TrackedParts:
    """All parts, in order of frames; none of them overlap."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def stored(cls, lasts: Mapping[int, int], opened: Iterable[int]) -> "TrackedParts":
        """lasts: the last frame of each part, by its first one. opened: the first frames of those that are open."""
        open_firsts = set(opened)
        return cls(tuple(Part(first, lasts[first], first in open_firsts) for first in sorted(lasts)))

    @property
    def opened(self) -> tuple[int, ...]:
        """The first frames of the parts that are open."""
        return tuple(part.first for part in self.parts if part.is_open)

    @property
    def last_index(self) -> int:
        """The last frame of all; -1 where nothing is tracked."""
        return self.parts[-1].last if self.parts else -1

    def part_with(self, index: int) -> Part | None:
        """The part that holds a frame."""
        at = bisect_right(self.parts, index, key=lambda part: part.first) - 1
        return self.parts[at] if at >= 0 and index <= self.parts[at].last else None

    def beyond(self, known: "TrackedParts") -> tuple[range, ...]:
        """Frames that have come since these were all."""
        fresh = []
        for part in self.parts:
            start = part.first
            for old in known.parts:
                if part.first <= old.first <= part.last:
                    fresh.append(range(start, old.first))
                    start = old.last + 1
            fresh.append(range(start, part.last + 1))
        return tuple(frames for frames in fresh if frames)

    def with_frame(self, index: int, after: int) -> "TrackedParts":
        """With one more frame. after: the frame in front of it in the source, -1 for the first of all. Where that one
        is not tracked a part begins. ValueError when the frame is tracked already."""
        if self.part_with(index) is not None:
            raise ValueError(f"frame {index} is tracked already")
        grown = self.part_with(after)
        if grown is not None:
            return self._with(grown, replace(grown, last=index))
        return self._with(None, Part(index, index, is_open=after >= 0))

    def joined_at(self, first: int) -> "TrackedParts":
        """Nothing is missing any more in front of the part that begins with this frame."""
        later = self.part_with(first)
        if later is None or later.first != first or not later.is_open:
            return self
        at = self.parts.index(later)
        if at == 0:
            return self._with(later, replace(later, is_open=False))
        earlier = self.parts[at - 1]
        joined = replace(earlier, last=later.last)
        return TrackedParts((*self.parts[: at - 1], joined, *self.parts[at + 1 :]))

    def gaps(self, wanted: range) -> tuple[Gap, ...]:
        """What is missing of the frames wanted, in order. Two parts that touch and are not joined have a gap without
        frames between them."""
        start = () if self.parts and not self.parts[0].is_open else (None,)
        pairs = pairwise((*start, *self.parts, None))
        return tuple(gap for part, following in pairs if (gap := _between(part, following, wanted)) is not None)

    def _with(self, old: Part | None, new: Part) -> "TrackedParts":
        return TrackedParts(tuple(sorted((*(p for p in self.parts if p is not old), new), key=lambda p: p.first)))


def _between(part: Part | None, following: Part | None, wanted: range) -> Gap | None:
    """What is missing between two parts (None: start or end of the source) of what is wanted."""
    begin = 0 if part is None else part.last + 1
    first = max(begin, wanted.start)
    end = wanted.stop if following is None else min(following.first, wanted.stop)
    touches = part is not None and following is not None and begin >= following.first and following.first in wanted
    if first >= end and not touches:
        return None
    after = part.last if part is not None and first == begin else None
    return Gap(first, end, after, None if following is None else following.first)
