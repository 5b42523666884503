"""A page about each person: the numbers, their curve, pictures at what happened. As PNG or PDF."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

import ppnet
from ppnet.errors import UserError
from ppnet.output_files import write_png, writing
from tracking.angles import ANGLES
from tracking.answers.answers import Answers, moments_of, summary_rows
from tracking.answers.motion import Motion
from tracking.answers.pdf import pictures_pdf
from tracking.answers.repetitions import EXERCISES
from tracking.answers.table import words_of
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.colors import SIDE_COLORS, Color
from tracking.drawing.curve_axes import CurveAxes, round_range
from tracking.drawing.results_nearby import ResultsNearby
from tracking.drawing.shapes import Label
from tracking.drawing.style import SceneStyle
from tracking.drawing.text import label_picture
from tracking.export.video import filmed
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.session.person_tracks import exported_track

Image = npt.NDArray[np.uint8]

PAGE_WH = (1240, 1754)
"""A4 at 150 dots an inch."""
MARGIN, GAP = 70, 20
PICTURES, ACROSS = 6, 3
TIMES = 8  # below the curve, at most
SUFFIXES = (".pdf", ".png")
INK, PALE, RULE = (30, 34, 40), (110, 116, 124), (205, 208, 212)


def report_page(
    session: EditedSession,
    answers: Answers,
    tick: Tick,
    *,
    style: SceneStyle,
    video: Path | None = None,
) -> Image:
    """The page, (H, W, 3) RGB. style: how people are drawn in the pictures; the person is the chosen one.

    UserError when nothing was found of the person, or the video is not there.
    """
    if answers.is_empty:
        raise UserError(f"No steps, jumps or repetitions were found for {answers.name}.")
    motion = Motion.of(answers.person, exported_track(session, answers.person), session.skeleton)
    joint = _joint(answers)
    layers = replace(style.layers, angles=(f"left_{joint}", f"right_{joint}"), boxes=False, trails=False)
    style = replace(style, layers=layers, people=replace(style.people, chosen=answers.person))
    pictures = _pictures(session, answers, motion, tick, style=style, video=video)
    page = np.full((PAGE_WH[1], PAGE_WH[0], 3), 255, np.uint8)
    _words(page, answers.name, (MARGIN, MARGIN), 44)
    info, span = session.header.source, motion.times[[0, -1]]
    _words(page, f"{info.name}   {span[0]:.2f} to {span[1]:.2f} s", (MARGIN, MARGIN + 64), 24, PALE)
    top = MARGIN + 120
    top = _numbers(page, answers, top) + 30
    top = _curve(page, motion, answers, joint, top) + 30
    _grid(page, pictures, top)
    foot = f"PPNet Live {ppnet.__version__}, {session.header.estimated_by}. Angles lie in the plane of the picture."
    _words(page, foot, (MARGIN, PAGE_WH[1] - MARGIN), 18, PALE)
    return page


def write_report(pages: Sequence[Image], path: Path) -> Path:
    """Writes the pages as .pdf or, one below the other, as .png. UserError for another ending, or when it can't be
    written."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"A report is a .pdf or a .png, not {path.suffix or path.name}.")
    if path.suffix.lower() == ".png":
        return write_png(np.concatenate(pages), path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures_pdf(pages))
    return path


def _joint(answers: Answers) -> str:
    """Whose angle is shown: that of the only exercise there is, else the knee's."""
    done = {one.kind for one in answers.repetitions}
    joints = {exercise.joint for exercise in EXERCISES if exercise.kind in done}
    return joints.pop() if len(joints) == 1 and not answers.steps and not answers.jumps else "knee"


