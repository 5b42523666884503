"""Files that are still being written when what they are made of is closed: waited for, unless they are given up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QProgressBar, QProgressDialog, QWidget

from app.workspace.background_work import BackgroundWork

TICK_MS = 50
GIVEN_UP_S = 3.0  # so long work that is given up is waited for where somebody waits for the window
LAST_S = 20.0  # and at the end of the program, where nobody does


@dataclass(frozen=True)
class _Writing:
    """Work that ends in a file. words: what is being done. is_kept: also when the program hurries. begin: begins what
    has to be written yet, as soon as that can be."""

    work: BackgroundWork[Any]
    words: Callable[[], str]
    is_kept: bool
    begin: Callable[[], object]


class Finishing:
    """One question about all files that are being written. hurries: the program has to end at once, and nobody is
    asked."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._writings: list[_Writing] = []
        self.hurries = False

    def add(
        self,
        work: BackgroundWork[Any],
        words: Callable[[], str],
        *,
        is_kept: bool = False,
        begin: Callable[[], object] = lambda: None,
    ) -> None:
        """Work that `finish` waits for (see `_Writing`)."""
        self._writings.append(_Writing(work, words, is_kept, begin))

    def finish(self) -> None:
        """Waits until every file is there or given up."""
        wait = _Wait(self._writings, lambda: self.hurries)
        if wait.busy():
            wait.show(self._window)

    def let_end(self) -> None:
        """Waits for what was given up and has not left off yet, so that it leaves nothing. For the program's end, when
        the window is gone."""
        until_s = time.monotonic() + LAST_S
        for one in self._writings:
            one.work.wait(max(0.0, until_s - time.monotonic()))


class _Wait:
    """The dialog, as long as anything is busy."""

    def __init__(self, writings: Sequence[_Writing], hurries: Callable[[], bool]) -> None:
        self._writings, self._hurries = writings, hurries
        self._given_up: list[BackgroundWork[Any]] = []
        self._until_s = time.monotonic() + GIVEN_UP_S  # work that was given up before is waited for

    def busy(self) -> list[_Writing]:
        """What is at work; what can be begun now is begun."""
        for one in self._writings:
            if one.work not in self._given_up:
                one.begin()
        return [one for one in self._writings if one.work.is_busy]

    def show(self, window: QWidget) -> None:
        """Returns when nothing has to be waited for any more."""
        self._loop, ticker = QEventLoop(), QTimer(interval=TICK_MS)
        self._dialog = QProgressDialog("", "Discard", 0, 100, window)
        self._dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
        self._dialog.setMinimumDuration(0)
        self._dialog.setAutoReset(False)
        for bar in self._dialog.findChildren(QProgressBar):
            bar.setTextVisible(False)  # there is no room for it in the bar of our style
        self._dialog.canceled.connect(lambda: self._give_up(self._writings))
        ticker.timeout.connect(self._look)
        ticker.start()
        self._tell([one for one in self.busy() if not one.work.is_given_up])
        self._dialog.show()
        self._loop.exec()
        ticker.stop()
        self._dialog.canceled.disconnect()  # closing it is no cancelling
        self._dialog.close()
        self._dialog.deleteLater()

    def _look(self) -> None:
        if self._hurries():
            self._give_up([one for one in self._writings if not one.is_kept])
        busy = self.busy()
        wanted = [one for one in busy if not one.work.is_given_up]
        if not busy or (not wanted and time.monotonic() > self._until_s):
            self._loop.quit()
            return
        self._dialog.show()  # Qt hides it at Discard, and nothing else may be begun until the work has ended
        self._tell(wanted)

    def _tell(self, wanted: list[_Writing]) -> None:
        self._dialog.setLabelText("\n".join(one.words() for one in wanted) or "Discarding…")
        if wanted:
            self._dialog.setValue(round(99 * sum(one.work.share for one in wanted) / len(wanted)))

    def _give_up(self, writings: Sequence[_Writing]) -> None:
        for one in writings:
            if one.work not in self._given_up:
                one.work.cancel()
                self._given_up.append(one.work)
                self._until_s = time.monotonic() + GIVEN_UP_S
