"""Where the video of a session is looked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.results import SOURCE
from tracking.session.naming import places_of_video

HERE = Path("/results/walk_session.ppnet")


@pytest.mark.parametrize("path", ["/videos/walk.mov", r"C:\Users\me\walk.mov", r"\\server\videos\walk.mov"])
def test_a_video_lies_beside_the_session_whatever_system_it_was_tracked_on(path):
    source = replace(SOURCE, name="walk.mov", path=Path(path))
    assert places_of_video(HERE, source) == (Path(path), Path("/results/walk.mov"))


def test_without_a_path_its_name_counts():
    assert places_of_video(HERE, replace(SOURCE, path=None)) == (Path("/results/walk.mp4"),)
