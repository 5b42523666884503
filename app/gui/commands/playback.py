"""What the playback commands do to the player, and what the player's position does to the panels."""

from collections.abc import Callable

from PySide6.QtWidgets import QInputDialog

from app.engine.player import Player, PlayerPosition
from app.gui.commands.base import Commands, WindowParts
from app.gui.dialogs.buttons import open_once
from app.gui.playback.transport import Transport, next_speed

NAMES = (
    "play", "shuttle-back", "pause", "shuttle", "back", "forward", "back-10", "forward-10",
    "back-1s", "forward-1s", "first", "last", "go-to",
    "slower", "faster", "normal-speed",
)  # fmt: skip


class PlaybackCommands(Commands):
    """Ties the actions of the Playback menu and the transport to the open file."""

    def __init__(self, parts: WindowParts, transport: Transport) -> None:
        super().__init__(parts)
        self._position = PlayerPosition()
        transport.seekWanted.connect(self.seek)
        transport.speedWanted.connect(self.set_speed)
        self._workspace.position_changed.connect(self._follow)
        self._workspace.position_changed.connect(transport.show_position)
        self._workspace.opened.connect(lambda run: self.enable(not run.is_live))
        self._workspace.closed.connect(lambda: self.enable(False))
        self._actions.connect(
            {
                "play": lambda: self._tell(Player.toggle),
                "pause": self.pause,
                "shuttle": lambda: self._tell(lambda player: player.shuttle(1)),
                "shuttle-back": lambda: self._tell(lambda player: player.shuttle(-1)),
                "back": lambda: self.step(-1),
                "forward": lambda: self.step(1),
                "back-10": lambda: self.step(-10),
                "forward-10": lambda: self.step(10),
                "back-1s": lambda: self.jump(-1.0),
                "forward-1s": lambda: self.jump(1.0),
                "first": lambda: self.seek(0.0),
                "last": self.go_to_end,
                "go-to": self.ask_place,
                "slower": lambda: self.set_speed(next_speed(abs(self._where.speed), -1)),
                "faster": lambda: self.set_speed(next_speed(abs(self._where.speed), 1)),
                "normal-speed": lambda: self.set_speed(1.0),
            }
        )
        self.enable(False)

    @property
    def position(self) -> PlayerPosition:
        """Where playback stands, as far as the window knows."""
        return self._position

    @property
    def _where(self) -> PlayerPosition:
        """Where the player stands by now: keys come faster than the window learns of it."""
        player = self._player()
        return PlayerPosition() if player is None else player.position()

    def enable(self, enabled: bool) -> None:
        """Switches the commands on for files, off else."""
        self._position = PlayerPosition()
        self._actions.enable(NAMES, enabled)

    def pause(self) -> None:
        """Stands at the shown frame."""
        self._tell(Player.pause)

    def step(self, frames: int) -> None:
        """Some frames on or back, then stand."""
        self._tell(lambda player: player.step(frames))

    def jump(self, seconds: float) -> None:
        """Some seconds on or back; playing goes on."""
        self.seek(self._where.time_s + seconds)

    def seek(self, time_s: float) -> None:
        """To the frame that is shown at that time."""
        self._tell(lambda player: player.seek(max(time_s, 0.0)))

    def seek_frame(self, frame_index: int) -> None:
        """To exactly that frame."""
        self._tell(lambda player: player.seek_frame(frame_index))

    def go_to_end(self) -> None:
        """To the last frame."""
        if frames := self._where.frame_count:
            self.seek_frame(frames - 1)

    def set_speed(self, speed: float) -> None:
        """0.05 to 4 times the file's own speed."""
        self._tell(lambda player: player.set_speed(speed))

    def ask_place(self) -> None:
        """Asks for a frame (`120`) or a time (`1:04.5`, `64.5s`)."""
        dialog = QInputDialog(self._view)
        dialog.setWindowTitle("Go to")
        dialog.setLabelText("A frame number (120) or a time (1:04.5 or 64.5s):")
        dialog.textValueSelected.connect(self.go_to)
        open_once(dialog)

    def go_to(self, words: str) -> None:
        """Goes to the place that was typed; says so when it is none."""
        player = self._player()
        if player is None:
            return
        try:
            frame, time_s = parse_place(words)
        except ValueError:
            self._workspace.notify(
                f"“{words}” is neither a frame number nor a time; type, for example, 120, 1:04.5 or 64.5s.", "warning"
            )
            return
        if frame is not None:
            player.seek_frame(min(frame, max(self._where.frame_count - 1, 0)))
        elif time_s is not None:
            player.seek(time_s)

    def _player(self) -> Player | None:
        run = self._workspace.opened_file
        return run.player if run is not None else None

    def _tell(self, wish: Callable[[Player], object]) -> None:
        """Asks the player of the open file, if there is one."""
        if (player := self._player()) is not None:
            wish(player)

    def _follow(self, position: PlayerPosition) -> None:
        self._position = position


def parse_place(words: str) -> tuple[int | None, float | None]:
    """(frame, None) or (None, seconds) of what was typed; ValueError when it is neither."""
    text = words.strip().lower().replace(",", ".")  # 64,5s is typed in many countries
    if text.isdecimal():
        return int(text), None
    if ":" not in text and not text.endswith("s"):
        return None, _at_least_zero(float(text))
    seconds = 0.0
    for part in text.rstrip("s ").split(":"):
        seconds = 60 * seconds + float(part)
    return None, _at_least_zero(seconds)


def _at_least_zero(seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        raise ValueError("a time before the start")
    return seconds
