"""The annotated video as the window exports it: whole, at its own times."""

import pytest

from app.workspace.background_work import Progress
from app.workspace.exporting import Work, export_work
from tests.clips import make_clip
from tests.results import made_header, made_result
from tracking.drawing.style import SceneStyle
from tracking.session.session import Session
from tracking.video.factory import open_source


def test_a_file_that_begins_late_is_exported_whole(tmp_path, monkeypatch):
    clip = make_clip(tmp_path / "late.mkv", range(150, 180))
    shares: list[float] = []
    with open_source(clip) as source:
        times = list(source.frame_times())
        header = made_header(source=source.info)
    with Session.create(tmp_path / "late.ppnet", header) as session:
        for index, time_s in enumerate(times):
            session.append(made_result(index, time_s=time_s))
        session.finish()
        progress = Progress()
        monkeypatch.setattr(progress, "tell", shares.append)
        work = Work(session, SceneStyle(), clip, progress=progress)
        (written,) = export_work("video", tmp_path / "out.mp4", work)
    with open_source(written) as video:
        begun_at_0 = [time_s - times[0] for time_s in times]
        assert [frame.time_s for frame in video] == pytest.approx(begun_at_0, abs=1e-6)
    assert shares == sorted(shares) and 0 < shares[0] < 0.1 and shares[-1] == pytest.approx(1.0)
