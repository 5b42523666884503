"""Lab Streaming Layer: joints beside EEG, eye tracking and the rest of a laboratory, on one clock."""

from typing import Any

from app.streams.people import people_of
from ppnet.extras import load
from ppnet.skeleton import Skeleton
from tracking.types import Frame, FrameResult


class LslSink:
    """One stream of samples, one for each person in a frame: id, then x, y, confidence of each joint; NaN: missing."""

    def __init__(self, name: str, skeleton: Skeleton) -> None:
        pylsl = load("pylsl", "live")
        labels = [("person_id", "id", "none")]
        for joint in skeleton.keypoints:
            labels += [(f"{joint}_x", "PositionX", "pixels"), (f"{joint}_y", "PositionY", "pixels")]
            labels += [(f"{joint}_conf", "Confidence", "normalized")]
        info = pylsl.StreamInfo(
            name, "MoCap", len(labels), pylsl.IRREGULAR_RATE, pylsl.cf_float32, f"ppnet-live-{name}"
        )
        channels = info.desc().append_child("channels")
        for label, kind, unit in labels:
            channel = channels.append_child("channel")
            for key, value in (("label", label), ("type", kind), ("unit", unit)):
                channel.append_child_value(key, value)
        self._clock = pylsl.local_clock
        self._outlet: Any = pylsl.StreamOutlet(info)
        self._begun_s: float | None = None

    def write(self, frame: Frame, result: FrameResult) -> None:
        """A sample for each person, with the time of the picture on the clock of LSL."""
        if self._begun_s is None:
            self._begun_s = float(self._clock()) - result.time_s
        for track_id, joints in people_of(result):
            self._outlet.push_sample([float(track_id), *joints.ravel().tolist()], self._begun_s + result.time_s)

    def close(self, *, complete: bool) -> None:
        """The stream is gone."""
        self._outlet = None

    def abandon(self) -> None:
        """The stream is gone."""
        self._outlet = None
