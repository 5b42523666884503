"""What lies over a picture: every layer shows, in its colour, where it belongs; the picture handed in stays."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.colors import SIDE_COLORS, faded, heat_colors, track_color
from tracking.drawing.cv_canvas import paint_scene
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Box, Label, Lines, Patch, Scene
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.types import Frame, FrameResult, KeypointState, Tracks, TrackState

GREY = 110
BODY = np.array(
    [[0, -90], [6, -96], [-6, -96], [14, -92], [-14, -92], [30, -60], [-30, -60], [45, -20], [-45, -20], [50, 20],
     [-50, 20], [20, 30], [-20, 30], [24, 80], [-24, 80], [26, 130], [-26, 130]], np.float32,
)  # fmt: skip
CENTER = np.array([160, 140])
NOTHING = PictureLayers().bare()


def draw(image, result, layers=None, **people):
    return Annotator(SceneStyle(layers or PictureLayers(), PeopleStyle(**people))).picture(Frame(0, 0.0, image), result)


def plain(size_wh=(320, 320)):
    return np.full((size_wh[1], size_wh[0], 3), GREY, np.uint8)


def person(center=(160, 140), *, score=1.0, states=None, track_state=TrackState.TRACKED, track_id=1, points=None):
    points = (BODY + center if points is None else points)[None].astype(np.float32)
    states = np.full((1, 17), KeypointState.MEASURED, np.uint8) if states is None else states
    box = [[center[0] - 60, center[1] - 110, center[0] + 60, center[1] + 140]]
    poses = Poses(points, np.full((1, 17), score, np.float32), COCO_17)
    tracks = Tracks(np.array([track_id]), np.array(box), np.array([0.9]), np.array([track_state]))
    return FrameResult(0, 0.0, (320, 320), tracks, poses, poses, states)


def changed(image):
    return (image != GREY).any(axis=2)


def ink(image):
    """How much was drawn."""
    return int(np.abs(image.astype(int) - GREY).sum())


def only(**parts):
    return replace(NOTHING, **parts)


def near(image, x, y, color, reach=2):
    """Whether a pixel of about that colour lies at (x, y)."""
    patch = image[int(y) - reach : int(y) + reach + 1, int(x) - reach : int(x) + reach + 1].astype(int)
    return bool((np.abs(patch - color).max(axis=2) < 25).any())


def test_the_picture_handed_in_stays_as_it_is():
    image = plain()
    image.flags.writeable = False
    drawn = draw(image, person())
    assert (image == GREY).all() and changed(drawn).any()
    assert drawn.flags.writeable


@pytest.mark.parametrize("size_wh", [(320, 320), (320, 300)])
def test_it_may_be_drawn_on_a_canvas_of_the_caller(size_wh):
    """Whose rows lie farther apart, as in an encoder's frame; another one of another size."""
    image, rows = plain(), np.full((size_wh[1], 1000), 7, np.uint8)
    canvas = rows[:, : 3 * size_wh[0]].reshape(size_wh[1], size_wh[0], 3)
    drawn = Annotator(SceneStyle()).picture(Frame(0, 0.0, image), person(), canvas=canvas)
    assert (drawn is canvas) == (size_wh == (320, 320))
    assert (drawn == draw(image, person())).all()
    assert (image == GREY).all() and (rows[:, 3 * size_wh[0] :] == 7).all()


def test_sides_have_their_colours():
    drawn = draw(plain(), person(), only(skeleton=True))
    left, right = SIDE_COLORS["left"], SIDE_COLORS["right"]
    assert left[2] > left[0] and right[0] > right[2], "left is blue, right is orange"
    assert near(drawn, 160 + 22, 140 + 55, SIDE_COLORS["left"]), "left thigh"
    assert near(drawn, 160 - 22, 140 + 55, SIDE_COLORS["right"]), "right thigh"
    assert near(drawn, 160, 140 - 60, SIDE_COLORS["middle"]), "shoulders"


@pytest.mark.parametrize("part", ["skeleton", "joints", "boxes", "labels"])
def test_every_part_can_be_left_out(part):
    whole, without = draw(plain(), person()), draw(plain(), person(), PictureLayers(**{part: False}))
    assert (whole != without).any()
    assert changed(draw(plain(), person(), only(**{part: True}))).any()
    assert not changed(draw(plain(), person(), NOTHING)).any()


