"""Whether the frames of a recording come at a variable rate, in words for people."""

import numpy as np

from tracking.session.session import Session

VARIES = 1.5
"""Times as long a long step is as a short one. Less comes of times rounded to milliseconds, as in Matroska."""


def varying_rate(session: Session) -> str:
    """What is to be added to the average rate: ` on average (10 to 30)`; nothing where frames come evenly, while not
    all are known, and for a camera, of which only the rate that it claims is known.

    One frame in a hundred may come early or late: a frame that was dropped now and then is no variable rate.
    """
    if session.header.source.is_live or not session.complete:
        return ""
    steps_s = np.diff(session.frame_times())[np.diff(session.frame_indices()) == 1]
    steps_s = steps_s[steps_s > 0]
    if not len(steps_s):
        return ""
    short_s, long_s = np.quantile(steps_s, (0.01, 0.99))
    return f" on average ({1 / long_s:.3g} to {1 / short_s:.3g})" if long_s > VARIES * short_s else ""
