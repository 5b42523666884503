"""After a run that knows more at its end than on its way: table and annotated video made again from its results."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.runs.outputs import OutputFiles, OutputPaths
from app.runs.stages import run_stages
from ppnet.skeleton import Skeleton
from tracking.export.keypoint_csv import KeypointTable
from tracking.session.edit_plan import select_rows
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import SeekableSource, VideoSource


def looks_ahead(kind: str, source: VideoSource) -> bool:
    """Whether smoothing of that name needs the whole of this source first. A live one never ends."""
    return kind == "rts" and not source.info.is_live


def only_person(results: Sequence[FrameResult], track_id: int) -> list[FrameResult]:
    """The results with just that person in them; the very same ones where nobody else is."""
    return [
        select_rows(result, np.flatnonzero(result.tracks.ids == track_id).tolist())
        if (result.tracks.ids != track_id).any()
        else result
        for result in results
    ]


def write_again(
    source: SeekableSource,
    results: Sequence[FrameResult],
    paths: OutputPaths,
    *,
    skeleton: Skeleton,
    sound_span: TimeSpan = ALL_TIME,
    stop: threading.Event,
    progress: Callable[[int], None],
) -> bool:
    """Replace table and video by ones with these results, each in one step.

    False when `stop` came first: then the files of the first pass are still there.
    """
    if paths.table:
        fresh = paths.table.with_name(f"{paths.table.stem}.partial.csv")
        with KeypointTable(fresh, skeleton=skeleton) as table:
            for result in results:
                table.write(result)
        os.replace(fresh, paths.table)
    if not paths.video or not results:
        return True
    return _draw_again(source, results, paths, sound_span, stop=stop, progress=progress)


def _draw_again(
    source: SeekableSource,
    results: Sequence[FrameResult],
    paths: OutputPaths,
    sound_span: TimeSpan,
    *,
    stop: threading.Event,
    progress: Callable[[int], None],
) -> bool:
    files = OutputFiles.open(replace(paths, table=None, session=None), source.info, sound_span=sound_span)
    by_index = {result.frame_index: result for result in results}
    done = 0

    def finish(frame: Frame, picture: Any) -> None:
        nonlocal done
        files.show(picture, frame.time_s)
        done += 1
        progress(done)

    try:
        source.seek(results[0].time_s)
        frames = (frame for frame in source if frame.index in by_index)  # a damaged file may give others
        run_stages(frames, lambda frame: files.picture(frame, by_index[frame.index]), finish, stop=stop)
    except BaseException:
        files.discard_video()
        raise
    if stop.is_set():
        files.discard_video()
        return False
    files.close(complete=True)
    return True
