"""Pictures and folders of pictures as a source."""

import cv2
import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import index_of, paint
from tracking.time_span import TimeSpan
from tracking.video.factory import open_source
from tracking.video.images import read_image


def save(path, index):
    path.write_bytes(cv2.imencode(path.suffix, cv2.cvtColor(paint(index), cv2.COLOR_RGB2BGR))[1].tobytes())
    return path


def test_folder_in_natural_order(tmp_path):
    for index in (0, 1, 2, 10, 11, 20):
        save(tmp_path / f"Bild {index}ü.png", index)
    (tmp_path / "notes.txt").write_text("no picture")
    with open_source(tmp_path) as source:
        frames = list(source)
        assert source.info.frame_count == 6
        assert source.info.frame_rate == 30
    assert [index_of(frame.image) for frame in frames] == [0, 1, 2, 10, 11, 20]
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(6)])
    assert frames[0].image[4, 4].tolist() == [255, 0, 0]


def test_single_picture(tmp_path):
    with open_source(save(tmp_path / "a.bmp", 7)) as source:
        (frame,) = source
    assert (frame.index, frame.time_s, index_of(frame.image)) == (0, 0.0, 7)


def test_start_end_and_seek(tmp_path):
    for index in range(12):
        save(tmp_path / f"{index}.png", index)
    with open_source(tmp_path, span=TimeSpan(start_s=0.1, end_s=0.2)) as source:
        assert [frame.index for frame in source] == [3, 4, 5]
    with open_source(tmp_path) as source:
        list(source)
        source.seek(9 / 30)
        assert [frame.index for frame in source] == [9, 10, 11]


def test_unreadable_pictures_are_left_out_and_named(tmp_path):
    save(tmp_path / "1.png", 1)
    (tmp_path / "2.png").write_bytes(b"this is no picture")
    (tmp_path / "3.png").write_bytes(b"")
    save(tmp_path / "4.png", 4)
    with open_source(tmp_path) as source:
        assert [frame.index for frame in source] == [0, 3]
        assert [notice.split()[0] for notice in source.notices] == ["2.png", "3.png"]


def test_exif_turns_the_picture(tmp_path):
    data = cv2.imencode(".jpg", cv2.cvtColor(paint(0), cv2.COLOR_RGB2BGR))[1].tobytes()
    tiff = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    exif = b"Exif\x00\x00" + tiff  # orientation 6: turn by 90 degrees clockwise
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (96, 64, 3)
    assert image[4, 60, 0] > 200 > 60 > image[4, 60, 1], "the red corner is now top right"


def test_grey_and_transparent_pictures_become_rgb(tmp_path):
    for name, image in {"grey": np.full((4, 5), 9, np.uint8), "clear": np.full((4, 5, 4), 9, np.uint8)}.items():
        (tmp_path / f"{name}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
        assert read_image(tmp_path / f"{name}.png").shape == (4, 5, 3)


def test_bad_places_are_told_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no pictures"):
        open_source(tmp_path)
    with pytest.raises(UserError, match="There is no file"):
        open_source(tmp_path / "none.png")
    (tmp_path / "bad.png").write_bytes(b"x")
    for place in (tmp_path, tmp_path / "bad.png"):
        with pytest.raises(UserError, match="holds no picture that can be read"):
            open_source(place)
    with pytest.raises(UserError, match="no picture between"):
        open_source(save(tmp_path / "a.png", 1), span=TimeSpan(start_s=1))
