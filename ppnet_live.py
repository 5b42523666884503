"""PPNet Live for programmers: the same runs as the command line and the window, from Python.

    import ppnet_live as pl

    for frame in pl.track("clip.mp4", preset="accurate", start=2.0, end=8.0):
        for person in frame.people:
            print(frame.time_s, person.id, person["left_wrist"].xy, person["left_wrist"].state)

Importing this module loads nothing heavy, sets no environment variable and starts no thread. What goes wrong for a
reason that the caller can mend raises `UserError` with one sentence that says what to do.
"""

import contextlib
import queue
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ppnet import __version__
from ppnet.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas

    from app.runs.file_run import FileRun
    from ppnet.estimator import PoseEstimator
    from ppnet.skeleton import Skeleton
    from tracking.detection.detector import PersonDetector as Detector
    from tracking.pipeline import Estimator
    from tracking.run_settings import RunSettings
    from tracking.types import Detections, FrameResult

__all__ = [
    "Frame", "Keypoint", "Person", "PersonDetector", "PoseEstimator", "Session", "Track", "UserError", "__version__",
    "open_session", "settings_of", "track",
]  # fmt: skip

State = Literal["missing", "measured", "predicted", "edited"]
QUEUE_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A joint of a person in one frame.

    xy: smoothed position in pixels of the upright picture, NaN where missing. raw_xy: as the network gave it.
    score: confidence of the network, 0 to 1; 1 where the position was set by hand, NaN where the network gave none.
    state: where the position comes from.
    """

    xy: tuple[float, float]
    raw_xy: tuple[float, float]
    score: float
    state: State


@dataclass(frozen=True, slots=True)
class Person:
    """A person in one frame; `person["left_wrist"]` is a `Keypoint`.

    id: track id, from 1, never used again. box: x1, y1, x2, y2 in pixels. score: of the last detection, 0 to 1.
    """

    id: int
    box: tuple[float, float, float, float]
    score: float
    keypoints: Mapping[str, Keypoint]

    def __getitem__(self, name: str) -> Keypoint:
        if name not in self.keypoints:
            raise KeyError(f"there is no keypoint {name!r}; there are {', '.join(self.keypoints)}")
        return self.keypoints[name]


@dataclass(frozen=True, slots=True)
class Frame:
    """Everybody in one frame. index: of the frame in the video. time_s: its presentation time in seconds."""

    index: int
    time_s: float
    people: tuple[Person, ...]

    @classmethod
    def of(cls, result: "FrameResult") -> Self:
        """The same as a pipeline's result, by name instead of by row."""
        from tracking.export.confidence import confidences
        from tracking.types import KeypointState

        names, known, scores = result.skeleton.keypoints, result.known_keypoints, confidences(result)
        people = []
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            places = zip(
                names,
                known[row].tolist(),
                result.raw.keypoints[row].tolist(),
                scores[row].tolist(),
                result.states[row].tolist(),
                strict=True,
            )
            keypoints = {
                name: Keypoint((x, y), (raw_x, raw_y), score, KeypointState(state).name.lower())  # type: ignore[arg-type]
                for name, (x, y), (raw_x, raw_y), score, state in places
            }
            x1, y1, x2, y2 = result.tracks.boxes[row].tolist()
            people.append(Person(track_id, (x1, y1, x2, y2), float(result.tracks.scores[row]), keypoints))
        return cls(result.frame_index, result.time_s, tuple(people))


def settings_of(preset: str = "balanced", **options: Any) -> "RunSettings":
    """Settings by the names of the command line's options, with _ for -: `smooth="rts"`, `min_conf=0.3`, `start=2`.

    preset: fast, balanced or accurate; options count instead of its values. TypeError for an option that does not
    exist, UserError for a value out of range.
    """
    from app.presets import PRESETS
    from tracking.run_settings import RunSettings

    names = {
        setting.option.lstrip("-").replace("-", "_"): name
        for name, setting in RunSettings.declared().items()
        if setting.option
    }
    if unknown := sorted(set(options) - set(names)):
        raise TypeError(f"there is no option {unknown[0]!r}; there are {', '.join(sorted(names))}")
    presets = {one.name.lower(): one for one in PRESETS}
    if preset.lower() not in presets:
        raise UserError(f"There is no preset {preset}; there are {', '.join(presets)}.")
    chosen = presets[preset.lower()].applied(RunSettings())
    return chosen.changed({names[option]: value for option, value in options.items()})


