"""Single pictures and folders of pictures as a source: natural order, 30 pictures a second."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame
from tracking.video.orientation import Image
from tracking.video.source import ClosingSource, VideoError, VideoInfo

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
IMAGE_RATE = Fraction(30)
"""Pictures carry no time; picture i is shown at i / 30 s."""


class ImageFolder(ClosingSource):
    """All pictures of a folder, sorted as people number them (2 before 10), or one picture.

    Pictures that cannot be read are left out and named in `notices`; they keep their place in the count.
    VideoError when there is none to read.
    """

    def __init__(self, path: Path | str, *, span: TimeSpan = ALL_TIME) -> None:
        span.check()
        self._path = Path(path)
        self._files = _picture_files(self._path)
        self._notices: list[str] = []
        wanted = span.indices(self.frame_times())
        self._next, self._stop = wanted.start, wanted.stop
        if not wanted:
            raise VideoError(f"{self._path} has no picture between the start and end asked for.")
        self._info = self._look()

    @property
    def info(self) -> VideoInfo:
        """Facts; the size is that of the first picture, others may differ."""
        return self._info

    @property
    def notices(self) -> tuple[str, ...]:
        """Pictures that could not be read, one sentence each."""
        return tuple(self._notices)

    def __iter__(self) -> Iterator[Frame]:
        """The pictures from the present place on."""
        while self._next < self._stop:
            index = self._next
            self._next += 1
            image = read_image(self._files[index])
            if image is not None:
                yield Frame(index, float(index / IMAGE_RATE), image)
            else:
                self._notices.append(f"{self._files[index].name} is not a picture that can be read; left out.")

    def seek(self, time_s: float) -> None:
        """Go to the first picture with a time at or after the one asked for"""
        self._next = TimeSpan(time_s).indices(self.frame_times()).start

    def frame_times(self) -> tuple[float, ...]:
        """Times of all pictures in seconds."""
        return tuple(float(index / IMAGE_RATE) for index in range(len(self._files)))

    def close(self) -> None:
        """Nothing is held open."""
        self._stop = 0

    def _look(self) -> VideoInfo:
        for file in self._files[self._next : self._stop]:
            image = read_image(file)
            if image is not None:
                return VideoInfo(
                    name=self._path.name,
                    path=self._path.absolute(),
                    size_wh=(image.shape[1], image.shape[0]),
                    frame_count=len(self._files),
                    duration_s=float(len(self._files) / IMAGE_RATE),
                    frame_rate=IMAGE_RATE,
                    codec=file.suffix[1:].lower(),
                    time_base=1 / IMAGE_RATE,
                )
        raise VideoError(f"{self._path} holds no picture that can be read.")


def read_image(path: Path) -> Image | None:
    """One picture as (H, W, 3) uint8 RGB, turned upright as its EXIF says; None when it is not a picture."""
    try:
        data = np.fromfile(path, np.uint8)  # not cv2.imread, which fails on some non-ASCII paths
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _picture_files(path: Path) -> list[Path]:
    if path.is_dir():
        files = [file for file in path.iterdir() if _is_picture(file)]
        if not files:
            kinds = " ".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
            raise VideoError(f"The folder {path} holds no pictures ({kinds}).")
        return sorted(files, key=lambda file: _natural(file.name))
    if not path.exists():
        raise VideoError(f"There is no file {path}.")
    return [path]


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that reads runs of digits as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]
