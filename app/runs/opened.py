"""What can be open in the window: a tracked file (or a session opened again) and a live run. No Qt."""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs

from app.engine.file import FileEngine
from app.engine.live import LiveEngine
from app.engine.load_shedding import ShedStep
from app.engine.player import Player
from app.engine.state import ProcessorBuilder
from app.runs.continued_settings import HeaderOf, changes_between, settings_to_go_on
from app.runs.picture_feed import Feed, FileFeed, LiveFeed
from app.runs.inspector import Looker
from app.runs.nearby import Nearby
from ppnet.assets import ASSETS
from ppnet.errors import UserError
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session, session_path
from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import FrameResult
from tracking.video.source import VideoInfo, VideoSource
from tracking.video.transformed import Adaptation, adapted


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


def sessions_folder() -> Path:
    """Where sessions go that cannot lie beside their video."""
    base = os.environ.get("PPNET_LIVE_DATA") or platformdirs.user_data_dir("ppnet-live")
    return Path(base) / "sessions"


def place_for_session(video: Path) -> Path:
    """Beside the video; in the user's data folder for the demo and where that cannot be written."""
    folder = video.parent.resolve()
    beside = session_path(video)
    if folder != ASSETS.resolve() and (beside.exists() or os.access(folder, os.W_OK)):
        return beside
    mark = hashlib.sha256(str(video.resolve()).encode()).hexdigest()[:8]
    place = sessions_folder()
    place.mkdir(parents=True, exist_ok=True)
    return session_path(video.with_stem(f"{video.stem}-{mark}"), place)


class OpenedFile:
    """A video with its player and session; an engine tracks what the session does not hold yet."""

    is_live = False

    def __init__(self, video: Path, session: Session, settings: Any, *, parts: Parts) -> None:
        """An engine is there where something is left to track, with `settings`."""
        self.video = video
        self.name = video.name
        self.session = session
        self.replay = EditedSession(session)
        self.closed = threading.Event()
        self.settings = settings
        self._parts = parts
        self._limits = ALL_TIME
        self._more_wanted = False
        self.engine = None if session.complete else self._new_engine()
        self.player = Player(self.opened)  # type: ignore[arg-type]
        self.feed: Feed = FileFeed(
            self.player,
            lambda index: self.replay.result(index),
            engine=self.engine,
            memory_bytes=parts.memory,
            tracked_span=lambda: session.time_span,
            nearby=self.nearby(),
        )

    def opened(self) -> VideoSource:
        """The video, turned, mirrored and timed as it was tracked."""
        return adapted(self._parts.open_source(self.video), Adaptation.of(self.session.header.settings))

    @property
    def info(self) -> VideoInfo:
        """Facts of the video."""
        return self.session.header.source

    def nearby(self) -> Nearby:
        """Who is near in time to a picture; one for each thread."""
        return Nearby(self.session.results, lambda: self.player.times)

    def _new_engine(self) -> FileEngine[Any]:
        engine: FileEngine[Any] = FileEngine(
            self.opened, self._parts.build, self.settings, session=self.session, on_change=self._note_change
        )
        engine.limit(self._tracked_limits)
        return engine

    @property
    def _tracked_limits(self) -> TimeSpan:
        """In and out point, or else where the run was to begin and end."""
        return self._limits.or_else(TimeSpan(self.settings.start_s, self.settings.end_s))

    def _note_change(self, before: Any, after: Any, time_s: float) -> None:
        self.session.log_changes(changes_between(before, after, time_s))

    def limit(self, span: TimeSpan) -> None:
        """Tracks and plays only what lies in the span. What is tracked stays."""
        if span == self._limits:
            return
        self._limits = span
        self.player.set_loop(span)
        self._more_wanted = True
        if self.engine is not None:
            self.engine.limit(self._tracked_limits)

    def keep_up(self) -> None:
        """Goes on tracking where the limits were moved after it had come to its end."""
        times = self.player.times
        if not self._more_wanted or not len(times) or not self.session.complete:
            return
        if self.engine is not None and self.engine.status().state.is_active:
            return
        self._more_wanted = False
        tracked = self.session.time_span
        last_s = float(times[max(self._tracked_limits.indices(times).stop - 1, 0)])
        if tracked is None or last_s > tracked[1] + SAME_TIME_S:
            self.session.go_on()
            self.engine = self._new_engine()
            if isinstance(self.feed, FileFeed):
                self.feed.engine = self.engine
            self.engine.start()

    def start(self) -> None:
        """Tracks and plays."""
        if self.engine is not None:
            self.engine.start()
        self.player.play()

    def apply(self, settings: Any) -> None:
        """New settings for what is still to be tracked."""
        self.settings = settings
        if self.engine is not None:
            self.engine.apply(settings)

    def newest_result(self) -> FrameResult | None:
        """The last frame that was tracked, with all edits in it; None before the first."""
        return self.replay.result(self.session.last_frame_index)

    def refresh(self) -> None:
        """Shows the picture again with the edits as they are now; smoothing asked for anew is not made here."""
        self.replay.refresh(smooth=False)
        if isinstance(self.feed, FileFeed):
            self.feed.refresh()

    def close(self) -> bool:
        """Ends all threads and closes the session; True when everything has ended. A network that is still being
        loaded can't be stopped: the session is closed as soon as it is there (`closed`)."""
        ended = self.engine.cancel() if self.engine is not None else True
        if ended:
            self._close_session()
        else:
            threading.Thread(target=self._close_session, name="close", daemon=True).start()
        return self.player.close() and ended

    def _close_session(self) -> None:
        if self.engine is not None:
            self.engine.cancel(timeout_s=None)
        self.session.close()
        self.closed.set()


