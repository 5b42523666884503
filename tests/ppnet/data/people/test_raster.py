import numpy as np

from ppnet.data.people.raster import rasterise

SQUARE = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def square(low, high, near):
    return np.array([[low, low, near], [high, low, near], [high, high, near], [low, high, near]], np.float32)


def test_a_square_covers_its_pixels_once_and_nothing_else():
    coverage = rasterise(square(2, 6, 0.5), SQUARE, (10, 9))
    expected = np.zeros((9, 10), bool)
    expected[2:7, 2:7] = True
    assert np.array_equal(coverage.face_index >= 0, expected)
    assert np.allclose(coverage.inverse_depth[expected], 0.5)


def test_the_nearer_surface_wins_in_any_order():
    far, near = square(0, 8, 0.2), square(3, 5, 0.4)
    for first, second in ((far, near), (near, far)):
        faces = np.concatenate([SQUARE, SQUARE + 4])
        depth = rasterise(np.concatenate([first, second]), faces, (9, 9)).inverse_depth
        assert depth[4, 4] == np.float32(0.4)
        assert depth[1, 1] == np.float32(0.2)


def test_values_are_interpolated_in_space_not_on_the_screen():
    # A floor that runs from depth 1 (left) to depth 3 (right): half way on the screen is not half way in space.
    points = np.array([[0, 0, 1], [10, 0, 1 / 3], [10, 10, 1 / 3], [0, 10, 1]], np.float32)
    coverage = rasterise(points, SQUARE, (11, 11))
    pixels = coverage.pixels()
    depth = coverage.interpolate(np.array([[1], [3], [3], [1]], np.float32), pixels)[:, 0]
    middle = (pixels[:, 0] == 5) & (pixels[:, 1] == 5)
    assert np.allclose(depth[middle], 1.5)  # harmonic mean of 1 and 3
    assert np.allclose(depth, 1 / coverage.inverse_depth[pixels[:, 1], pixels[:, 0]], rtol=1e-4)


def test_what_lies_behind_the_camera_is_left_out():
    coverage = rasterise(square(2, 6, -1.0), SQUARE, (10, 10))
    assert (coverage.face_index == -1).all()
    assert len(coverage.pixels()) == 0
