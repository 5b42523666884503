"""One clip through the pipeline, with pictures or without."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from tracking.evaluate.truth import Truth
from tracking.pipeline import Pipeline
from tracking.session.resmoothing import smooth_again
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import Frame, FrameResult


@runtime_checkable
class FollowsClip(Protocol):
    """A stand-in that must be told which frame it is asked about."""

    index: int


def track_clip(
    truth: Truth,
    pipeline: Pipeline,
    *,
    images: Iterable[npt.NDArray[np.uint8]] | None = None,
    stand_ins: Sequence[FollowsClip] = (),
) -> list[FrameResult]:
    """Results of all frames of a clip. Without `images` the pictures are black (stand-ins don't look at them)."""
    width, height = truth.size_wh
    pictures = repeat(np.zeros((height, width, 3), np.uint8)) if images is None else images
    results = []
    for index, (frame, picture) in enumerate(zip(truth.frames, pictures, strict=False)):
        for stand_in in stand_ins:
            stand_in.index = index
        results.append(pipeline.process(Frame(index, frame.time_s, picture)))
    if len(results) != len(truth.frames):
        raise ValueError(f"{len(truth.frames)} frames in the truth, {len(results)} pictures")
    return results


def smoothed_again(results: Sequence[FrameResult], settings: SmoothingSettings) -> list[FrameResult]:
    """The same tracks and raw joints, smoothed in another way."""
    return [
        replace(result, smoothed=smoothed, states=states)
        for result, (_, smoothed, states) in zip(results, smooth_again(results, settings), strict=True)
    ]
