"""Pictures and folders of pictures as a source."""

import os

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
        assert source.notices == ("Files that are not images were left out: notes.txt.",)
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
    with pytest.raises(UserError, match="has no images"):
        open_source(tmp_path)
    with pytest.raises(UserError, match="There is no file"):
        open_source(tmp_path / "none.png")
    (tmp_path / "bad.png").write_bytes(b"x")
    for place in (tmp_path, tmp_path / "bad.png"):
        with pytest.raises(UserError, match="has no readable image"):
            open_source(place)
    with pytest.raises(UserError, match="no frame between"):
        open_source(save(tmp_path / "a.png", 1), span=TimeSpan(start_s=1))


def _numbered(count, step=1):
    return [cv2.cvtColor(paint(index * step), cv2.COLOR_RGB2BGR) for index in range(count)]


def test_a_file_of_several_pictures_is_read_whole(tmp_path):
    cv2.imwritemulti(str(tmp_path / "stack.tif"), _numbered(6))
    with open_source(tmp_path / "stack.tif") as source:
        assert [(frame.index, index_of(frame.image)) for frame in source] == [(i, i) for i in range(6)]
        source.seek(4 / 30)
        assert index_of(next(iter(source)).image) == 4


@pytest.mark.parametrize("name", ["moving.webp", "moving.png"])
def test_an_animation_is_read_whole_at_its_own_times(tmp_path, monkeypatch, name):
    animation = cv2.Animation()
    animation.frames, animation.durations = _numbered(9, step=5), [100, 50, 200] * 3
    assert cv2.imwriteanimation(str(tmp_path / name), animation)
    monkeypatch.setattr("tracking.video.images.CHUNK_BYTES", 50_000)  # not all of them at a time
    with open_source(tmp_path / name) as source:
        frames = list(source)
        assert [abs(index_of(frame.image) - 5 * i) <= 1 for i, frame in enumerate(frames)] == [True] * 9
        wanted = [0, 0.1, 0.15, 0.35, 0.45, 0.5, 0.7, 0.8, 0.85]
        assert [frame.time_s for frame in frames] == pytest.approx(wanted)
        source.seek(0.7)
        assert next(iter(source)).index == 6


def test_several_pictures_of_a_file_in_a_folder_are_counted_with_the_others(tmp_path):
    save(tmp_path / "1.png", 30)
    cv2.imwritemulti(str(tmp_path / "2.tif"), _numbered(3))
    save(tmp_path / "3.jpg", 40)
    with open_source(tmp_path) as source:
        assert [
            abs(index_of(frame.image) - number) <= 1 for frame, number in zip(source, (30, 0, 1, 2, 40), strict=True)
        ]
        assert source.info.frame_count == 5


@pytest.mark.parametrize("suffix", [".jpe", ".dib", ".ppm", ".ras", ".tiff", ".avif", ".GIF"])
def test_every_kind_that_the_decoder_reads_counts_in_a_folder(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(cv2.imencode(suffix.lower(), paint(3))[1].tobytes())
    with open_source(tmp_path) as source:
        assert [abs(index_of(frame.image) - 3) <= 1 for frame in source] == [True]


def test_a_broken_link_keeps_its_place(tmp_path):
    for index in (0, 1, 3):
        save(tmp_path / f"{index}.png", index)
    (tmp_path / "2.png").symlink_to(tmp_path / "nowhere.png")
    with open_source(tmp_path) as source:
        assert [(frame.index, index_of(frame.image)) for frame in source] == [(0, 0), (1, 1), (3, 3)]
        assert source.notices == ("2.png is not a readable image; it was left out.",)


def test_pictures_of_other_sizes_are_fitted_into_the_first(tmp_path):
    save(tmp_path / "1.png", 5)
    large = cv2.resize(paint(7), None, fx=2, fy=2)
    (tmp_path / "2.png").write_bytes(cv2.imencode(".png", large)[1].tobytes())
    (tmp_path / "3.png").write_bytes(cv2.imencode(".png", cv2.rotate(large, cv2.ROTATE_90_CLOCKWISE))[1].tobytes())
    with open_source(tmp_path) as source:
        frames = list(source)
        assert {frame.size_wh for frame in frames} == {(96, 64)}
        assert abs(index_of(frames[1].image) - 7) <= 1
        assert frames[2].image[:, :20].max() == 0, "upright pictures stand between black bars"
        assert any("images of several sizes; all were scaled to 96x64" in notice for notice in source.notices)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to become somebody else")
def test_a_folder_that_may_not_be_read_is_told(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    for place in (tmp_path, *tmp_path.parents[:-2]):
        place.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(UserError, match="may not be read; check its permissions"):
            open_source(locked)
    finally:
        os.seteuid(0)
