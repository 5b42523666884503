"""One file of a batch: the same run as the command `track`, its files in a chosen folder, models loaded once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.commands.track import expected_frames
from app.engine.batch import BatchOutcome, Report
from app.factory import build_pipeline
from app.runs.outputs import OutputPaths, make_folder
from app.runs.source import open_for
from app.runs.track_run import TrackRun
from ppnet.errors import UserError
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings

LOOK_S = 0.2


class BatchRun:
    """`run_one` of a `Batch`. Used by the batch's thread only."""

    def __init__(
        self,
        settings: RunSettings,
        folder: Path,
        *,
        build: Callable[[RunSettings], Pipeline] = build_pipeline,
        video: bool = True,
    ) -> None:
        self._settings = replace(settings, only=None)  # a place in one video says nothing about the others
        self._folder = folder
        self._build = build
        self._video = video
        self._first: Pipeline | None = None

    def __call__(self, path: Path, report: Report, cancelled: Callable[[], bool]) -> BatchOutcome:
        """Tracks one file. UserError when it can't be read or its outputs can't be written."""
        make_folder(self._folder)
        paths = self._free_paths(path.stem)
        stop = threading.Event()
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(cancelled, stop, ended), name="batch cancel", daemon=True)
        watcher.start()
        try:
            with open_for(self._settings, path) as source:
                total = expected_frames(source.info, self._settings)
                run = TrackRun(
                    source,
                    self._pipeline(),
                    paths,
                    self._settings,
                    stop=stop,
                    progress=lambda frames: report(frames, total),
                )
                done = run.run()
        finally:
            ended.set()
            watcher.join()
        if not done.complete and not stop.is_set():
            raise UserError(" ".join(done.notices) or f"{path.name} ended before its end.")
        return BatchOutcome(people=done.people, outputs=paths.all())

    def close(self) -> None:
        """Frees the models."""
        if self._first is not None:
            self._first.close()
            self._first = None

    def _pipeline(self) -> Pipeline:
        """A chain that knows nobody yet, so that the numbers of people begin at 1 in every video."""
        if self._first is None:
            self._first = self._build(self._settings)
        return Pipeline(self._first.detector, self._first.estimator, settings=self._first.settings)

    def _free_paths(self, stem: str) -> OutputPaths:
        """Names that are not taken: clip, clip_2, ..."""
        number, name = 1, stem
        while True:
            paths = OutputPaths.of(self._folder, name, video=self._video)
            if not any(path.exists() for path in paths.all()):
                return paths
            number += 1
            name = f"{stem}_{number}"


def _watch(cancelled: Callable[[], bool], stop: threading.Event, ended: threading.Event) -> None:
    while not ended.wait(LOOK_S):
        if cancelled():
            stop.set()
            return
