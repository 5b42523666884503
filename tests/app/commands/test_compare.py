"""`compare` from the command line: a video; mistakes are one sentence and exit code 2."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from tests.clips import make_clip
from tests.results import SIZE_WH, made_header, made_result
from tracking.comparison import PANE_WH
from tracking.session.edits import SetMark
from tracking.session.session import Session
from tracking.video.file import VideoFile


@pytest.fixture
def session(tmp_path):
    clip, path = tmp_path / "walk.mp4", tmp_path / "walk_session.ppnet"
    make_clip(clip, 16, size_wh=SIZE_WH, painter=lambda _index, wh: np.full((*wh[::-1], 3), 90, np.uint8))
    with VideoFile(clip) as video, Session.create(path, made_header(source=video.info)) as made:
        for index, time_s in enumerate(video.frame_times()):
            made.append(made_result(index, (1, 2), time_s=time_s))
        made.add_edit(SetMark(3, 0.1, "First"))
        made.add_edit(SetMark(9, 0.3, "Second"))
        made.finish()
    return path


def test_two_people_and_two_attempts_of_one(session, tmp_path):
    assert main(["compare", str(session), "-q"]) == 0
    with VideoFile(tmp_path / "walk_compared.mp4") as video:
        assert video.info.size_wh[0] == 2 * PANE_WH[0] and len(video.frame_times()) == 16
    words = ["compare", str(session), "--person", "1", "--at", "First", "--other-at", "Second", "--ghost"]
    assert main([*words, "--out", str(tmp_path / "ghost.mp4"), "-q"]) == 0
    with VideoFile(tmp_path / "ghost.mp4") as video:
        assert video.info.size_wh[0] == PANE_WH[0] and len(video.frame_times()) == 10


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--at", "Third"], "nor a mark of walk_session.ppnet; marks: First, Second"),
        (["--other-person", "7"], "There is no person 7"),
        (["--speed", "9"], "The speed must be between"),
        (["--speed", "0"], "The speed must be between"),
        (["--speed", "nan"], "The speed must be between"),
        (["missing_session.ppnet"], "There is no file"),
    ],
)
def test_mistakes(session, capsys, words, sentence):
    before = sorted(session.parent.iterdir())
    assert main(["compare", str(session), *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert sorted(session.parent.iterdir()) == before


def test_of_two_sessions_the_one_whose_video_is_missing_is_named_with_its_own_option(session, tmp_path, capsys):
    away = tmp_path / "away" / session.name
    away.parent.mkdir()
    away.write_bytes(session.read_bytes())
    gone = Path(shutil.move(tmp_path / "walk.mp4", tmp_path / "gone.mp4"))
    for given, option in (("--other-video", "--video"), ("--video", "--other-video")):
        assert main(["compare", str(session), str(away), given, str(gone), "-q"]) == 2
        said = capsys.readouterr().err
        assert "The video walk.mp4 of this session is missing" in said and said.endswith(f"it is now with {option}.\n")
    assert main(["compare", str(session), str(away), "--video", str(gone), "--other-video", str(gone), "-q"]) == 0


@pytest.mark.parametrize("option", ["--video", "--other-video"])
def test_a_video_of_another_size_is_not_the_one_that_was_tracked(session, tmp_path, capsys, option):
    other = make_clip(tmp_path / "other.mp4", 16, size_wh=(SIZE_WH[0] // 2, SIZE_WH[1]))
    second = shutil.copy(session, tmp_path / "second_session.ppnet")
    assert main(["compare", str(session), str(second), option, str(other), "-q"]) == 2
    assert f"{other} is another video: its frames are " in capsys.readouterr().err
    assert not (tmp_path / "walk_compared.mp4").exists()
