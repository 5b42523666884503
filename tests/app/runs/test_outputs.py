"""Output folders that cannot be, and outputs that are not what they were, said plainly."""

from dataclasses import replace

import pytest

from app.runs import outputs
from app.runs.outputs import OutputFolder, OutputPaths, StillThere
from app.workspace.result_paths import place_for_session
from ppnet.errors import UserError
from tests.results import SOURCE, made_header
from tracking.session.session import Session
from tracking.video.writer import partial_path


def test_a_video_that_gets_its_last_name_between_two_looks_is_not_missed(tmp_path, monkeypatch):
    paths = OutputPaths.of(tmp_path, "a")
    unfinished = partial_path(paths.video)
    for path in (paths.working_session, paths.table, unfinished):
        path.write_bytes(b"it")
    still_there = StillThere(paths)
    still_there.check()
    look = outputs._identity

    def look_late(path):
        if path == unfinished and path.exists():
            path.replace(paths.video)
        return look(path)

    monkeypatch.setattr(outputs, "_identity", look_late)
    still_there.check()
    paths.video.unlink()
    with pytest.raises(UserError, match=r"a_annotated\.partial\.mp4 was moved, deleted or replaced"):
        still_there.check()


def test_the_window_finds_what_came_of_two_videos_of_one_name(tmp_path):
    film, video = tmp_path / "walk.mp4", tmp_path / "walk.mov"
    for path in (film, video):
        path.touch()
        place = OutputFolder(tmp_path).paths_for(str(path)).session
        with Session.create(place, made_header(source=replace(SOURCE, name=path.name, path=path))) as session:
            session.finish()
        assert place == place_for_session(path)
    assert place.name == "walk.mov_session.ppnet"
    again = OutputFolder(tmp_path, taken="rename").paths_for(str(video))
    assert again.session.name == "walk.mov_2_session.ppnet"
