"""`Opened`: what all that can be open has in common; `Factories`: what makes the parts of a run."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from app.engine.live import LiveEngine
from app.engine.load_shedding import ShedStep
from app.engine.processor import ProcessorBuilder
from app.engine.run_status import RunStatus
from app.runs.file_run import FileRun
from app.workspace.background_call import Post
from app.workspace.continued_settings import HeaderOf, changes_between
from app.workspace.inspector import Looker
from app.workspace.picture_feed import Feed
from app.workspace.signal import Signal
from tracking.focus_person import EVERYONE, FocusPerson, PersonAt
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session
from tracking.time_span import SAME_TIME_S
from tracking.types import FrameResult
from tracking.video.source import VideoInfo, VideoSource


@dataclass(frozen=True)
class Factories:
    """What makes the parts of a run; tests hand in stand-ins.

    open_source(spec, size_wh=, frame_rate=) opens any source; the wishes go to cameras. build is the engines'
    `ProcessorBuilder`. header(info, settings) describes a run. looker(settings) loads the network for looking inside.
    steps: what a live run sheds under load. memory: bytes in use by the program. known_folders: where sessions of
    videos may lie that were moved since; called in any thread.
    """

    open_source: Callable[..., VideoSource]
    build: ProcessorBuilder[Any]
    header: HeaderOf
    looker: Callable[[Any], Looker]
    steps: tuple[ShedStep[Any], ...] = ()
    memory: Callable[[], int] = lambda: 0
    known_folders: Callable[[], Iterable[Path]] = tuple


class Opened(ABC):
    """What a file and a camera have in common: a session with its edits, settings, and whom it is about.

    name: for the title of the window. settings: of what is still to be tracked, but for the focus. edited: the session
    with its edits. Used by one thread, the window's, except where said.
    """

    is_live: ClassVar[bool]
    stop_s: ClassVar[float] = 2.0
    """How long closing waits for its threads; the window stands still meanwhile."""
    feed: Feed

    def __init__(self, name: str, session: Session, settings: RunSettings, *, post: Post) -> None:
        """settings.only: where to find the one person it is about; a session that names one itself is about them."""
        self.name = name
        self.session = session
        self.settings = replace(settings, only=None)
        self.edited = EditedSession(session)
        self.focus_settled: Signal[FocusPerson, FocusPerson] = Signal()
        """The focus that waited, and the one after it: somebody was found, or nobody in time."""
        self.joined: Signal[()] = Signal()  # people of two parts of the session were found to be the same: edits
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
        """Shows everything with the edits as they are now; smoothing asked for again is not made here."""
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
        """What is still to be tracked is about these people; a session that is continued keeps to it.

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
