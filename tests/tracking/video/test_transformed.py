"""Sources turned, mirrored and timed anew."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import index_of, make_clip, paint
from tests.fakes import FakeCameraPort, FakeFile
from tracking.types import Frame
from tracking.video.file import VideoFile
from tracking.video.transformed import Adaptation, AdaptedSource, adapted


def test_nothing_to_do_leaves_the_source_itself() -> None:
    file = FakeFile(3)
    assert adapted(file, Adaptation()) is file
    with adapted(file, Adaptation(mirror=True)) as source:
        assert source.info == file.info
    assert file.closed


def quarters() -> np.ndarray:
    """8x12: corner values 1 2 / 3 4, reading order."""
    image = np.zeros((8, 12, 3), np.uint8)
    image[:4, :6], image[:4, 6:], image[4:, :6], image[4:, 6:] = 1, 2, 3, 4
    return image


@pytest.mark.parametrize(
    ("turn", "mirror", "corners"),
    [
        (0, False, [1, 2, 3, 4]),
        (90, False, [3, 1, 4, 2]),  # clockwise: what was below left comes to the top left
        (180, False, [4, 3, 2, 1]),
        (270, False, [2, 4, 1, 3]),
        (0, True, [2, 1, 4, 3]),
        (90, True, [1, 3, 2, 4]),
    ],
)
def test_turns_and_mirror(turn: int, mirror: bool, corners: list[int]) -> None:
    class Quarters(FakeFile):
        def __iter__(self) -> Iterator[Frame]:
            return (Frame(frame.index, frame.time_s, quarters()) for frame in super().__iter__())

    source = AdaptedSource(Quarters(1, size_wh=(12, 8)), Adaptation(turn, mirror))
    frame = next(iter(source))
    image = frame.image
    assert [int(image[y, x, 0]) for y in (0, -1) for x in (0, -1)] == corners
    assert frame.size_wh == source.info.size_wh == ((8, 12) if turn in (90, 270) else (12, 8))
    assert image.flags.c_contiguous


@pytest.mark.parametrize("slow", [8.0, 0.5, 3.7])
def test_true_times_and_exact_seek(tmp_path: Path, slow: float) -> None:
    path = make_clip(tmp_path / "a.mp4", 40, painter=paint)
    with VideoFile(path) as plain, AdaptedSource(VideoFile(path), Adaptation(slow_motion=slow)) as source:
        true = [time_s / slow for time_s in plain.frame_times()]
        assert source.frame_times() == pytest.approx(true)
        assert source.info.frame_rate == plain.info.frame_rate * Fraction(slow).limit_denominator(1000)
        assert source.info.duration_s == pytest.approx(plain.info.duration_s / slow)
        assert [frame.time_s for frame in source] == pytest.approx(true)
        for index in (0, 7, 39, 20, 21, 3):
            source.seek(source.frame_times()[index])
            frame = next(iter(source))
            assert frame.index == index == index_of(frame.image) and frame.time_s == pytest.approx(true[index])
        source.seek((true[5] + true[6]) / 2)
        assert next(iter(source)).index == 6


def test_a_camera_keeps_its_clock() -> None:
    with AdaptedSource(FakeCameraPort().open(), Adaptation(90, slow_motion=8)) as source:
        assert source.info.size_wh == (48, 64) and source.info.frame_rate == 100
        assert next(iter(source)).time_s > 5000


def test_what_is_out_of_range_is_refused() -> None:
    for wrong in ({"turn_deg": 45}, {"slow_motion": 0.0}, {"slow_motion": 1000.0}):
        with pytest.raises(UserError):
            Adaptation(**wrong)
