"""What is drawn by hand shows in the picture where it belongs, whole or not at all, and measures what it says."""

from dataclasses import replace

import numpy as np
import pytest

from tests.results import made_header, made_result
from tests.tracking.drawing.test_scene import GREY, NOTHING, changed, near
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.hand_drawn import MINT, to_the_edges
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Discs, Label
from tracking.drawing.style import Drawn, PictureLayers, SceneStyle
from tracking.session.edited_session import EditedSession
from tracking.session.edits import DrawnPoint, RenamePerson, SetDrawing, SetScale
from tracking.session.session import Session
from tracking.types import Frame

WRIST = DrawnPoint(0, 0, 1, 9)
PLUMB = SetDrawing(1, "line", (WRIST, DrawnPoint(0, 40)), "vertical", extended=True)
CORNER = SetDrawing(2, "angle", (DrawnPoint(300, 100), DrawnPoint(300, 200), DrawnPoint(400, 200)))
LENGTH = SetDrawing(3, "distance", (DrawnPoint(400, 300), DrawnPoint(500, 300)))
ONLY = replace(NOTHING, drawings=True)


def draw(*drawings, frame=0, ids=(1,), metres=None, layers=ONLY):
    style = SceneStyle(layers, drawn=Drawn(drawings, metres))
    image = np.full((480, 640, 3), GREY, np.uint8)
    return Annotator(style).picture(Frame(frame, 0.0, image), made_result(frame, ids))


def words(*drawings, metres=None):
    scene = scene_of(made_result(0), SceneStyle(ONLY, drawn=Drawn(drawings, metres)))
    return [shape.text for shape in scene.shapes if isinstance(shape, Label)]


@pytest.mark.parametrize("frame", [0, 40])
def test_a_plumb_line_goes_through_its_joint_from_edge_to_edge(frame):
    picture, x = draw(PLUMB, frame=frame), 100 + 2 * frame
    for y in (2, 240, 477):
        assert near(picture, x, y, MINT), y
    assert not changed(picture)[:, x + 40 :].any()


def test_it_shows_whole_or_not_at_all():
    assert not changed(draw(PLUMB, ids=(2,))).any(), "whoever it is tied to is not there"
    assert not changed(draw(PLUMB, CORNER, layers=NOTHING)).any(), "the layer is off"
    weak = replace(ONLY, min_score=1.0)
    assert not changed(draw(PLUMB, layers=weak)).any() and changed(draw(CORNER, layers=weak)).any()


def test_a_ring_marks_what_is_tied():
    rings = [
        {tuple(spot) for spot in shape.centers.tolist()}
        for shape in scene_of(made_result(0), SceneStyle(ONLY, drawn=Drawn((PLUMB, CORNER)))).shapes
        if isinstance(shape, Discs)
    ]
    assert rings == [{(100.0, 140.0)}] * 2, "one ring with its rim, at the wrist, and none at free points"


def test_degrees_pixels_and_metres_stand_beside_it():
    assert words(PLUMB) == []
    assert words(CORNER, LENGTH) == ["90°", "100 px"]
    assert words(CORNER, LENGTH, metres=0.0123) == ["90°", "1.23 m"]
    picture = draw(CORNER)
    assert near(picture, 300, 150, MINT) and near(picture, 350, 200, MINT), "both sides"
    drawn = changed(picture)
    assert drawn[150:199, 302:350].any() and not drawn[202:, :290].any(), "the arc lies between them"


def test_lines_meet_the_edges_of_the_picture():
    size_wh = (100, 50)
    for points, expected in (
        ([(10.0, 20.0), (11.0, 20.0)], [(-0.5, 20), (99.5, 20)]),
        ([(10.0, 10.0), (20.0, 20.0)], [(-0.5, -0.5), (49.5, 49.5)]),
    ):
        np.testing.assert_allclose(to_the_edges(np.array(points), size_wh), expected)
    outside = np.array([(300.0, 20.0), (300.0, 30.0)])
    np.testing.assert_array_equal(to_the_edges(outside, size_wh), outside)


def test_the_look_of_a_session_has_its_names_drawings_and_scale(tmp_path):
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        session.append(made_result(0))
        for edit in (RenamePerson(1, "Zoë"), PLUMB, SetScale(0.01)):
            session.add_edit(edit)
        style = SceneStyle.of(EditedSession(session), PictureLayers(boxes=False))
    assert style.people.names == {1: "Zoë"} and style.drawn == Drawn((PLUMB,), 0.01) and not style.layers.boxes
