"""What the window paints of a scene is what a recording holds, wherever it is moved and however it is enlarged."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from app.gui.picture.qt_canvas import paint_picture, paint_scene, to_qimage
from app.gui.picture.view_transform import ViewTransform
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.results import made_result
from tests.shared_material import SHARED_CLIPS, shared
from tests.tracking.drawing.test_scene import BODY
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.colors import heat_colors
from tracking.drawing.cv_canvas import paint_scene as paint_scene_by_cv
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.types import FrameResult, KeypointState, Tracks, TrackState
from tracking.video.factory import open_source

SIZE_WH = (640, 480)
EVERYTHING = SceneStyle(
    PictureLayers(trails=True, joint_names=True),
    PeopleStyle(chosen=3, names={1: "Jürgen", 2: "李娜"}),
)
SOFT = 60  # of 255: more than this is no matter of soft edges


def by_qt(image, scene, transform=ViewTransform(), *, density=1.0):  # noqa: B008 - a frozen value
    size = round(image.shape[1] * transform.scale * density), round(image.shape[0] * transform.scale * density)
    canvas = QImage(*size, QImage.Format.Format_RGB32)
    canvas.setDevicePixelRatio(density)
    canvas.fill(QColor(0, 0, 0))
    painter = QPainter(canvas)
    paint_picture(painter, to_qimage(image), transform)
    painter.end()
    paint_scene(canvas, scene, transform)
    return np.frombuffer(canvas.constBits(), np.uint8).reshape(size[1], size[0], 4)[..., 2::-1].astype(int)


def by_cv(image, scene):
    canvas = image.copy()
    paint_scene_by_cv(scene, canvas)
    return canvas.astype(int)


def ground(level=110):
    return np.full((SIZE_WH[1], SIZE_WH[0], 3), level, np.uint8)


def crowd():
    """Four people: measured, unsure, predicted and lost joints."""
    rng = np.random.default_rng(5)
    centers = np.array([[110, 200], [250, 260], [400, 200], [540, 240]], np.float32)
    points = 1.3 * BODY + centers[:, None] + rng.normal(0, 2, (4, 17, 2)).astype(np.float32)
    states = np.full((4, 17), KeypointState.MEASURED, np.uint8)
    states[1, 5:], states[0, 3], states[:, 9] = KeypointState.PREDICTED, KeypointState.MISSING, KeypointState.PREDICTED
    poses = Poses(points.astype(np.float32), rng.uniform(0.2, 1, (4, 17)).astype(np.float32), COCO_17)
    boxes = np.concatenate([centers - np.float32([70, 140]), centers + np.float32([70, 180])], axis=1)
    kinds = np.array([TrackState.TRACKED, TrackState.PREDICTED, TrackState.TRACKED, TrackState.TRACKED])
    return FrameResult(0, 0.0, SIZE_WH, Tracks(np.arange(1, 5), boxes, np.ones(4), kinds), poses, poses, states)


def whole():
    """Every layer at once."""
    values = np.zeros((64, 48), np.float32)
    values[20:40, 10:40] = np.linspace(0, 1, 30)
    heat = Patch(heat_colors(values, clear=True), (330.0, 60.0, 470.0, 380.0))
    way = np.stack([np.linspace(30, 600, 50), 430 + 20 * np.sin(np.arange(50) / 4)], axis=1)
    return scene_of(crowd(), EVERYTHING, trails={3: way}, heat=[heat])


@pytest.mark.parametrize("level", [0, 110, 255])
def test_a_scene_looks_the_same_in_the_window_and_in_a_recording(qapp, level):
    scene = whole()
    assert {type(shape) for shape in scene.shapes} == {Lines, Discs, Box, Label, Patch}
    recorded = by_cv(ground(level), scene)
    assert (np.abs(recorded - level) > SOFT).any(axis=2).mean() > 0.05, "little was drawn"
    assert np.array_equal(by_qt(ground(level), scene), recorded)


def test_a_scene_that_is_moved_is_cut_off_at_the_edges(qapp):
    recorded = by_cv(ground(), whole())
    left_out = by_qt(ground(), whole(), ViewTransform(1, -250, -110))
    right_out = by_qt(ground(), whole(), ViewTransform(1, 250, 110))
    # cv2 smooths a little otherwise at the very edge.
    assert (left_out[:-110, :-250] != recorded[110:, 250:]).any(axis=2).mean() < 0.001
    assert (right_out[110:, 250:] != recorded[:-110, :-250]).any(axis=2).mean() < 0.001


@pytest.mark.parametrize("kind", [Lines, Discs, Box, Label, Patch])
def test_every_kind_of_shape_lies_at_the_same_place_when_it_is_enlarged(qapp, kind):
    shapes = [shape for shape in whole().shapes if isinstance(shape, kind)]
    if kind is Label:  # plates alone: letters have other pixels at another size
        shapes = [shape._replace(ink=shape.ground) for shape in shapes if shape.ground is not None]
    scene = Scene(SIZE_WH, tuple(shapes))
    large = by_qt(ground(), scene, ViewTransform(4)).astype(np.uint8)
    painted = cv2.resize(large, SIZE_WH, interpolation=cv2.INTER_AREA).astype(int)
    recorded = by_cv(ground(), scene)
    assert np.abs(painted - 110).sum() == pytest.approx(np.abs(recorded - 110).sum(), rel=0.2), "of another size"
    apart = np.abs(painted - recorded).sum()
    for axis in (0, 1):
        for step in (-1, 1):
            assert np.abs(painted - np.roll(recorded, step, axis)).sum() > 1.4 * apart, "nearer when moved by a pixel"


def test_a_fine_screen_shows_as_much_as_an_enlarged_picture(qapp):
    enlarged = by_qt(ground(), whole(), ViewTransform(2))
    assert np.array_equal(by_qt(ground(), whole(), density=2.0), enlarged)


def test_over_a_frame_of_a_film_the_people_look_the_same_in_both(qapp):
    with open_source(shared(SHARED_CLIPS / "walk_crossing.mp4")) as source:
        frame = next(iter(source))
    result = replace(crowd(), size_wh=frame.size_wh)
    recorded = Annotator(EVERYTHING).picture(frame, result)
    assert (recorded != frame.image).any(axis=2).sum() > 20_000
    assert np.array_equal(by_qt(frame.image, scene_of(result, EVERYTHING)), recorded)


@pytest.mark.parametrize("scale", [0.5, 1.7, 3.0])
def test_a_zoomed_scene_lies_where_the_picture_lies(qapp, scale):
    result = made_result(3)
    transform = ViewTransform(scale)
    scene = scene_of(result, SceneStyle(PictureLayers(boxes=False, labels=False, skeleton=False), zoom=scale))
    painted = by_qt(ground(30), scene, transform)
    for joint in (5, 10, 16):
        x, y = transform.to_widget(result.smoothed.keypoints[1, joint]).round().astype(int)
        assert painted[y, x].max() > 30 + SOFT
