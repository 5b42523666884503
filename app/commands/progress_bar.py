"""A progress bar on a terminal; nothing elsewhere."""

from typing import Self

from tqdm import tqdm

from tracking.export.progress import Tick


class ProgressBar:
    """Frames done of a known number, gone at the end."""

    def __init__(self, name: str, total: int, *, quiet: bool) -> None:
        self._bar = tqdm(total=total, desc=name, unit="frames", disable=True if quiet else None, leave=False)

    @property
    def tick(self) -> Tick:
        """Tells the bar how many frames are done."""
        return lambda done: self._bar.update(done - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
