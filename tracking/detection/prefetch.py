"""`DetectionPrefetch`: the detector looks at the next frame in a thread of its own while the network reads this one."""

from concurrent.futures import Future, ThreadPoolExecutor

from tracking.detection.detector import PersonDetector
from tracking.types import Detections, Frame


class DetectionPrefetch:
    """At most one look at a time: `begin` it, then `found` fetches it, or `forget` lets it go."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._look: tuple[Frame, Future[Detections]] | None = None

    def begin(self, detector: PersonDetector, frame: Frame) -> None:
        """Starts to look; the detector must not be used elsewhere until `found` or `forget`."""
        self.forget()
        self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="detect")
        self._look = frame, self._pool.submit(detector.detect, frame.image)

    def found(self, frame: Frame) -> Detections | None:
        """What was found in that very frame, or None where it was not looked at. Raises what the detector raised."""
        if self._look is None or self._look[0] is not frame:
            self.forget()
            return None
        (_, future), self._look = self._look, None
        return future.result()

    def forget(self) -> None:
        """Waits until the detector is free; what it found, or its error, is of no use."""
        if self._look is not None:
            self._look[1].exception()
            self._look = None

    def close(self) -> None:
        """Ends the thread."""
        self.forget()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
