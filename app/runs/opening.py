"""Opens files, sessions and cameras."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.runs.background_call import Post
from app.runs.continued_settings import settings_to_go_on
from app.runs.demo_session import bring_demo_session
from app.runs.opened import Factories
from app.runs.opened_camera import OpenedCamera
from app.runs.opened_file import OpenedFile
from app.runs.result_paths import free_path, place_for_session
from ppnet.errors import UserError
from tracking.run_settings import RunSettings
from tracking.session.format import SessionInUseError
from tracking.session.session import Session, session_path
from tracking.video.source import VideoInfo
from tracking.video.transformed import adapted


class UnusableSessionError(UserError):
    """The session beside a video cannot be used; tracking the `video` anew keeps it under another name."""

    def __init__(self, video: Path, why: UserError) -> None:
        super().__init__(f"{why} Or track {video.name} anew; the session is kept.")
        self.video = video


def open_file(
    video: Path, settings: RunSettings, factories: Factories, post: Post, *, again: bool = False
) -> OpenedFile:
    """A video to be tracked, or gone on with, or shown as it was tracked before. `again`: tracked anew; the
    session that is there is kept under another name (`OpenedFile.kept`).

    UserError when the video or its session cannot be opened; UnusableSessionError when it is the session, and nobody
    else has it.
    """
    with adapted(factories.open_source(video), settings.adaptation) as source:
        info = source.info
    place = place_for_session(video, anew=again)
    if not again and not place.exists():
        bring_demo_session(video, place, factories.header(info, settings))
    if place.exists() and not again:
        try:
            return _with_its_session(video, place, info, settings, factories, post)
        except SessionInUseError:
            raise
        except UserError as error:
            raise UnusableSessionError(video, error) from error
    kept = free_path(place) if place.exists() else None
    session = Session.create(place, factories.header(info, settings), overwrite=again, keep_as=kept)
    opened = _opened_file(video, session, settings, factories, post)
    opened.kept = kept
    return opened


def _with_its_session(
    video: Path, place: Path, info: VideoInfo, settings: RunSettings, factories: Factories, post: Post
) -> OpenedFile:
    session = Session.open(place, writable=True)
    if sorted(session.header.source.size_wh) != sorted(info.size_wh):
        session.close()
        raise UserError(f"{place.name} belongs to another video of the same name; move it away.")
    return _opened_file(video, session, settings, factories, post)


def open_session(path: Path, settings: RunSettings, factories: Factories, post: Post) -> OpenedFile:
    """A session file opened again, over its video. UserError when either is missing, or there never was a video."""
    video = video_of_session(path)
    return _opened_file(video, Session.open(path, writable=True), settings, factories, post)


def video_of_session(path: Path) -> Path:
    """The video that a session is about. UserError when either is missing, or there never was a video."""
    with Session.open(path) as session:
        source = session.header.source
    if source.is_live:
        raise UserError(
            f"{path.name} is of a camera or stream and holds no pictures to show; "
            f"`python main.py export {path.name}` writes tables from it."
        )
    beside = path.parent / Path(source.path or source.name).name
    video = next((place for place in (source.path, beside) if place is not None and Path(place).exists()), None)
    if video is None:
        raise UserError(f"The video {source.name} of this session is not there; put it beside {path.name}.")
    return Path(video)


def _opened_file(video: Path, session: Session, settings: RunSettings, factories: Factories, post: Post) -> OpenedFile:
    """The session with its own settings, about the one person whom it names."""
    try:
        begun = replace(settings_to_go_on(session, settings, factories.header), only=session.header.run_settings.only)
        return OpenedFile(video, session, begun, factories, post)
    except BaseException:
        session.close()
        raise


def open_camera(
    spec: str,
    settings: RunSettings,
    factories: Factories,
    post: Post,
    *,
    folder: Path,
    name: str = "",
    wish: Mapping[str, object] | None = None,
) -> OpenedCamera:
    """A camera (asked for what `wish` names) or network address; its session goes into `folder`, named by the time."""
    options = dict(wish or {})
    folder.mkdir(parents=True, exist_ok=True)
    info = VideoInfo(name=name or spec, path=None, size_wh=(1, 1), is_live=True)  # until the camera tells
    stem = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    session = Session.create(free_path(session_path(Path(f"{stem}.live"), folder)), factories.header(info, settings))
    return OpenedCamera(spec, name or spec, session, settings, factories, post, wish=options)
