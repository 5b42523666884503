"""The files of a run: the annotated video of a live source begins at 0, that of a file keeps the file's times."""

import pytest

from app.runs.outputs import OutputFiles, OutputPaths
from tests.clips import SIZE_WH, paint
from tracking.video.factory import open_source
from tracking.video.source import VideoInfo


@pytest.mark.parametrize(("is_live", "begun_s"), [(True, 345_600.25), (False, 2.0)])
def test_where_the_annotated_video_begins(tmp_path, is_live, begun_s):
    paths = OutputPaths.of(tmp_path, "a", table=False, session=False)
    files = OutputFiles.open(paths, VideoInfo("a", None, SIZE_WH, is_live=is_live))
    for index in range(3):
        files.show(paint(index), begun_s + index / 4)
    files.close(complete=True)
    with open_source(paths.video) as video:
        times = [frame.time_s for frame in video]
    first_s = 0.0 if is_live else begun_s
    assert times == pytest.approx([first_s, first_s + 0.25, first_s + 0.5], abs=1e-4)
