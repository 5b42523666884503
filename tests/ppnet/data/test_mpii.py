"""MPII's json files: pixels from 1 become pixels from 0, centre and scale become the published crop."""

import json

import numpy as np
import pytest

from ppnet.crops import crop_regions
from ppnet.data.mpii import read_mpii
from ppnet.errors import DatasetError
from ppnet.skeleton import MPII_16


def entry(**fields):
    return {
        "image": "015601864.jpg",
        "center": [594.0, 257.0],
        "scale": 3.0,
        "joints": [[620.0 + i, 394.0 + i] for i in range(16)],
        "joints_vis": [1] * 15 + [0],
    } | fields


def write(folder, content):
    path = folder / "valid.json"
    path.write_text(json.dumps(content))
    return path


def test_joints_count_from_zero(tmp_path):
    sample = read_mpii(write(tmp_path, [entry()])).samples[0]
    np.testing.assert_allclose(sample.keypoints[:2], [[619, 393], [620, 394]])
    assert sample.visibility.tolist() == [2] * 15 + [0]
    assert sample.weights.tolist() == [1] * 15 + [0]
    assert (sample.keypoints[15] == 0).all()


def test_box_gives_the_published_crop(tmp_path):
    sample = read_mpii(write(tmp_path, [entry()])).samples[0]
    centers, sizes = crop_regions([sample.box], 1.0)
    np.testing.assert_allclose(centers, [[593, 257 + 15 * 3 - 1]])
    np.testing.assert_allclose(sizes, [[3 * 200 * 1.25] * 2], rtol=1e-6)


def test_unknown_centre_is_neither_lowered_nor_padded(tmp_path):
    sample = read_mpii(write(tmp_path, [entry(center=[-1.0, -1.0])])).samples[0]
    centers, sizes = crop_regions([sample.box], 1.0)
    np.testing.assert_allclose(centers, [[-2, -2]], atol=1e-4)
    np.testing.assert_allclose(sizes, [[600, 600]], rtol=1e-6)


def test_place_in_the_file_is_kept_when_unlabelled_people_are_left_out(tmp_path):
    people = read_mpii(write(tmp_path, [entry(joints_vis=[0] * 16), entry()]))
    assert people.skeleton == MPII_16
    assert [sample.annotation_id for sample in people.samples] == [1]


@pytest.mark.parametrize("place", [".", "annot/images", "images"])
def test_pictures_are_found_in_the_usual_places(tmp_path, place):
    folder = tmp_path / "annot" if place != "." else tmp_path
    pictures = {".": tmp_path, "annot/images": tmp_path / "annot/images", "images": tmp_path / "images"}[place]
    folder.mkdir(exist_ok=True)
    pictures.mkdir(exist_ok=True, parents=True)
    (pictures / "015601864.jpg").write_bytes(b"")
    assert read_mpii(write(folder, [entry()])).samples[0].image.path == pictures / "015601864.jpg"
    assert read_mpii(write(folder, [entry()]), images=tmp_path / "x").samples[0].image.path.parent == tmp_path / "x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"images": []}, "list of persons"),
        ([entry(), entry(joints=[[1, 2]] * 17)], "person 2"),
        ([entry(scale=None)], "person 1"),
        ([3], "person 1"),
        ([], "no person"),
        ([{"image": "a.jpg", "center": [1, 2], "scale": 1}], "no person with labelled joints"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, content, message):
    with pytest.raises(DatasetError, match=message):
        read_mpii(write(tmp_path, content))


def test_broken_json_names_the_line(tmp_path):
    path = tmp_path / "valid.json"
    path.write_text('[{"image":\n "a"\n,,]')
    with pytest.raises(DatasetError, match=r"valid\.json, line 3"):
        read_mpii(path)
