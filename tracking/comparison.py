"""Two people, two attempts or two files side by side, or one as a ghost over the other.

One function draws the picture for the window and for the video, so that they are the same.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.angles import ANGLES
from tracking.answers.motion import Motion
from tracking.boxes import sizes
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.colors import LIGHT_INK, OUTLINE, Color
from tracking.drawing.curve_axes import CurveAxes, round_range
from tracking.drawing.cv_canvas import paint_scene
from tracking.drawing.results_nearby import ResultsNearby
from tracking.drawing.shapes import Label, Lines, Scene, Shape
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.session.naming import find_video, named_after, refuse_another
from tracking.session.person_tracks import exported_track
from tracking.types import Frame, FrameResult
from tracking.video.factory import open_adapted
from tracking.video.source import VideoSource, seekable
from tracking.video.writer import VideoWriter

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

PANE_WH = (480, 600)
CURVES_HIGH = 170
COLORS: tuple[Color, Color] = ((90, 180, 255), (255, 140, 110))
ROOM = 1.3
"""A pane is so many times as high as the person is at most."""
RATE = 30
BEFORE_S = 0.2  # what is shown at a time began before it
ROUNDED_S = 0.0006
"""Nearer than this to a frame a moment means it: people give it in milliseconds, by which 1.5333 becomes 1.533."""
FAR_S = 1.0
"""Frames farther ahead are jumped to instead of being read one by one."""


@dataclass(frozen=True)
class Attempt:
    """One side: who, in which session, and the moment `at_s` (seconds of its video) that is laid on the other's.

    video: where the source lies now; None: where it was.
    """

    session: EditedSession
    person: int
    at_s: float
    video: Path | None = None


@dataclass(frozen=True)
class Side:
    """What is known of one attempt: its joints, when it begins and ends against the moment, the size of its pane in the
    picture, the length of a leg."""

    attempt: Attempt
    motion: Motion
    start_s: float
    end_s: float
    pane_high: float
    leg: float
    name: str

    @classmethod
    def of(cls, attempt: Attempt) -> "Side":
        """UserError when the person is not in the session."""
        session = attempt.session
        track = exported_track(session, attempt.person)
        if not len(track.at):
            raise UserError(f"There is no person {attempt.person} in {session.stored.path.name}.")
        wide, high = sizes(track.boxes.astype(np.float64)).T
        seen, heights = track.times[track.at], np.maximum(high, wide * PANE_WH[1] / PANE_WH[0])
        frame_s = float(track.times[np.argmin(np.abs(track.times - attempt.at_s))])
        if abs(frame_s - attempt.at_s) < ROUNDED_S:
            attempt = replace(attempt, at_s=frame_s)
        motion = Motion.of(attempt.person, track, session.skeleton)
        return cls(
            attempt,
            motion,
            float(seen[0]) - attempt.at_s,
            float(seen[-1]) - attempt.at_s,
            ROOM * float(np.max(heights)),
            motion.leg_px,
            session.name(attempt.person),
        )


class Comparison:
    """Both sides, and how they are drawn: `angle` (of `ANGLES`) at the joints and as curves; the second one beside the
    first, or as a ghost over it. layers: say whether people may be recognised."""

    def __init__(
        self,
        first: Attempt,
        second: Attempt,
        *,
        angle: str = "left_knee",
        ghost: bool = False,
        layers: PictureLayers = PictureLayers(),
    ) -> None:
        """UserError for an angle that does not exist, a person who is not there, or two who share no time."""
        if angle not in ANGLES:
            raise UserError(f"There is no angle {angle}; there are {', '.join(ANGLES)}.")
        self.sides = (Side.of(first), Side.of(second))
        self.angle, self.ghost = angle, ghost
        self._annotators = tuple(self._annotator(side, layers) for side in self.sides)
        self.start_s = max(side.start_s for side in self.sides)
        self.end_s = min(side.end_s for side in self.sides)
        if self.end_s < self.start_s:
            raise UserError("The two have no time in common around that moment; choose another one.")
        self.curves = tuple((side.motion.times - side.attempt.at_s, side.motion.angle(angle)) for side in self.sides)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the picture."""
        return PANE_WH[0] * (1 if self.ghost else 2), PANE_WH[1] + CURVES_HIGH

    def picture(self, time_s: float, shown: tuple["Shown", "Shown"]) -> Image:
        """(H, W, 3) RGB at a time against the moment; shown: what each side shows then."""
        if self.ghost:
            panes = [self._pane(0, shown[0], ghost=self._ghost_of(shown))]
            self._name(panes[0], 1, 34)
        else:
            panes = [self._pane(number, one) for number, one in enumerate(shown)]
        return np.concatenate([np.concatenate(panes, axis=1), self._curve_strip(time_s)], axis=0)

    # Panes

    def _annotator(self, side: Side, layers: PictureLayers) -> Annotator:
        """Draws the pictures of one side; faces are hidden by all that its session holds of that time."""
        session = side.attempt.session
        layers = replace(layers, boxes=False, labels=False, trails=False, joint_names=False, angles=(self.angle,))
        style = SceneStyle.of(session, layers)
        people = PeopleStyle(chosen=side.attempt.person)
        style = replace(style, people=people, zoom=PANE_WH[1] / side.pane_high)
        return Annotator(style, near=ResultsNearby.of(session.stored))

    def _pane(self, number: int, shown: "Shown", *, ghost: Sequence[Shape] = ()) -> Image:
        side = self.sides[number]
        corner, scale = _place(side, shown.result)
        drawn = self._annotators[number].picture(shown.frame, shown.result, ghost=ghost)
        matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
        pane = np.asarray(cv2.warpAffine(drawn, matrix, PANE_WH, flags=cv2.INTER_AREA), np.uint8)
        self._name(pane, number, 0)
        return pane

    def _name(self, pane: Image, number: int, top: int) -> None:
        side, other = self.sides[number], self.sides[1 - number]
        path, other_path = (one.attempt.session.stored.path for one in (side, other))
        words = f"{side.name}, {named_after(path, '').name}"
        if (path, side.attempt.person) == (other_path, other.attempt.person):
            words += f", {_moment(side.attempt)}"
        label = Label(words, (8, 8 + top), 20, OUTLINE, COLORS[number], (0.0, 0.0))
        paint_scene(Scene(PANE_WH, (label,)), pane)

    def _ghost_of(self, shown: tuple["Shown", "Shown"]) -> tuple[Lines, ...]:
        """The second one's skeleton in the first one's picture, as large as they are, hips on hips."""
        (own, own_hips), (other, other_hips) = (
            _joints(side, one.result) for side, one in zip(self.sides, shown, strict=True)
        )
        if other is None or own is None or not np.isfinite([own_hips, other_hips]).all():
            return ()
        scale = PANE_WH[1] / self.sides[0].pane_high
        grown = self.sides[0].leg / self.sides[1].leg if np.isfinite(self.sides[1].leg) else 1.0
        points = (other - other_hips) * grown + own_hips
        edges = np.array(self.sides[1].motion.skeleton.edges).reshape(-1, 2)
        lines = points[edges]
        lines = lines[np.isfinite(lines).all(axis=(1, 2))].astype(np.float32)
        return Lines(lines, OUTLINE, 7 / scale), Lines(lines, COLORS[1], 5 / scale)

    # Curves

    def _curve_strip(self, time_s: float) -> Image:
        width, high = self.size_wh[0], CURVES_HIGH
        strip = np.full((high, width, 3), 24, np.uint8)
        left, right, top, bottom = 44, width - 12, 30, high - 24
        shown = [degrees[(times >= self.start_s) & (times <= self.end_s)] for times, degrees in self.curves]
        low, highest = round_range(np.concatenate(shown), 10)
        axes = CurveAxes((left, top, right, bottom), (self.start_s, self.end_s), (low, highest))
        for level in (low, (low + highest) / 2, highest):
            y = int(axes.place(self.start_s, level)[1])
            cv2.line(strip, (left, y), (right, y), (64, 66, 72), 1)
            _label(strip, f"{level:.0f}°", (left - 4, y), (1.0, 0.5))
        for x_s, color in ((0.0, (120, 122, 128)), (time_s, (255, 255, 255))):
            x = int(np.clip(axes.place(x_s, low)[0], left, right))
            cv2.line(strip, (x, top), (x, bottom), color, 1, cv2.LINE_AA)
        values = []
        for (times, degrees), color in zip(self.curves, COLORS, strict=True):
            inside = (times >= self.start_s - 1e-6) & (times <= self.end_s + 1e-6)
            axes.paint(strip, times[inside], degrees[inside], color)
            now = degrees[max(int(np.searchsorted(times, time_s + 1e-6, side="right")) - 1, 0)]  # of the frame shown
            values.append(f"{now:.0f}°" if np.isfinite(now) else "not seen")
        words = ANGLES[self.angle].words
        _label(strip, f"{words}   {time_s:+.2f} s", (left, 4), (0.0, 0.0))
        for place_at, (value, color) in enumerate(zip(values, COLORS, strict=True)):
            _label(strip, value, (right - 90 + 90 * place_at, 4), (1.0, 0.0), color)
        return strip


