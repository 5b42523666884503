"""Output folders that cannot be, and outputs that are not what they were, said plainly."""

import pytest

from app.runs import outputs
from app.runs.outputs import OutputPaths, StillThere
from ppnet.errors import UserError
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