def track(
    source: str | Path,
    *,
    preset: str = "balanced",
    detector: "Detector | None" = None,
    estimator: "Estimator | None" = None,
    **options: Any,
) -> "Track":
    """Track people in a video file, a folder of pictures or a camera (`camera:0`).

    Nothing is done until the result is iterated over or saved. preset and options: see `settings_of`.
    detector, estimator: objects of your own instead of those that the settings name (`PersonDetector.detect(image)`,
    `PoseEstimator.estimate(image, boxes)`); they are not closed.
    """
    return Track(source, settings_of(preset, **options), detector=detector, estimator=estimator)


class Track:
    """A run that has not begun: iterate over it for its frames, or `save` it as a session."""

    def __init__(
        self,
        source: str | Path,
        settings: "RunSettings",
        *,
        detector: "Detector | None" = None,
        estimator: "Estimator | None" = None,
    ) -> None:
        self.source, self.settings = source, settings
        self._detector, self._estimator = detector, estimator

    def __iter__(self) -> Iterator[Frame]:
        """Frames as they are finished. With smoothing that looks ahead (rts), or one person chosen after the start, all
        are tracked before the first comes. Leaving the loop stops the run."""
        with tempfile.TemporaryDirectory(prefix="ppnet-live-") as folder:
            path = Path(folder) / "track_session.ppnet"
            if self.settings.smoothing.looks_ahead or self.settings.only is not None:
                with self.save(path) as session:
                    yield from session
            else:
                yield from self._as_they_come(path)

    def save(self, path: str | Path, *, overwrite: bool = False) -> "Session":
        """Track to the end into a session file, which the window and `export` open too. UserError when it is taken."""
        path = Path(path)
        with self._run(path, overwrite=overwrite) as run:
            run.start()
            run.wait()
        return open_session(path)

    def _as_they_come(self, path: Path) -> Iterator[Frame]:
        waiting = _Waiting()
        with self._run(path, waiting) as run:
            run.start()
            try:
                yield from waiting
            finally:
                waiting.is_left = True
            run.wait()

    @contextlib.contextmanager
    def _run(self, path: Path, *sinks: Any, overwrite: bool = False) -> Iterator["FileRun[RunSettings]"]:
        """A run into a session at `path`, which is closed at the end."""
        from app.runs.file_run import FileRun
        from app.runs.run_source import open_run_source
        from app.runs.session_header import run_header
        from tracking.session.session import Session as SessionFile

        with open_run_source(self.settings, self.source) as source:
            header = run_header(source.info, self.settings, getattr(self._estimator, "info", None))
            with SessionFile.create(path, header, overwrite=overwrite) as session:
                run: FileRun[RunSettings] = FileRun(
                    lambda: source, self._processor, self.settings, session=session, sinks=sinks
                )
                run.limit(self.settings.span)
                try:
                    yield run
                finally:
                    run.stop(timeout_s=None)

    def _processor(self, settings: "RunSettings", _current: Any) -> Any:
        from app import factory
        from tracking.pipeline import Pipeline

        estimator = self._estimator or factory.build_estimator(settings.network)
        detector = self._detector or factory.build_detector(settings)
        return Pipeline(detector if self._detector is None else _Lent(detector), estimator, settings=settings)


class _Lent:
    """A detector of the caller's, who closes it."""

    def __init__(self, detector: Any) -> None:
        self.detect = detector.detect

    def close(self) -> None:
        """Nothing: it is not ours."""


class _Waiting:
    """Hands results from the run's thread to the caller's loop; the run waits when the caller is slower."""

    def __init__(self) -> None:
        self.is_left = False
        self._queue: queue.Queue[FrameResult | None] = queue.Queue(QUEUE_FRAMES)

    def write(self, _frame: Any, result: "FrameResult") -> None:
        """Takes a result, as soon as there is room or nobody wants it any more."""
        self._put(result)

    def close(self, *, complete: bool) -> None:
        """No more results."""
        self._put(None)

    def abandon(self) -> None:
        """No more results, after an error."""
        self._put(None)

    def __iter__(self) -> Iterator[Frame]:
        while (result := self._queue.get()) is not None:
            yield Frame.of(result)

    def _put(self, result: "FrameResult | None") -> None:
        while not self.is_left:
            with contextlib.suppress(queue.Full):
                self._queue.put(result, timeout=0.1)
                return


def open_session(
    path: str | Path, *, smooth: str | None = None, strength: float | None = None, min_conf: float | None = None
) -> "Session":
    """A session file, read only; with any of the options its joints are smoothed again from what the network gave.

    smooth, strength, min_conf: as of `export` on the command line; what is not given stays as it was tracked. UserError
    when the file is missing or damaged, or a value is out of range.
    """
    given = {"smoothing.kind": smooth, "smoothing.strength": strength, "smoothing.min_score": min_conf}
    return Session(Path(path), {name: value for name, value in given.items() if value is not None})


