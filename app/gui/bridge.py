"""The only place where engine threads and Qt meet: timers take the newest picture and status and emit them."""

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.runs.picture_feed import Feed

PICTURE_MS = 15
STATUS_MS = 250


class EngineBridge(QObject):
    """Polls a `Feed` in the window's thread. A slow screen misses pictures; none ever queue up."""

    pictureArrived = Signal(object)  # Picture
    positionChanged = Signal(object)  # PlayerPosition
    statusUpdated = Signal(object)  # RunStatus

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed: Feed | None = None
        self._position: object = None
        self._pictures = QTimer(self)
        self._pictures.setTimerType(Qt.TimerType.PreciseTimer)
        self._pictures.setInterval(PICTURE_MS)
        self._pictures.timeout.connect(self.poll_picture)
        self._statuses = QTimer(self)
        self._statuses.setInterval(STATUS_MS)
        self._statuses.timeout.connect(self.poll_status)

    def watch(self, feed: Feed | None) -> None:
        """Polls this feed from now on; None stops the timers."""
        self._feed = feed
        self._position = None
        for timer in (self._pictures, self._statuses):
            timer.start() if feed is not None else timer.stop()

    @property
    def is_watching(self) -> bool:
        """Whether its timers run."""
        return self._pictures.isActive() or self._statuses.isActive()

    def poll_picture(self) -> None:
        """One look for a new picture and a new position."""
        if self._feed is None:
            return
        picture = self._feed.picture()
        if picture is not None:
            self.pictureArrived.emit(picture)
        position = self._feed.position() if self._feed is not None else None
        if position is not None and position != self._position:
            self._position = position
            self.positionChanged.emit(position)

    def poll_status(self) -> None:
        """One look at how the run stands."""
        if self._feed is not None:
            self.statusUpdated.emit(self._feed.status())

    def painted(self) -> None:
        """The newest picture is on the screen now."""
        if self._feed is not None:
            self._feed.painted()
