"""`FrameCache`: decoded frames near the one that is shown, within a limit of memory."""

from tracking.types import Frame


class FrameCache:
    """Frames by index. When full, the frame farthest from the one shown goes. Not for several threads at once."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self.room = 1_000_000
        """How many frames of the size of the newest one there is room for; at least 1."""
        self._frames: dict[int, Frame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def get(self, index: int) -> Frame | None:
        """The frame, if it is here."""
        return self._frames.get(index)

    def put(self, frame: Frame, *, near: int) -> None:
        """Keeps a frame, at the cost of those farthest from frame `near`; it is always kept itself."""
        self.room = max(1, self._max_bytes // max(1, frame.image.nbytes))
        old = self._frames.pop(frame.index, None)
        if old is not None:
            self._bytes -= old.image.nbytes
        while self._frames and self._bytes + frame.image.nbytes > self._max_bytes:
            farthest = max(self._frames, key=lambda index: abs(index - near))
            self._bytes -= self._frames.pop(farthest).image.nbytes
        self._frames[frame.index] = frame
        self._bytes += frame.image.nbytes

    def newest(self, lowest: int, highest: int) -> Frame | None:
        """The frame with the highest index from `lowest` to `highest`."""
        found = [index for index in self._frames if lowest <= index <= highest]
        return self._frames[max(found)] if found else None

    def oldest(self, lowest: int, highest: int) -> Frame | None:
        """The frame with the lowest index from `lowest` to `highest`."""
        found = [index for index in self._frames if lowest <= index <= highest]
        return self._frames[min(found)] if found else None

    def last_missing(self, first: int, last: int) -> int | None:
        """The highest index from `first` to `last` that is not here."""
        return next((index for index in range(last, first - 1, -1) if index not in self._frames), None)

    def first_missing(self, first: int, last: int) -> int | None:
        """The lowest index from `first` to `last` that is not here."""
        return next((index for index in range(first, last + 1) if index not in self._frames), None)
