"""What can be open: what all kinds have in common, and a tracked file (or a session opened again)."""

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from app.engine.live import LiveEngine
from app.engine.load_shedding import ShedStep
from app.engine.player import Player
from app.engine.processor import ProcessorBuilder
from app.engine.run_status import RunStatus
from app.runs.continued_settings import HeaderOf, changes_between, with_smoothing
from app.runs.event import Event
from app.runs.file_run import FileRun
from app.runs.inspector import Looker
from app.runs.job import Post
from app.runs.picture_feed import Feed, FileFeed
from tracking.drawing.results_nearby import ResultsNearby
from tracking.focus_person import EVERYONE, SOON_S, FocusPerson, PersonAt
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session
from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import FrameResult
from tracking.video.source import VideoInfo, VideoSource
from tracking.video.transformed import adapted

NEAR_S = 3.0  # the run comes to a place no farther ahead by itself


@dataclass(frozen=True)
class Parts:
    """Everything that a run is made from; tests hand in stand-ins.

    open_source(spec, size_wh=, frame_rate=) opens any source; the wishes go to cameras. build is the engines'
    `ProcessorBuilder`. header(info, settings) describes a run. looker(settings)
    loads the network for looking inside. steps: what a live run sheds under load.
    memory: bytes in use by the program.
    """

    open_source: Callable[..., VideoSource]
    build: ProcessorBuilder[Any]
    header: HeaderOf
    looker: Callable[[Any], Looker]
    steps: tuple[ShedStep[Any], ...] = ()
    memory: Callable[[], int] = lambda: 0


class Opened(ABC):
    """What a file and a camera have in common: a session with its edits, settings, and whom it is about.

    name: for the title of the window. settings: of what is still to be tracked, but for the focus. edited: the session
    with its edits. Used by one thread, the window's, except where said.
    """

    is_live: ClassVar[bool]
    feed: Feed

    def __init__(self, name: str, session: Session, settings: RunSettings, *, post: Post) -> None:
        """settings.only: where to find the one person it is about; a session that names one itself is about them."""
        self.name = name
        self.session = session
        self.settings = replace(settings, only=None)
        self.edited = EditedSession(session)
        self.focus_settled: Event[FocusPerson, FocusPerson] = Event()
        """The focus that waited, and the one after it: somebody was found, or nobody in time."""
        self.joined: Event[()] = Event()  # people of two parts of the session were found to be the same: edits
        self._post = post
        only = self.edited.plan.only
        self.focus = FocusPerson.waiting(settings.only) if only is None else FocusPerson(self.place_of(only), only)

    # To be told by each kind

    @property
    def network_address(self) -> str:
        """Where pictures come from over the network, without a login; empty where none is used."""
        return ""

    @property
    @abstractmethod
    def info(self) -> VideoInfo:
        """Facts of the source, as far as they are known yet."""

    @abstractmethod
    def start(self) -> None:
        """Begins to read, track and play."""

    @abstractmethod
    def newest_result(self) -> FrameResult | None:
        """The last frame that was tracked, with all edits in it; None before the first."""

    @abstractmethod
    def close(self) -> bool:
        """Ends all threads and closes the session; True when everything has ended."""

    @abstractmethod
    def follow(self, status: RunStatus) -> None:
        """Does what is due as the run goes on; called a few times a second."""

    @property
    @abstractmethod
    def engine_in_use(self) -> FileRun[RunSettings] | LiveEngine[RunSettings] | None:
        """What tracks; None where nothing is left to track."""

    def refresh(self) -> None:
        """Shows everything with the edits as they are now; smoothing asked for anew is not made here."""
        self.edited.refresh(smooth=False)
        self.feed.refresh()

    # Settings and focus

    @property
    def focused_settings(self) -> RunSettings:
        """What the engine is given: the settings with the place of the one person."""
        return replace(self.settings, only=self.focus.place)

    def apply(self, settings: RunSettings) -> None:
        """New settings from the next frame on."""
        self.settings = replace(settings, only=None)
        if self.engine_in_use is not None:
            self.engine_in_use.apply(self.focused_settings)

    def aim(self, focus: FocusPerson) -> None:
        """What is still to be tracked is about these people; a session that is gone on with keeps to it.

        Where somebody is waited for, what is tracked already is looked through at once. UserError when the session
        cannot be written.
        """
        if focus == self.focus:
            return
        self.focus = focus
        self.apply(self.settings)
        header, only = self.session.header, self.focused_settings.to_plain()["only"]
        self.session.set_header(replace(header, settings={**header.settings, "only": only}))
        self.look_back()

    def follow_edits(self) -> None:
        """Aims at the person whom the edits name, or at everyone when they name nobody any more."""
        only = self.edited.plan.only
        if only != self.focus.track_id:
            self.aim(EVERYONE if only is None else FocusPerson(self.place_of(only), only))

    def place_of(self, person: int) -> PersonAt | None:
        """Where the tracking sees a person now; None when it has lost them or nothing is left to track."""
        result = None if not self.is_live and self.session.complete else self.newest_result()
        if result is None or person not in result.tracks.ids:
            return None
        row = int(np.flatnonzero(result.tracks.ids == person)[0])
        x1, y1, x2, y2 = result.tracks.boxes[row].tolist()
        return PersonAt((x1 + x2) / 2, (y1 + y2) / 2, result.time_s)

    def identified(self, result: FrameResult) -> FrameResult:
        """Everybody of a tracked frame under the numbers that they have now, also those who are left out."""
        return self.edited.plan.identified(result)[0].result

    def everybody_in(self, frame_index: int) -> FrameResult | None:
        """The same, of a frame by its index; None where nothing was tracked."""
        result = self.session.result(frame_index)
        return None if result is None else self.identified(result)

    def look_back(self) -> None:
        """Looks for the person who is waited for in what is tracked already."""
        focus, times = self.focus, self.session.frame_times()
        if not focus.is_waiting or focus.place is None:
            return
        first = int(np.searchsorted(times, focus.place.time_s - SAME_TIME_S))
        if first < len(times):
            for result in self.session.results(int(self.session.frame_indices()[first])):
                self.see(result)

    def see(self, result: FrameResult) -> None:
        """One more frame is tracked: is the person there who is waited for? Called in any thread."""
        waited = self.focus
        after = waited.after(self.identified(result).tracks, result.time_s) if waited.is_waiting else waited
        if after is not waited:
            self._post(lambda: self._settle(waited, after))

    def _settle(self, waited: FocusPerson, after: FocusPerson) -> None:
        if self.focus is waited:
            self.focus_settled.emit(waited, after)

    def note_change(self, before: RunSettings, after: RunSettings, time_s: float) -> None:
        """Other settings came into use. Called in the engine's thread."""
        self.session.log_changes(changes_between(before, after, time_s))


