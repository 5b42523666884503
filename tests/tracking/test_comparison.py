"""Two sides laid on one moment: what each shows when, how it looks, and the video of it."""

from dataclasses import replace

import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import make_clip
from tests.results import made_header, made_result
from tracking.comparison import COLORS, PANE_WH, Attempt, Comparison, Reel, Shown, picture_count, write_comparison
from tracking.drawing.shapes import Label, Lines
from tracking.progress import Cancelled, no_tick
from tracking.session.edited_session import EditedSession
from tracking.session.edits import SetMark
from tracking.session.session import Session
from tracking.video.file import VideoFile

WH = (640, 480)
FRAMES = 40


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """Frame i of the film is grey 20 + 4 i; people 1 and 2 walk in it, person 2 from frame 10 on."""
    folder = tmp_path_factory.mktemp("film")
    clip = make_clip(
        folder / "walk.mp4", FRAMES, size_wh=WH, painter=lambda i, wh: np.full((*wh[::-1], 3), 20 + 4 * i, np.uint8)
    )
    with (
        VideoFile(clip) as video,
        Session.create(folder / "walk_session.ppnet", made_header(source=video.info)) as session,
    ):
        for index, time_s in enumerate(video.frame_times()):
            session.append(made_result(index, (1, 2) if index >= 10 else (1,), time_s=time_s))
        session.finish()
        yield EditedSession(session)


def grey(picture, pane):
    """Of a corner of a pane where nothing is drawn."""
    left = pane * PANE_WH[0]
    return float(
        np.median(picture[PANE_WH[1] - 60 : PANE_WH[1] - 20, left + PANE_WH[0] // 2 - 20 : left + PANE_WH[0] // 2 + 20])
    )


def at(comparison, time_s):
    reels = [Reel(side.attempt) for side in comparison.sides]
    picture = comparison.picture(time_s, (reels[0].at(time_s), reels[1].at(time_s)))
    for reel in reels:
        reel.close()
    return picture


def test_common_time_and_what_each_side_shows(edited):
    comparison = Comparison(Attempt(edited, 1, 10 / 30), Attempt(edited, 2, 20 / 30))
    assert comparison.start_s == pytest.approx(-10 / 30, abs=1e-3)
    assert comparison.end_s == pytest.approx(19 / 30, abs=1e-3)
    picture = at(comparison, 6 / 30)
    assert picture.shape[:2] == comparison.size_wh[::-1]
    assert grey(picture, 0) == pytest.approx(20 + 4 * 16, abs=6)
    assert grey(picture, 1) == pytest.approx(20 + 4 * 26, abs=6)


def test_a_moment_in_milliseconds_means_the_frame_that_it_is_rounded_from(edited):
    comparison = Comparison(Attempt(edited, 1, 0.333), Attempt(edited, 2, 0.667))
    assert [Reel(side.attempt).at(0.0).frame.index for side in comparison.sides] == [10, 20]
    assert [times[at] for times, at in zip([c[0] for c in comparison.curves], (10, 20), strict=True)] == [0, 0]


def test_a_reel_goes_both_ways(edited):
    reel = Reel(Attempt(edited, 1, 0.0))
    asked = [3, 4, 30, 31, 5, 5, 39, 0]
    assert [reel.at(index / 30 + 0.01).frame.index for index in asked] == asked
    assert reel.at(99.0).frame.index == FRAMES - 1
    reel.close()


def test_curves_of_both_are_drawn(edited):
    strip = at(Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0)), 0.5)[PANE_WH[1] :].astype(int)
    for color in COLORS:
        assert (np.abs(strip - color).max(axis=2) < 30).sum() > 100


def test_the_number_beside_the_curves_is_that_of_the_frame_shown(edited, monkeypatch):
    told = []
    monkeypatch.setattr("tracking.comparison._label", lambda _strip, text, *_more: told.append(text))
    comparison = Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 1, 0.0))
    times, degrees = comparison.curves[0]
    degrees[:] = np.arange(len(degrees))
    at(comparison, float(times[7]) + 0.03)  # nearer to the next one
    assert "7°" in told and "8°" not in told


