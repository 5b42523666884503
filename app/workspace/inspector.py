"""Asks the network what it sees in the shown picture, in a thread of its own; the newest question wins. No Qt."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from app.engine.latest_slot import LatestSlot
from ppnet.errors import UserError, sentence_for
from ppnet.network_view import Insight
from tracking.run_settings import NetworkSettings, RunSettings

Image = npt.NDArray[np.uint8]
Looker = Callable[[Image, npt.NDArray[np.float32]], Insight]
WAIT_S = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """What does the network of the settings see in a picture? boxes: (N, 4) of people in it, the chosen one first.
    series: whoever asks takes no answer to questions of an earlier one."""

    image: Image
    boxes: npt.NDArray[np.float32]
    settings: RunSettings
    series: int = 0


@dataclass(frozen=True)
class Answer:
    """What was seen; `error` a sentence when the network can't be asked."""

    question: Question
    insight: Insight | None = None
    error: str = ""


def real_looker(settings: RunSettings) -> Looker:
    """The network of the settings. Loads it: seconds, not for the window's thread."""
    from app.factory import build_estimator
    from ppnet.network_view import look_inside

    estimator = build_estimator(replace(settings.network, backend="torch"))  # the one that shows features
    return lambda image, boxes: look_inside(estimator, image, boxes)


class Inspector:
    """One thread that loads the network when first asked, and again when another one is asked for; `stop` ends it."""

    def __init__(self, make_looker: Callable[[RunSettings], Looker]) -> None:
        self._make_looker = make_looker
        self._questions: LatestSlot[Question] = LatestSlot()
        self._answers: LatestSlot[Answer] = LatestSlot()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inspect", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Replaces a question that was not looked at yet."""
        self._questions.put(question)

    def answer(self) -> Answer | None:
        """The newest answer that was not taken yet."""
        return self._answers.take(0)

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Ends the thread; True when it has ended."""
        self._stop.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        looker: Looker | None = None
        network: NetworkSettings | None = None  # that of the looker
        while not self._stop.is_set():
            question = self._questions.take(WAIT_S)
            if question is None:
                continue
            try:
                if looker is None or network != question.settings.network:
                    looker = None  # the old network is let go before another one is loaded
                    looker, network = self._make_looker(question.settings), question.settings.network
                self._answers.put(Answer(question, looker(question.image, question.boxes)))
            except UserError as error:
                self._answers.put(Answer(question, error=str(error)))
            except Exception as error:  # top level of a thread: the window must be told
                log.exception("looking inside the network")
                words = sentence_for(error, "The network view could not be made; see the log.")
                self._answers.put(Answer(question, error=words))
