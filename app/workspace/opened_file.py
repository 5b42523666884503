"""`OpenedFile`: a tracked file that is open, or a session opened again."""

import sys
import threading
from pathlib import Path

import numpy as np

from app.engine.player import Player
from app.engine.run_status import RunStatus
from app.runs.file_run import FileRun
from app.workspace.background_call import Post
from app.workspace.continued_settings import with_smoothing
from app.workspace.opened import Factories, Opened
from app.workspace.picture_feed import FileFeed
from tracking.drawing.results_nearby import ResultsNearby
from tracking.focus_person import SOON_S, FocusPerson
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.time_span import SAME_TIME_S, TimeSpan
from tracking.types import FrameResult
from tracking.video.source import VideoInfo, VideoSource
from tracking.video.transformed import adapted

NEAR_S = 3.0  # the run comes to a place no farther ahead by itself


class OpenedFile(Opened):
    """A video with its player and session; an engine tracks what the session does not hold yet."""

    is_live = False

    def __init__(self, video: Path, session: Session, settings: RunSettings, factories: Factories, post: Post) -> None:
        """An engine is there where something is left to track, with `settings`."""
        super().__init__(video.name, session, settings, post=post)
        self.video = video
        self.kept: Path | None = None  # the session that was there before it was tracked again
        self.brought_from: Path | None = None  # where its session was before the video was moved or renamed
        self.is_changed = False  # whether its video is another file than the one that was tracked
        self.closed = threading.Event()
        self._factories = factories
        self._limits = self.edited.plan.span
        self._more_wanted = not self._limits.is_unlimited
        self._asked = 0  # how many times somebody had gone elsewhere in the video
        self._has_gone = False
        if session.complete and (smoothing := self.edited.plan.smoothing) is not None:  # made again since
            self.settings = with_smoothing(self.settings, smoothing)
        self.engine = None if session.complete else self._new_engine()
        self.player = Player(self.opened)  # type: ignore[arg-type]
        self.player.set_loop(self._limits)
        self.feed: FileFeed = FileFeed(
            self.player,
            lambda index: self.edited.result(index),
            engine=self.engine,
            memory_bytes=factories.memory,
            tracked_parts=session.part_times,
            nearby=self.nearby(),
        )

    def opened(self) -> VideoSource:
        """The video, turned, mirrored and timed as it was tracked."""
        return adapted(self._factories.open_source(self.video), self.session.header.run_settings.adaptation)

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
            self._factories.build,
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

    def follow_edits(self) -> None:
        """See `Opened.follow_edits`; also tracks and plays only what lies between in and out point from now on. What is
        tracked stays."""
        self._limit(self.edited.plan.span)
        super().follow_edits()

    def _limit(self, span: TimeSpan) -> None:
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

    def lacks(self, span: TimeSpan) -> bool:
        """Whether some of a span is not tracked yet."""
        if self.session.complete:
            return False
        times = self.player.times
        return not len(times) or bool(self.session.parts.gaps(span.indices(times)))

    def start(self) -> None:
        self.look_back()
        if self.engine is not None:
            self.engine.start()
        if self._limits.start_s is not None:
            self.player.seek(self._limits.start_s)
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
        ended = self.engine.stop(self.stop_s) if self.engine is not None else True
        if ended:
            self._close_session()
        else:
            threading.Thread(target=self._close_session, name="close", daemon=True).start()
        return self.player.close(self.stop_s) and ended

    def _close_session(self) -> None:
        if self.engine is not None:
            self.engine.stop(timeout_s=None)
        self.session.close()
        self.closed.set()
