"""Follows the results as they grow or are edited: timeline, list of people, curves of the chosen person."""

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.gui.actions import Actions
from app.gui.people_panel import PeoplePanel, PersonRow
from app.gui.person_curves import PersonCurves, PersonHistory
from app.gui.playback_commands import PlaybackCommands
from app.gui.timeline import Lanes
from app.runs.workspace import Workspace
from tracking.drawing.style import PeopleStyle
from tracking.events import EventLog, Lane, next_event, previous_event
from tracking.types import FrameResult

TICK_MS = 200
BUDGET_S = 0.02  # of each tick; the window must stay fluent


class ResultsFollower(QObject):
    """Reads new results a little at a time, in the window's thread."""

    def __init__(
        self,
        workspace: Workspace,
        lanes: Lanes,
        people: PeoplePanel,
        curves: PersonCurves,
        *,
        actions: Actions,
        playback: PlaybackCommands,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._lanes = lanes
        self._people = people
        self._curves = curves
        self._playback = playback
        self._events = EventLog()
        self._history: PersonHistory | None = None
        self._read_to = 0  # next frame index for the timeline
        self._read_to_person = 0  # and for the chosen person's curves
        self._known_s = 0.0
        self._read_of: object = None  # the replay, and what its results depended on when they were read
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        workspace.opened.connect(lambda _run: self._start())
        workspace.closed.connect(self._stop)
        workspace.edited.connect(self._follow_edits)
        workspace.people_changed.connect(self._restyle)
        workspace.picture_arrived.connect(lambda picture: self._show_now(picture.frame.time_s))
        lanes.timeWanted.connect(playback.seek)
        lanes.personWanted.connect(workspace.choose)
        curves.timeWanted.connect(playback.seek)
        actions.connect({"next-event": lambda: self.jump(1), "previous-event": lambda: self.jump(-1)})
        for number in range(1, 10):
            actions.on_digit(number, self._choose_shown)

    def jump(self, step: int) -> None:
        """To the next or the previous event of any person."""
        find = next_event if step > 0 else previous_event
        event = find(self._events.events(), self._playback.position.frame_index)
        if event is None:
            where = "after" if step > 0 else "before"
            self._workspace.notify(f"Nothing happens {where} this frame.", "info")
        else:
            self._playback.seek_frame(event.frame_index)

    def tick(self) -> None:
        """One look for new results."""
        run = self._workspace.run
        if run is None:
            return
        deadline = time.perf_counter() + BUDGET_S
        before = self._read_to
        for result in self._fresh(self._read_to, deadline):
            self._events.add(result)
            self._read_to, self._known_s = result.frame_index + 1, result.time_s
        if self._history is not None:
            grown = False
            for result in self._fresh(self._read_to_person, deadline + BUDGET_S):
                self._history.add(result)
                self._read_to_person = result.frame_index + 1
                grown = True
            if grown:
                self._curves.redraw()
        if self._read_to != before:
            self._show()

    def _fresh(self, start: int, deadline: float) -> Iterator[FrameResult]:
        run = self._workspace.run
        if run is None or run.session.last_frame_index < start:
            return
        for edited in run.replay.results(start, keep_hidden=True):
            yield edited.result
            if time.perf_counter() > deadline:
                return

    def _start(self) -> None:
        self._start_again()
        self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        self._history = None
        self._start_again()

    def _follow_edits(self) -> None:
        """Reads all again where the results have changed; names, marks and the like leave them as they are."""
        run = self._workspace.run
        if run is None or (run.replay, run.replay.plan.of_results) != self._read_of:
            self._start_again()
        else:
            self._show()

    def _start_again(self) -> None:
        """Forgets what was read: the results have changed."""
        run = self._workspace.run
        self._read_of = (run.replay, run.replay.plan.of_results) if run is not None else None
        self._events = EventLog()
        self._read_to = self._read_to_person = 0
        self._known_s = 0.0
        if self._history is not None:
            self._history = PersonHistory(self._history.person)
        self.tick()
        self._show()

    def _show(self) -> None:
        style = self._workspace.people
        run = self._workspace.run
        lanes = self._events.lanes()
        self._lanes.show_lanes(lanes, self._events.events(), known_s=self._known_s)
        start_s, end_s = self._span()
        self._lanes.show_span(start_s, end_s)
        self._people.show_people([_row(lane) for lane in lanes], style)
        self._curves.show_history(self._history, self._name(style) if run is not None else "")

    def _span(self) -> tuple[float, float]:
        run = self._workspace.run
        if run is None:
            return 0.0, 1.0
        first = min((lane.seen[0].start_s for lane in self._events.lanes()), default=0.0)
        if run.is_live:
            return max(self._known_s - 60.0, first), max(self._known_s, first + 1.0)
        return 0.0, max(self._playback.position.duration_s, self._known_s, 0.1)

    def _restyle(self, style: PeopleStyle) -> None:
        self._lanes.style_of_people = style
        self._lanes.update()
        if (self._history.person if self._history else None) != style.chosen:
            self._history = PersonHistory(style.chosen) if style.chosen is not None else None
            self._read_to_person = self._start_of_history()
            self.tick()
        self._show()

    def _start_of_history(self) -> int:
        run = self._workspace.run
        return max(run.session.last_frame_index - 1800, 0) if run is not None and run.is_live else 0

    def _name(self, style: PeopleStyle) -> str:
        if style.chosen is None:
            return ""
        return style.names.get(style.chosen, f"Person {style.chosen}")

    def _show_now(self, time_s: float) -> None:
        self._lanes.show_now(time_s)
        self._curves.show_now(time_s)

    def _choose_shown(self, person: int) -> None:
        if any(lane.track_id == person for lane in self._events.lanes()):
            self._workspace.choose(person)


def _row(lane: Lane) -> PersonRow:
    return PersonRow(lane.track_id, lane.seen_s, lane.seen[0].start_s, lane.seen[-1].end_s)
