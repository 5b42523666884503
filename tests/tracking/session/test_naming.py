"""Where the video of a session is looked for, and what is said when there is none."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ppnet.errors import UserError
from tests.results import SOURCE, made_header
from tracking.session.naming import find_video
from tracking.session.session import Session


@pytest.fixture
def made(tmp_path):
    """made(facts): a session of a source with these facts."""
    sessions = []

    def make(**facts):
        source = replace(SOURCE, **facts)
        sessions.append(Session.create(tmp_path / "results" / "walk_session.ppnet", made_header(source=source)))
        return sessions[-1]

    (tmp_path / "results").mkdir()
    yield make
    for session in sessions:
        session.close()


@pytest.mark.parametrize("path", ["/videos/walk.mov", r"C:\Users\me\walk.mov", r"\\server\videos\walk.mov", None])
def test_a_video_lies_beside_the_session_whatever_system_it_was_tracked_on(made, path):
    session = made(name="walk.mov", path=None if path is None else Path(path))
    beside = session.path.with_name("walk.mov")
    beside.touch()
    assert find_video(session) == beside


def test_where_it_was_comes_first_and_where_it_is_said_to_be_before_that(made, tmp_path):
    (tmp_path / "walk.mp4").touch()
    session = made(path=tmp_path / "walk.mp4")
    session.path.with_name("walk.mp4").touch()
    assert find_video(session) == tmp_path / "walk.mp4"
    moved = tmp_path / "moved.mp4"
    with pytest.raises(UserError, match=r"moved\.mp4 is missing"):
        find_video(session, moved)
    moved.touch()
    assert find_video(session, os.fspath(moved)) == moved
    assert find_video(session, "http://camera/walk") == "http://camera/walk"


def test_one_that_is_gone_or_never_was_is_one_sentence(made, tmp_path):
    with pytest.raises(UserError) as missing:
        find_video(made(path=tmp_path / "walk.mp4"))
    assert str(missing.value) == "The video walk.mp4 of this session is missing; put it beside walk_session.ppnet."
    assert missing.value.on_command_line == (
        "The video walk.mp4 of this session is missing; put it beside walk_session.ppnet; or say where it is now with "
        "--video."
    )


def test_a_live_session_says_what_reads_it(made):
    with pytest.raises(UserError, match="is a live session and has no video to show; `ppnet-live export"):
        find_video(made(path=None, is_live=True))
