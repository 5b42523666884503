"""Cameras: their list and their pictures, with a stand-in for the device."""

import itertools

import cv2
import numpy as np
import pytest

from ppnet.errors import UserError
from tracking.time_span import TimeSpan
from tracking.video import camera as cameras
from tracking.video.factory import camera_name, open_source


class Device:
    """Behaves like cv2.VideoCapture on a camera that can be pulled out."""

    there = True
    opened: list = []  # noqa: RUF012

    def __init__(self, index, backend):
        self.opened.append(index)
        self.is_open = self.there and index == 2
        self.properties = {cv2.CAP_PROP_FPS: 29.97}
        self.count = 0

    def isOpened(self):
        return self.is_open

    def set(self, name, value):
        self.properties[name] = value
        return True

    def get(self, name):
        return self.properties.get(name, 0.0)

    def grab(self):
        self.count += 1
        return Device.there

    def retrieve(self):
        image = np.zeros((48, 64, 3), np.uint8)
        image[..., 0] = self.count  # BGR: blue
        return True, image

    def release(self):
        self.is_open = False


@pytest.fixture
def device(monkeypatch, tmp_path):
    for number, index, name in ((0, "1", "Cam metadata"), (2, "0", "HD Pro Webcam C920"), (10, "0", "Other")):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "index").write_text(f"{index}\n")
        (node / "name").write_text(f"{name}\n")
    monkeypatch.setattr(cameras, "SYSFS", tmp_path)
    monkeypatch.setattr(cameras.sys, "platform", "linux")
    monkeypatch.setattr(cameras, "LOST_AFTER_S", 0.05)
    monkeypatch.setattr(cv2, "VideoCapture", Device)
    monkeypatch.setattr(Device, "there", True)
    monkeypatch.setattr(Device, "opened", [])
    return Device


def test_list_by_name_without_opening_any(device):
    listed = [(camera.index, camera.name) for camera in cameras.list_cameras()]
    assert listed == [(2, "HD Pro Webcam C920"), (10, "Other")]
    assert device.opened == []


@pytest.mark.parametrize("spec", ["2", "camera:2", "camera:c920", "/dev/video2"])
def test_open_by_index_and_name(device, spec):
    with open_source(spec) as source:
        assert source.info.name == "HD Pro Webcam C920"
        assert source.info.is_live and source.info.size_wh == (64, 48)
        frames = [frame for frame, _ in zip(source, range(5), strict=False)]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.image[0, 0].tolist() for frame in frames] == [[0, 0, count] for count in range(1, 6)]
    assert all(a.time_s <= b.time_s for a, b in itertools.pairwise(frames))


def test_pulled_out_while_running(device, monkeypatch):
    source = open_source("2")
    pictures = iter(source)
    next(pictures)
    monkeypatch.setattr(Device, "there", False)
    with pytest.raises(UserError, match="C920 was unplugged"):
        next(pictures)
    source.close()
    source.close()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("camera:7", "Camera 7 .camera 7. cannot be opened"),
        ("camera:phone", "no camera named phone; cameras found: 2 .HD"),
    ],
)
def test_camera_that_is_not_there(device, spec, sentence):
    with pytest.raises(UserError, match=sentence):
        open_source(spec)


@pytest.mark.parametrize("part", [TimeSpan(start_s=1.0), TimeSpan(end_s=5.0)])
def test_a_part_of_a_camera_is_refused(device, part):
    with pytest.raises(UserError, match=r"A camera has no start and no end\.$"):
        open_source("2", span=part)
    assert device.opened == []


def test_wishes_are_passed_on(device):
    camera = cameras.Camera(2, size_wh=(1280, 720), frame_rate=60)
    assert camera._capture.properties[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert camera.info.frame_rate == 60
    camera.close()


def test_names_that_mean_a_camera(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert camera_name("0") == "0" and camera_name("camera") == "0" and camera_name("video.mp4") is None
    (tmp_path / "7").write_text("a file of that name")
    assert camera_name("7") is None