class Session:
    """What was tracked, with the edits made since. Iterate over it for its frames; use it in `with`, or `close` it."""

    def __init__(self, path: Path, smoothing: Mapping[str, object] | None = None) -> None:
        """smoothing: settings of another one than its own, by name."""
        from tracking.session.edited_session import EditedSession
        from tracking.session.edits import ChooseSmoothing
        from tracking.session.session import Session as SessionFile

        self.path = path
        with contextlib.ExitStack() as undo:
            self._file = undo.enter_context(SessionFile.open(path))
            settings = self._file.header.run_settings.changed(smoothing or {}).smoothing
            self._edited = EditedSession(self._file, smoothing=ChooseSmoothing.of(settings) if smoothing else None)
            self._edited.refresh()
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def __len__(self) -> int:
        return sum(1 for _ in self._edited.exported())

    def __iter__(self) -> Iterator[Frame]:
        for edited in self._edited.exported():
            yield Frame.of(edited.result)

    @property
    def skeleton(self) -> "Skeleton":
        """Names and order of the keypoints, and which are joined."""
        return self._edited.skeleton

    @property
    def ids(self) -> tuple[int, ...]:
        """Track ids of everybody who is in it, ascending."""
        from tracking.session.person_tracks import exported_people

        return tuple(exported_people(self._edited))

    @property
    def times_s(self) -> "npt.NDArray[np.float64]":
        """Presentation time of each frame, (F,) seconds."""
        import numpy as np

        return np.array([edited.result.time_s for edited in self._edited.exported()])

    def to_numpy(self) -> "npt.NDArray[np.float32]":
        """Everybody over time: (F, N, K, 3) x, y in pixels and score; NaN where somebody or a joint is missing.

        F frames as in `times_s`, N people as in `ids`, K keypoints as in `skeleton.keypoints`.
        """
        import numpy as np

        from tracking.export.confidence import confidences

        results = [edited.result for edited in self._edited.exported()]
        ids = sorted({int(i) for result in results for i in result.tracks.ids})
        column = {track_id: place for place, track_id in enumerate(ids)}
        table = np.full((len(results), len(ids), len(self.skeleton), 3), np.nan, np.float32)
        for row, result in enumerate(results):
            places = [column[int(i)] for i in result.tracks.ids]
            found = np.isfinite(result.known_keypoints).all(axis=2, keepdims=True)
            values = np.concatenate([result.known_keypoints, confidences(result)[..., None]], axis=2)
            table[row, places] = np.where(found, values, np.nan)
        return table

    def to_dataframe(self) -> "pandas.DataFrame":
        """One row for each frame, person and joint: the columns of the tidy table. UserError without pandas."""
        from ppnet.extras import load

        pandas = load("pandas", "deeplabcut")
        with tempfile.TemporaryDirectory(prefix="ppnet-live-") as folder:
            return pandas.read_csv(self.export("tidy", folder))

    def export(self, name: str, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Writes a format (`csv`, `trc`, `coco`, ...) into a folder; returns the file's, or folder's, path.

        UserError for a format that does not exist, or when the place is taken or cannot be written.
        """
        from tracking.export.formats import EXPORTS, default_path, export

        if name not in EXPORTS:
            raise UserError(f"There is no format {name}; there are {', '.join(EXPORTS)}.")
        return export(self._edited, name, default_path(self.path, name, Path(folder)), overwrite=overwrite)


class PersonDetector:
    """Finds people in single pictures. model: a name (`efficientdet-lite0`, `nanodet`) or the path of a TFLite or ONNX
    file. UserError when there is no such model."""

    def __init__(self, model: str = "efficientdet-lite0") -> None:
        from app.factory import build_detector

        self._detector = build_detector(settings_of(detector=model))

    def detect(self, image: "npt.NDArray[np.uint8]") -> "Detections":
        """People in an RGB uint8 (H, W, 3) picture: boxes (N, 4) xyxy in pixels and scores (N,), best first."""
        return self._detector.detect(image)

    def close(self) -> None:
        """Frees the model."""
        self._detector.close()


def __getattr__(name: str) -> Any:
    """`PoseEstimator`, loaded (with torch) when it is first asked for."""
    if name == "PoseEstimator":
        from ppnet.estimator import PoseEstimator

        return PoseEstimator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
