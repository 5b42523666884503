"""OSC: a message for each joint, as TouchDesigner, Max, Unity and sound programs take them."""

import socket
from contextlib import suppress

import numpy as np

from app.streams.people import people_of
from app.streams.target import Target
from ppnet.errors import UserError
from ppnet.extras import load
from ppnet.skeleton import Skeleton
from tracking.types import Frame, FrameResult


class OscSink:
    """Datagrams to one place; nobody knows whether they arrive, and a run never waits for it."""

    def __init__(self, target: Target, skeleton: Skeleton) -> None:
        """UserError when the package or the host is missing."""
        self._message = load("pythonosc.osc_message_builder", "live").OscMessageBuilder
        self._bundle = load("pythonosc.osc_bundle_builder", "live")
        self._skeleton = skeleton
        try:
            family, kind, *_, address = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise UserError(f"--osc: there is no host {target.host} ({error.strerror or error}).") from error
        self._socket, self._address = socket.socket(family, kind), address
        self._socket.setblocking(False)

    def write(self, frame: Frame, result: FrameResult) -> None:
        """`/ppnet/frame` index, time_s, people; then a bundle per person: `/ppnet/3/left_wrist` x, y, confidence."""
        people = list(people_of(result))
        self._send(self._built("/ppnet/frame", (result.frame_index, float(result.time_s), len(people))))
        for track_id, joints in people:
            bundle = self._bundle.OscBundleBuilder(self._bundle.IMMEDIATELY)
            for name, joint in zip(self._skeleton.keypoints, joints, strict=True):
                if np.isfinite(joint[:2]).all():
                    values = tuple(float(value) for value in np.nan_to_num(joint))
                    bundle.add_content(self._built(f"/ppnet/{track_id}/{name}", values))
            self._send(bundle.build())

    def close(self, *, complete: bool) -> None:
        """Ends."""
        self._socket.close()

    def abandon(self) -> None:
        """Ends."""
        self._socket.close()

    def _built(self, address: str, values: tuple[int | float, ...]) -> object:
        builder = self._message(address)
        for value in values:
            builder.add_arg(value)
        return builder.build()

    def _send(self, content: object) -> None:
        with suppress(OSError):  # nobody listens, or the network is missing: the run goes on
            self._socket.sendto(content.dgram, self._address)  # type: ignore[attr-defined]
