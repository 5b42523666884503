"""The picture: every layer changes pixels, the threshold counts at once, zoom, clicks, dragged joints."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QWheelEvent

from app.gui.application import errors_told
from app.gui.picture.hit_test import HitTarget, hit_test, target_words
from app.gui.picture.view_transform import ViewTransform
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.app.gui.conftest import go_to, pixels
from tests.results import made_result
from tracking.drawing.colors import SIDE_COLORS, track_color


def near(image, point, colour, *, reach=6, tolerance=60):
    """Whether the colour is found near a point (x, y)."""
    x, y = (round(float(value)) for value in point)
    part = image[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach].astype(int)
    return bool((np.abs(part - np.array(colour)).max(axis=2) < tolerance).any())


def test_people_are_drawn_in_their_colours(open_clip):
    window = open_clip()
    image, result = pixels(window), window.view.picture.result
    names = window.workspace.run.edited.skeleton
    for side in ("left", "right"):
        assert near(image, result.smoothed.keypoints[0, names.index(f"{side}_knee")], SIDE_COLORS[side])
    for row, person in enumerate(result.tracks.ids.tolist()):
        x1, _, _, y2 = result.tracks.boxes[row]
        assert near(image, (x1, y2 - 20), track_color(person))


@pytest.mark.parametrize(
    "name", ["skeleton", "joints", "boxes", "labels", "angles", "trails", "joint-names", "blur-faces", "plain-ground"]
)
def test_every_layer_is_switched_by_its_key(qtbot, open_clip, name):
    window = open_clip()
    for index in range(15, 21):
        go_to(qtbot, window, index)
    action = window.commands[name]
    before = pixels(window)
    was_on = action.isChecked()
    qtbot.keyClick(window, *_key(action))
    assert action.isChecked() is not was_on
    after = pixels(window)
    if name == "blur-faces":  # the ground of this clip is plain grey: blurring it changes nothing but the switch
        assert window.view.layers.blur_faces
    else:
        assert (before != after).any(), f"{name} changes nothing in the picture"
    qtbot.keyClick(window, *_key(action))
    np.testing.assert_array_equal(pixels(window), before)


def _key(action):
    key = action.shortcut()[0]
    return Qt.Key(key.key()), key.keyboardModifiers()


def test_notes_leave_the_numbers_of_people_in_view(qtbot, open_clip):
    """They stand top left, or below a number there, and stay while nothing changes."""
    window = open_clip()
    view, picture = window.view, window.view.picture

    def noted(x, y):
        """Where the note and the number of a person stand whose box begins there (widget points)."""
        tracks, corner = picture.result.tracks, view.transform.to_image((x, y))
        box = np.concatenate([corner, corner + 60])
        moved = replace(tracks, boxes=np.where(tracks.ids[:, None] == 1, box, tracks.boxes + 1000))
        view.show_picture(replace(picture, result=replace(picture.result, tracks=moved)))
        view.repaint()
        return view.noted, QRect(round(x), round(y) - 12, 10, 10)

    view.show_note("Tracking: 50 %")
    usual, _ = noted(view.width() / 2, view.height() / 2)
    assert usual.topLeft() == QPoint(12, 12)
    below, number = noted(usual.left() + 20, usual.bottom())
    assert usual.intersects(number) and not below.intersects(number) and below.left() == usual.left()
    assert noted(view.width() / 2, view.height() / 2)[0] == below
    view.show_note("Tracking: 50 %, 2 min left")
    assert noted(view.width() / 2, view.height() / 2)[0].topLeft() == usual.topLeft()


def test_threshold_counts_at_once(open_clip):
    window = open_clip()
    before = pixels(window)
    window.controls.widgets["smoothing.min_score"].slider.setValue(90)
    few = pixels(window)
    assert (before != few).sum() > 1000
    scores = window.view.picture.result.smoothed.scores[1]
    unsure = int(np.argmin(scores))
    point = window.view.picture.result.smoothed.keypoints[1, unsure]
    box = window.view.picture.result.tracks.boxes[1]
    assert box[0] < point[0] < box[2]
    assert near(before, point, before[round(point[1]), round(point[0])], tolerance=1)
    assert (few[round(point[1]), round(point[0])] == 90).all(), "an unsure joint is still drawn"


def test_click_chooses_and_click_beside_unchooses(qtbot, open_clip):
    window = open_clip()
    result = window.view.picture.result
    x, y = window.view.transform.to_widget((result.tracks.boxes[1, :2] + result.tracks.boxes[1, 2:]) / 2)
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert window.workspace.people.chosen == 2
    x, y = window.view.transform.to_widget((600, 460))
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert window.workspace.people.chosen is None


def test_wheel_zooms_at_the_mouse_and_double_click_fits(qtbot, open_clip):
    window = open_clip()
    view, spot = window.view, QPointF(200, 150)
    fitted, under = view.transform, view.transform.to_image((200, 150))
    keys, buttons = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.NoButton
    view.wheelEvent(
        QWheelEvent(spot, spot, QPoint(), QPoint(0, 240), buttons, keys, Qt.ScrollPhase.NoScrollPhase, False)
    )
    assert view.transform.scale == pytest.approx(fitted.scale * 1.44)
    np.testing.assert_allclose(view.transform.to_image((200, 150)), under, atol=1e-6)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert view.transform == fitted


def test_dragged_joint_is_edited_in_session_and_export(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(2)
    joint = 9
    start = window.view.picture.result.smoothed.keypoints[1, joint]
    x, y = window.view.transform.to_widget(start)
    to_x, to_y = window.view.transform.to_widget(start + np.array((40, 25)))
    qtbot.mousePress(window.view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    qtbot.mouseMove(window.view, QPoint(round(x) + 8, round(y) + 6))
    qtbot.mouseMove(window.view, QPoint(round(to_x), round(to_y)))
    qtbot.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=QPoint(round(to_x), round(to_y)))
    moved = window.workspace.run.edited.result(20)
    np.testing.assert_allclose(moved.smoothed.keypoints[1, joint], start + np.array((40, 25)), atol=1.5)
    assert moved.smoothed.scores[1, joint] == 1.0
    window.commands["undo"].trigger()
    np.testing.assert_array_equal(window.workspace.run.edited.result(20).smoothed.keypoints[1, joint], start)


def test_snapshot_has_the_size_of_the_video_and_lies_where_recordings_do(open_clip):
    window = open_clip()
    window.commands["snapshot"].trigger()
    saved = list(window.files.record_folder().glob("walk_000020*.png"))
    assert len(saved) == 1 and saved[0].name in window.banner.text
    assert pixels(window).shape == (480, 640, 3)


def test_a_folder_that_cannot_be_is_said_in_plain_words(qtbot, open_clip, capsys, tmp_path):
    """Whatever is to be saved there, and by whichever button."""
    window = open_clip()
    (tmp_path / "videos").write_text("no folder")
    with errors_told(window):
        for save in (window.commands["snapshot"].trigger, lambda: QTimer.singleShot(0, window.files.save_picture)):
            window.banner.forget()
            save()
            qtbot.waitUntil(lambda: "choose another folder" in window.banner.text)
    assert "went wrong" not in capsys.readouterr().err


def test_a_joint_says_whether_it_was_carried_on_or_not_read():
    result = made_result(3, (1,))
    carried = target_words(result, HitTarget(1, 4))
    assert carried.startswith("right ear, confidence") and carried.endswith("predicted: not seen here")
    unread = replace(result, raw=Poses.empty(COCO_17, 1))
    assert target_words(unread, HitTarget(1, 4)).endswith("%, predicted: not read in this frame")
    assert target_words(unread, HitTarget(1, 5)).endswith("%")


def test_hit_test_prefers_the_chosen_person():
    result = made_result(0)
    spot = (result.smoothed.keypoints[0, 10] + result.smoothed.keypoints[1, 10]) / 2
    assert hit_test(result, spot, reach_px=60, only_person=2).person_id == 2
    assert hit_test(result, spot, reach_px=60, only_person=1).person_id == 1
    assert hit_test(result, (5, 5), reach_px=3) is None
    inside = (result.tracks.boxes[0, 0] + 2, result.tracks.boxes[0, 3] - 2)
    target = hit_test(result, inside, reach_px=1)
    assert (target.person_id, target.keypoint) == (1, None)


def test_transform_is_its_own_inverse():
    transform = ViewTransform.fit((1280, 560), (801, 455)).zoomed(100, 50, factor=3.3).panned(-7, 4)
    points = np.random.default_rng(0).uniform(-50, 1300, (20, 2))
    np.testing.assert_allclose(transform.to_image(transform.to_widget(points)), points, atol=1e-9)


def test_heatmap_lies_where_the_network_looked(qtbot, open_clip):
    window = open_clip()
    before = pixels(window)
    box = window.view.picture.result.tracks.boxes[1]
    x, y = (round(float(v)) for v in ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    window.commands["heatmap"].trigger()
    qtbot.waitUntil(lambda: len(window.view.heat) == 2)
    after = pixels(window)
    changed = np.argwhere((before != after).any(axis=2))
    beside = slice(y - 2, y + 2), slice(x + 3, x + 5)  # the lines of the skeleton lie over it
    assert (after[beside] != before[beside]).any()
    inside = [
        any(b[0] - 1 <= cx <= b[2] + 1 and b[1] - 1 <= cy <= b[3] + 1 for b in window.view.picture.result.tracks.boxes)
        for cy, cx in changed
    ]
    assert all(inside)
    window.commands["heatmap"].trigger()
    np.testing.assert_array_equal(pixels(window), before)


def test_inside_page_shows_every_joint(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(2)
    window.commands["feature-maps"].trigger()
    qtbot.waitUntil(lambda: window.network_view.map_count == 17)
    assert window.below.currentWidget() is window.network_view


def test_inside_page_says_how_to_switch_it_on_while_only_the_heatmap_is(qtbot, open_clip):
    window = open_clip()
    before = pixels(window)
    window.commands["heatmap"].trigger()
    qtbot.waitUntil(lambda: (pixels(window) != before).any())
    assert "Switch on" in window.network_view.words and window.network_view.map_count == 0
    window.commands["feature-maps"].trigger()
    qtbot.waitUntil(lambda: window.network_view.map_count == 17)
    window.commands["feature-maps"].trigger()
    assert "Switch on" in window.network_view.words and window.network_view.map_count == 0


def test_nobody_is_seen_before_they_are_found(qtbot, window, clip, studio):
    import threading

    studio.hold = threading.Event()
    window.commands["blur-faces"].setChecked(True)
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.view.picture is not None)
    assert window.view.picture.result is None
    assert (pixels(window) != 90).all(), "an untracked picture shows whoever is in it"
    studio.hold.set()
