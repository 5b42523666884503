"""A source turned, mirrored, or with its true speed given back, before anything else looks at it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from tracking.checked_settings import Settings, setting
from tracking.time_span import SAME_TIME_S
from tracking.types import Frame
from tracking.video.source import ClosingSource, VideoInfo, VideoSource

COMMON_RATES = {float(rate): f"{rate} fps" for rate in (1, 2, 5, 10, 12, 15, 24, 25, 50, 60, 120)}


@dataclass(frozen=True)
class Adaptation(Settings):
    """How pictures and times differ from those of the source. Times are divided by `speed`."""

    turn_deg: int = setting(
        0, "Rotate", "turn the picture clockwise, in addition to any rotation stored in the file", option="--turn",
        unit="degrees", choices={0: "none", 90: "90°", 180: "180°", 270: "270°"},
    )  # fmt: skip
    mirror: bool = setting(
        False, "Mirror", "mirror the picture, after turning it: left and right swap places", option="--mirror",
    )  # fmt: skip
    slow_motion: Annotated[float, Meta(ge=1 / 64, le=64)] = setting(
        1.0, "Slow motion", "how many times slower than real life the video plays, e.g. 8 for 240 fps saved as 30; "
        "its times become real times", option="--slow-motion", example="F", open=True,
        choices={1.0: "none", **{float(n): f"{n} times slower" for n in (2, 4, 5, 8, 10, 20)}},
    )  # fmt: skip

    picture_rate: Annotated[float, Meta(ge=0.001, le=10_000)] | None = setting(
        None, "Frame rate if unknown", "frame rate of inputs without times: folders of images, raw streams",
        option="--fps", example="N", choices={None: "30 fps", **COMMON_RATES}, open=True,
    )  # fmt: skip

    def speed(self, info: VideoInfo) -> float:
        """What times of that source are divided by."""
        if info.is_live:
            return 1.0
        rate = 1.0 if self.picture_rate is None or info.is_timed else self.picture_rate / float(info.frame_rate or 30)
        return self.slow_motion * rate

    @property
    def is_nothing(self) -> bool:
        """Whether the source stays as it is."""
        return self == Adaptation()


def adapted(source: VideoSource, adaptation: Adaptation) -> VideoSource:
    """The source with the adaptation, or itself where there is none. Closing it closes the source."""
    return source if adaptation.is_nothing else AdaptedSource(source, adaptation)


class AdaptedSource(ClosingSource):
    """A source whose frames are turned, mirrored and timed again. Indices stay; `seek` is in the new times."""

    def __init__(self, source: VideoSource, adaptation: Adaptation) -> None:
        self._source: Any = source
        self._adaptation = adaptation
        self._slow = adaptation.speed(source.info)
        self._info = _adapted_info(source.info, adaptation, Fraction(self._slow).limit_denominator(1000))

    @property
    def notices(self) -> tuple[str, ...]:
        """What was wrong with the source, or with what was asked of it."""
        if self._adaptation.picture_rate is not None and self._source.info.is_timed:
            return (
                *self._source.notices,
                f"{self._info.name} has times of its own; the given frame rate was not needed.",
            )
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
