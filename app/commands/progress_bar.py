"""A progress bar on a terminal; nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from tracking.progress import Tick


@contextmanager
def progress_bar(name: str, total: int, *, quiet: bool) -> Iterator[Tick]:
    """Frames done of a known number, which the tick is told; gone at the end."""
    with tqdm(total=total, desc=name, unit="frames", disable=True if quiet else None, leave=False) as bar:
        yield lambda done: bar.update(done - bar.n)