def _numbers(page: Image, answers: Answers, top: int) -> int:
    """The summary in two columns; returns where it ends."""
    rows = summary_rows(answers)
    half, line = (len(rows) + 1) // 2, 34
    wide = (PAGE_WH[0] - 2 * MARGIN - 2 * GAP) // 2
    for number, row in enumerate(rows):
        left, y = MARGIN + (number // half) * (wide + 2 * GAP), top + (number % half) * line
        what = f"{row.quantity} {row.side}".strip().capitalize()
        _words(page, what, (left, y), 22)
        _words(page, words_of(row), (left + wide, y), 22, right=True)
        cv2.line(page, (left, y + line - 4), (left + wide, y + line - 4), RULE, 1)
    return top + half * line


def _curve(page: Image, motion: Motion, answers: Answers, joint: str, top: int) -> int:
    """The angle of both sides over time, with a stroke at each event; returns where it ends."""
    height, left, right = 260, MARGIN + 60, PAGE_WH[0] - MARGIN
    _words(page, f"{ANGLES[f'left_{joint}'].words.split()[-1].capitalize()}, degrees", (MARGIN, top), 22)
    for place, side in enumerate(("left", "right")):
        _words(page, side, (right - 170 + 90 * place, top), 22, _dark(SIDE_COLORS[side]))
    top += 40
    curves = {side: motion.angle(f"{side}_{joint}") for side in ("left", "right")}
    low, high = round_range(np.concatenate(list(curves.values())), 30)
    begun_s = float(motion.times[0])
    end_s = begun_s + max(float(np.ptp(motion.times)), 1e-6)
    axes = CurveAxes((left, top, right, top + height), (begun_s, end_s), (low, high))
    for degrees in np.arange(low, high + 1, 30):
        y = int(axes.place(begun_s, degrees)[1])
        cv2.line(page, (left, y), (right, y), RULE, 1)
        _words(page, f"{degrees:.0f}", (left - 10, y - 12), 18, PALE, right=True)
    for time_s, _ in moments_of(answers):
        x = int(axes.place(time_s, low)[0])
        cv2.line(page, (x, top), (x, top + height), (190, 196, 202), 1, cv2.LINE_AA)
    for side, curve in curves.items():
        axes.paint(page, motion.times, curve, _dark(SIDE_COLORS[side]))
    for time_s, words in _round_times(begun_s, end_s):
        x = int(axes.place(time_s, low)[0])
        _words(page, words, (x, top + height + 8), 18, PALE, middle=True)
    return top + height + 40


def _round_times(begun_s: float, end_s: float) -> list[tuple[float, str]]:
    """Round times between two, at most `TIMES`, with their words."""
    exact = (end_s - begun_s) / TIMES
    unit = 10.0 ** np.floor(np.log10(exact))
    step = next(unit * share for share in (1, 2, 5, 10) if unit * share >= exact - 1e-9)
    places = max(-int(np.floor(np.log10(step) + 1e-9)), 0)
    numbers = np.arange(np.ceil(begun_s / step - 1e-6), np.floor(end_s / step + 1e-6) + 1) + 0.0  # no -0
    return [(float(number * step), f"{number * step:.{places}f} s") for number in numbers]


def _pictures(
    session: EditedSession,
    answers: Answers,
    motion: Motion,
    tick: Tick,
    *,
    style: SceneStyle,
    video: Path | None,
) -> list[tuple[str, Image]]:
    """Pictures at some of the moments, spread evenly, cut to where the person is."""
    moments = moments_of(answers)
    chosen = [moments[at] for at in np.unique(np.linspace(0, len(moments) - 1, PICTURES).round().astype(int))]
    start, end = session.exported_frames
    indices = session.stored.frame_indices()
    indices = indices[(indices >= start) & (indices < end)]
    wanted = {int(indices[np.argmin(np.abs(motion.times - time_s))]): (time_s, words) for time_s, words in chosen}
    annotator, pictures = Annotator(style, near=ResultsNearby.of(session.stored)), []
    with filmed(session, video, only=sorted(wanted), tick=tick) as (_, frames):
        for frame, result in frames:
            time_s, words = wanted[result.frame_index]
            box = result.tracks.boxes[result.tracks.ids == answers.person]
            picture = annotator.picture(frame, result)
            pictures.append((f"{time_s:.2f} s  {words}", _cut(picture, box[0]) if len(box) else picture))
    return pictures


def _cut(picture: Image, box: npt.NDArray[np.float32]) -> Image:
    """A part as wide as high about a person, as far as the picture goes."""
    x1, y1, x2, y2 = box.tolist()
    half = 0.62 * max(x2 - x1, y2 - y1)
    left, top = max(round((x1 + x2) / 2 - half), 0), max(round((y1 + y2) / 2 - half), 0)
    return picture[top : round((y1 + y2) / 2 + half), left : round((x1 + x2) / 2 + half)]


def _grid(page: Image, pictures: Sequence[tuple[str, Image]], top: int) -> None:
    """In rows, as large as the room on the page allows; few are larger."""
    across = ACROSS if len(pictures) > (ACROSS - 1) ** 2 else ACROSS - 1
    rows = -(-len(pictures) // across)
    cell_w = (PAGE_WH[0] - 2 * MARGIN - (across - 1) * GAP) // across
    cell_h = min(cell_w, (PAGE_WH[1] - MARGIN - 30 - top) // rows - 44)
    for number, (words, picture) in enumerate(pictures):
        left, y = MARGIN + number % across * (cell_w + GAP), top + number // across * (cell_h + 44)
        share = min(cell_w / picture.shape[1], cell_h / picture.shape[0])
        size = max(1, round(picture.shape[1] * share)), max(1, round(picture.shape[0] * share))
        way = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
        page[y : y + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=way)
        _words(page, words, (left, y + cell_h + 4), 20)


def _words(
    page: Image,
    text: str,
    at: tuple[int, int],
    size: int,
    ink: Color = INK,
    *,
    right: bool = False,
    middle: bool = False,
) -> None:
    """A line of text whose upper left corner lies at (x, y); its upper right one, or its middle, where that is said."""
    pixels = label_picture(Label(text, (0, 0), size, ink, (255, 255, 255)))[..., :3]
    x = at[0] - pixels.shape[1] * (1 if right else 0.5 if middle else 0)
    x, y = max(round(x) - (0 if right or middle else round(0.25 * size)), 0), at[1]
    pixels = pixels[: page.shape[0] - y, : page.shape[1] - x]
    page[y : y + pixels.shape[0], x : x + pixels.shape[1]] = np.minimum(
        page[y : y + pixels.shape[0], x : x + pixels.shape[1]], pixels
    )


def _dark(color: Color) -> Color:
    """The colour of a side as it can be read on white."""
    red, green, blue = (round(0.72 * part) for part in color)
    return red, green, blue
