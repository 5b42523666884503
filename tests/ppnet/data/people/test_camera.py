import numpy as np
import pytest

from ppnet.data.people.camera import Camera


def test_a_point_straight_ahead_lies_in_the_middle_and_up_is_up():
    camera = Camera(500.0, (640, 480), 1.5)
    middle, above, right = camera.project([(0, 4, 1.5), (0, 4, 2.5), (1, 4, 1.5)])
    assert middle == pytest.approx((319.5, 239.5, 0.25))
    assert above[:2] == pytest.approx((319.5, 239.5 - 125))
    assert right[:2] == pytest.approx((319.5 + 125, 239.5))


def test_pitch_looks_down_on_the_floor():
    camera = Camera(500.0, (640, 480), 2.0, pitch=np.arctan2(2.0, 4.0))
    assert camera.project([(0, 4, 0)])[0, :2] == pytest.approx((319.5, 239.5), abs=1e-3)


def test_an_enlarged_view_keeps_pixel_centres_true():
    camera = Camera(400.0, (64, 48), 1.2, 0.1, 0.05)
    point = [(0.2, 3, 1)]
    coarse, fine = camera.project(point)[0], camera.enlarged(3).project(point)[0]
    assert (fine[:2] + 0.5) / 3 - 0.5 == pytest.approx(coarse[:2], abs=1e-3)


def test_behind_the_camera_has_no_depth():
    assert Camera(400.0, (64, 48), 1.2).project([(0, -3, 1)])[0, 2] <= 0
