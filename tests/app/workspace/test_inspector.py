"""The thread that looks inside the network: by the network that is in use, whatever was in use before."""

from dataclasses import replace

import numpy as np

from app.workspace.inspector import Answer, Inspector, Question
from ppnet.errors import UserError
from ppnet.network_view import Insight
from ppnet.skeleton import COCO_17
from tests.fakes import wait_for
from tracking.run_settings import RunSettings

SMALL, LARGE, GONE = (RunSettings().changed({"network.weights": name}) for name in ("small", "large", "gone"))


class Loader:
    """Networks whose heatmaps are as high as their name is long."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def __call__(self, settings: RunSettings):
        name = settings.network.weights
        if name == "gone":
            raise UserError(f"There are no weights {name}.")
        self.loaded.append(name)
        shape = 1, 17, len(name), 4
        return lambda _image, boxes: Insight(np.zeros(shape, np.float32), boxes.astype(float), COCO_17)


def asked(inspector: Inspector, settings: RunSettings) -> Answer:
    inspector.ask(Question(np.zeros((8, 8, 3), np.uint8), np.zeros((1, 4), np.float32), settings))
    answers: list[Answer] = []
    wait_for(lambda: answers.extend(filter(None, [inspector.answer()])) or answers)
    return answers[0]


def test_each_question_is_answered_by_the_network_of_its_settings() -> None:
    loader = Loader()
    inspector = Inspector(loader)
    try:
        assert asked(inspector, SMALL).insight.heatmaps.shape[2] == 5
        strong = replace(SMALL, smoothing=replace(SMALL.smoothing, strength=80.0))
        assert asked(inspector, strong).insight.heatmaps.shape[2] == 5 and loader.loaded == ["small"]
        assert asked(inspector, GONE).error == "There are no weights gone."
        assert asked(inspector, LARGE).insight.heatmaps.shape[2] == 5
        assert asked(inspector, SMALL).insight.heatmaps.shape[2] == 5 and loader.loaded == ["small", "large", "small"]
    finally:
        assert inspector.stop(10.0)
