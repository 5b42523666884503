"""What the commands of the File menu do: open, close, export, save a picture."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog
from shiboken6 import isValid

from app.gui.commands.base import Commands, WindowParts
from app.gui.dialogs.buttons import open_once
from app.gui.dialogs.camera import CameraDialog, CameraWish
from app.gui.dialogs.joints import JointsDialog
from app.gui.finishing import Finishing
from app.gui.start_page import StartPage, Unfinished
from app.workspace.background_call import BackgroundCall
from app.workspace.importing import Imported, import_tracks
from app.workspace.opened import Opened
from app.workspace.opened_file import OpenedFile
from app.workspace.result_paths import free_path, place_for_session, sessions_folder
from ppnet.assets import ASSETS
from ppnet.errors import UserError
from ppnet.output_files import make_folder
from tracking.importing.choice import read_tracks
from tracking.importing.formats import patterns
from tracking.importing.joint_guesses import OpenJoints
from tracking.importing.track_table import TrackTable
from tracking.session.format import SUFFIX
from tracking.session.opening import UnfinishedSession, find_unfinished
from tracking.stems import stem_of
from tracking.video.camera import CameraInfo, list_cameras
from tracking.video.container import URL_SCHEMES

FILTER = (
    "Videos, images and sessions (*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mpg *.mpeg *.ts *.mts *.wmv *.png *.jpg *.jpeg"
    f" *.bmp *.webp *.tif *.tiff *{Path(SUFFIX).suffix});;All files (*)"
)
TRACKS_FILTER = f"Tracks ({' '.join(patterns())});;All files (*)"
HAVE_SOMETHING = (
    "snapshot", "close", "export", "import", "track-again", "scale", "type-scale", "region", "type-region",
    "whole-picture", "next-event", "previous-event",
)  # fmt: skip
CAMERA_LOOK_MS = 1500
SO_FAR = ". Tracking was not finished: it holds only what had been tracked by then"


class FileCommands(Commands):
    """Opens what people choose, drop or click, and remembers it."""

    def __init__(self, parts: WindowParts, start: StartPage) -> None:
        super().__init__(parts)
        self._start = start
        self.finishing = Finishing(parts.window)
        self._workspace.closing.connect(self._end_questions)
        self._workspace.closing.connect(self.finishing.finish)
        self.cameras: tuple[CameraInfo, ...] = ()
        self._actions.connect(
            {
                "open": self.ask_file,
                "open-folder": self.ask_folder,
                "open-camera": self.ask_camera,
                "import": self.ask_tracks,
                "open-stream": self.ask_stream,
                "demo": self.open_demo,
                "snapshot": self.save_picture,
                "close": self._workspace.close_run,
                "track-again": self._workspace.track_again,
                "quit": self._window.close,
            }
        )
        self._camera_watch = QTimer(self)
        self._camera_watch.setInterval(CAMERA_LOOK_MS)
        self._camera_watch.timeout.connect(self._look_for_cameras)
        self._camera_watch.start()
        start.demoWanted.connect(self.open_demo)
        start.fileWanted.connect(self.ask_file)
        start.cameraWanted.connect(self.use_camera)
        start.pathWanted.connect(self.open_path)
        self._workspace.factories = replace(self._workspace.factories, known_folders=self._known_folders)
        self._workspace.opened.connect(self._remember)
        self._workspace.opened.connect(self._tell_where_from)
        self._workspace.opened.connect(lambda _run: self._actions.enable(HAVE_SOMETHING, True))
        self.joints_dialog: JointsDialog | None = None
        self._workspace.closed.connect(lambda: self._actions.enable(HAVE_SOMETHING, False))
        self._workspace.closed.connect(self._forget_joints)
        self._actions.enable(HAVE_SOMETHING, False)

    def refresh_start_page(self) -> None:
        """Cameras, recent files and runs that were cut short, as they are now."""
        self.cameras = list_cameras()
        self._start.show_cameras([camera.name for camera in self.cameras])
        known, folders = self._store.value.recent, (sessions_folder(), self.record_folder())
        BackgroundCall(
            lambda: _lists(known, folders), name="look for runs", post=self._workspace.post, done=self._show_lists
        )

    def _show_lists(self, lists: "tuple[list[Path], list[Unfinished]]") -> None:
        self._start.show_lists(*lists)

    def _look_for_cameras(self) -> None:
        """A camera plugged in while the first page is shown appears there."""
        if self._start.isVisible():
            self.cameras = list_cameras()
            self._start.show_cameras([camera.name for camera in self.cameras])

    def record_folder(self) -> Path:
        """Where recordings, pictures and live sessions go."""
        import platformdirs

        return Path(self._store.value.record_folder or Path(platformdirs.user_videos_dir()) / "PPNet Live")

    def new_file(self, name: str) -> Path:
        """A free name like this one in that folder, which is there then. UserError when it cannot be."""
        folder = self.record_folder()
        make_folder(folder)
        return free_path(folder / name)

    def offer_to_show(self, words: str, path: Path) -> None:
        """Says what was written, with the way to its folder."""
        self._workspace.offer(words, "Show in folder", lambda: show_in_folder(path), lasting=True)

    def so_far(self) -> str:
        """What is to be said of a file that is made now of what is open: whether some of it is not tracked yet."""
        run = self._workspace.opened_file
        return "" if run is None or not run.lacks(run.edited.plan.span) else SO_FAR

    def tell_saved(self, path: Path | None, so_far: str = "") -> None:
        """Says that a file was saved; None: its writing was given up."""
        if path is not None:
            self.offer_to_show(f"Saved {path.name}{so_far}", path)

    def open_path(self, path: Path) -> None:
        """Opens a file or folder; one that opens comes first among the recent ones."""
        self._workspace.open_path(path)

    def _remember(self, run: Opened) -> None:
        """Each film stands among the recent ones once, whether it was opened itself or by its session."""
        if isinstance(run, OpenedFile) and run.video.resolve().parent != ASSETS.resolve():
            is_usual = run.session.path.resolve() == place_for_session(run.video, own=run.session).resolve()
            path = (run.video if is_usual else run.session.path).resolve()
            self._store.update(recent=self._store.value.with_recent(str(path)).recent)

    def _known_folders(self) -> tuple[Path, ...]:
        """Where sessions lie that this window has made or shown."""
        recent = (Path(path).parent for path in self._store.value.recent)
        return tuple(dict.fromkeys((*recent, sessions_folder(), self.record_folder())))

    def _tell_where_from(self, run: Opened) -> None:
        """Says that a video that was moved or renamed has the results of before, or has changed since."""
        if not isinstance(run, OpenedFile):
            return
        if (before := run.brought_from) is not None:
            words = f"{run.name} was tracked before it was moved or renamed; its results were copied from {before}."
        elif run.is_changed:
            words = f"{run.name} has changed since it was tracked; if it is another video now, track it again."
        else:
            return
        offer = self._workspace.offer
        self._workspace.post(lambda: offer(words, "Track again", self._workspace.track_again))  # once all have seen it

    def open_demo(self) -> None:
        """Opens the film that comes with the program."""
        demo = ASSETS / "demo.mp4"
        if demo.exists():
            self._workspace.open_path(demo)
        else:
            self._workspace.notify("The demo is missing from this installation; install PPNet Live again.", "error")

    def ask_file(self) -> None:
        """Asks for a file."""
        self._ask("Open a file", QFileDialog.FileMode.ExistingFile, lambda path: self.open_path(Path(path)))

    def ask_folder(self) -> None:
        """Asks for a folder of images."""
        self._ask("Open a folder of images", QFileDialog.FileMode.Directory, lambda path: self.open_path(Path(path)))

    def ask_tracks(self) -> None:
        """Asks for a file with tracks of another program; of OpenPose any file of its folder."""
        self._ask(
            "Tracks for the open video",
            QFileDialog.FileMode.ExistingFile,
            lambda path: self.import_tracks(Path(path)),
            names=TRACKS_FILTER,
        )

    def import_tracks(self, file: Path) -> None:
        """Opens the tracks of a file over the video that is open, as a session of their own beside it."""
        opened = self._workspace.opened_file
        if opened is None:
            self._workspace.notify("Open the video first, then import its tracks.", "warning")
            return
        video = opened.video
        BackgroundCall(
            lambda: read_tracks(file),
            name="import",
            post=self._workspace.post,
            done=lambda read: self._ask_joints(file, video, read),
            failed=self._refused,
        )

    def _ask_joints(self, file: Path, video: Path, read: tuple[str, TrackTable]) -> None:
        """Asks what joints of unknown names are, unless all of them were asked about before."""
        joints, known = OpenJoints.of(read[1].joints), self._store.value.joints

        def make(chosen: Mapping[str, str]) -> None:
            named = {name: ours for name, ours in chosen.items() if ours}
            place = free_path(place_for_session(video, anew=True))
            self._make_session(lambda: import_tracks(file, video, place, chosen=named, read=read))

        def remember(chosen: Mapping[str, str]) -> None:
            self._store.update(joints={**known, **chosen})
            make(chosen)

        if set(joints.unknown) <= set(known):
            make({name: known[name] for name in joints.unknown if known[name] in joints.free})
            return
        self._forget_joints()
        self.joints_dialog = JointsDialog(file.name, joints, known, parent=self._window)
        self.joints_dialog.chosen.connect(remember)
        self.joints_dialog.show()

    def _forget_joints(self) -> None:
        dialog, self.joints_dialog = self.joints_dialog, None
        if dialog is not None and isValid(dialog):
            dialog.close()

    def _make_session(self, work: Callable[[], Imported]) -> None:
        def done(imported: Imported) -> None:
            self._workspace.open_path(imported.path)
            if imported.notice:
                self._workspace.notify(imported.notice, lasting=True)

        BackgroundCall(
            work,
            name="import",
            post=self._workspace.post,
            done=done,
            failed=self._refused,
        )

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self._workspace.notify(str(error), "error")

    def _ask(
        self, title: str, mode: QFileDialog.FileMode, action: Callable[[str], None], *, names: str = FILTER
    ) -> None:
        recent = self._store.value.recent
        dialog = QFileDialog(self._window, title, str(Path(recent[0]).parent) if recent else first_folder())
        dialog.setFileMode(mode)
        if mode is QFileDialog.FileMode.ExistingFile:
            dialog.setNameFilter(names)
        dialog.fileSelected.connect(action)
        open_once(dialog)

    def ask_camera(self) -> None:
        """Asks which camera, which size and rate."""
        self.cameras = list_cameras()
        if not self.cameras:
            self._workspace.notify("No camera was found. Plug one in and try again.", "warning")
            return
        dialog = CameraDialog(self.cameras, self._window)
        dialog.chosen.connect(self.open_camera)
        dialog.show()

    def use_camera(self) -> None:
        """Opens the only camera as it likes best, or asks which one."""
        self.cameras = list_cameras()
        if len(self.cameras) == 1:
            self.open_camera(self.cameras[0], CameraWish())
        else:
            self.ask_camera()

    def open_camera(self, camera: CameraInfo, wish: CameraWish) -> None:
        """Opens a camera of this computer."""
        self._workspace.open_camera(
            f"camera:{camera.index}", folder=self.record_folder(), name=camera.name, wish=wish.as_options()
        )

    def _end_questions(self) -> None:
        """What is asked about an open video, in dialogs that belong to its picture, is not answered about another."""
        for dialog in self._view.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()

    def ask_stream(self) -> None:
        """Asks for the address of a network camera; the only way by which the program uses the network."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Open a network camera")
        dialog.setLabelText("Camera address (rtsp://… or http://…):")
        dialog.resize(480, dialog.height())
        dialog.textValueSelected.connect(self.open_stream)
        open_once(dialog)

    def open_stream(self, address: str) -> None:
        """Opens a network camera by its address."""
        if address.strip().lower().startswith(URL_SCHEMES):
            self._workspace.open_camera(address.strip(), folder=self.record_folder(), name="Network camera")
        else:
            self._workspace.notify(
                f"“{address}” is not an address; addresses start with rtsp:// or http://.", "warning"
            )

    def save_picture(self) -> None:
        """Saves what is shown, at the size of the video."""
        picture = self._view.picture
        run = self._workspace.run
        if picture is None or run is None:
            return
        path = self.new_file(f"{stem_of(run.name)}_{picture.frame.index:06d}.png")
        if self._view.snapshot().save(str(path)):
            self.offer_to_show(f"Picture saved: {path.name}", path)
        else:
            self._workspace.notify(f"The picture could not be written to {path}.", "error")


