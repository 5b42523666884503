"""MediaPipe's PoseLandmarker as a processor, so that the same engine runs it on the same frames."""

import weakref
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.detection.detector import UNUSABLE
from tracking.detection.mediapipe_detector import mediapipe_image, quiet_native_logs
from tracking.types import Frame, FrameResult, Tracks

FULL = "pose_landmarker_full.task"


class Landmarker:
    """PoseLandmarker in video mode on the CPU: what it finds is counted and let go, only its time matters here."""

    device_name = "cpu (MediaPipe)"

    def __init__(self, path: Path, *, people: int, skeleton: Skeleton) -> None:
        """people: how many it looks for. skeleton: of the session that takes the (empty) results. UserError when the
        file is no pose landmarker."""
        try:
            model = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror or error}); give a file like {FULL}.") from error
        with quiet_native_logs():
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_buffer=model),
                running_mode=vision.RunningMode.VIDEO,
                num_poses=people,
            )
            try:
                self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)
            except UNUSABLE as error:
                raise UserError(
                    f"{path.name} is not a MediaPipe pose landmarker; give a .task file like {FULL}."
                ) from error
        self._finalizer = weakref.finalize(self, self._landmarker.close)
        self._skeleton = skeleton
        self._begin_ms = self._last_ms = 0
        self.found = 0
        """Frames in which it found anybody."""

    def process(self, frame: Frame) -> FrameResult:
        """Looks at the frame; the result is empty."""
        self._last_ms = max(self._last_ms + 1, self._begin_ms + round(1000 * frame.time_s))  # it wants rising times
        answer = self._landmarker.detect_for_video(mediapipe_image(frame.image), self._last_ms)
        self.found += bool(answer.pose_landmarks)
        nobody = Poses.empty(self._skeleton)
        states = np.zeros(nobody.scores.shape, np.uint8)
        return FrameResult(frame.index, frame.time_s, frame.size_wh, Tracks.empty(), nobody, nobody, states)

    def expect(self, frame: Frame) -> None:
        """It does not look ahead."""

    def reset(self) -> None:
        """Before the clip is read once more: its time goes on rising."""
        self._begin_ms = self._last_ms + 1000

    def close(self) -> None:
        """Frees the model."""
        self._finalizer()
