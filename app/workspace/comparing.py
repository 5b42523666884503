"""Plays a comparison: pictures in a thread of their own, the newest one taken by whoever shows it. No Qt."""

import logging
import time

from app.engine.waiting_thread import WaitingThread
from ppnet.errors import UserError, sentence_for
from tracking.comparison import RATE, Attempt, Comparison, Image, Reel
from tracking.drawing.style import PictureLayers

log = logging.getLogger(__name__)


class ComparisonPlayer(WaitingThread):
    """One transport for both sides. Methods never wait; `news` gives what is new since it was asked last."""

    def __init__(
        self,
        first: Attempt,
        second: Attempt,
        *,
        angle: str,
        ghost: bool,
        layers: PictureLayers,
        time_s: float = 0.0,
        is_playing: bool = False,
        speed: float = 1.0,
    ) -> None:
        """It begins at `time_s` against the moment, standing or playing, `speed` times as fast as life."""
        super().__init__("compare")
        self._attempts, self._angle, self._ghost, self._layers = (first, second), angle, ghost, layers
        self._comparison: Comparison | None = None
        self._wanted_s: float | None = time_s
        self._speed = speed
        self._plays_at_once = is_playing
        self._playing_since: tuple[float, float] | None = None  # moment of the clock, and the time shown then
        self._picture: Image | None = None
        self._shown_s = self._picture_s = time_s  # what is being drawn, and what was
        self._error: str | None = None
        self._is_new = False
        self._thread.start()

    @property
    def comparison(self) -> Comparison | None:
        """What is compared; None until it is read."""
        with self._condition:
            return self._comparison

    @property
    def is_playing(self) -> bool:
        """Whether the clock runs, or will as soon as it can."""
        with self._condition:
            return self._playing_since is not None or (self._plays_at_once and self._error is None)

    @property
    def time_s(self) -> float:
        """The time against the moment that is shown, being drawn, or asked for."""
        with self._condition:
            return self._shown_s if self._wanted_s is None else self._wanted_s

    def news(self) -> tuple[Image | None, float, str | None] | None:
        """The newest picture, its time against the moment, and why there is none; None when nothing is new."""
        with self._condition:
            if not self._is_new:
                return None
            self._is_new = False
            return self._picture, self._picture_s, self._error

    def seek(self, time_s: float) -> None:
        """Stands at a time against the moment."""
        with self._condition:
            self._playing_since, self._wanted_s, self._plays_at_once = None, time_s, False
            self._condition.notify_all()

    def toggle(self) -> None:
        """Plays, from the start when it stands at the end; or stands."""
        with self._condition:
            if self._playing_since is not None or self._comparison is None:
                self._playing_since, self._plays_at_once = None, False
            else:
                at_end = self._shown_s >= self._comparison.end_s - 1.5 / RATE
                self._playing_since = time.monotonic(), self._comparison.start_s if at_end else self._shown_s
            self._condition.notify_all()

    def set_speed(self, speed: float) -> None:
        """Plays so many times as fast as life, from what is shown on."""
        with self._condition:
            self._speed = speed
            if self._playing_since is not None:
                self._playing_since = time.monotonic(), self._shown_s

    def _run(self) -> None:
        reels: list[Reel] = []
        try:
            for attempt in self._attempts:
                if attempt.session.needs_smoothing:
                    attempt.session.refresh(cancelled=lambda: self._is_closed)
            comparison = Comparison(*self._attempts, angle=self._angle, ghost=self._ghost, layers=self._layers)
            for side in comparison.sides:
                reels.append(Reel(side.attempt))
            with self._condition:
                self._comparison = comparison
                if self._plays_at_once:
                    self._playing_since, self._wanted_s = (time.monotonic(), self._wanted_s or 0.0), None
                    self._plays_at_once = False
            while (time_s := self._next(comparison)) is not None:
                picture = comparison.picture(time_s, (reels[0].at(time_s), reels[1].at(time_s)))
                self._tell(picture, time_s, None)
        except UserError as error:
            self._tell(None, self.time_s, str(error))
        except Exception as error:  # top level of a thread
            log.exception("comparing")
            self._tell(None, self.time_s, sentence_for(error, "Something went wrong; see the log."))
        finally:
            for reel in reels:
                reel.close()

    def _next(self, comparison: Comparison) -> float | None:
        """Waits for the next time that is to be shown; None at the end of the thread."""
        with self._condition:
            while True:
                self._condition.wait_for(
                    lambda: self._is_closed or self._wanted_s is not None or self._playing_since is not None
                )
                if self._is_closed:
                    return None
                if self._wanted_s is not None:
                    time_s, self._wanted_s = self._wanted_s, None
                    break
                self._condition.wait(1 / RATE)
                if self._playing_since is not None and self._wanted_s is None:  # nothing else was asked for meanwhile
                    began, from_s = self._playing_since
                    time_s = from_s + self._speed * (time.monotonic() - began)
                    if time_s >= comparison.end_s:
                        self._playing_since = None
                    break
            self._shown_s = min(max(time_s, comparison.start_s), comparison.end_s)
            return self._shown_s

    def _tell(self, picture: Image | None, time_s: float, error: str | None) -> None:
        with self._condition:
            self._picture, self._picture_s, self._error, self._is_new = picture, time_s, error, True
