"""The frame rate of a recording in words, which tell when frames come at a variable rate."""

import numpy as np

from tracking.session.session import Session
from tracking.video.source import VideoInfo

VARIES = 1.5
"""Times as long a long step is as a short one. Less comes of times rounded to milliseconds, as in Matroska."""


def rate_words(source: VideoInfo, session: Session, unit: str) -> str:
    """`29.97 fps`, with `fps` as the unit; `19.23 fps on average (10 to 30)` where frames don't come evenly and all
    their times are known. Empty when nothing is known of the rate. Of a camera it is what the camera claims.

    source: what is known of the recording that the session is of. One frame in a hundred may come early or late: a
    frame that was dropped now and then is no variable rate.
    """
    words = f"{float(source.frame_rate):.4g} {unit}" if source.frame_rate else ""
    if source.is_live or not session.complete:
        return words
    steps_s = np.diff(session.frame_times())[np.diff(session.frame_indices()) == 1]
    steps_s = steps_s[steps_s > 0]
    if not len(steps_s):
        return words
    short_s, long_s = np.quantile(steps_s, (0.01, 0.99))
    if long_s <= VARIES * short_s:
        return words
    return f"{1 / np.mean(steps_s):.4g} {unit} on average ({1 / long_s:.3g} to {1 / short_s:.3g})"