@dataclass(frozen=True)
class Shown:
    """A frame and what is known of it."""

    frame: Frame
    result: FrameResult | None


class Reel:
    """The frames of one side by time; cheap where times rise. Used by one thread; close it."""

    def __init__(self, attempt: Attempt) -> None:
        """UserError when the video is not there, or another one."""
        self._session = attempt.session
        place = find_video(attempt.session.stored, attempt.video)
        self._source: VideoSource = open_adapted(place, attempt.session.header.run_settings.adaptation)
        try:
            refuse_another(place, self._source.info, attempt.session.header.source)
        except UserError:
            self._source.close()
            raise
        self._at_s = attempt.at_s
        self._frames = iter(self._source)
        self._now = self._next = next(self._frames)

    def at(self, time_s: float) -> Shown:
        """What is shown at a time against the moment."""
        wanted = time_s + self._at_s
        if not self._now.time_s - 1e-6 <= wanted <= self._next.time_s + FAR_S:
            self._jump(wanted - BEFORE_S)
        while self._next.time_s <= wanted + 1e-6:
            self._now = self._next
            following = next(self._frames, None)
            if following is None:
                break
            self._next = following
        return Shown(self._now, self._session.result(self._now.index))

    def _jump(self, time_s: float) -> None:
        """To a frame at a time of the video or, beyond its end, before it."""
        file = seekable(self._source)
        found = None
        while file is not None and found is None and time_s > -FAR_S:
            file.seek(max(time_s, 0.0))
            self._frames = iter(self._source)
            found, time_s = next(self._frames, None), time_s - FAR_S
        if found is not None:
            self._now = self._next = found

    def close(self) -> None:
        """Lets go of the video."""
        self._source.close()


