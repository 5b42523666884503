"""Steady joints: Kalman, Rauch-Tung-Striebel, 1-euro or nothing, chosen by name behind one small protocol."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.smoothing.in_picture import kept_inside, seen
from tracking.smoothing.kalman import KalmanSmoother
from tracking.smoothing.off import NoSmoother
from tracking.smoothing.one_euro import OneEuroSmoother
from tracking.smoothing.settings import SMOOTHERS, SmoothingSettings

__all__ = ["SMOOTHERS", "Smoother", "SmoothingSettings", "make_smoother", "smoothed_in_picture"]


class Smoother(Protocol):
    """Steadies the joints of everyone in the picture, frame by frame, without looking ahead."""

    def update(
        self,
        ids: npt.NDArray[np.int64],
        poses: Poses,
        boxes: npt.NDArray[np.float32],
        time_s: float,
        unread: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        """Steadied poses and the (N, K) `KeypointState` of their keypoints.

        ids: (N,) track ids; a person who is left out is forgotten. poses: as the network gave them.
        boxes: (N, 4), for the person's size. time_s: presentation time; going back forgets everyone. unread: (N,) those
        whom the network was not asked about; nobody unless given.
        """
        ...

    def reset(self) -> None:
        """Forget everyone."""
        ...


def smoothed_in_picture(
    smoother: Smoother,
    ids: npt.NDArray[np.int64],
    raw: Poses,
    boxes: npt.NDArray[np.float32],
    time_s: float,
    *,
    size_wh: tuple[int, int],
    unread: npt.NDArray[np.bool_] | None = None,
) -> tuple[Poses, npt.NDArray[np.uint8]]:
    """`update` of a smoother that gets, and gives, no joint out of the picture."""
    sides = box_math.longest_sides(boxes)
    smoothed, states = smoother.update(ids, seen(raw, sides, size_wh), boxes, time_s, unread)
    return kept_inside(smoothed, states, sides, size_wh)


def make_smoother(settings: SmoothingSettings) -> Smoother:
    """The smoother that the settings name (see `SMOOTHERS`); `rts` answers like `kalman` until the run is over."""
    smoothers: dict[str, Callable[[SmoothingSettings], Smoother]] = {
        "kalman": KalmanSmoother,
        "rts": KalmanSmoother,
        "one_euro": OneEuroSmoother,
        "off": NoSmoother,
    }
    return smoothers[settings.kind](settings)
