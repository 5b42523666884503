"""COCO files -> samples: COCO's rules, what goes beyond COCO, and files that cannot be used."""

import io
import json
import tarfile

import cv2
import numpy as np
import pytest

from ppnet.data.coco import read_coco
from ppnet.errors import DatasetError

JOINTS = [value for i in range(17) for value in (10.5 + i, 20 + i, 2)]


def annotation(number=1, **fields):
    return {"id": number, "image_id": 7, "bbox": [10, 20, 30, 40], "area": 700, "keypoints": JOINTS} | fields


def write(folder, annotations, image=None, **fields):
    content = {"images": [{"id": 7, "file_name": "a.png"} | (image or {})], "annotations": annotations} | fields
    path = folder / "people.json"
    path.write_text(json.dumps(content))
    return path


def picture(value=80):
    return cv2.imencode(".png", np.full((6, 8, 3), (value, 0, 255 - value), np.uint8))[1].tobytes()


def test_person_is_read_in_image_pixels(tmp_path):
    keypoints = [*JOINTS[:48], 0, 0, 0]
    sample = read_coco(write(tmp_path, [annotation(keypoints=keypoints)])).samples[0]
    assert sample.box.tolist() == [10, 20, 40, 60]
    assert sample.keypoints[0].tolist() == [10.5, 20]
    assert sample.visibility.tolist() == [2] * 16 + [0]
    assert sample.weights.tolist() == [1] * 16 + [0]
    assert not sample.absent.any() and (sample.area, sample.image_id, sample.score) == (700, 7, 1)


def test_crowds_and_people_without_labels_are_left_out(tmp_path):
    people = read_coco(
        write(
            tmp_path,
            [annotation(1, iscrowd=1), annotation(2, keypoints=[0] * 51), annotation(3), {"id": 4, "image_id": 7}],
        )
    )
    assert [sample.annotation_id for sample in people.samples] == [3]


def test_weights_are_kept_for_labelled_joints_only(tmp_path):
    keypoints = [*JOINTS[:48], 0, 0, 0]
    sample = read_coco(write(tmp_path, [annotation(keypoints=keypoints, weights=[0.3] * 17)])).samples[0]
    np.testing.assert_allclose(sample.weights, [0.3] * 16 + [0])


def test_unlabelled_joints_are_absent_where_the_file_says_so(tmp_path):
    keypoints = [*JOINTS[:48], 0, 0, 0]
    sample = read_coco(write(tmp_path, [annotation(keypoints=keypoints)], absent_known=True)).samples[0]
    assert sample.absent.tolist() == [False] * 16 + [True]


def test_joints_that_a_source_never_labels_are_not_absent(tmp_path):
    file = write(
        tmp_path, [annotation(keypoints=[*JOINTS[:45], *[0] * 6])], absent_known=True, missing_joints=["left_ankle"]
    )
    assert read_coco(file).samples[0].absent.tolist() == [False] * 16 + [True]


@pytest.mark.parametrize("place", ["", "images"])
def test_pictures_lie_beside_the_file_or_in_images(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(picture())
    image = read_coco(write(tmp_path, [annotation()])).samples[0].image.read()
    assert image.shape == (6, 8, 3) and image[0, 0].tolist() == [175, 0, 80]  # RGB


def test_pictures_in_a_tar_file_are_read_in_place(tmp_path):
    with tarfile.open(tmp_path / "s-000.tar", "w") as archive:
        for name, value in (("b.png", 10), ("a.png", 80)):
            member = tarfile.TarInfo(name)
            member.size = len(picture(value))
            archive.addfile(member, io.BytesIO(picture(value)))
    reference = read_coco(write(tmp_path, [annotation()], {"shard": "s-000.tar"})).samples[0].image
    assert reference.read()[0, 0].tolist() == [175, 0, 80]
    with pytest.raises(DatasetError, match=r"c\.png"):
        type(reference)(reference.path, "c.png").read()


def test_damaged_picture_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(picture()[:30])
    with pytest.raises(DatasetError, match=r"a\.png is damaged"):
        read_coco(write(tmp_path, [annotation()])).samples[0].image.read()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "no person"),
        ([annotation(iscrowd=1)], "no person"),
        ([annotation(), annotation(image_id=8)], "entry 2"),
        ([annotation(bbox=None)], "entry 1"),
        ([annotation(bbox=[1, 2])], "entry 1"),
        ([annotation(keypoints=[1, 1, 2])], "entry 1"),
        ([annotation(weights=[1])], "entry 1"),
        ([3], "entry 1"),
        (3, "not a COCO keypoint file"),
    ],
)
def test_annotations_that_cannot_be_used(tmp_path, entries, message):
    with pytest.raises(DatasetError, match=message):
        read_coco(write(tmp_path, entries))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"a": 1}, r"boxes\.json is not a COCO results file"),
        ([], r"boxes\.json holds no person"),
        ([{"image_id": 7, "bbox": [1, 2, 3, 4]}, {"image_id": 7}], r"boxes\.json, entry 2"),
    ],
)
def test_detections_that_cannot_be_used(tmp_path, found, message):
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps(found))
    with pytest.raises(DatasetError, match=message):
        read_coco(write(tmp_path, [annotation()]), detections=boxes)


def test_broken_and_missing_files_are_named(tmp_path):
    path = tmp_path / "people.json"
    with pytest.raises(DatasetError, match=r"people\.json cannot be read"):
        read_coco(path)
    path.write_text('{"images": [\n{"id": 1,}\n]}')
    with pytest.raises(DatasetError, match=r"people\.json, line 2"):
        read_coco(path)
