"""`answers_of`: everything that is found of everybody, and the same as rows for tables, pages and reports."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tracking.answers.jumps import Jump, jumps_of
from tracking.answers.motion import Motion
from tracking.answers.repetitions import Repetition, repetitions_of
from tracking.answers.steps import Step, cadence_of, steps_of
from tracking.answers.symmetry import Sides, sides_of
from tracking.progress import Tick, no_tick
from tracking.session.edited_session import EditedSession
from tracking.session.person_tracks import exported_people, exported_track


@dataclass(frozen=True, slots=True)
class Answers:
    """What one person did."""

    person: int
    name: str
    steps: tuple[Step, ...] = ()
    jumps: tuple[Jump, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    sides: tuple[Sides, ...] = ()
    metres_per_pixel: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return self.activity == 0

    @property
    def activity(self) -> int:
        """How much there is to tell of this person: a jump or a repetition as much as five steps."""
        return len(self.steps) + 5 * (len(self.jumps) + len(self.repetitions))


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One number. event: `step`, `jump`, a kind of `EXERCISES`, or `summary`; number: from 1, of its kind.

    time_s: when it happened (contact, middle of the flight, bottom), in seconds of the video; None in a summary.
    """

    person: int
    name: str
    event: str
    number: int | None
    side: str
    time_s: float | None
    quantity: str
    value: float
    unit: str


def answers_of(
    session: EditedSession, people: Iterable[int] | None = None, tick: Tick = no_tick
) -> tuple[Answers, ...]:
    """Of everybody who is exported, or of these people alone, between in and out point, by id; people who did nothing
    of the kind too. tick(done): told how many have been looked at after each."""
    found: list[Answers] = []
    for person in exported_people(session) if people is None else sorted(set(people)):
        motion = Motion.of(person, exported_track(session, person), session.skeleton)
        steps = steps_of(motion)
        jumps = jumps_of(motion, steps)
        found.append(
            Answers(
                person,
                session.name(person),
                steps,
                jumps,
                repetitions_of(motion, jumps),
                sides_of(motion, steps),
                session.metres_per_pixel,
            )
        )
        tick(len(found))
    return tuple(found)


def summary_rows(answers: Answers) -> tuple[AnswerRow, ...]:
    """Counts, medians and symmetry of one person."""

    def row(quantity: str, value: float, unit: str, side: str = "") -> AnswerRow:
        return AnswerRow(answers.person, answers.name, "summary", None, side, None, quantity, value, unit)

    rows = []
    steps, jumps = answers.steps, answers.jumps
    if steps:
        rows.append(row("steps", len(steps), ""))
        if (cadence := cadence_of(steps)) is not None:
            rows.append(row("cadence", cadence, "steps/min"))
        rows += _median(row, "contact time", (step.contact_time_s for step in steps), "s")
        flights = [step.flight_s for step in steps if step.flight_s is not None]
        if flights:
            median = float(np.median(flights))
            rows.append(row("flight time" if median > 0 else "double support time", abs(median), "s"))
    for sides in answers.sides:
        rows.append(row(sides.quantity, sides.left, sides.unit, "left"))
        rows.append(row(sides.quantity, sides.right, sides.unit, "right"))
        rows.append(row(f"{sides.quantity}, symmetry index", sides.index_percent, "%"))
    if jumps:
        rows += [row("jumps", len(jumps), ""), row("highest jump", max(jump.height_m for jump in jumps), "m")]
        by_hip = [height for jump in jumps if (height := _by_hip(answers, jump)) is not None]
        rows += [row("highest jump by hip", max(by_hip), "m")] if by_hip else []
    for kind in dict.fromkeys(repetition.kind for repetition in answers.repetitions):
        own = [repetition for repetition in answers.repetitions if repetition.kind == kind]
        rows.append(row(f"{kind}s", len(own), ""))
        rows += _median(row, f"{kind} range", (repetition.range_deg for repetition in own), "deg")
        rows += _median(row, f"{kind} down", (repetition.down_s for repetition in own), "s")
        rows += _median(row, f"{kind} up", (repetition.up_s for repetition in own), "s")
    return tuple(rows)


def event_rows(answers: Answers) -> tuple[AnswerRow, ...]:
    """Every number of every event of one person, by time."""
    rows: list[AnswerRow] = []
    for event, number, side, time_s, values in sorted(_events(answers), key=lambda entry: entry[3]):
        for quantity, value, unit in values:
            if value is not None:
                rows.append(AnswerRow(answers.person, answers.name, event, number, side, time_s, quantity, value, unit))
    return tuple(rows)


def moments_of(answers: Answers) -> list[tuple[float, str]]:
    """When something happened, and what, by time: contacts, middles of flights, bottoms of repetitions."""
    moments = [(step.contact_s, f"{step.side} contact") for step in answers.steps]
    moments += [(jump.middle_s, f"jump, {jump.height_m:.2f} m") for jump in answers.jumps]
    moments += [(one.bottom_s, f"{one.kind}, range {one.range_deg:.0f}°") for one in answers.repetitions]
    return sorted(moments)


_Values = Sequence[tuple[str, float | None, str]]


def _events(answers: Answers) -> Iterator[tuple[str, int, str, float, _Values]]:
    for number, step in enumerate(answers.steps, 1):
        values: _Values = [
            ("contact time", step.contact_time_s, "s"),
            ("step time", step.step_s, "s"),
            ("flight time", step.flight_s, "s"),
        ]
        yield "step", number, step.side, step.contact_s, values
    for number, jump in enumerate(answers.jumps, 1):
        values = [
            ("flight time", jump.flight_s, "s"),
            ("height", jump.height_m, "m"),
            ("height by hip", _by_hip(answers, jump), "m"),
            ("take-off", jump.take_off_s, "s"),
            ("landing", jump.landing_s, "s"),
        ]
        yield "jump", number, "", jump.middle_s, values
    counts: dict[str, int] = {}
    for one in answers.repetitions:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        values = [
            ("range", one.range_deg, "deg"),
            ("lowest angle", one.bottom_deg, "deg"),
            ("down", one.down_s, "s"),
            ("pause", one.pause_s, "s"),
            ("up", one.up_s, "s"),
            ("start", one.start_s, "s"),
            ("end", one.end_s, "s"),
        ]
        yield one.kind, counts[one.kind], "", one.bottom_s, values


def _by_hip(answers: Answers, jump: Jump) -> float | None:
    """Metres that the hips rose, where the scale is known."""
    return None if answers.metres_per_pixel is None else jump.hip_rise_px * answers.metres_per_pixel


def _median(
    row: Callable[[str, float, str], AnswerRow], quantity: str, values: Iterable[float | None], unit: str
) -> list[AnswerRow]:
    known = [value for value in values if value is not None]
    return [row(quantity, float(np.median(known)), unit)] if known else []
