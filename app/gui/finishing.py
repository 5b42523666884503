"""Files that are still being written when what they are made of is closed: waited for, unless they are given up."""

import time
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QProgressDialog, QWidget

from app.runs.background_work import BackgroundWork

TICK_MS = 50
GIVEN_UP_S = 3.0  # so long work that is given up is waited for


class Finishing:
    """hurries: the program has to end at once, and nobody is asked."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.hurries = False

    def finish(self, work: BackgroundWork[Any], words: str, *, is_kept: bool = False) -> None:
        """Waits until the file of `work` is there or given up; is_kept: also when the program hurries. words: what is
        being done."""
        if not work.is_busy:
            return
        waiting = QProgressDialog(words, "Discard", 0, 100, self._window)
        waiting.setWindowModality(Qt.WindowModality.ApplicationModal)
        waiting.setMinimumDuration(0)
        waiting.setAutoReset(False)
        loop, ticker = QEventLoop(), QTimer(interval=TICK_MS)
        given_up_s: list[float] = []

        def give_up() -> None:
            work.cancel()
            waiting.setLabelText("Discarding…")
            given_up_s.append(time.monotonic())

        def look() -> None:
            waiting.show()  # Qt hides it at Discard, and nothing else may be begun until the work has ended
            waiting.setValue(round(99 * work.share))
            if self.hurries and not is_kept and not given_up_s:
                give_up()
            if not work.is_busy or (given_up_s and time.monotonic() > given_up_s[0] + GIVEN_UP_S):
                loop.quit()

        waiting.canceled.connect(give_up)
        ticker.timeout.connect(look)
        ticker.start()
        waiting.show()
        loop.exec()
        ticker.stop()
        waiting.canceled.disconnect()  # closing it is no cancelling
        waiting.close()
        waiting.deleteLater()
