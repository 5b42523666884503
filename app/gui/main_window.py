"""The window: puts panels, menus and commands together. What they do stands in their own files."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.engine.run_status import RunStatus
from app.gui.banner import Banner
from app.gui.bridge import WorkspaceTimers
from app.gui.commands.actions import Actions
from app.gui.commands.angle import AngleCommands
from app.gui.commands.answers import AnswersCommands
from app.gui.commands.base import WindowParts
from app.gui.commands.compare import CompareCommands
from app.gui.commands.context_menus import ContextMenus
from app.gui.commands.drawing import DrawingCommands
from app.gui.commands.export import ExportCommands
from app.gui.commands.file import FileCommands, accept_copy
from app.gui.commands.focus import FocusCommands
from app.gui.commands.graph import GraphCommands
from app.gui.commands.help import HelpCommands
from app.gui.commands.inspect import InspectCommands
from app.gui.commands.mark import MarkCommands
from app.gui.commands.mirror import MirrorCommands
from app.gui.commands.people import PeopleCommands
from app.gui.commands.playback import PlaybackCommands
from app.gui.commands.record import RecordCommands
from app.gui.commands.share import ShareCommands
from app.gui.commands.view import ViewCommands
from app.gui.discovery import Discovery
from app.gui.keyboard_focus import belongs_to, leave_focus_to_tab, press_focused
from app.gui.panels.answers import AnswersPanel
from app.gui.panels.controls import ControlsPanel
from app.gui.panels.diagnostics import DiagnosticsPanel
from app.gui.panels.faces_follower import FacesFollower
from app.gui.panels.network_view import NetworkViewPanel
from app.gui.panels.people import PeoplePanel
from app.gui.panels.performance_graphs import PerformanceGraphs
from app.gui.panels.person_curves import PersonCurves
from app.gui.panels.results_follower import ResultsFollower
from app.gui.picture.drawing_hand import DrawingHand
from app.gui.picture.note import note_on
from app.gui.picture.tools import PictureTools
from app.gui.picture.video_view import VideoView
from app.gui.playback.record_bar import RecordBar
from app.gui.playback.timeline import TimelinePanel
from app.gui.playback.transport import Transport
from app.gui.preferences import PreferencesStore, kept_settings
from app.gui.start_page import StartPage
from app.gui.window_layout import fit_to_screen, restore_layout, save_layout
from app.workspace.opened import Opened
from app.workspace.opened_file import OpenedFile
from app.workspace.picture_feed import Picture
from app.workspace.workspace import Workspace
from ppnet.skeleton import COCO_17
from tracking.session.edits import Edit


class MainWindow(QMainWindow):
    """Panels around the picture; the commands tie them to the workspace."""

    def __init__(self, workspace: Workspace, store: PreferencesStore) -> None:
        super().__init__()
        self.setWindowTitle("PPNet Live")
        self.setAcceptDrops(True)
        fit_to_screen(self, 1400, 880)
        self.workspace = workspace
        self.timers = WorkspaceTimers(workspace, parent=self)
        self.store = store
        self.commands = Actions(self, keys=store.value.keys)
        self._status = RunStatus()
        self._edits: tuple[Edit, ...] = ()
        self._leaves_batch = self._is_leaving = False
        self._make_panels()
        self._lay_out()
        self._make_commands()
        self._connect()
        leave_focus_to_tab(self)
        restore_layout(self, self._splitters())
        self.files.refresh_start_page()
        store.failed.connect(self._tell_of_preferences)
        if store.news:
            self._tell_of_preferences(store.news)

    # Putting together

    def _make_panels(self) -> None:
        self.start = StartPage()
        self.view = VideoView()
        self.hand = DrawingHand(self.view)
        self.transport = Transport(self.commands)
        self.record_bar = RecordBar()
        self.controls = ControlsPanel(self.workspace.settings, self.commands)
        self.people = PeoplePanel(self.commands)
        self.diagnostics = DiagnosticsPanel()
        self.timeline = TimelinePanel()
        self.curves = PersonCurves(COCO_17)
        self.answers = AnswersPanel()
        self.performance = PerformanceGraphs()
        self.network_view = NetworkViewPanel()
        self.busy = QLabel()
        self.busy.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.busy.setWordWrap(True)
        self.busy.setMinimumWidth(1)  # the window does not grow with a file's name

    def _lay_out(self) -> None:
        """From the outside in: whatever is put into something else has its style worked out again with all it holds."""
        central = QWidget()
        self.setCentralWidget(central)
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.pages = QStackedWidget()
        column.addWidget(self.pages, 1)
        self.down = QSplitter(Qt.Orientation.Vertical)
        for screen in (self.start, self.busy, self.down):
            self.pages.addWidget(screen)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        self.below = QTabWidget()
        self.down.addWidget(self.across)
        self.down.addWidget(self.below)
        stage = QWidget()
        self.side = QTabWidget()
        self.across.addWidget(stage)
        self.across.addWidget(self.side)
        column = QVBoxLayout(stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self.transport)
        column.addWidget(self.record_bar)
        for tabs, pages in (
            (self.side, ((self.controls, "Settings"), (self.people, "People"), (self.diagnostics, "Diagnostics"))),
            (
                self.below,
                (
                    (self.timeline, "Timeline"),
                    (self.curves, "Curves"),
                    (self.answers, "Answers"),
                    (self.performance, "Performance"),
                    (self.network_view, "Network view"),
                ),
            ),
        ):
            tabs.setDocumentMode(True)
            for page, title in pages:
                tabs.addTab(page, title)
        self.side.setMinimumWidth(300)
        self.below.setMinimumHeight(150)
        for splitter, sizes in ((self.across, [1040, 350]), (self.down, [620, 220])):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
            splitter.setSizes(sizes)
            splitter.setStretchFactor(0, 1)
        self.banner = Banner(central, stages=(self.view, self.pages))

    def _make_commands(self) -> None:
        parts = WindowParts(self, self.workspace, self.commands, self.view, self.hand, self.store)
        self.playback = PlaybackCommands(parts, self.transport)
        self.people_commands = PeopleCommands(parts, self.people)
        self.menus = ContextMenus(parts, self.people)
        self.files = FileCommands(parts, self.start)
        self.views = ViewCommands(parts, {"side-panel": self.side, "lower-panel": self.below})
        self.angles = AngleCommands(parts)
        self.recording = RecordCommands(parts, self.record_bar, self.files)
        self.sharing = ShareCommands(parts, self.record_bar, self.files)
        self.exports = ExportCommands(parts, self.files)
        self.help = HelpCommands(parts, self.diagnostics)
        self.graphs = GraphCommands(parts, self.curves, self.performance, self.files)
        self.comparing = CompareCommands(parts, self.files)
        self.mirror = MirrorCommands(parts, self.files)
        self.answering = AnswersCommands(parts, self.answers, self.files, self.playback)
        self.inspect = InspectCommands(parts, self.network_view, self.controls, self.below)
        self.drawing = DrawingCommands(parts, self.playback, self.curves)
        self.tools = PictureTools(parts, self.curves, self.controls)
        self.focus_person = FocusCommands(parts, self.controls)
        self.discovery = Discovery(self.controls, post=self.workspace.post)
        self.marks = MarkCommands(parts, self.transport, self.timeline.lanes, self.playback)
        self.faces = FacesFollower(parts, self.people, self.playback)
        self.results = ResultsFollower(parts, self.timeline.lanes, self.people, self.curves, self.playback)

    def _connect(self) -> None:
        work = self.workspace
        work.opened.connect(self._show_run)
        work.closing.connect(self.banner.forget)
        work.edited.connect(self._outdate_banner)
        work.closed.connect(self._show_start)
        work.busy_changed.connect(self._show_busy)
        work.notified.connect(self.banner.tell)
        work.withdrawn.connect(self.banner.withdraw)
        self.view.roomWanted.connect(self.banner.make_room)
        work.action_offered.connect(self._offer)
        work.layers_changed.connect(self.view.set_layers)
        self.view.set_layers(work.layers)
        work.picture_arrived.connect(self._show_picture)
        work.status_updated.connect(self._show_status)
        self.view.stepWanted.connect(self.playback.step)
        self.results.personKeyed.connect(self.focus_person.choose_keyed)
        self.record_bar.snapshotWanted.connect(self.files.save_picture)
        self.record_bar.exportWanted.connect(self.exports.ask)
        self.controls.settingsChanged.connect(work.apply)
        work.settings_changed.connect(self.controls.show_settings)
        work.settings_changed.connect(lambda _settings: self._show_facts())
        work.settings_changed.connect(lambda _settings: self._keep_settings())
        self.controls.minScoreChanged.connect(self.views.set_min_score)

    def _tell_of_preferences(self, words: str) -> None:
        self.banner.say(words, kind="warning", lasting=True)

    def _keep_settings(self) -> None:
        if (kept := kept_settings(self.workspace.next_settings)) != self.store.value.settings:
            self.store.update(settings=kept)

    # Following

    def _show_run(self, run: Opened) -> None:
        self.setWindowTitle(f"{run.name} – PPNet Live")
        self.transport.setVisible(not run.is_live)
        self.performance.clear()
        self._status = run.feed.status()
        self.transport.show_tracked(self._status.tracked_parts_s)  # not those of the file before
        self.banner.forget()
        self.pages.setCurrentWidget(self.down)
        self.view.setFocus()
        self._show_facts()

    def _show_facts(self) -> None:
        if self.workspace.run is not None:
            self.diagnostics.show_facts(self.help.facts(self.workspace.run))

    def _show_start(self) -> None:
        self.setWindowTitle("PPNet Live")
        self.view.show_picture(None)
        self.pages.setCurrentWidget(self.start)
        self.files.refresh_start_page()

    def _show_busy(self, words: str) -> None:
        self.busy.setText(words)
        if words:
            self.banner.forget()
            self.pages.setCurrentWidget(self.busy)
        elif self.workspace.run is None:
            self.pages.setCurrentWidget(self.start)

    def _show_picture(self, picture: Picture) -> None:
        self.view.note = note_on(picture, self._status)
        self.view.show_picture(picture)
        if self.workspace.run is not None:
            self.workspace.run.feed.painted()

    def _offer(self, words: str, kind: str, button: str, action: Callable[[], object], lasting: bool) -> None:
        self.banner.say(words, kind=kind, button=button, action=action, lasting=lasting)

    def _tell_complete(self, run: OpenedFile | None) -> None:
        if run is not None and not self.banner.text:  # what is wrong with a file is not covered
            words = f"All {run.session.frame_count} frames are tracked."
            self.banner.say(words, button="Play from the start", action=run.play_from_start, seconds=20)

    def _outdate_banner(self) -> None:
        run = self.workspace.run
        edits = run.session.edits() if run is not None else ()
        if edits != self._edits:  # not only smoothed again after the edit that the message tells
            self._edits = edits
            self.banner.outdate()

    def _show_status(self, status: RunStatus) -> None:
        self.diagnostics.show_status(status, asked_device=self.workspace.settings.network.device)
        self.performance.add(status)
        if (status.source, status.complete) != (self._status.source, self._status.complete):
            self._show_facts()  # the camera has told its size, or all times are known
        self.transport.show_tracked(status.tracked_parts_s)
        if status.complete and not self._status.complete:
            self._tell_complete(self.workspace.opened_file)
        self._status = status
        if self.view.picture is not None:
            self.view.show_note(note_on(self.view.picture, status))

    def event(self, event: QEvent) -> bool:
        asked = event if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride else None
        if asked is not None and belongs_to(self.focusWidget(), asked):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(self.focusWidget(), event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "graphs"):
            for part in (self.start, self.transport, self.record_bar, self.people):
                part.recolour()
            for graph in (self.curves, self.performance):
                graph.restyle()

    def _splitters(self) -> dict[str, QSplitter]:
        return {"across": self.across, "down": self.down}

    # Dropping files, leaving

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        accept_copy(event)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if len(paths) == 1:
            self.files.open_path(paths[0])
        elif paths:
            self.exports.show_batch(paths)

    def quit(self) -> None:
        """Ends the program without a question, whatever is open; what is being recorded is written."""
        self.files.finishing.hurries = True
        self._leave_batch()

    def _leave_batch(self) -> None:
        """Ends the program although a batch is running."""
        self._leaves_batch = True
        if self.close():
            QApplication.closeAllWindows()  # a dialog that is open would keep it running

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_leaving:  # asked again while what was recorded is being written
            event.ignore()
            return
        if self.exports.is_batch_at_work and not self._leaves_batch:
            words = "A batch is running; quitting stops it. Finished files are kept."
            self.banner.say(words, kind="warning", button="Quit anyway", action=self._leave_batch, lasting=True)
            event.ignore()
            return
        self._is_leaving = True
        save_layout(self, self._splitters())
        self.files.finishing.finish()
        self.exports.shut_down()
        self.discovery.wait()
        self.inspect.shut_down()
        self.results.shut_down()
        self.workspace.shut_down()
        event.accept()
