"""Fast, Balanced, Accurate: what each sets, in words; and what a live run saves on when the computer can't keep up."""

from dataclasses import dataclass, replace

from app.engine.load_shedding import ShedStep
from app.settings import TrackSettings


@dataclass(frozen=True)
class Preset:
    """Named settings. `words` say what they mean for somebody who has never heard of a detector."""

    name: str
    words: str
    detect_every: int
    flip: bool
    max_persons: int | None

    def applied(self, settings: TrackSettings) -> TrackSettings:
        """`settings` with the values of this preset."""
        return replace(settings, detect_every=self.detect_every, flip=self.flip, max_persons=self.max_persons)

    def fits(self, settings: TrackSettings) -> bool:
        """Whether `settings` are what this preset sets."""
        return self.applied(settings) == settings


PRESETS = (
    Preset(
        "Fast",
        "Looks for new people in every 6th picture, reads each person once, follows at most 3. For slow computers.",
        detect_every=6,
        flip=False,
        max_persons=3,
    ),
    Preset(
        "Balanced",
        "Looks for new people in every 3rd picture, reads each person once, follows everybody.",
        detect_every=3,
        flip=False,
        max_persons=None,
    ),
    Preset(
        "Accurate",
        "Looks for new people in every picture, reads each person twice (once mirrored), follows everybody. "
        "Takes about twice as long.",
        detect_every=1,
        flip=True,
        max_persons=None,
    ),
)
BALANCED = PRESETS[1]


def preset_of(settings: TrackSettings) -> Preset | None:
    """The preset whose values these are; None when something was changed by hand."""
    return next((preset for preset in PRESETS if preset.fits(settings)), None)


def _at_most(settings: TrackSettings, people: int) -> TrackSettings:
    """So many people at a time; where one is chosen already there is nothing to save."""
    if settings.only is not None:
        return settings
    return replace(settings, max_persons=min(settings.max_persons or people, people))


SHED_STEPS: tuple[ShedStep[TrackSettings], ...] = (
    ShedStep("looks for new people half as often", lambda s: replace(s, detect_every=2 * s.detect_every)),
    ShedStep("reads each person once, not mirrored", lambda s: replace(s, flip=False)),
    ShedStep("follows at most 3 people", lambda s: _at_most(s, 3)),
    ShedStep("follows one person", lambda s: _at_most(s, 1)),
    ShedStep("reads people from pictures 3/4 as large", lambda s: replace(s, input_scale=min(s.input_scale, 0.75))),
)