def first_folder() -> str:
    """Where a dialog opens that knows no better: the user's videos, or else their own folder."""
    places = QStandardPaths.StandardLocation
    found = [QStandardPaths.writableLocation(place) for place in (places.MoviesLocation, places.HomeLocation)]
    return next((folder for folder in found if folder and Path(folder).is_dir()), "")


def accept_copy(event: QDropEvent) -> None:
    """Takes what is dropped as a copy: after a move the file manager would delete it."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _lists(known: Sequence[str], folders: Sequence[Path]) -> tuple[list[Path], list[Unfinished]]:
    """Recent files that are there, and runs that were cut short beside them or in the folders. Opens files that
    happen to lie there: not for the window's thread."""
    recent = [Path(path) for path in known if os.path.exists(path)]
    unfinished = [
        Unfinished(run.path, run.header.source.name, _tracked_words(run))
        for run in find_unfinished(sorted({path.parent for path in recent} | set(folders)))
        if not run.header.source.is_live
    ]
    return recent, unfinished


def _tracked_words(run: UnfinishedSession) -> str:
    """How much of a video is tracked."""
    rate = run.header.source.frame_rate
    return f"{run.frame_count} frames tracked" if not rate else f"{float(run.frame_count / rate):.0f} s tracked"


def show_in_folder(path: Path) -> None:
    """Opens the folder of a file in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))
