"""With which settings a session is continued: those it was begun with, as far as they can still be had. No Qt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ppnet.errors import UserError
from tracking.run_settings import RunSettings
from tracking.session.edits import ChooseSmoothing
from tracking.session.format import SessionHeader, SettingChange
from tracking.session.session import Session
from tracking.video.source import VideoInfo

WEIGHTS = "weights_sha256"  # logged beside the settings when the same name holds another network now
HeaderOf = Callable[[VideoInfo, Any], SessionHeader]


def changes_between(before: Any, after: Any, time_s: float) -> tuple[SettingChange, ...]:
    """Which settings differ, by name; from time_s (seconds of the run) on."""
    old, new = before.to_plain(), after.to_plain()
    return tuple(SettingChange(time_s, name, old[name], new[name]) for name in new if old[name] != new[name])


def settings_in_force(session: Session, present: RunSettings) -> RunSettings:
    """What the newest frame of a session was tracked with: the settings of its header and their logged changes.

    Who is followed alone, device and backend are no matter of the session: those are as at present.
    """
    values = {**session.header.settings, **{change.name: change.after for change in session.setting_changes}}
    now = present.to_plain()
    kept = ("only", "network.device", "network.backend")
    return RunSettings.from_plain(values).changed({name: now[name] for name in kept})


def settings_to_go_on(session: Session, present: RunSettings, header: HeaderOf) -> RunSettings:
    """The settings in force, or the present ones where the network of those is gone; what differs is logged.

    UserError when the network knows other joints than the session holds.
    """
    used, changes = look_how_to_go_on(session, present, header)
    session.log_changes(changes)
    return used


def look_how_to_go_on(
    session: Session, present: RunSettings, header: HeaderOf
) -> tuple[RunSettings, tuple[SettingChange, ...]]:
    """The same, and what differs; nothing is logged yet."""
    used = before = settings_in_force(session, present)
    span, known = session.time_span, session.header
    if span is None or session.complete:
        return before, ()
    try:
        now = header(known.source, before)
    except UserError:
        used, now = present, header(known.source, present)
    if now.skeleton != known.skeleton:
        raise UserError(
            f"{session.path.name} was started with a network that is no longer available, and the current one has "
            "different joints; choose a network with the same joints."
        )
    changes = changes_between(before, used, span[1])
    sha256 = [change.after for change in session.setting_changes if change.name == WEIGHTS]
    sha256_before = sha256[-1] if sha256 else known.weights_sha256
    if now.weights_sha256 != sha256_before:
        changes += (SettingChange(span[1], WEIGHTS, sha256_before, now.weights_sha256),)
    return used, changes


def smoothing_of(settings: RunSettings) -> ChooseSmoothing:
    """The part of the settings that can be made again without the network."""
    smoothing = settings.smoothing
    return ChooseSmoothing.of(smoothing)


def with_smoothing(settings: RunSettings, smoothing: ChooseSmoothing) -> RunSettings:
    """The settings with that part exchanged."""
    return replace(settings, smoothing=smoothing.on(settings.smoothing))
