"""What of a person the list shows."""

import numpy as np

from app.workspace.faces import _upper_part
from tracking.best_views import BestView

WH = (640, 360)
NOWHERE = np.zeros((0, 2))


def crop(box, head):
    """Left, top, right and bottom of what is shown."""
    across, down = np.meshgrid(np.arange(WH[0]), np.arange(WH[1]))
    picture = np.stack([across // 4, down // 4, down * 0], axis=-1).astype(np.uint8)
    shown = _upper_part(picture, BestView(0, 0.0, box, 1.0), np.asarray(head, float))
    (left, top), (right, bottom) = shown[0, 0, :2].astype(int) * 4, shown[-1, -1, :2].astype(int) * 4
    return left, top, right, bottom


def test_from_nearby_the_whole_face_is_shown():
    eyes_nose_ears = [(270, 130), (370, 130), (320, 175), (220, 170), (420, 170)]
    left, top, right, bottom = crop((100.0, 0.0, 640.0, 355.0), eyes_nose_ears)
    assert left <= 180 and right >= 460 and top == 0 and bottom >= 300


def test_of_who_stands_farther_away_head_and_shoulders_are_shown():
    left, top, right, bottom = crop((300.0, 40.0, 380.0, 340.0), [(335, 65), (345, 65)])
    assert left < 300 and right > 380 and top < 40 and 120 < bottom < 200


def test_the_face_is_in_the_middle_wherever_the_arms_are():
    face = [(335, 160), (345, 160)]
    stands = crop((300.0, 140.0, 380.0, 340.0), face)
    points = crop((300.0, 140.0, 480.0, 340.0), face)
    assert stands == points, "an arm to the side"
    left, top, right, bottom = crop((300.0, 60.0, 380.0, 340.0), face)
    assert left < 320 and right > 360 and top < 140 and bottom > 200, "both arms up"


def test_without_a_face_the_top_of_the_box_is_shown():
    left, top, right, bottom = crop((300.0, 40.0, 380.0, 340.0), NOWHERE)
    assert left < 300 and right > 380 and top < 40 and bottom < 180
