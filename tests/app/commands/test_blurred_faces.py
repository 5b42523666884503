"""--blur-faces: in every picture that a command writes nobody is recognised, not even who is hidden from its tables."""

import cv2
import numpy as np
import pytest

from app.cli import main
from tests.clips import make_clip
from tests.results import SIZE_WH, made_header, made_result
from tests.tracking.answers.conftest import make_walk
from tracking.comparison import PANE_WH, Attempt, Comparison, Reel
from tracking.drawing.style import PictureLayers
from tracking.session.edited_session import EditedSession
from tracking.session.edits import HidePerson
from tracking.session.session import Session
from tracking.video.file import VideoFile

FRAME = 6
COARSE = 45  # the squares have about 90


def chequered(_index, size_wh):
    """Squares of 4 pixels: a face that is made coarse has none."""
    x, y = np.arange(size_wh[0]) // 4, np.arange(size_wh[1]) // 4
    return np.repeat(np.where((x + y[:, None]) % 2, 220, 30).astype(np.uint8)[..., None], 3, axis=2)


def film(tmp_path, *, hidden):
    """Two people, of whom some are hidden, with their session."""
    clip, path = tmp_path / "walk.mp4", tmp_path / "walk_session.ppnet"
    make_clip(clip, 12, size_wh=SIZE_WH, painter=chequered)
    with VideoFile(clip) as video, Session.create(path, made_header(source=video.info)) as made:
        for index, time_s in enumerate(video.frame_times()):
            made.append(made_result(index, (1, 2), time_s=time_s))
        for person in hidden:
            made.add_edit(HidePerson(person))
        made.finish()
    return path


def contrast(picture, x, y, reach=9):
    """About a place: large where the squares can be seen."""
    return float(picture[y - reach : y + reach, x - reach : x + reach].astype(float).mean(axis=2).std())


def picture_of(command, session):
    """What a command writes, at frame `FRAME`, (H, W, 3)."""
    folder = session.parent
    words = {
        "still": ["share", str(session), "--still", str(FRAME / 30)],
        "clip": ["share", str(session), "--start", str(FRAME / 30)],
        "video": ["export", str(session), "--format", "video"],
        "coco-dataset": ["export", str(session), "--format", "coco-dataset"],
    }[command]
    assert main([*words, "--blur-faces", "-q"] if command != "still" else [*words, "--blur-faces"]) == 0
    if command == "still":
        return cv2.imread(str(folder / "walk_still.png"))
    if command == "coco-dataset":
        return cv2.imread(str(folder / "walk_dataset" / "images" / f"{FRAME:012d}.jpg"))
    with VideoFile(folder / {"clip": "walk_slow.mp4", "video": "walk_edited_annotated.mp4"}[command]) as video:
        frames = iter(video)
        return [next(frames).image for _ in range(1 if command == "clip" else FRAME + 1)][-1]


@pytest.mark.parametrize("command", ["still", "clip", "video", "coco-dataset"])
def test_faces_are_coarse_and_the_rest_is_not(tmp_path, command):
    picture = picture_of(command, film(tmp_path, hidden=(2,)))
    for person, (x, y) in {1: (100 + 2 * FRAME, 70), 2: (200 + 2 * FRAME, 70)}.items():
        assert contrast(picture, x + 16, y) < COARSE, f"person {person}"
    assert contrast(picture, 500, 400) > COARSE


@pytest.mark.parametrize("hidden", [False, True])
def test_a_comparison_blurs_faces(tmp_path, hidden):
    session = film(tmp_path, hidden=())
    with Session.open(session) as opened:
        edited = EditedSession(opened)
        sides = Attempt(edited, 1, 0.1), Attempt(edited, 2, 0.1)
        comparison = Comparison(*sides, layers=PictureLayers(blur_faces=hidden))
        reels = [Reel(side.attempt) for side in comparison.sides]
        shown = tuple(reel.at(0.1) for reel in reels)
        picture = comparison.picture(0.1, shown)
        for reel in reels:
            reel.close()
    scale = PANE_WH[1] / comparison.sides[0].pane_high
    for pane in (0, 1):
        x, y = round((pane + 0.5) * PANE_WH[0] + 16 * scale), round(PANE_WH[1] / 2 + (70 - 130) * scale)
        assert (contrast(picture, x, y) < COARSE) == hidden, pane


def test_the_same_person_at_two_moments_is_compared_with_blurred_faces(tmp_path):
    session = film(tmp_path, hidden=())
    words = ("--person", "1", "--other-person", "1", "--at", "0", "--other-at", "0.1", "--blur-faces", "-q")
    assert main(["compare", str(session), *words]) == 0


def test_a_report_blurs_faces(tmp_path):
    walk, pages = make_walk(tmp_path, painter=chequered), []
    for words in ((), ("--blur-faces",)):
        assert main(["answers", str(walk), "--report", "png", "--overwrite", "-q", *words]) == 0
        pages.append(cv2.imread(str(tmp_path / "walk_report.png")).astype(int))
    rows, columns = np.nonzero((pages[0] != pages[1]).any(axis=2))
    changed = [page[rows, columns].mean(axis=1).std() for page in pages]
    assert len(rows) > 5000 and changed[1] < 0.6 * changed[0], "nothing but faces is another, and coarse"
