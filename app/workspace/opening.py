"""Opens files, sessions and cameras."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.workspace.background_call import Post
from app.workspace.continued_settings import look_how_to_go_on, settings_to_go_on
from app.workspace.copied_session import bring_moved_session
from app.workspace.demo_session import bring_demo_session
from app.workspace.opened import Factories
from app.workspace.opened_camera import OpenedCamera
from app.workspace.opened_file import OpenedFile
from app.workspace.result_paths import free_path, place_for_session
from ppnet.errors import UserError
from ppnet.output_files import make_folder
from tracking.run_settings import RunSettings
from tracking.session.format import SUFFIX, SessionHeader, SessionInUseError
from tracking.session.naming import find_video
from tracking.session.session import Session, session_path
from tracking.video.container import VIDEO_SUFFIXES
from tracking.video.source import VideoInfo
from tracking.video.transformed import adapted

Found = tuple[Path, VideoInfo]
"""A video that can be opened, and the facts of it."""


class UnusableSessionError(UserError):
    """The session beside a video cannot be used; tracking the `video` again keeps it under another name."""

    def __init__(self, video: Path, why: UserError) -> None:
        super().__init__(f"{why} {video.name} can be tracked again; the session is kept.")
        self.video = video


def look_at_file(video: Path, settings: RunSettings, factories: Factories, *, again: bool, own: Session) -> Found:
    """Raises what `open_file` would, as far as it can be known before. own: the session that is open in this program,
    which can be opened again."""
    info, place = _info_of(video, settings, factories), place_for_session(video, own=own)
    if again or not place.exists():
        factories.header(info, settings)
    else:
        with _way_out(place, video), _opened_or_own(place, own) as session:
            _check(session, info)
            look_how_to_go_on(session, settings, factories.header)
    return video, info


def open_file(
    video: Path,
    settings: RunSettings,
    factories: Factories,
    post: Post,
    *,
    again: bool = False,
    found: Found | None = None,
) -> OpenedFile:
    """A video to be tracked, or continued, or shown as it was tracked before. `again`: tracked again; the
    session that is there is kept under another name (`OpenedFile.kept`). found: by `look_at_file`.

    UserError when the video or its session cannot be opened; UnusableSessionError when it is the session, and nobody
    else has it.
    """
    info = _info_of(video, settings, factories) if found is None else found[1]
    place = place_for_session(video, anew=again)
    brought_from = None
    if not again and not place.exists():
        header = factories.header(info, settings)
        bring_demo_session(video, place, header)
        if not place.exists():
            brought_from = bring_moved_session(place, header.source, {video.parent, *factories.known_folders()})
    if place.exists() and not again:
        shown = _with_its_session(video, place, info, settings, factories, post)
        shown.brought_from = brought_from
        return shown
    kept = free_path(place) if place.exists() else None
    session = Session.create(place, factories.header(info, settings), overwrite=again, keep_as=kept)
    opened = _opened_file(video, session, settings, factories, post)
    opened.kept = kept
    return opened


def _info_of(video: Path, settings: RunSettings, factories: Factories) -> VideoInfo:
    with adapted(factories.open_source(video), settings.adaptation) as source:
        return source.info


def _with_its_session(
    video: Path, place: Path, info: VideoInfo, settings: RunSettings, factories: Factories, post: Post
) -> OpenedFile:
    with _way_out(place, video):
        session = Session.open(place, writable=True)
        try:
            _check(session, info)
        except BaseException:
            session.close()
            raise
        shown = _opened_file(video, session, settings, factories, post)
        shown.is_changed = session.header.source.size_bytes not in (None, info.size_bytes)
        return shown


@contextmanager
def _way_out(place: Path, video: Path | None) -> Iterator[None]:
    """What is wrong with a session of a video that could be tracked again in its place becomes an
    UnusableSessionError."""
    try:
        yield
    except SessionInUseError:
        raise
    except UserError as error:
        if video is None or not place.exists() or place_for_session(video).resolve() != place.resolve():
            raise
        raise UnusableSessionError(video, error) from error


def _check(session: Session, info: VideoInfo) -> None:
    """UserError when its video, settings or edits are none that can be shown."""
    if not _is_of(session, info):
        raise UserError(f"{session.path.name} belongs to another video of the same name; move it away.")
    session.edits()
    _ = session.header.run_settings


def _is_of(session: Session, info: VideoInfo) -> bool:
    """Whether a session may be of a video: as large, and as long as far as that is known."""
    known = session.header.source
    if sorted(known.size_wh) != sorted(info.size_wh):
        return False
    return None in (known.frame_count, info.frame_count) or known.frame_count == info.frame_count


def look_at_session(path: Path, settings: RunSettings, factories: Factories, *, own: Session) -> Found:
    """Raises what `open_session` would, as far as it can be known before; own: see `look_at_file`."""
    return _looked_at(path, settings, factories, own=own)


def open_session(
    path: Path, settings: RunSettings, factories: Factories, post: Post, *, found: Found | None = None
) -> OpenedFile:
    """A session file opened again, over its video. UserError when either is missing, or there never was a video, or one
    of them cannot be used; UnusableSessionError when it is the session, and the video can be tracked again in its
    place. found: by `look_at_session`."""
    video, info = found or _looked_at(path, settings, factories)
    return _with_its_session(video, path, info, settings, factories, post)


def _looked_at(path: Path, settings: RunSettings, factories: Factories, *, own: Session | None = None) -> Found:
    """The video that a session is about."""
    with ExitStack() as opened:
        with _way_out(path, _video_called_like(path)):
            session = opened.enter_context(_opened_or_own(path, own))
        video = find_video(session)
        info = _info_of(video, settings, factories)
        with _way_out(path, video):
            _check(session, info)
            look_how_to_go_on(session, settings, factories.header)
    return video, info


@contextmanager
def _opened_or_own(path: Path, own: Session | None) -> Iterator[Session]:
    """The session of that name; the one that is open in this program stays open."""
    if own is not None and path.exists() and path.samefile(own.path):
        yield own
    else:
        with Session.open(path) as session:
            yield session


def _video_called_like(path: Path) -> Path | None:
    """The video beside a session that is called like it."""
    beside = (path.with_name(path.name.removesuffix(SUFFIX) + suffix) for suffix in ("", *sorted(VIDEO_SUFFIXES)))
    return next((video for video in beside if video.is_file()), None)


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
    header = look_at_camera(spec, settings, factories, folder=folder, name=name)
    stem = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    session = Session.create(free_path(session_path(Path(f"{stem}.live"), folder)), header)
    return OpenedCamera(spec, name or spec, session, settings, factories, post, wish=options)


def look_at_camera(
    spec: str, settings: RunSettings, factories: Factories, *, folder: Path, name: str = ""
) -> SessionHeader:
    """What the session of a camera begins with; its folder is there then. UserError when that cannot be, or the camera
    can't be tracked with these settings."""
    make_folder(folder)
    info = VideoInfo(name=name or spec, path=None, size_wh=(1, 1), is_live=True)  # until the camera tells
    return factories.header(info, settings)
