"""What the window is given to show of a file: each picture once, and again when there is news of it."""

import numpy as np

from app.workspace.picture_feed import FileFeed
from tests.results import made_result
from tracking.types import Frame


class OnePicture:
    """A player that stands on frame 4."""

    def __init__(self) -> None:
        self.given = False

    def due(self) -> Frame | None:
        was_given, self.given = self.given, True
        return None if was_given else Frame(4, 0.4, np.zeros((2, 2, 3), np.uint8))


def test_a_picture_comes_again_when_its_result_is_there_and_each_result_is_read_once() -> None:
    asked: list[int] = []
    tracked = {}
    feed = FileFeed(OnePicture(), lambda index: asked.append(index) or tracked.get(index))
    first = feed.picture()
    assert first.frame.index == 4 and first.result is None
    assert feed.picture() is None and feed.picture() is None
    tracked[4] = made_result(4)
    second = feed.picture()
    assert second.frame is first.frame and second.result is tracked[4]
    assert feed.picture() is None
    feed.refresh()
    assert feed.picture().result is tracked[4] and feed.picture() is None
    assert asked == [4] * 5


def test_a_picture_without_a_result_comes_again_when_it_looks_otherwise() -> None:
    feed = FileFeed(OnePicture(), lambda _index: None)
    assert feed.picture().result is None and feed.picture() is None
    feed.refresh()
    assert feed.picture().frame.index == 4 and feed.picture() is None
