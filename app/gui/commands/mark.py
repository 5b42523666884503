"""Marks on frames, in and out point: made, named, jumped between, taken away; all are edits and can be undone."""

from bisect import bisect_left, bisect_right

from PySide6.QtWidgets import QInputDialog

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.playback import PlaybackCommands
from app.gui.dialogs.buttons import open_once
from app.gui.playback.timeline import Lanes
from app.gui.playback.transport import Transport, clock_text
from app.workspace.opened import Opened
from tracking.session.edits import MAX_NAME, RemoveMark, SetMark, SetSpan
from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import Frame

OF_FILES = ("next-mark", "previous-mark", "in-point", "out-point", "clear-points")


class MarkCommands(Commands):
    """Marks can be set at all times, in and out point in files. Between them is tracked, played, recorded, exported."""

    def __init__(self, parts: WindowParts, transport: Transport, lanes: Lanes, playback: PlaybackCommands) -> None:
        super().__init__(parts)
        self._transport = transport
        self._lanes = lanes
        self._playback = playback
        self._actions.connect(
            {
                "mark": self.toggle,
                "name-mark": self.ask_name,
                "next-mark": lambda: self.jump(1),
                "previous-mark": lambda: self.jump(-1),
                "in-point": self.set_in,
                "out-point": self.set_out,
                "clear-points": self.clear,
            }
        )
        lanes.flagNamed.connect(self.ask_name)
        self._workspace.opened.connect(lambda _run: self._show())
        self._workspace.closed.connect(self._show)
        self._workspace.edited.connect(self._show)
        self._show()

    # Marks

    def toggle(self) -> None:
        """Drops a mark on the shown frame, or takes it away."""
        run, picture = self._workspace.run, self._view.picture
        if run is None or picture is None:
            return
        frame = picture.frame
        if run.edited.plan.mark_at(frame.index) is not None:
            self._workspace.edit(RemoveMark(frame.index))
            return
        self._workspace.edit(_new_mark(run, frame))

    def ask_name(self, mark: SetMark | None = None) -> None:
        """Asks for the name of a mark, of the one on the shown frame when none is given; a new one is set with it."""
        run, picture = self._workspace.run, self._view.picture
        if run is None or picture is None:
            return
        named = mark or run.edited.plan.mark_at(picture.frame.index) or _new_mark(run, picture.frame)
        dialog = QInputDialog(self._view)
        dialog.setWindowTitle("Name the mark")
        dialog.setLabelText(f"Name of the mark at {clock_text(named.time_s)}:")
        dialog.setTextValue(named.name)
        dialog.textValueSelected.connect(lambda words: self.name(named, words))
        open_once(dialog)

    def name(self, mark: SetMark, words: str) -> None:
        """Gives a mark its name; sets it if need be."""
        run, named = self._workspace.run, SetMark(mark.frame_index, mark.time_s, words.strip()[:MAX_NAME] or mark.name)
        if run is not None and run.edited.plan.mark_at(mark.frame_index) != named:
            self._workspace.edit(named)

    def jump(self, step: int) -> None:
        """To the next or the previous mark; in and out point are stops too."""
        run = self._workspace.opened_file
        if run is None:
            return
        here, span = self._playback.position.time_s, run.edited.plan.span
        stops = {mark.time_s for mark in run.edited.marks}
        stops |= {time_s for time_s in (span.start_s, self._last_inside()) if time_s is not None}
        places = sorted(stops)
        at = bisect_right(places, here + SAME_TIME_S) if step > 0 else bisect_left(places, here - SAME_TIME_S) - 1
        if 0 <= at < len(places):
            self._playback.seek(places[at])
        else:
            where = "after" if step > 0 else "before"
            self._workspace.notify(f"There is no mark {where} this frame. M sets one.")

    # In and out point

    def set_in(self) -> None:
        """The shown frame is the first that counts."""
        run, picture = self._workspace.opened_file, self._view.picture
        if run is not None and picture is not None:
            end_s = run.edited.plan.span.end_s
            start_s = picture.frame.time_s
            self._set(TimeSpan(start_s, end_s if end_s is not None and end_s > start_s else None))

    def set_out(self) -> None:
        """The shown frame is the last that counts."""
        run, picture = self._workspace.opened_file, self._view.picture
        if run is not None and picture is not None:
            start_s = run.edited.plan.span.start_s
            times, index = run.player.times, picture.frame.index
            end_s = float(times[index + 1]) if index + 1 < len(times) else picture.frame.time_s + 1e-3
            self._set(TimeSpan(start_s if start_s is not None and start_s < end_s else None, end_s))

    def clear(self) -> None:
        """The whole video is used again."""
        self._set(ALL_TIME)

    def _set(self, span: TimeSpan) -> None:
        run = self._workspace.opened_file
        if run is None or span == run.edited.plan.span:
            return
        self._workspace.edit(SetSpan(span.start_s, span.end_s))
        if span.is_unlimited:
            self._workspace.notify("The whole video is used again.")
            return
        start, end = (clock_text(time_s) for time_s in (span.start_s or 0.0, span.end_s or run.player.end_s))
        self._workspace.notify(
            f"Tracking, playback, recording and exports now cover only {start} – {end}. Shift+I clears the points.",
        )

    def _last_inside(self) -> float | None:
        """Time of the last frame before the out point."""
        run = self._workspace.opened_file
        if run is None or run.edited.plan.span.end_s is None:
            return None
        inside = run.edited.plan.span.indices(run.player.times)
        return float(run.player.times[inside[-1]]) if inside else None

    # Showing

    def _show(self) -> None:
        run, file = self._workspace.run, self._workspace.opened_file
        self._actions.enable(("mark", "name-mark"), run is not None)
        self._actions.enable(OF_FILES, file is not None)
        marks = run.edited.marks if run is not None else ()
        span = run.edited.plan.span if run is not None else ALL_TIME
        self._lanes.show_flags(marks, span)
        self._transport.show_marks(marks, span)


def _new_mark(run: Opened, frame: Frame) -> SetMark:
    """A mark on a frame, called by the first free number."""
    names = {mark.name for mark in run.edited.marks}
    number = next(n for n in range(1, len(names) + 2) if f"Mark {n}" not in names)
    return SetMark(frame.index, frame.time_s, f"Mark {number}")
