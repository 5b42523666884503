"""`OpenedCamera`: a camera or stream that is open."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.engine.live import LiveEngine
from app.engine.run_status import RunStatus
from app.workspace.background_call import Post
from app.workspace.opened import Factories, Opened
from app.workspace.picture_feed import LiveFeed
from ppnet.errors import UserError
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.types import FrameResult
from tracking.video.address import redacted
from tracking.video.container import is_address
from tracking.video.source import VideoInfo
from tracking.video.transformed import adapted

LATE_S = 60.0  # a network that is still being loaded can't be stopped


class OpenedCamera(Opened):
    """A camera or stream with its engine and the session it writes. wish: what was asked of the camera."""

    is_live = True

    def __init__(
        self,
        spec: str,
        name: str,
        session: Session,
        settings: RunSettings,
        factories: Factories,
        post: Post,
        *,
        wish: Mapping[str, object],
    ) -> None:
        super().__init__(redacted(name), session, settings, post=post)
        self.spec = spec
        self.wish = wish
        self.engine = LiveEngine(
            lambda: adapted(factories.open_source(spec, **wish), settings.adaptation),
            factories.build,
            self.focused_settings,
            steps=factories.steps,
            session=session,
            on_change=self.note_change,
            on_result=self.see,
        )
        self.feed: LiveFeed = LiveFeed(self.engine)

    @property
    def network_address(self) -> str:
        return redacted(self.spec) if is_address(self.spec) else ""

    @property
    def engine_in_use(self) -> LiveEngine[RunSettings]:
        return self.engine

    @property
    def info(self) -> VideoInfo:
        return self.engine.status().source or self.session.header.source

    def start(self) -> None:
        self.engine.start()

    def follow(self, status: RunStatus) -> None:
        """Writes the camera's facts into the session as soon as they are known."""
        header = self.session.header
        if status.source is not None and status.source != header.source:
            self.session.set_header(replace(header, source=status.source))

    def newest_result(self) -> FrameResult | None:
        """The last frame that was tracked; None before the first."""
        view = self.engine.view()
        return view.result if view is not None else None

    def close(self) -> bool:
        """Stops the engine, which finishes its recordings and closes the session; what takes longer ends by itself."""
        with suppress(UserError):  # a full disk must not keep the run open
            self.follow(self.engine.status())
        ended = self._end(self.stop_s)
        if not ended:
            threading.Thread(target=self._end, args=(LATE_S,), name="close", daemon=True).start()
        return ended

    def _end(self, timeout_s: float) -> bool:
        ended = self.engine.stop(timeout_s)
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
