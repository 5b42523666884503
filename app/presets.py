"""Fast, Balanced, Accurate: what each sets, in words; and what a live run saves on when the computer can't keep up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.load_shedding import ShedStep
from tracking.run_settings import RunSettings


@dataclass(frozen=True)
class Preset:
    """Named settings. `words` say what they mean for somebody who has never heard of a detector."""

    name: str
    words: str
    values: Mapping[str, Any]

    def applied(self, settings: RunSettings) -> RunSettings:
        """`settings` with the values of this preset."""
        return settings.changed(self.values)

    def fits(self, settings: RunSettings) -> bool:
        """Whether `settings` are what this preset sets."""
        return self.applied(settings) == settings


PRESETS = (
    Preset(
        "Fast",
        "Looks for people every 6th frame, reads smaller crops, and people who hold still only in every second frame; "
        "follows at most 3 people. For slow computers.",
        {
            "detect_every": 6,
            "skip_still": True,
            "network.flip": False,
            "network.input_scale": 0.75,
            "tracker.max_people": 3,
        },
    ),
    Preset(
        "Balanced",
        "Looks for people every 3rd frame and follows everyone.",
        {
            "detect_every": 3,
            "skip_still": False,
            "network.flip": False,
            "network.input_scale": 1.0,
            "tracker.max_people": None,
        },
    ),
    Preset(
        "Accurate",
        "Looks for people in every frame and reads each person twice, once mirrored. Takes about twice as long.",
        {
            "detect_every": 1,
            "skip_still": False,
            "network.flip": True,
            "network.input_scale": 1.0,
            "tracker.max_people": None,
        },
    ),
)
BALANCED = PRESETS[1]


def preset_of(settings: RunSettings) -> Preset | None:
    """The preset whose values these are; None when something was changed by hand."""
    return next((preset for preset in PRESETS if preset.fits(settings)), None)


def _at_most(settings: RunSettings, people: int) -> RunSettings:
    """So many people at a time; where one is chosen already there is nothing to save."""
    if settings.only is not None:
        return settings
    return settings.changed({"tracker.max_people": min(settings.tracker.max_people or people, people)})


SHED_STEPS: tuple[ShedStep[RunSettings], ...] = (
    ShedStep("looks for people half as often", lambda s: s.changed({"detect_every": 2 * s.detect_every})),
    ShedStep("reads people who hold still in every second frame", lambda s: s.changed({"skip_still": True})),
    ShedStep("reads each person once, not mirrored", lambda s: s.changed({"network.flip": False})),
    ShedStep("follows at most 3 people", lambda s: _at_most(s, 3)),
    ShedStep("follows one person", lambda s: _at_most(s, 1), instead_of="follows at most 3 people"),
    ShedStep(
        "reads people at 3/4 of the resolution",
        lambda s: s.changed({"network.input_scale": min(s.network.input_scale, 0.75)}),
    ),
)
