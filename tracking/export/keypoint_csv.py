"""The keypoint table: one CSV row per frame and person, in a form that every statistics program reads."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Self, TextIO

import numpy as np
import numpy.typing as npt

from ppnet.output_files import writing
from ppnet.skeleton import COCO_17, Skeleton
from tracking.export.confidence import confidences
from tracking.types import FrameResult, KeypointState, TrackState

BUFFER_BYTES = 2**22  # more than the rows of a frame: what reaches the disk ends with a whole row
TRACK_COLUMNS = ("state", "det_score", "bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
JOINT_COLUMNS = ("x", "y", "conf", "x_raw", "y_raw", "state")
TRACK_STATES = {int(state): state.name.lower() for state in TrackState}
JOINT_STATES = {int(state): state.name.lower() for state in KeypointState}


def columns(skeleton: Skeleton = COCO_17) -> tuple[str, ...]:
    """Names of all columns: `frame,time_s,person_id,...`, then six for each joint."""
    joints = (f"{joint}_{column}" for joint in skeleton.keypoints for column in JOINT_COLUMNS)
    return ("frame", "time_s", "person_id", *TRACK_COLUMNS, *joints)


class KeypointTable:
    """Writes results as they come; the rows of a frame are in the file once it was written.

    Positions are pixels of the upright picture with at most three decimals, times are presentation times
    with six. Missing is empty. A frame without people has one row whose `person_id` and all after it is empty.
    `<joint>_conf` is the network's confidence (1: set by hand), `<joint>_x` the smoothed position, `<joint>_x_raw` the
    network's own.
    UserError when the place cannot be written.
    """

    def __init__(
        self,
        target: Path | TextIO,
        *,
        skeleton: Skeleton = COCO_17,
        more_columns: Sequence[str] = (),
        position_suffix: str = "",
        decimals: int = 3,
    ) -> None:
        """`more_columns`: names of cells behind all others, which `write` is given for each person.

        position_suffix, decimals: for another unit than pixels, behind the names of columns with positions.
        """
        self._decimals = decimals
        self._is_own = isinstance(target, Path)
        self._name = f"The table {target}" if self._is_own else "The table"
        names = (
            *(f"{name}{position_suffix if _is_position(name) else ''}" for name in columns(skeleton)),
            *more_columns,
        )
        self._nobody = "," * (len(names) - 2) + "\n"
        with writing(self._name):
            self._file = _opened(target) if isinstance(target, Path) else target
            self._file.write(",".join(names) + "\n")
            self._file.flush()

    def write(self, result: FrameResult, more: Sequence[str] = ()) -> None:
        """Add the rows of one frame, lowest id first; `more` holds the text of the further cells of each row."""
        head, confidence = f"{result.frame_index},{result.time_s:.6f}", confidences(result)
        rows = [
            ",".join([head, *_person(result, row, confidence[row], self._decimals), *more[row : row + 1]]) + "\n"
            for row in np.argsort(result.tracks.ids, kind="stable").tolist()
        ]
        with writing(self._name):
            self._file.write("".join(rows) if rows else head + self._nobody)
            self._file.flush()

    def close(self) -> None:
        """Write what is left; a stream that was handed in stays open."""
        with writing(self._name):
            if self._is_own:
                self._file.close()
            else:
                self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _opened(path: Path) -> TextIO:
    return path.open("w", buffering=BUFFER_BYTES, encoding="utf-8", newline="")


def _person(result: FrameResult, row: int, confidence: npt.NDArray[np.float32], decimals: int) -> list[str]:
    tracks, raw, smoothed = result.tracks, result.raw, result.smoothed
    cells = [str(int(tracks.ids[row])), TRACK_STATES[int(tracks.states[row])], number(float(tracks.scores[row]))]
    cells += [number(value, decimals) for value in tracks.boxes[row].tolist()]
    joints = zip(
        smoothed.keypoints[row].tolist(),
        raw.keypoints[row].tolist(),
        confidence.tolist(),
        result.states[row].tolist(),
        strict=True,
    )
    for (x, y), (x_raw, y_raw), score, state in joints:
        if state == KeypointState.MISSING:
            x = y = math.nan
        cells += [
            number(x, decimals),
            number(y, decimals),
            number(score),
            number(x_raw, decimals),
            number(y_raw, decimals),
            JOINT_STATES[state],
        ]
    return cells


def _is_position(column: str) -> bool:
    return column.startswith("bbox_") or column.endswith(("_x", "_y", "_x_raw", "_y_raw"))


def number(value: float, decimals: int = 3) -> str:
    """At most so many decimals, none that say nothing; empty when missing."""
    if not math.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