def test_the_ghost_stands_on_the_first_one(edited):
    plain = Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0))
    ghost = Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0), ghost=True)
    pictures = at(plain, 0.6), at(ghost, 0.6)
    assert pictures[1].shape[1] == PANE_WH[0]
    panes = [picture[80 : PANE_WH[1], : PANE_WH[0]].astype(int) for picture in pictures]
    counts = [(np.abs(pane - COLORS[1]).max(axis=2) < 12).sum() for pane in panes]
    assert counts[1] > counts[0] + 300


def test_the_ghost_of_somebody_twice_as_large_is_no_larger_than_the_first_one(edited, tmp_path):
    with Session.create(tmp_path / "near_session.ppnet", edited.header) as session:
        for index, time_s in enumerate(edited.stored.frame_times()):
            result = made_result(index, (1,), time_s=time_s)
            near = replace(result.smoothed, keypoints=2 * result.smoothed.keypoints)
            session.append(replace(result, smoothed=near))
        ghosts = []
        for second in (edited, EditedSession(session)):
            comparison = Comparison(Attempt(edited, 1, 0.0), Attempt(second, 1, 0.0), ghost=True)
            shown = tuple(Shown(None, side.attempt.session.result(18)) for side in comparison.sides)
            ghosts.append(comparison._ghost_of(shown)[1].points)
    np.testing.assert_allclose(ghosts[1], ghosts[0], atol=0.1)


def test_no_number_is_covered_by_the_ghost(edited, monkeypatch):
    painted = []
    monkeypatch.setattr("tracking.drawing.annotated_video.paint_scene", lambda scene, _on: painted.append(scene))
    monkeypatch.setattr("tracking.comparison.paint_scene", lambda scene, _on: painted.append(scene))
    at(Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0), ghost=True), 0.6)
    shapes = [shape for scene in painted for shape in scene.shapes]
    ghost = [number for number, shape in enumerate(shapes) if isinstance(shape, Lines) and shape.color == COLORS[1]]
    numbers = [number for number, shape in enumerate(shapes) if isinstance(shape, Label) and "°" in shape.text]
    assert ghost and numbers and max(ghost) < min(numbers)


def test_two_attempts_of_one_person_are_told_apart(edited, monkeypatch):
    edited.stored.add_edit(SetMark(15, 0.5, "Take-off"))
    told = []
    monkeypatch.setattr("tracking.comparison.paint_scene", lambda scene, _on: told.extend(scene.shapes))
    marked = EditedSession(edited.stored)
    at(Comparison(Attempt(marked, 1, 0.5), Attempt(marked, 1, 0.7)), 0.1)
    edited.stored.undo()
    names = [shape.text for shape in told if isinstance(shape, Label) and shape.text.startswith("Person")]
    assert names == ["Person 1, walk, Take-off", "Person 1, walk, 0.70 s"]


def test_the_video(edited, tmp_path):
    comparison = Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0))
    path = write_comparison(comparison, tmp_path / "two.mp4", no_tick, speed=0.5)
    with VideoFile(path) as video:
        assert len(video.frame_times()) == picture_count(comparison, 0.5) == 59
        assert video.info.size_wh == comparison.size_wh


def test_stopped_it_leaves_nothing(edited, tmp_path):
    def tick(done):
        raise Cancelled

    with pytest.raises(Cancelled):
        write_comparison(Comparison(Attempt(edited, 1, 0.0), Attempt(edited, 2, 0.0)), tmp_path / "two.mp4", tick)
    assert not list(tmp_path.iterdir())


def test_a_single_frame_in_common_is_one_picture(edited, tmp_path):
    comparison = Comparison(Attempt(edited, 1, 39 / 30), Attempt(edited, 2, 10 / 30))
    assert comparison.start_s == pytest.approx(comparison.end_s, abs=1e-6) == pytest.approx(0, abs=1e-6)
    path = write_comparison(comparison, tmp_path / "one.mp4", no_tick)
    with VideoFile(path) as video:
        assert len(video.frame_times()) == 1


@pytest.mark.parametrize(
    ("second", "more", "sentence"),
    [
        ({"person": 9}, {}, "There is no person 9"),
        ({"at_s": 50.0}, {}, "no time in common"),
        ({}, {"angle": "wing"}, "There is no angle wing"),
    ],
)
def test_what_can_not_be_compared_is_said(edited, second, more, sentence):
    with pytest.raises(UserError, match=sentence):
        Comparison(Attempt(edited, 1, 0.0), replace(Attempt(edited, 2, 0.0), **second), **more)
