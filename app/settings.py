"""Settings of a run, in one frozen value: what the options of `track` say, with their limits checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import UnionType
from typing import Any, Self, get_args, get_origin, get_type_hints

from ppnet.errors import UserError
from tracking.focus_person import PersonAt
from tracking.smoothing.settings import MIN_SCORE
from tracking.time_span import TimeSpan
from tracking.video.transformed import Adaptation

DEFAULT_VARIANT = "M2-D2-W32"


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How a video is tracked.

    variant: the network; None takes what the weights were trained for (the shipped ones without `weights`).
    weights: a file, or the name of imported weights; None for the shipped ones. device: auto, cpu, cuda, mps.
    min_conf: joints of less confidence are missing, 0..1. detector: a name or the path of a TFLite file.
    detect_every: the detector looks at every n-th frame. flip: average with the mirrored crop.
    smooth: name of the smoother. strength: how strongly it steadies, 0..100.
    max_persons: most people at a time; None for all.
    start_s, end_s: only pictures of that `TimeSpan`.
    turn_deg, mirror, slow_motion: see `Adaptation`; all times, start_s and end_s too, are those after it.
    region: people are looked for within x1, y1, x2, y2 only, pixels of the picture after it; None: everywhere.
    only: x, y (pixels of the picture after it) and a time in seconds: just the person who is there then is followed
        (see `tracking.focus_person`); None: everybody. It belongs to one video.
    input_scale: the network reads people at so many times the size that it was trained with, above 0 to 1; smaller is
        faster and less exact.
    """

    variant: str | None = None
    weights: str | None = None
    device: str = "auto"
    min_conf: float = MIN_SCORE
    detector: str = "efficientdet-lite0"
    detect_every: int = 3
    flip: bool = True
    smooth: str = "kalman"
    strength: float = 50.0
    max_persons: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    turn_deg: int = 0
    mirror: bool = False
    slow_motion: float = 1.0
    region: tuple[float, float, float, float] | None = None
    only: tuple[float, float, float] | None = None
    input_scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_conf <= 1:
            raise UserError(f"--min-conf must lie between 0 and 1, not {self.min_conf:g}.")
        if self.detect_every < 1:
            raise UserError(f"--detect-every must be at least 1, not {self.detect_every}.")
        if not 0 <= self.strength <= 100:
            raise UserError(f"The strength of smoothing goes from 0 to 100, not {self.strength:g}.")
        if self.max_persons is not None and self.max_persons < 1:
            raise UserError(f"--max-persons must be at least 1, not {self.max_persons}.")
        if not 0.25 <= self.input_scale <= 1:
            raise UserError(f"--input-scale goes from 0.25 to 1, not {self.input_scale:g}.")
        self._check_part()

    def _check_part(self) -> None:
        """The part of time and picture that is looked at."""
        for name, value in (("--start", self.start_s), ("--end", self.end_s)):
            if value is not None and not 0 <= value < 1e7:
                raise UserError(f"{name} must be a time in seconds from 0 on, not {value:g}.")
        if self.span.is_empty:
            raise UserError(f"--start ({self.start_s:g} s) must come before --end ({self.end_s:g} s).")
        if self.region is not None and not (self.region[0] < self.region[2] and self.region[1] < self.region[3]):
            raise UserError("The region is given as left, top, right, bottom, in pixels.")
        if self.only is not None:
            PersonAt(*self.only)
        _ = self.adaptation

    @property
    def span(self) -> TimeSpan:
        """The part of the recording that is looked at."""
        return TimeSpan(self.start_s, self.end_s)

    @property
    def adaptation(self) -> Adaptation:
        """How the source is turned, mirrored and timed. UserError when out of range."""
        return Adaptation(self.turn_deg, self.mirror, self.slow_motion)

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, for the meta file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from plain values by name, as a session keeps them; what is not known is left out, what is missing
        has its default. UserError when they make no sense."""
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
        hints = get_type_hints(cls)
        wrong = [name for name, value in known.items() if not _fits(value, hints[name])]
        if wrong:
            raise UserError(f"The settings of the session make no sense ({', '.join(wrong)}).")
        return cls(**known)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is what a field's type says; whole numbers are numbers too."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for kind in kinds:
        if get_origin(kind) is tuple:
            parts = get_args(kind)
            if isinstance(value, tuple) and len(value) == len(parts) and all(map(_fits, value, parts)):
                return True
        elif isinstance(value, bool) or kind is bool:
            if isinstance(value, bool) and kind is bool:
                return True
        elif isinstance(value, int | float if kind is float else kind):
            return True
    return False
