"""Steady joints: Kalman, Rauch-Tung-Striebel, 1-euro or nothing, chosen by name behind one small protocol."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.smoothing.settings import SMOOTHERS, SmoothingSettings

__all__ = ["SMOOTHERS", "Smoother", "SmoothingSettings", "make_smoother"]


class Smoother(Protocol):
    """Steadies the joints of everyone in the picture, frame by frame, without looking ahead."""

    def update(
        self,
        ids: npt.NDArray[np.int64],
        poses: Poses,
        boxes: npt.NDArray[np.float32],
        time_s: float,
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        """Steadied poses and the (N, K) `KeypointState` of their keypoints.

        ids: (N,) track ids; a person who is left out is forgotten. poses: as the network gave them.
        boxes: (N, 4), for the person's size. time_s: presentation time; going back forgets everyone.
        """
        ...

    def reset(self) -> None:
        """Forget everyone."""
        ...


def make_smoother(name: str, settings: SmoothingSettings | None = None) -> Smoother:
    """The smoother of that name (see `SMOOTHERS`); `rts` answers like `kalman` until the run is over."""
    settings = (settings or SmoothingSettings()).named(name)
    if name in ("kalman", "rts"):
        from tracking.smoothing.kalman import KalmanSmoother

        return KalmanSmoother(settings)
    if name == "one_euro":
        from tracking.smoothing.one_euro import OneEuroSmoother

        return OneEuroSmoother(settings)
    from tracking.smoothing.off import NoSmoother

    return NoSmoother(settings)