class OpenedFile(Opened):
    """A video with its player and session; an engine tracks what the session does not hold yet."""

    is_live = False

    def __init__(self, video: Path, session: Session, settings: RunSettings, *, parts: Parts, post: Post) -> None:
        """An engine is there where something is left to track, with `settings`."""
        super().__init__(video.name, session, settings, post=post)
        self.video = video
        self.kept: Path | None = None  # the session that was there before it was tracked again
        self.closed = threading.Event()
        self._parts = parts
        self._limits = ALL_TIME
        self._more_wanted = False
        self._asked = 0  # how many times somebody had gone elsewhere in the video
        self._has_gone = False
        if session.complete and (smoothing := self.edited.plan.smoothing) is not None:  # made anew since
            self.settings = with_smoothing(self.settings, smoothing)
        self.engine = None if session.complete else self._new_engine()
        self.player = Player(self.opened)  # type: ignore[arg-type]
        self.feed: FileFeed = FileFeed(
            self.player,
            lambda index: self.edited.result(index),
            engine=self.engine,
            memory_bytes=parts.memory,
            tracked_parts=session.part_times,
            nearby=self.nearby(),
        )

    def opened(self) -> VideoSource:
        """The video, turned, mirrored and timed as it was tracked."""
        return adapted(self._parts.open_source(self.video), self.session.header.run_settings.adaptation)

    @property
    def info(self) -> VideoInfo:
        """Facts of the video."""
        return self.session.header.source

    def nearby(self) -> ResultsNearby:
        """Who is near in time to a picture; one for each thread."""
        return ResultsNearby(self.session.results, lambda: self.player.times)

    def _new_engine(self) -> FileRun[RunSettings]:
        engine = FileRun(
            self.opened,
            self._parts.build,
            self.focused_settings,
            session=self.session,
            on_change=self.note_change,
            on_result=self.see,
            on_join=lambda: self._post(self.joined.emit),
        )
        engine.limit(self._tracked_limits)
        return engine

    @property
    def engine_in_use(self) -> FileRun[RunSettings] | None:
        return self.engine

    @property
    def _tracked_limits(self) -> TimeSpan:
        """In and out point, or else where the run was to begin and end."""
        return self._limits.or_else(self.settings.span)

    def limit(self, span: TimeSpan) -> None:
        """Tracks and plays only what lies in the span. What is tracked stays."""
        if span == self._limits:
            return
        self._limits = span
        self.player.set_loop(span)
        self._more_wanted = True
        if self.engine is not None:
            self.engine.limit(self._tracked_limits)

    def follow(self, status: RunStatus) -> None:
        """Tracks where somebody has gone to, and what is missing where the limits were moved after the run had come to
        its end."""
        self._follow_player()
        times = self.player.times
        if not self._more_wanted or not len(times) or status.state.is_active or not self.session.complete:
            return
        self._more_wanted = False
        if self.session.parts.gaps(self._tracked_limits.indices(times)):
            self.session.go_on()
            self.engine = self._new_engine()
            self.feed.engine = self.engine
            self.engine.start()

    def _follow_player(self) -> None:
        """Sends the run where somebody has gone to, once they stay there. One person followed alone would be lost."""
        where = self.player.position()
        if where.asked != self._asked:
            self._asked, self._has_gone = where.asked, True
        elif self._has_gone and where.frame_count:
            self._has_gone = False
            if self.focus.is_everyone:
                self._track_at(where.time_s)

    def _track_at(self, time_s: float) -> None:
        """Goes on tracking a little before this time, unless it is tracked, or will be soon."""
        engine = self.engine
        if engine is None or not engine.is_active or not self._is_to_come(time_s):
            return
        begun_s = self._tracked_limits.start_s or 0.0
        reached_s = begun_s if engine.reached_s is None else engine.reached_s
        if not 0 <= time_s - reached_s <= NEAR_S:
            engine.go_to(time_s)

    def _is_tracked(self, time_s: float) -> bool:
        shown = int(np.searchsorted(self.player.times, time_s + SAME_TIME_S, side="right")) - 1
        return self.session.parts.part_with(max(shown, 0)) is not None

    def aim(self, focus: FocusPerson) -> None:
        """See `Opened.aim`; the moment at which somebody is waited for is tracked soon."""
        if focus.is_waiting and focus.place is not None:
            self._track_at(focus.place.time_s)
        super().aim(focus)

    def see(self, result: FrameResult) -> None:
        """See `Opened.see`; frames behind a moment that is not tracked yet don't say that nobody was there."""
        place = self.focus.place
        if place is None or result.time_s <= place.time_s + SOON_S or not self._is_to_come(place.time_s):
            super().see(result)

    def _is_to_come(self, time_s: float) -> bool:
        return self._tracked_limits.contains(time_s) and not self._is_tracked(time_s)

    def start(self) -> None:
        self.look_back()
        if self.engine is not None:
            self.engine.start()
        self.player.play_behind(self._reached)

    def play_from_start(self) -> None:
        """Plays from the first frame, or the in point."""
        self.player.seek(self._limits.start_s or 0.0)
        self.player.play()

    def _reached(self, index: int) -> int:
        """The last frame that can be shown with its people, from one on. Called in any thread."""
        if self.engine is None or not self.engine.is_active:
            return sys.maxsize
        gaps = self.session.parts.gaps(self._tracked_limits.indices(self.player.times))
        return next((gap.first for gap in gaps if gap.end > index), sys.maxsize) - 1

    def newest_result(self) -> FrameResult | None:
        return self.edited.result(self.session.newest_frame_index)

    def close(self) -> bool:
        """Ends all threads and closes the session; True when everything has ended. A network that is still being
        loaded can't be stopped: the session is closed as soon as it is there (`closed`)."""
        ended = self.engine.stop() if self.engine is not None else True
        if ended:
            self._close_session()
        else:
            threading.Thread(target=self._close_session, name="close", daemon=True).start()
        return self.player.close() and ended

    def _close_session(self) -> None:
        if self.engine is not None:
            self.engine.stop(timeout_s=None)
        self.session.close()
        self.closed.set()