class OpenedCamera:
    """A camera or stream with its engine and the session it writes."""

    is_live = True

    def __init__(
        self, spec: str, name: str, session: Session, *, engine: LiveEngine[Any], settings: Any, wish: Mapping[str, object]
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.wish = wish
        self.name = name
        self.session = session
        self.replay = EditedSession(session)
        self.engine = engine
        self.player = None
        self.feed: Feed = LiveFeed(engine)

    @property
    def info(self) -> VideoInfo:
        """Facts of the source, as far as they are known yet."""
        return self.engine.status().source or self.session.header.source

    def start(self) -> None:
        """Opens the camera and goes."""
        self.engine.start()

    def learn_source(self) -> None:
        """Writes the camera's facts into the session as soon as they are known."""
        header, source = self.session.header, self.engine.status().source
        if source is not None and source != header.source:
            self.session.set_header(replace(header, source=source))

    def apply(self, settings: Any) -> None:
        """New settings from the next frame on."""
        self.settings = settings
        self.engine.apply(settings)

    def newest_result(self) -> FrameResult | None:
        """The last frame that was tracked; None before the first."""
        view = self.engine.view()
        return view.result if view is not None else None

    def refresh(self) -> None:
        """Reads names and hidden people anew."""
        self.replay.refresh(smooth=False)

    def close(self) -> bool:
        """Stops the engine, which finishes its recordings and closes the session."""
        with suppress(UserError):  # a full disk must not keep the run open
            self.learn_source()
        ended = self.engine.stop()
        if ended:
            self.session.close()
            _remove_if_empty(self.session.path)
        return ended


def _remove_if_empty(path: Path) -> None:
    """A live run in which nobody was ever seen is not worth keeping."""
    with suppress(UserError, OSError):
        with Session.open(path) as session:
            empty = session.last_track_id == 0
        if empty:
            path.unlink()


Run = OpenedFile | OpenedCamera


def open_file(video: Path, settings: Any, *, parts: Parts, again: bool = False) -> OpenedFile:
    """A video to be tracked, or gone on with, or shown as it was tracked before. `again` throws that away.

    UserError when the video or its session cannot be opened.
    """
    with adapted(parts.open_source(video), settings.adaptation) as source:
        info = source.info
    place = place_for_session(video)
    if place.exists() and not again:
        session = Session.open(place, writable=True)
        if sorted(session.header.source.size_wh) != sorted(info.size_wh):
            session.close()
            raise UserError(
                f"{place.name} belongs to another video of the same name; move it away, then open {video.name} again."
            )
    else:
        session = Session.create(place, parts.header(info, settings), overwrite=again)
    return _file_run(video, session, settings, parts=parts)


def open_session(path: Path, settings: Any, *, parts: Parts) -> OpenedFile:
    """A session file opened again, over its video. UserError when either is missing, or there never was a video."""
    session = Session.open(path, writable=True)
    source = session.header.source
    if source.is_live:
        session.close()
        raise UserError(
            f"{path.name} is of a camera or stream and holds no pictures to show; "
            f"`python main.py export {path.name}` writes tables from it."
        )
    beside = path.parent / Path(source.path or source.name).name
    video = next((place for place in (source.path, beside) if place is not None and Path(place).exists()), None)
    if video is None:
        session.close()
        raise UserError(f"The video {source.name} of this session is not there; put it beside {path.name}.")
    return _file_run(Path(video), session, settings, parts=parts)


def _file_run(video: Path, session: Session, settings: Any, *, parts: Parts) -> OpenedFile:
    try:
        begun = settings_to_go_on(session, settings, parts.header)
    except UserError:
        session.close()
        raise
    return OpenedFile(video, session, begun, parts=parts)


def open_camera(
    spec: str,
    settings: Any,
    *,
    parts: Parts,
    folder: Path,
    name: str = "",
    wish: Mapping[str, object] | None = None,
) -> OpenedCamera:
    """A camera (asked for what `wish` names) or network address; its session goes into `folder`, named by the time."""
    options = dict(wish or {})
    folder.mkdir(parents=True, exist_ok=True)
    info = VideoInfo(name=name or spec, path=None, size_wh=(1, 1), is_live=True)  # until the camera tells
    stem = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    session = Session.create(free_path(session_path(Path(f"{stem}.live"), folder)), parts.header(info, settings))
    engine: LiveEngine[Any] = LiveEngine(
        lambda: adapted(parts.open_source(spec, **options), settings.adaptation),
        parts.build,
        settings,
        steps=parts.steps,
        session=session,
        on_change=lambda before, after, time_s: session.log_changes(changes_between(before, after, time_s)),
    )
    return OpenedCamera(spec, name or spec, session, engine=engine, settings=settings, wish=options)


def free_path(path: Path) -> Path:
    """The path, or the same with _2, _3, ... where it is taken: nothing is ever overwritten."""
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free
