"""Follows the results as they grow or are edited: timeline, list of people, curves of the selected person."""

from PySide6.QtCore import QTimer, Signal

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.playback import PlaybackCommands
from app.gui.panels.people import PeoplePanel, PersonRow
from app.gui.panels.person_curves import PersonCurves
from app.gui.playback.event_signs import event_words
from app.gui.playback.timeline import Lanes
from app.workspace.results_reader import KnownResults, ResultsReader
from tracking.drawing.style import PeopleStyle
from tracking.events import Lane, next_event, previous_event
from tracking.time_span import ALL_TIME

TICK_MS = 100
NOBODY_YET = "Nobody has been seen yet."
LIVE_FRAMES = 1800  # of a camera so many are drawn as curves
LIVE_SPAN_S = 60.0  # and so much of it is on the timeline


class ResultsFollower(Commands):
    """Shows what the reader knows; the reading is done in a thread of its own."""

    personKeyed = Signal(int)  # their number was pressed

    def __init__(
        self, parts: WindowParts, lanes: Lanes, people: PeoplePanel, curves: PersonCurves, playback: PlaybackCommands
    ) -> None:
        super().__init__(parts)
        self._lanes = lanes
        self._people = people
        self._curves = curves
        self._playback = playback
        self._reader = ResultsReader(lambda: self._workspace.post(self._show_news))
        self._known = KnownResults()
        self._has_chosen = False  # the only person of what is open, by itself
        self._read_of: object = None  # what the reader reads, and what it depends on
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._workspace.opened.connect(lambda _run: self._timer.start())
        self._workspace.opened.connect(lambda _run: self._read())
        self._workspace.closed.connect(self._stop)
        self._workspace.edited.connect(self._read)
        self._workspace.people_changed.connect(self._restyle)
        self._workspace.picture_arrived.connect(lambda picture: self._show_now(picture.frame.time_s))
        lanes.timeWanted.connect(playback.seek)
        lanes.personWanted.connect(self._workspace.choose)
        curves.timeWanted.connect(playback.seek)
        self._actions.connect({"next-event": lambda: self.jump(1), "previous-event": lambda: self.jump(-1)})
        for number in range(1, 10):
            self._actions.on_digit(number, self._choose_shown)

    def shut_down(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._reader.close()

    def jump(self, step: int) -> None:
        """To the next or the previous event of any person."""
        find = next_event if step > 0 else previous_event
        event = find(self._known.events, self._playback.position.frame_index)
        if event is None:
            where = "after" if step > 0 else "before"
            self._workspace.notify(f"There is no event {where} this frame.")
        else:
            self._playback.seek_frame(event.frame_index)
            self._tell(event.frame_index)

    def _tell(self, frame_index: int) -> None:
        """What happens on a frame. Two who cross are picked in the list, so that one more key swaps them."""
        there = [event for event in self._known.events if event.frame_index == frame_index]
        event = next((event for event in there if event.other_id is not None), there[0])
        words = event_words(event, self._workspace.people.names)
        if more := len(there) - 1:
            words += f" ({more} more {'event' if more == 1 else 'events'} on this frame)"
        if event.other_id is None:
            self._people.pick(())
            self._workspace.notify(f"{words}.")
        else:
            self._people.pick((event.track_id, event.other_id))
            self._workspace.notify(f"{words}. Ctrl+T swaps them from here on.")

    def tick(self) -> None:
        """How long a video is, is known only some time after it was opened."""
        if not self._show_news():
            self._lanes.show_span(*self._span())
        self._tell_nobody()
        self._choose_the_only_one()

    def _show_news(self) -> bool:
        """Shows what was read since; whether there was anything."""
        known = self._reader.known
        is_new, self._known = known is not self._known, known
        if is_new:
            self._show()
        return is_new

    def _stop(self) -> None:
        self._timer.stop()
        self._reader.forget()
        self._read_of, self._has_chosen = None, False
        self.tick()

    def _read(self) -> None:
        """Has everything read where the results have changed; names, marks and the like leave them as they are."""
        run, person = self._workspace.run, self._workspace.people.chosen
        if run is None:
            return
        read_of = run.edited, run.edited.plan.of_results, person
        if read_of != self._read_of:
            self._read_of = read_of
            recent = max(run.session.last_frame_index - LIVE_FRAMES, 0) if run.is_live else 0
            self._reader.read(run.edited, person=person, history_from=recent)
            self._known = self._reader.known  # without the curves of who was chosen before
        self._show()

    def _show(self) -> None:
        style = self._workspace.people
        lanes = self._known.lanes
        start_s, end_s = self._span()
        self._lanes.show_lanes([lane for lane in lanes if lane.seen[-1].end_s >= start_s], self._known.events)
        self._lanes.show_span(start_s, end_s)
        self._people.show_people([_row(lane) for lane in lanes], style)
        run = self._workspace.run
        self._curves.show_span(run.edited.plan.span if run is not None else ALL_TIME)
        self._curves.show_history(self._known.history, self._name(style), is_reading=self._known.is_reading)

    def _tell_nobody(self) -> None:
        """Why there are no people, where there are none."""
        run, words = self._workspace.run, NOBODY_YET
        if run is not None and not run.is_live and run.session.complete and not self._known.lanes:
            words = "Nobody is left in this video." if run.session.last_track_id else "Nobody was found in this video."
        self._people.empty.setText(words)
        self._lanes.show_nobody(
            "Every person gets a lane here as soon as they are seen." if words is NOBODY_YET else words
        )

    def _span(self) -> tuple[float, float]:
        run = self._workspace.run
        if run is None:
            return 0.0, 1.0
        first = min((lane.seen[0].start_s for lane in self._known.lanes), default=0.0)
        if run.is_live:
            return max(self._known.known_s - LIVE_SPAN_S, first), max(self._known.known_s, first + 1.0)
        return 0.0, max(self._playback.position.last_s, self._known.known_s, 0.1)

    def _restyle(self, style: PeopleStyle) -> None:
        if style != self._lanes.style_of_people:
            self._lanes.style_of_people = style
            self._lanes.update()
        self._read()

    def _name(self, style: PeopleStyle) -> str:
        if style.chosen is None:
            return ""
        return style.names.get(style.chosen, f"Person {style.chosen}")

    def _show_now(self, time_s: float) -> None:
        self._lanes.show_now(time_s)
        self._curves.show_now(time_s)

    def _choose_the_only_one(self) -> None:
        """Nobody has to click who is alone in a video; once, so that they can be let go."""
        run = self._workspace.opened_file
        if self._has_chosen or len(self._known.lanes) != 1 or run is None or run.lacks(ALL_TIME):
            return
        if self._known.frames < run.session.frame_count:  # somebody else may come in what is not read yet
            return
        self._has_chosen = True
        if self._workspace.people.chosen is None:
            self._workspace.choose(self._known.lanes[0].track_id)

    def _choose_shown(self, person: int) -> None:
        if any(lane.track_id == person for lane in self._known.lanes):
            self._workspace.choose(person)
            self.personKeyed.emit(person)


def _row(lane: Lane) -> PersonRow:
    return PersonRow(lane.track_id, lane.seen_s, lane.seen)
