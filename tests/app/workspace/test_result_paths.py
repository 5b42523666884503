"""Which session lies beside which video."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.result_paths import free_path, place_for_session
from ppnet.errors import UserError
from tests.results import SOURCE, made_header
from tracking.session.session import Session, session_path


def session_beside(video: Path, *, of: str, path: Path | None = None) -> None:
    """What a run of the video `of` left where the session of this one would be."""
    with Session.create(session_path(video), made_header(source=replace(SOURCE, name=of, path=path))) as session:
        session.finish()


def test_frames_in_a_folder_are_not_the_video_that_is_called_like_it(tmp_path):
    film, frames = tmp_path / "walk.mp4", tmp_path / "walk"
    film.touch()
    frames.mkdir()
    session_beside(film, of="walk.mp4")
    assert place_for_session(frames) == tmp_path / "walk_folder_session.ppnet"
    assert place_for_session(film) == session_path(film)
    session_path(film).unlink()
    session_beside(frames, of="walk")
    assert place_for_session(frames) == session_path(frames)
    assert place_for_session(film) == tmp_path / "walk.mp4_session.ppnet"


@pytest.mark.parametrize("name", ["", "..", "a\0b", "x" * 300, "walk.mov"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_session_may_name_anything_as_its_video(tmp_path, name, is_there):
    video, other = tmp_path / "walk.mp4", tmp_path / "walk.mov"
    other.touch()
    if is_there:
        video.touch()
    session_beside(video, of=name, path=Path("/") if not name else None)
    whole = tmp_path / "walk.mp4_session.ppnet"
    assert place_for_session(video) == (whole if name == other.name else session_path(video))


@pytest.mark.parametrize("stem", ["walk", os.fsdecode(b"caf\xe9")])
def test_what_another_program_is_writing_is_not_in_the_way(tmp_path, stem):
    film, video = tmp_path / f"{stem}.mp4", tmp_path / f"{stem}.mov"
    film.touch()
    video.touch()
    with Session.create(session_path(film), made_header(source=replace(SOURCE, name=film.name, path=film))):
        assert place_for_session(film) == session_path(film)
        assert place_for_session(video) == tmp_path / f"{stem.replace(chr(0xDCE9), '_')}.mov_session.ppnet"


@pytest.mark.parametrize("text", ["", ".", "/", "x" * 300, "a\0b"])
def test_no_text_that_is_typed_breaks_it(text):
    assert free_path(Path(text)) == Path(text)


def test_a_video_that_a_crash_has_left_keeps_its_name(tmp_path):
    (tmp_path / "walk_annotated.partial.mp4").touch()
    (tmp_path / "walk_raw.mp4").touch()
    assert free_path(tmp_path / "walk_annotated.mp4") == tmp_path / "walk_annotated_2.mp4"
    assert free_path(tmp_path / "walk_raw.mp4") == tmp_path / "walk_raw_2.mp4"
    assert free_path(tmp_path / "walk_annotated.csv") == tmp_path / "walk_annotated.csv"


def test_where_nothing_can_be_written_it_is_said_what_to_do_with_the_video(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PPNET_LIVE_DATA", str(tmp_path / "file" / "data"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write in any folder
    with pytest.raises(
        UserError, match=r"^Results of walk\.mp4 can be written neither beside it nor to .*; copy it to"
    ):
        place_for_session(tmp_path / "walk.mp4")
