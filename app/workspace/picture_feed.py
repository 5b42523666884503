"""Where the window's pictures and figures come from: a live engine, or a file's player with its session. No Qt."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from app.engine.live import LiveEngine, LiveView
from app.engine.meter import RateMeter
from app.engine.player import Player, PlayerPosition
from app.engine.run_status import Notice, RunStatus
from app.runs.file_run import FileRun
from tracking.drawing.privacy import RecentResults
from tracking.time_span import SAME_TIME_S
from tracking.types import Frame, FrameResult


@dataclass(frozen=True)
class Picture:
    """One picture to show and what is known of it.

    result: None where the tracking has not come yet. overlay_age_s: how much older the result is than the frame.
    near: results near in time, of everybody, for hiding faces; empty when nobody hides any.
    delay_s: so long ago it was captured, because that was asked for.
    """

    frame: Frame
    result: FrameResult | None = None
    overlay_age_s: float = 0.0
    near: tuple[FrameResult, ...] = ()
    delay_s: float = 0.0


class Feed(Protocol):
    """Gives pictures to whoever polls.

    hides_faces: pictures are looked at with blurred faces. Live, a picture then waits for its result, though it is
    older: blocks that lag would show faces.
    """

    hides_faces: bool

    def picture(self) -> Picture | None:
        """The newest picture that was not given yet, or None."""
        ...

    def refresh(self) -> None:
        """Gives the same picture again, as it looks now."""
        ...

    def painted(self) -> None:
        """The picture given last is on the screen."""
        ...

    def position(self) -> PlayerPosition | None:
        """Where playback stands; None when live."""
        ...

    def status(self) -> RunStatus:
        """How the run stands."""
        ...


class LiveFeed:
    """The newest captured frame with the newest result over it."""

    def __init__(self, engine: LiveEngine[Any]) -> None:
        self._engine = engine
        self._given: LiveView | None = None
        self._recent = RecentResults()
        self.hides_faces = False
        self.delay_s = 0.0
        """The picture is that of so long ago."""
        self._given_index: int | None = None

    def picture(self) -> Picture | None:
        if self.delay_s:
            return self._delayed()
        view = self._engine.view()
        if view is None or (self._given is not None and _same(view, self._given)):
            return None
        self._given = view
        near = self._recent.add(view.result) if view.result is not None else ()
        if self.hides_faces:
            return Picture(view.result_frame or view.frame, view.result, near=near)
        return Picture(view.frame, view.result, view.overlay_age_s)

    def _delayed(self) -> Picture | None:
        moment = self._engine.replay_buffer.ago(self.delay_s, own_only=self.hides_faces)
        if moment is None or moment.index == self._given_index:
            return None
        self._given, self._given_index = None, moment.index
        near = self._recent.add(moment.result) if moment.result is not None else ()
        return Picture(moment.frame(), moment.result, near=near if self.hides_faces else (), delay_s=self.delay_s)

    def refresh(self) -> None:
        self._given = self._given_index = None

    def painted(self) -> None:
        if self._given is not None:
            self._engine.painted(self._given)

    def position(self) -> PlayerPosition | None:
        return None

    def status(self) -> RunStatus:
        return self._engine.status()


def _same(view: LiveView, given: LiveView) -> bool:
    return view.frame is given.frame and view.result is given.result


class FileFeed:
    """Frames by the player's clock; results from the session, where there are some."""

    def __init__(
        self,
        player: Player,
        result_of: Callable[[int], FrameResult | None],
        *,
        engine: FileRun[Any] | None = None,
        memory_bytes: Callable[[], int] = lambda: 0,
        tracked_parts: Callable[[], tuple[tuple[float, float], ...]] = tuple,
        nearby: Callable[[Frame], tuple[FrameResult, ...]] = lambda _frame: (),
    ) -> None:
        self.engine = engine
        self._player = player
        self._result_of = result_of
        self._memory_bytes = memory_bytes
        self._tracked_parts = tracked_parts
        self._nearby = nearby
        self.hides_faces = False
        self._given: Picture | None = None
        self._stale = False
        self._captured = RateMeter()
        self._painted = RateMeter()

    def refresh(self) -> None:
        self._stale = True

    def picture(self) -> Picture | None:
        frame, is_due = self._player.due(), True
        if frame is not None:
            self._captured.tick()
        elif self._given is not None and (self._stale or self._given.result is None):
            frame, is_due = self._given.frame, self._stale
        if frame is None:
            return None
        result = self._result_of(frame.index)
        if result is None and not is_due:
            return None
        self._stale = False
        self._given = Picture(frame, result, near=self._nearby(frame) if self.hides_faces else ())
        return self._given

    def painted(self) -> None:
        self._painted.tick()

    def position(self) -> PlayerPosition | None:
        return self._player.position()

    def _shown_parts(self) -> tuple[tuple[float, float], ...]:
        """The tracked parts; each lasts until its last frame has been shown."""
        times = self._player.times
        ends = np.append(times, self._player.end_s)
        parts = self._tracked_parts()
        after = np.searchsorted(times, [last_s + SAME_TIME_S for _, last_s in parts], side="right")
        return tuple((first_s, max(last_s, float(ends[i]))) for (first_s, last_s), i in zip(parts, after, strict=True))

    def status(self) -> RunStatus:
        tracking = self.engine.status() if self.engine is not None else RunStatus(complete=True)
        where = self._player.position()
        result = self._given.result if self._given is not None else None
        notices = tracking.notices
        if where.error is not None:
            notices += (Notice("player", where.error, "error"),)
        return replace(
            tracking,
            notices=notices,
            capture_fps=self._captured.snapshot(),
            display_fps=self._painted.snapshot(),
            people=len(result) if result is not None else 0,
            memory_bytes=self._memory_bytes(),
            tracked_parts_s=self._shown_parts(),
            total=tracking.total or where.frame_count or None,
            moment_s=time.monotonic(),
        )
