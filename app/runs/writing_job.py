"""`WritingJob`: files written in a thread of its own; how far it is, and given up on demand."""

from collections.abc import Callable
from pathlib import Path

from app.runs.job import Job, Post
from ppnet.errors import UserError
from tracking.export.progress import ExportCancelled


class Progress:
    """How far work is, 0 to 1, and whether it is still wanted: what two threads know of it."""

    def __init__(self) -> None:
        self.share = 0.0
        self.is_cancelled = False

    def tell(self, share: float) -> None:
        """So much is done. ExportCancelled when the rest is not wanted any more."""
        self.share = min(share, 1.0)
        if self.is_cancelled:
            raise ExportCancelled


class WritingJob:
    """One piece of work at a time. written(paths) or failed(sentence) comes in the thread of `post`; no path when it
    was given up."""

    def __init__(
        self,
        name: str,
        *,
        post: Post,
        written: Callable[[tuple[Path, ...]], object],
        failed: Callable[[str], object],
    ) -> None:
        self._name, self._post, self._written, self._failed = name, post, written, failed
        self._progress = Progress()
        self._job: Job[tuple[Path, ...]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being written."""
        return self._job is not None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self._progress.share

    def start(self, work: Callable[[Progress], tuple[Path, ...]]) -> None:
        """Begins; `work` gives the paths that it wrote."""
        self._progress = progress = Progress()

        def run() -> tuple[Path, ...]:
            try:
                return work(progress)
            except ExportCancelled:
                return ()

        self._job = Job(run, name=self._name, post=self._post, done=self._end, failed=self._end_badly)

    def cancel(self, *, wait_s: float = 0.0) -> None:
        """Gives up what is at work, and waits so long at most until it has stopped."""
        self._progress.is_cancelled = True
        if self._job is not None and wait_s > 0:
            self._job.wait(wait_s)

    def _end(self, paths: tuple[Path, ...]) -> None:
        self._job = None
        self._written(paths)

    def _end_badly(self, error: Exception) -> None:
        self._job = None
        if self._progress.is_cancelled:
            self._written(())
        elif isinstance(error, UserError | OSError):
            self._failed(str(error))
        else:
            self._failed("Something went wrong; see the log.")
            raise error
