"""A source turned, mirrored, or with its true speed given back, before anything else looks at it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ppnet.errors import UserError
from tracking.time_span import SAME_TIME_S
from tracking.types import Frame
from tracking.video.source import ClosingSource, VideoInfo, VideoSource

TURNS_DEG = (0, 90, 180, 270)
SLOWEST = 64.0


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How pictures and times differ from those of the source.

    turn_deg: clockwise, 0, 90, 180 or 270, on top of what the file says of itself. mirror: then left and right change
    places. slow_motion: how many times slower than life the source plays (8 for 240 pictures a second saved as 30);
    times are divided by it. UserError when out of range.
    """

    turn_deg: int = 0
    mirror: bool = False
    slow_motion: float = 1.0

    def __post_init__(self) -> None:
        if self.turn_deg not in TURNS_DEG:
            raise UserError(f"Pictures are turned by 0, 90, 180 or 270 degrees, not {self.turn_deg}.")
        if not 1 / SLOWEST <= self.slow_motion <= SLOWEST:
            raise UserError(f"The slow-motion factor lies between 1/64 and 64, not {self.slow_motion:g}.")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Adaptation":
        """What the settings of a session say; where they say nothing, or nonsense, the source as it is."""
        turn, mirror, slow = (settings.get(name) for name in ("turn_deg", "mirror", "slow_motion"))
        return cls(
            turn if turn in TURNS_DEG else 0,
            mirror is True,
            float(slow) if isinstance(slow, int | float) and 1 / SLOWEST <= slow <= SLOWEST else 1.0,
        )

    @property
    def is_nothing(self) -> bool:
        """Whether the source stays as it is."""
        return self == Adaptation()


def adapted(source: VideoSource, adaptation: Adaptation) -> VideoSource:
    """The source with the adaptation, or itself where there is none. Closing it closes the source."""
    return source if adaptation.is_nothing else AdaptedSource(source, adaptation)


class AdaptedSource(ClosingSource):
    """A source whose frames are turned, mirrored and timed anew. Indices stay; `seek` is in the new times."""

    def __init__(self, source: VideoSource, adaptation: Adaptation) -> None:
        self._source: Any = source
        self._adaptation = adaptation
        self._slow = 1.0 if source.info.is_live else adaptation.slow_motion
        self._info = _adapted_info(source.info, adaptation, Fraction(self._slow).limit_denominator(1000))

    @property
    def info(self) -> VideoInfo:
        """Facts of the source as it comes out; without sound when its speed is changed."""
        return self._info

    @property
    def notices(self) -> tuple[str, ...]:
        """What was wrong with the source."""
        return tuple(self._source.notices)

    @property
    def ended_early(self) -> bool:
        """True when more should have come."""
        return bool(self._source.ended_early)

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._source:
            yield Frame(frame.index, frame.time_s / self._slow, self._turned(frame.image))

    def seek(self, time_s: float) -> None:
        """The next frame given is the first with a time at or after this one (to `SAME_TIME_S` of its own times)."""
        self._source.seek((time_s - SAME_TIME_S) * self._slow + SAME_TIME_S)

    def frame_times(self) -> tuple[float, ...]:
        """All times in seconds."""
        return tuple(time_s / self._slow for time_s in self._source.frame_times())

    def close(self) -> None:
        """Closes the source."""
        self._source.close()

    def _turned(self, image: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        turned = np.rot90(image, -self._adaptation.turn_deg // 90)
        return np.ascontiguousarray(turned[:, ::-1] if self._adaptation.mirror else turned)


def _adapted_info(info: VideoInfo, adaptation: Adaptation, slow: Fraction) -> VideoInfo:
    across = adaptation.turn_deg in (90, 270)
    width, height = info.size_wh
    return replace(
        info,
        size_wh=(height, width) if across else info.size_wh,
        pixel_aspect=1 / info.pixel_aspect if across else info.pixel_aspect,
        duration_s=None if info.duration_s is None else info.duration_s / float(slow),
        frame_rate=None if info.frame_rate is None else info.frame_rate * slow,
        time_base=None if info.time_base is None else info.time_base / slow,
        start_s=info.start_s / float(slow),
        has_audio=info.has_audio and math.isclose(slow, 1),
    )
