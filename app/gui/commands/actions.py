"""The one table of commands: name, words, keys, menu. Menus, the list of shortcuts and the tests read it."""
# ruff: noqa: E501 - a table reads best with one command a line

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QMenu

Handler = Callable[[], object]
Switch = Callable[[bool], object]


@dataclass(frozen=True)
class Command:
    """One thing the window can do. `keys` are the defaults; `switch` ones stay on or off."""

    name: str
    menu: str
    words: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    switch: bool = False


COMMANDS: tuple[Command, ...] = (
    Command("open", "File", "Open file…", ("Ctrl+O",), "Open a video, an image or a session file"),
    Command("open-folder", "File", "Open folder of images…", ("Ctrl+Shift+O",), "Each image becomes one frame"),
    Command("open-camera", "File", "Use a camera…", ("Ctrl+K",), "Choose a camera, its size and rate"),
    Command("open-stream", "File", "Open a network camera…", ("Ctrl+U",), "By its rtsp:// or http:// address; the only feature that goes online"),
    Command("demo", "File", "Try the demo", (), "Opens the sample video that comes with the program"),
    Command("import", "File", "Import tracks…", (), "From DeepLabCut, SLEAP, OpenPose, COCO or an earlier table, onto the open video"),
    Command("export", "File", "Export…", ("Ctrl+E", "Ctrl+Alt+E"), "Tables, videos, and files for other programs"),
    Command("share", "File", "Share a slow-motion clip", ("Ctrl+Shift+E",), "The part between the in and out points, at ¼ speed with a pause at each mark; plays on any phone"),
    Command("share-picture", "File", "Share this picture", (), "With skeleton, angles, trail, name and time, as PNG"),
    Command("snapshot", "File", "Save picture", ("S",), "Saves what is shown, with its overlays, as PNG"),
    Command("close", "File", "Close", ("Ctrl+W",), "Back to the start page"),
    Command("quit", "File", "Quit", ("Ctrl+Q",)),
    Command("undo", "Edit", "Undo", ("Ctrl+Z",)),
    Command("redo", "Edit", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z")),
    Command("move-joint", "Edit", "Move a joint…", ("Shift+P",), "Of the selected person on this frame, with the keyboard; or drag it in the picture"),
    Command("fill", "Edit", "Fill in between corrected frames", ("Ctrl+I",), "Between the last two frames where you moved this joint"),
    Command("draw-line", "Edit", "Draw a line", ("Shift+L",), "Two clicks; an end placed near a joint follows it. Shift: vertical or horizontal, out to the edges"),
    Command("draw-angle", "Edit", "Draw an angle", ("Shift+V",), "Three clicks, the vertex second; a point placed near a joint follows it. Shift: angle to the vertical or horizontal"),
    Command("draw-distance", "Edit", "Draw a distance", ("Shift+D",), "Two clicks; an end placed near a joint follows it. In metres once a scale is set. Shift: height or width only"),
    Command("type-drawing", "Edit", "Draw by coordinates…", ("Ctrl+Shift+D",), "Type where the points of a line, angle or distance are, or choose joints for them to follow"),
    Command("next-drawing", "Edit", "Select the next drawing", ("Ctrl+D",), "One after another; or click one"),
    Command("change-drawing", "Edit", "Change the drawing…", ("Ctrl+Alt+D",), "Type where the points of the selected one are; or drag them"),
    Command("extend", "Edit", "Extend the line to the edges", ("X",), "The selected line; again to end it at its points"),
    Command("name-drawing", "Edit", "Name the drawing…", (), "The selected one, for curves and tables; or double-click it"),
    Command("delete-drawing", "Edit", "Delete the drawing", ("Del",), "The selected one; click a drawing to select it, or press Ctrl+D"),
    Command("unselect", "Edit", "Deselect", ("Esc",)),
    Command("play", "Playback", "Play or pause", ("Space",)),
    Command("shuttle-back", "Playback", "Play backwards", ("J",), "Press again for 2× and 4×"),
    Command("pause", "Playback", "Stop", ("K",)),
    Command("shuttle", "Playback", "Play forwards", ("L",), "Press again for 2× and 4×"),
    Command("back", "Playback", "One frame back", ("Left", ",")),
    Command("forward", "Playback", "One frame forward", ("Right", ".")),
    Command("back-10", "Playback", "Ten frames back", ("Shift+Left",)),
    Command("forward-10", "Playback", "Ten frames forward", ("Shift+Right",)),
    Command("back-1s", "Playback", "One second back", ("Ctrl+Left",)),
    Command("forward-1s", "Playback", "One second forward", ("Ctrl+Right",)),
    Command("first", "Playback", "First frame", ("Home",)),
    Command("last", "Playback", "Last frame", ("End",)),
    Command("go-to", "Playback", "Go to frame or time…", ("Ctrl+G", "Ctrl+J")),
    Command("mark", "Playback", "Set or remove a mark", ("M",), "On this frame; marks appear on the timeline and in exports"),
    Command("name-mark", "Playback", "Name the mark…", ("Ctrl+Alt+M",)),
    Command("next-mark", "Playback", "Next mark", ("Alt+Right", "Shift+M")),
    Command("previous-mark", "Playback", "Previous mark", ("Alt+Left",)),
    Command("in-point", "Playback", "In point here", ("I",), "Nothing before this frame is tracked, played, recorded or exported"),
    Command("out-point", "Playback", "Out point here", ("O",), "Nothing after this frame is tracked, played, recorded or exported"),
    Command("clear-points", "Playback", "Clear in and out points", ("Shift+I", "Shift+O")),
    Command("slower", "Playback", "Slower", ("[",)),
    Command("faster", "Playback", "Faster", ("]",)),
    Command("normal-speed", "Playback", "Normal speed", ("Backspace",)),
    Command("record", "Playback", "Record", ("R",), "Starts and stops a recording", switch=True),
    Command("save-last", "Playback", "Save the last 20 seconds", ("Shift+R",), "Camera only: what just happened, with all overlays"),
    Command("skeleton", "View", "Skeleton", ("H",), "Lines between the joints", switch=True),
    Command("joints", "View", "Joints", ("P",), "Pale ones are uncertain, hollow ones are predicted", switch=True),
    Command("boxes", "View", "Boxes", ("B",), "Dashed while the person is out of sight", switch=True),
    Command("labels", "View", "Numbers and names", ("T",), switch=True),
    Command("angles", "View", "Angles in degrees", ("G",), "Of the selected person, or of everyone; choose which under View → Angles shown", switch=True),
    Command("drawings", "View", "Drawings", ("V",), "Lines, angles and distances that you drew", switch=True),
    Command("trails", "View", "Trails", ("Shift+T",), "The path of the hips over the last two seconds", switch=True),
    Command("joint-names", "View", "Joint names", ("Shift+J",), switch=True),
    Command("heatmap", "View", "Joint heatmap", ("A",), "What the network sees; choose the joint on the Settings page", switch=True),
    Command("feature-maps", "View", "Network view", ("Shift+A",), "Feature maps of each pyramid branch for the selected person", switch=True),
    Command("blur-faces", "View", "Blur faces", ("Shift+B",), "In the picture and in recordings", switch=True),
    Command("plain-ground", "View", "Plain background", ("Shift+G",), "Hides the picture, in recordings too", switch=True),
    Command("zoom-in", "View", "Zoom in", ("Ctrl++",)),
    Command("zoom-out", "View", "Zoom out", ("Ctrl+-",)),
    Command("fit", "View", "Fit to window", ("Ctrl+0", "Ctrl+=")),
    Command("side-panel", "View", "Side panel", ("F9",), switch=True),
    Command("lower-panel", "View", "Bottom panel", ("F10",), switch=True),
    Command("full-screen", "View", "Full screen", ("F11",), switch=True),
    Command("next-event", "People", "Next event", ("N",), "Someone appears, is lost, crosses someone else or is uncertain"),
    Command("previous-event", "People", "Previous event", ("Shift+N",)),
    Command("swap", "People", "Swap two people from here on", ("Ctrl+T",)),
    Command("merge", "People", "Merge two people", ("Ctrl+M",), "The lower number is kept"),
    Command("split", "People", "Split a person here", ("Ctrl+Shift+T",), "From this frame on, this is someone else"),
    Command("rename", "People", "Rename…", ("F2",)),
    Command("hide", "People", "Hide or show a person", ("D",)),
    Command("delete", "People", "Delete from here on", ("Ctrl+Backspace",)),
    Command("delete-all", "People", "Delete a person everywhere", ("Ctrl+Shift+Backspace",)),
    Command("only-person", "People", "Follow only one person…", ("Shift+H",), "Click a person, or where they will appear; nobody else is tracked or exported"),
    Command("everybody", "People", "Follow everyone again", ("Ctrl+Shift+H",)),
    Command("compare", "Tools", "Compare…", ("Ctrl+Shift+C",), "Two people, two attempts or two files side by side, or one as a ghost over the other"),
    Command("batch", "Tools", "Batch…", ("Ctrl+B",), "Track many files, one after another"),
    Command("scale", "Tools", "Set a scale…", ("Ctrl+L",), "Draw a line of known length in the picture"),
    Command("type-scale", "Tools", "Set a scale by coordinates…", ("Ctrl+Alt+L",), "Type where a line of known length begins and ends"),
    Command("region", "Tools", "Search only a region…", ("Ctrl+R",), "Drag a box in the picture"),
    Command("type-region", "Tools", "Search a region by coordinates…", ("Ctrl+Alt+R",), "Type the position and size of the box"),
    Command("whole-picture", "Tools", "Search the whole picture", ()),
    Command("track-again", "Tools", "Track again", (), "With the current settings; the old session is kept"),
    Command("look", "Tools", "Dark theme", (), switch=True),
    Command("settings-folder", "Tools", "Open the settings folder", ()),
    Command("shortcuts", "Help", "Keyboard shortcuts…", ("F1", "?")),
    Command("copy-report", "Help", "Copy a problem report", (), "Version, computer and the end of the log, to send when you ask for help"),
    Command("log", "Help", "Open the log file", ()),
    Command("about", "Help", "About PPNet Live", ()),
)  # fmt: skip

MENUS = ("File", "Edit", "Playback", "View", "People", "Tools", "Help")
BREAKS_AFTER = {
    "demo", "snapshot", "close", "shuttle", "forward-1s", "go-to", "previous-mark", "clear-points", "normal-speed", "joint-names", "feature-maps", "fill", "delete-drawing",
    "plain-ground", "fit", "redo", "previous-event", "delete-all", "everybody", "batch", "track-again", "shortcuts", "log",
}  # fmt: skip


def command(name: str) -> Command:
    """The command of that name; KeyError if there is none."""
    return _BY_NAME[name]


_BY_NAME = {entry.name: entry for entry in COMMANDS}


class Actions:
    """A QAction for each command, sorted into the window's menus."""

    def __init__(self, window: QMainWindow, *, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._window = window
        self._quiet = False
        self.menus: dict[str, QMenu] = {title: window.menuBar().addMenu(f"&{title}") for title in MENUS}
        self._actions: dict[str, QAction] = {}
        for entry in COMMANDS:
            action = QAction(entry.words, window)
            action.setObjectName(entry.name)
            action.setCheckable(entry.switch)
            self._actions[entry.name] = action
            self.menus[entry.menu].addAction(action)
            if entry.name in BREAKS_AFTER:
                self.menus[entry.menu].addSeparator()
        self.set_keys(keys)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_keys(self, changed: Mapping[str, tuple[str, ...]]) -> None:
        """Gives every command its keys: the changed ones where there are some, else the defaults."""
        for entry in COMMANDS:
            keys = changed.get(entry.name, entry.keys)
            self._actions[entry.name].setShortcuts([QKeySequence(key) for key in keys])
            hint = ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
            tip = entry.tip or entry.words.rstrip("…")
            self._actions[entry.name].setToolTip(f"{tip}  ({hint})" if hint else tip)

    def connect(self, handlers: Mapping[str, Handler]) -> None:
        """Ties commands to functions that take nothing."""
        for name, handler in handlers.items():
            self._actions[name].triggered.connect(lambda _checked=False, run=handler: run())

    def connect_switches(self, handlers: Mapping[str, Switch]) -> None:
        """Ties on/off commands to functions that take the new state."""
        for name, handler in handlers.items():
            self._actions[name].toggled.connect(lambda on, run=handler: None if self._quiet else run(on))

    def on_digit(self, digit: int, handler: Callable[[int], object]) -> None:
        """Ties a digit key to `handler(digit)`."""
        shortcut = QShortcut(QKeySequence(str(digit)), self._window)
        shortcut.activated.connect(lambda: handler(digit))

    def enable(self, names: tuple[str, ...], enabled: bool) -> None:
        """Switches commands on or off together."""
        for name in names:
            self._actions[name].setEnabled(enabled)

    def set_checked(self, name: str, checked: bool) -> None:
        """Shows a switch's state without running its handler."""
        self._quiet = True
        self._actions[name].setChecked(checked)
        self._quiet = False
