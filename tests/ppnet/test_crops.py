"""Crop regions, matrices and the warp against the published conventions."""

import cv2
import numpy as np
import pytest

from ppnet.crops import apply_matrices, crop_matrices, crop_regions, invert_matrices, warp

INPUT_WH = (192, 256)


def published_matrix(center, size_wh, rotation_deg, output_wh):
    """The three-point construction that SimpleBaseline, HRNet and PPNet share, written out."""
    angle = np.deg2rad(rotation_deg)
    up = np.array([0, -0.5 * size_wh[0]])
    turned = np.array([np.cos(angle) * up[0] - np.sin(angle) * up[1], np.sin(angle) * up[0] + np.cos(angle) * up[1]])

    def third(a, b):
        step = a - b
        return np.array([b[0] - step[1], b[1] + step[0]])

    source = [np.array(center), np.array(center) + turned]
    middle = np.array(output_wh) * 0.5
    target = [middle, middle - np.array([0, 0.5 * output_wh[0]])]
    source.append(third(*source))
    target.append(third(*target))
    return cv2.getAffineTransform(np.float32(source), np.float32(target))


def test_region_is_widened_to_the_aspect_about_the_centre_and_padded():
    centers, sizes = crop_regions([[10, 20, 50, 220], [0, 0, 300, 40]], 0.75)
    np.testing.assert_allclose(centers, [[30, 120], [150, 20]])
    np.testing.assert_allclose(sizes, [[187.5, 250], [375, 500]])
    np.testing.assert_allclose(crop_regions([[10, 20, 50, 220]], 0.75, 1.0)[1], [[150, 200]])


def test_no_boxes_and_boxes_without_area():
    centers, sizes = crop_regions(np.zeros((0, 4)), 0.75)
    assert centers.shape == sizes.shape == (0, 2)
    assert crop_matrices(centers, sizes, INPUT_WH).shape == (0, 2, 3)
    _, sizes = crop_regions([[5, 5, 5, 5]], 0.75)
    assert (sizes > 0).all()


@pytest.mark.parametrize("rotation", [0, 30, -75])
def test_classic_matrix_is_the_published_one(rotation):
    center, size = (123.5, 87.25), (150.0, 200.0)
    matrix = crop_matrices([center], [size], INPUT_WH, rotations_deg=[rotation])[0]
    np.testing.assert_allclose(matrix, published_matrix(center, size, rotation, INPUT_WH), atol=1e-4)


def test_heatmap_cell_is_a_quarter_of_a_crop_pixel_position():
    """Published decoding maps cells by the matrix of heatmap size: the same place as crop pixels / 4."""
    to_cells = published_matrix((123.5, 87.25), (150.0, 200.0), 20, (48, 64))
    matrix = crop_matrices([(123.5, 87.25)], [(150.0, 200.0)], INPUT_WH, rotations_deg=[20])[0]
    np.testing.assert_allclose(matrix / 4, to_cells, atol=1e-4)


def test_udp_maps_the_region_onto_the_outermost_pixel_centres():
    matrices = crop_matrices([[100, 200]], [[150, 200]], INPUT_WH, kind="udp")
    corners = apply_matrices([[[25, 100], [175, 300], [100, 200]]], matrices)
    np.testing.assert_allclose(corners[0, 0, 0], 0, atol=1e-9)
    np.testing.assert_allclose(corners[0, 1, 0], 191)
    np.testing.assert_allclose(corners[0, 2], [95.5, 127.5])


@pytest.mark.parametrize("kind", ["classic", "udp"])
def test_inverse_brings_points_back_and_nan_stays(kind):
    rng = np.random.default_rng(1)
    matrices = crop_matrices(
        rng.uniform(0, 500, (5, 2)),
        rng.uniform(20, 400, (5, 2)),
        INPUT_WH,
        rotations_deg=rng.uniform(-90, 90, 5),
        kind=kind,
    )
    points = rng.uniform(0, 500, (5, 17, 2))
    points[2, 3] = np.nan
    back = apply_matrices(apply_matrices(points, matrices), invert_matrices(matrices))
    np.testing.assert_allclose(back, points, atol=1e-9)


def test_warp_puts_a_bright_pixel_where_the_matrix_says_in_rgb_order():
    image = np.zeros((240, 320, 3), np.uint8)
    image[120, 160] = (255, 128, 0)
    boxes = np.array([[130, 80, 190, 160], [100, 60, 200, 180]], float)
    matrices = crop_matrices(*crop_regions(boxes, 0.75), INPUT_WH)
    crops = warp(image, matrices, INPUT_WH)
    assert crops.shape == (2, 256, 192, 3) and crops.dtype == np.uint8
    for crop, (x, y) in zip(crops, apply_matrices([[[160, 120]]] * 2, matrices)[:, 0], strict=True):
        weights = crop[..., 0].astype(float)
        rows, columns = np.indices(weights.shape)
        found = np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()
        np.testing.assert_allclose(found, [x, y], atol=0.05)
        assert crop[..., 2].max() == 0


def test_warp_of_nobody():
    assert warp(np.zeros((4, 4, 3), np.uint8), np.zeros((0, 2, 3)), INPUT_WH).shape == (0, 256, 192, 3)
