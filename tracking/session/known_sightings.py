"""`KnownSightings`: who is where in a session, read once and kept for lanes, events, faces, and lists of people."""

import threading
from collections.abc import Callable

from tracking.session.tracked_parts import Part, TrackedParts
from tracking.sightings import Sightings


class KnownSightings:
    """What was read of a session so far, some 40 bytes a person and frame; for any thread."""

    def __init__(self, read: Callable[[int, int], Sightings]) -> None:
        """read(start, end): the next frames of these that are stored, some at a time, none at the end."""
        self._read = read
        self._lock = threading.Lock()
        self._known, self._parts = Sightings.none(), TrackedParts()

    def up_to(self, stored: TrackedParts, cancelled: Callable[[], bool]) -> Sightings:
        """Everything in these parts; the same object as before where nothing has come. Reads on from what is known, and
        gives what there is when it is cancelled."""
        with self._lock:
            fresh, parts = [self._known], list(self._parts.parts)
            for frames in stored.beyond(self._parts):
                start = frames.start
                while start < frames.stop and not cancelled() and len((more := self._read(start, frames.stop)).indices):
                    fresh.append(more)
                    parts.append(Part(start, last := int(more.indices[-1])))
                    start = last + 1
            if len(fresh) > 1:
                self._known = Sightings.joined(fresh)
            self._parts = TrackedParts(tuple(sorted(parts, key=lambda part: part.first))) if cancelled() else stored
            return self._known
