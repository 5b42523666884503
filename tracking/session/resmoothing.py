"""Smoothing made again from the raw joints of a whole run, without the network."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.smoothing import SmoothingSettings, make_smoother
from tracking.types import FrameResult


def smooth_again(
    results: Iterable[FrameResult], settings: SmoothingSettings
) -> Iterator[tuple[int, Poses, npt.NDArray[np.uint8]]]:
    """(frame_index, smoothed, states) of every frame, in order; rows as in the results.

    One that looks ahead looks at the whole run before it gives the first frame; the others give each frame as they go.
    """
    if settings.looks_ahead:
        from tracking.smoothing.rts import smooth_results

        for result in smooth_results(list(results), settings):
            yield result.frame_index, result.smoothed, result.states
        return
    smoother = make_smoother(settings)
    for result in results:
        poses, states = smoother.update(result.tracks.ids, result.raw, result.tracks.boxes, result.time_s)
        yield result.frame_index, poses, states
