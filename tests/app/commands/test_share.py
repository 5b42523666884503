"""`share` from the command line: a clip or a picture; mistakes are one sentence and exit code 2."""

import pytest

from app.cli import main
from tests.clips import SIZE_WH, make_clip
from tests.results import made_header, made_result
from tracking.session.session import Session
from tracking.video.file import VideoFile


@pytest.fixture
def session(tmp_path):
    clip, path = make_clip(tmp_path / "walk.mp4", 12), tmp_path / "walk_session.ppnet"
    with VideoFile(clip) as video, Session.create(path, made_header(source=video.info)) as made:
        for index, time_s in enumerate(video.frame_times()):
            made.append(made_result(index, (1,), time_s=time_s))
        made.finish()
    return path


def test_a_clip_and_a_picture(session, capsys):
    assert main(["share", str(session), "--start", "0.1", "--end", "0.2", "-q"]) == 0
    clip = session.with_name("walk_slow.mp4")
    with VideoFile(clip) as video:
        assert len(video.frame_times()) == 3 * 4 and video.info.size_wh == SIZE_WH
    assert main(["share", str(session), "--still", "0.2", "--angles", "left_elbow"]) == 0
    still = session.with_name("walk_still.png")
    assert still.stat().st_size > 1000
    assert capsys.readouterr().out == f"{clip}\n{still}\n"
    assert main(["share", str(session)]) == 2
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "end"),
    [
        (["share", "-q"], "_slow.mp4"),
        (["compare", "-q", "--person", "1", "--other-person", "1", "--other-at", "0.1"], "_compared.mp4"),
        (["answers", "--csv"], "_answers.csv"),
        (["export", "-q"], "_keypoints.csv"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_session_of_another_name_lends_it_to_all_outputs(session, command, end):
    own = session.rename(session.with_name("Sprint 3.ppnet"))
    assert main([command[0], str(own), *command[1:]]) == 0
    assert own.with_name(f"Sprint 3{end}").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--start", "5"], "no frame between the given start and end"),
        (["--start", "0.3", "--end", "0.1"], "must come before the end"),
        (["--start", "-1"], "--start must be at least 0 seconds, not -1."),
        (["--end", "nan"], "--end must be at least 0 seconds, not nan."),
        (["--speed", "3"], "The speed must be between"),
        (["--angles", "wing"], "There is no angle wing"),
        (["--still", "9"], "There is no picture at --still 9; what was tracked runs from 0.000 to "),
        (["--still", "nan"], "There is no picture at --still nan;"),
        (["--still", "0.2", "--start", "0.1"], "--still is a single picture; leave out --start and --end"),
        (["--still", "0.2", "--out", ".", "--overwrite"], ". is a folder; add the name of the file"),
    ],
)
def test_mistakes(session, capsys, words, sentence):
    before = sorted(session.parent.iterdir())
    assert main(["share", str(session), *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert sorted(session.parent.iterdir()) == before
