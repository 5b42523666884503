"""WebSocket: JSON for web pages and scripts that connect; who is slow misses frames, nobody waits."""

import json
import re
import threading
from typing import Any

import numpy as np

from app.streams.people import people_of
from app.streams.target import Target
from ppnet.errors import UserError
from ppnet.extras import load
from ppnet.skeleton import Skeleton
from tracking.types import Frame, FrameResult

ORIGINS = (None, re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"))
"""Programs, and pages of this machine; a page from elsewhere that is open in a browser here must not look in."""


class WebSocketSink:
    """Everybody who is connected gets the newest frame, after a first message that names the joints."""

    def __init__(self, target: Target, skeleton: Skeleton) -> None:
        """UserError when the package is missing or the place is taken."""
        serve = load("websockets.sync.server", "live").serve
        self._closed_by_other = load("websockets.exceptions", "live").ConnectionClosed
        self._hello = json.dumps({"joints": skeleton.keypoints, "edges": skeleton.edges, "unit": "px"})
        self._news = threading.Condition()
        self._number, self._newest, self._over = 0, "", False
        try:
            self._server: Any = serve(self._serve, target.host, target.port, origins=ORIGINS)
        except OSError as error:
            words = error.strerror or error
            raise UserError(f"--websocket: {target.host}:{target.port} cannot be used ({words}).") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="websocket", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Hands the frame to those who are connected."""
        message = _message(result)
        with self._news:
            self._number, self._newest = self._number + 1, message
            self._news.notify_all()

    def close(self, *, complete: bool) -> None:
        """Nobody is served any more."""
        with self._news:
            self._over = True
            self._news.notify_all()
        self._server.shutdown()
        self._thread.join(2.0)

    def abandon(self) -> None:
        """Nobody is served any more."""
        self.close(complete=False)

    def _serve(self, connection: Any) -> None:
        """One client, in a thread of its own."""
        seen = 0
        try:
            connection.send(self._hello)
            while True:
                with self._news:
                    while self._number == seen and not self._over:
                        self._news.wait()
                    if self._over:
                        return
                    seen, message = self._number, self._newest
                connection.send(message)
        except self._closed_by_other:
            return


def _message(result: FrameResult) -> str:
    people = []
    for track_id, joints in people_of(result):
        known = np.atleast_1d(np.isfinite(joints[:, :2]).all(axis=-1))
        rounded = np.nan_to_num(joints).astype(float).round(4).tolist()
        shown = [joint if there else None for joint, there in zip(rounded, known, strict=True)]
        people.append({"id": track_id, "joints": shown})
    return json.dumps({
        "frame": result.frame_index, "time_s": round(result.time_s, 6), "size_wh": result.size_wh, "people": people,
    })  # fmt: skip