def test_missing_joints_and_their_edges_are_not_drawn():
    states = np.full((1, 17), KeypointState.MEASURED, np.uint8)
    states[0, [9, 13, 15]] = KeypointState.MISSING
    settings = only(skeleton=True, joints=True)
    difference = changed(draw(plain(), person(), settings)) & ~changed(draw(plain(), person(states=states), settings))
    for joint in (9, 15):
        x, y = BODY[joint].astype(int) + CENTER
        assert difference[y, x]
    points = BODY + CENTER
    points[15] = np.nan
    drawn = changed(draw(plain(), person(points=points), settings))
    assert not drawn[250:, 170:].any(), "a joint without a position is missing too"


def test_joints_below_the_limit_are_left_out():
    drawn = draw(plain(), person(score=0.4), only(joints=True, min_score=0.5))
    assert not changed(drawn).any()
    assert changed(draw(plain(), person(score=0.4), only(joints=True, min_score=0.3))).any()


def test_joints_grow_with_confidence():
    sizes = [changed(draw(plain(), person(score=score), only(joints=True))).sum() for score in (0.1, 0.5, 1.0)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_predicted_joints_are_hollow_and_their_edges_dashed():
    states = np.full((1, 17), KeypointState.PREDICTED, np.uint8)
    large = np.array([160, 70]) + 1.6 * BODY
    x, y = (large[15]).astype(int)
    assert changed(draw(plain(), person(points=large), only(joints=True)))[y, x]
    assert not changed(draw(plain(), person(points=large, states=states), only(joints=True)))[y, x]
    solid = changed(draw(plain(), person(), only(skeleton=True))).sum()
    dashed = changed(draw(plain(), person(states=states), only(skeleton=True))).sum()
    assert 0.3 * solid < dashed < 0.85 * solid


def test_who_holds_still_and_is_not_read_in_a_frame_looks_as_in_the_others():
    usual, states = person(score=0.9), np.full((1, 17), KeypointState.PREDICTED, np.uint8)
    unread = replace(usual, raw=Poses.empty(COCO_17, 1), states=states)
    assert unread.unread.tolist() == [True] and not usual.unread.any()
    assert (draw(plain(), unread) == draw(plain(), usual)).all()
    lost = person(score=0.9, states=states, track_state=TrackState.PREDICTED)
    assert not replace(lost, raw=unread.raw).unread.any(), "who is lost is not left out on purpose"
    assert (draw(plain(), replace(lost, raw=unread.raw)) == draw(plain(), lost)).all()


def test_predicted_people_have_dashed_boxes():
    solid = ink(draw(plain(), person(), only(boxes=True)))
    dashed = ink(draw(plain(), person(track_state=TrackState.PREDICTED), only(boxes=True)))
    assert 0.3 * solid < dashed < 0.8 * solid


def test_ids_have_their_colour_and_name():
    assert len({track_color(number) for number in range(1, 60)}) == 59
    drawn = draw(plain(), person(track_id=7), only(boxes=True))
    assert near(drawn, 100, 200, track_color(7))
    label = changed(draw(plain(), person(), only(labels=True))).sum()
    assert changed(draw(plain(), person(), only(labels=True), names={1: "Anna Lena"})).sum() > 2 * label


@pytest.mark.parametrize("name", ["Jürgen", "Ελένη", "Дима", "李娜"])
def test_names_of_any_script_are_written(name):
    written = draw(plain(), person(), only(labels=True), names={1: name})
    unknown = draw(plain(), person(), only(labels=True), names={1: "?" * len(name)})
    assert written.shape == unknown.shape and (written != unknown).any()


def test_hidden_people_are_not_drawn():
    trail = {1: np.array([[10, 10], [200, 200]])}
    style = SceneStyle(PictureLayers(trails=True, joint_names=True), PeopleStyle(hidden=frozenset({1})))
    assert scene_of(person(), style, trails=trail).shapes == ()
    assert scene_of(person(), SceneStyle(style.layers), trails=trail).shapes


def two(first_id=1, second_id=2):
    """Two people in the same place, the second one smaller."""
    one, other = person(track_id=first_id), person(track_id=second_id)
    tracks = Tracks(
        np.array([first_id, second_id]),
        np.concatenate([one.tracks.boxes, other.tracks.boxes + np.float32([20, 20, -20, -20])]),
        np.full(2, 0.9),
        np.full(2, TrackState.TRACKED),
    )
    poses = Poses(np.concatenate([one.raw.keypoints] * 2), np.ones((2, 17), np.float32), COCO_17)
    return FrameResult(0, 0.0, (320, 320), tracks, poses, poses, np.ones((2, 17), np.uint8))


def labels(scene):
    return [(shape.text, shape.ground) for shape in scene.shapes if isinstance(shape, Label)]


def test_small_people_lie_over_large_ones_and_the_chosen_one_over_all():
    assert [text for text, _ in labels(scene_of(two(), SceneStyle()))] == ["1", "2"]
    scene = scene_of(two(), SceneStyle(people=PeopleStyle(chosen=1)))
    assert labels(scene) == [("2", faded(track_color(2), 0.6)), ("1", track_color(1))], "others step back"
    width = {shape.color: shape.width for shape in scene.shapes if isinstance(shape, Box)}
    assert width[track_color(1)] > width[faded(track_color(2), 0.6)]
    gone = scene_of(two(), SceneStyle(people=PeopleStyle(chosen=77)))
    assert labels(gone) == [("1", track_color(1)), ("2", track_color(2))], "nobody steps back for someone not in view"


def test_a_trail_fades_with_age():
    way = np.stack([np.linspace(20, 300, 60), np.full(60, 310)], axis=1)
    scene = scene_of(person(), SceneStyle(only(trails=True)), trails={1: way})
    assert all(isinstance(shape, Lines) for shape in scene.shapes) and len(scene.shapes) == 5
    assert scene.shapes[-1].color == track_color(1) != scene.shapes[0].color
    assert scene.shapes[0].points[0, 0].tolist() == [20, 310] and scene.shapes[-1].points[-1, 1].tolist() == [300, 310]


def test_every_joint_is_named():
    words = [shape.text for shape in scene_of(person(), SceneStyle(only(joint_names=True))).shapes]
    assert len(words) == 17 and "left knee" in words


def test_a_heatmap_lies_under_the_people_and_is_clear_where_it_is_cold():
    values = np.zeros((64, 48), np.float32)
    values[28:36, 20:28] = 1.0
    heat = Patch(heat_colors(values, clear=True), (100.0, 60.0, 196.0, 188.0))
    scene = scene_of(person(), SceneStyle(), heat=[heat])
    assert scene.shapes[0] is heat
    canvas = plain()
    paint_scene(Scene((320, 320), (heat,)), canvas)
    ys, xs = np.nonzero(changed(canvas))
    assert abs(xs.mean() - 148) < 1 and abs(ys.mean() - 124) < 1, "in the middle of its box"
    assert xs.min() > 130 and xs.max() < 166 and canvas[124, 148, 0] > 180
    for corners in ((-50.0, -60.0, 40.0, 40.0), (300.0, 300.0, 400.0, 420.0), (900.0, 10.0, 950.0, 20.0), (5, 5, 5, 5)):
        paint_scene(Scene((320, 320), (Patch(heat.pixels, corners),)), canvas)


@pytest.mark.parametrize("zoom", [0.25, 0.5, 2.0, 8.0])
def test_lines_and_letters_keep_their_size_on_the_screen(zoom):
    at_one, zoomed = (scene_of(person(), SceneStyle(zoom=factor)).shapes for factor in (1.0, zoom))
    letters, letters_zoomed = (
        next(shape.size * factor for shape in shapes if isinstance(shape, Label))
        for shapes, factor in ((at_one, 1.0), (zoomed, zoom))
    )
    assert 13 <= letters_zoomed <= letters
    for shape in zoomed:
        if isinstance(shape, Lines):
            assert shape.width * zoom == pytest.approx(round(shape.width * zoom)) and shape.width * zoom <= 5


@pytest.mark.parametrize("center", [(0, 0), (320, 320), (-500, 100), (1e7, -1e7), (160, 30)])
def test_people_outside_the_picture_do_no_harm(center):
    drawn = draw(plain(), person(center))
    assert drawn.shape == (320, 320, 3)
    for size_wh in ((1, 1), (3, 2), (40, 9)):
        assert draw(plain(size_wh), person(center)).shape == (size_wh[1], size_wh[0], 3)


def test_nobody_and_broken_numbers():
    empty = Poses.empty(COCO_17)
    nobody = FrameResult(0, 0.0, (320, 320), Tracks.empty(), empty, empty, np.zeros((0, 17), np.uint8))
    assert not changed(draw(plain(), nobody)).any()
    lost = person(points=np.full((17, 2), np.nan, np.float32))
    assert not changed(draw(plain(), lost, only(skeleton=True, joints=True))).any()


def test_sixteen_joints_are_drawn_too():
    poses = Poses((BODY[None, :16] + CENTER).astype(np.float32), np.ones((1, 16), np.float32), MPII_16)
    result = FrameResult(0, 0.0, (320, 320), person().tracks, poses, poses, np.ones((1, 16), np.uint8))
    assert changed(draw(plain(), result, only(skeleton=True))).any()


def test_settings_out_of_range():
    with pytest.raises(UserError, match="between 0 and 1"):
        PictureLayers(min_score=2)
    with pytest.raises(ValueError, match="zoom"):
        SceneStyle(zoom=0)


def crowd(seed):
    """Nine people of all sizes, some of them far apart, with joints of all kinds and some outside their boxes."""
    rng = np.random.default_rng(seed)
    centers, heights = rng.uniform(40, 600, (9, 2)).astype(np.float32), rng.choice([40, 90, 400], 9).astype(np.float32)
    points = centers[:, None] + BODY / 250 * heights[:, None, None] + rng.normal(0, 5, (9, 17, 2)).astype(np.float32)
    half = np.stack([heights / 5, heights / 2], axis=1)
    poses = Poses(points.astype(np.float32), rng.uniform(0, 1, (9, 17)).astype(np.float32), COCO_17)
    kinds = rng.choice([TrackState.TRACKED, TrackState.PREDICTED], 9)
    tracks = Tracks(np.arange(1, 10), np.concatenate([centers - half, centers + half], axis=1), np.ones(9), kinds)
    states = rng.choice([KeypointState.MISSING, KeypointState.MEASURED, KeypointState.EDITED], (9, 17)).astype(np.uint8)
    return FrameResult(0, 0.0, (640, 640), tracks, poses, poses, states)


@pytest.mark.parametrize("seed", range(20))
def test_many_are_painted_as_if_one_after_the_other(seed):
    """Whoever touches nobody is painted together with others; the picture is the same. Boxes lie under all of them."""
    everybody, style = crowd(seed), SceneStyle(only(skeleton=True, joints=True, boxes=True))
    painted, alone = plain((640, 640)), plain((640, 640))
    scene = scene_of(everybody, style)
    paint_scene(scene, painted)
    shapes, order = 0, np.argsort(everybody.tracks.boxes[:, 1] - everybody.tracks.boxes[:, 3], kind="stable")
    for layers, row in itertools.product((only(boxes=True), only(skeleton=True, joints=True)), order):
        poses = everybody.smoothed.take(np.array([row]))
        single = replace(everybody, tracks=everybody.tracks.take(np.array([row])), raw=poses, smoothed=poses,
                         states=everybody.states[[row]])  # fmt: skip
        part = scene_of(single, SceneStyle(layers))
        shapes += len(part.shapes)
        paint_scene(part, alone)
    assert (painted == alone).all()
    assert len(scene.shapes) < shapes, "nobody was painted together"


def test_people_far_apart_take_few_calls():
    one, style = person(), SceneStyle(only(skeleton=True, joints=True))
    away = 400 * np.arange(10, dtype=np.float32)[:, None]
    boxes = one.tracks.boxes + np.tile(away, 4) * np.float32([1, 0, 1, 0])
    points = one.raw.keypoints + away[..., None] * np.float32([1, 0])
    poses = Poses(points, np.ones((10, 17), np.float32), COCO_17)
    tracks = Tracks(np.arange(1, 11), boxes, np.ones(10), np.full(10, TrackState.TRACKED))
    ten = FrameResult(0, 0.0, (4000, 320), tracks, poses, poses, np.ones((10, 17), np.uint8))
    alone = replace(one, size_wh=ten.size_wh)
    assert len(scene_of(ten, style).shapes) == len(scene_of(alone, style).shapes) > 0


@pytest.mark.parametrize("width", [1, 3, 5])
def test_lines_that_meet_are_drawn_like_single_ones(width):
    corners = np.array([[20, 20], [90, 30], [60, 90], [150, 120], [150, 120], [40, 140]], np.float32)
    pieces = np.stack([corners[:-1], corners[1:]], axis=1)
    pieces = np.concatenate([pieces, [[[200, 20], [200, 90]], [[260, 20], [230, 90]], [[230, 90], [300, 150]]]])
    color, together, single = (255, 255, 255), plain(), plain()
    paint_scene(Scene((320, 320), (Lines(pieces.astype(np.float32), color, width),)), together)
    for piece in pieces:
        paint_scene(Scene((320, 320), (Lines(piece[None].astype(np.float32), color, width),)), single)
    apart = np.abs(together.astype(int) - single).max(axis=2)
    ys, xs = np.nonzero(apart)
    far = np.linalg.norm(np.stack([xs, ys], axis=1)[:, None] - corners, axis=2).min(axis=1, initial=0)
    assert apart.max() < 100 and (far < width / 2 + 2).all(), "other than at the soft edge of a corner"
    assert changed(together).sum() > 0.99 * changed(single).sum()