def write_comparison(comparison: Comparison, path: Path, tick: Tick, *, speed: float = 1.0) -> Path:
    """The comparison as an H.264 video, evenly 30 pictures a second, without sound, `speed` times as fast as life.

    UserError when it can't be written; then, and when `tick` stops it, nothing is left behind.
    """
    count = picture_count(comparison, speed)
    with ExitStack() as opened:
        reels = [opened.enter_context(closing(Reel(side.attempt))) for side in comparison.sides]
        writer = VideoWriter(path, comparison.size_wh, frame_rate=RATE, time_base=Fraction(1, RATE))
        try:
            for number in range(count):
                time_s = comparison.start_s + number / RATE * speed
                shown = reels[0].at(time_s), reels[1].at(time_s)
                writer.write(comparison.picture(time_s, shown), number / RATE)
                tick(number + 1)
            return writer.close(tick=lambda: tick(count))
        except BaseException:
            writer.discard()
            raise


def picture_count(comparison: Comparison, speed: float) -> int:
    """How many pictures `write_comparison` writes. UserError for a speed that no video should have."""
    if not 0.05 <= speed <= 4:
        raise UserError(f"The speed must be between 0.05 and 4, not {speed:g}.")
    return int((comparison.end_s - comparison.start_s) / speed * RATE + 1e-6) + 1


def _moment(attempt: Attempt) -> str:
    """The mark at its moment, or the time."""
    marks = (mark for mark in attempt.session.marks if abs(mark.time_s - attempt.at_s) < ROUNDED_S)
    return next((mark.name for mark in marks), f"{attempt.at_s:.2f} s")


def _place(side: Side, result: FrameResult | None) -> tuple[Floats, float]:
    """Upper left corner of the pane in the picture, and its scale: the person in the middle, always equally large."""
    scale = PANE_WH[1] / side.pane_high
    half = np.array(PANE_WH) / scale / 2
    rows = np.flatnonzero(result.tracks.ids == side.attempt.person) if result is not None else np.zeros(0, int)
    if result is None or not rows.size:
        return np.array(side.attempt.session.header.source.size_wh) / 2 - half, scale
    box = result.tracks.boxes[rows[0]].astype(np.float64)
    return (box[:2] + box[2:]) / 2 - half, scale


def _joints(side: Side, result: FrameResult | None) -> tuple[Floats | None, Floats]:
    """(K, 2) pixels of the person, NaN where missing, and the middle of their hips."""
    nowhere = np.full(2, np.nan)
    rows = np.flatnonzero(result.tracks.ids == side.attempt.person) if result is not None else np.zeros(0, int)
    if result is None or not rows.size:
        return None, nowhere
    points = result.known_keypoints[rows[0]].astype(np.float64)
    hips = Motion(side.attempt.person, np.zeros(1), points[None], result.skeleton).middle("hip")[0]
    return points, hips


def _label(
    strip: Image, text: str, at: tuple[float, float], align: tuple[float, float], ink: Color = LIGHT_INK
) -> None:
    size = strip.shape[1], strip.shape[0]
    paint_scene(Scene(size, (Label(text, at, 15, ink, None, align),)), strip)
