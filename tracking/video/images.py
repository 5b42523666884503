"""Pictures as a source: folders in natural order, and files that hold one or many."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np

from tracking.number_words import listed
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame
from tracking.video.orientation import Image, fitted
from tracking.video.source import ClosingSource, VideoError, VideoInfo, nothing_within

IMAGE_SUFFIXES = frozenset({
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jp2", ".bmp", ".dib", ".webp", ".avif", ".tif", ".tiff", ".ppm", ".pgm",
    ".pbm", ".pnm", ".pfm", ".ras", ".sr", ".hdr", ".pic",
})  # fmt: skip
"""What is read as a picture; a GIF on its own is a film."""
IN_FOLDERS = IMAGE_SUFFIXES | {".gif"}
IMAGE_RATE = Fraction(30)
"""Pictures carry no time; picture i is shown at i / 30 s. Animations have their own times."""
SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
NAMED_AT_MOST = 5
CHUNK_BYTES = 128_000_000
"""Of a file with many pictures so much is decoded at a time."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One picture of a file; several: how many the file holds."""

    file: Path
    number: int = 0
    several: int = 1


class ImageFolder(ClosingSource):
    """All pictures of a folder, sorted as people number them (2 before 10), or those of one file.

    Files of several pictures (TIFF, animated WebP, PNG and GIF) are read whole. Pictures that cannot be read are left
    out and named in `notices`; they keep their place in the count. Those of another size than the first are fitted into
    its size. VideoError when there is none to read.
    """

    def __init__(self, path: Path | str, *, span: TimeSpan = ALL_TIME) -> None:
        span.check()
        self._path = Path(path)
        self._pages = tuple(page for file in self._picture_files() for page in _pages(file))
        self._times = self._all_times()
        self._chunk: dict[_Page, Image | None] = {}
        wanted = span.indices(self._times)
        self._next, self._stop = wanted.start, wanted.stop
        if not wanted:
            raise nothing_within(str(self._path), self._times[0], self._times[-1])
        self._info = self._look()

    def __iter__(self) -> Iterator[Frame]:
        """The pictures from the present place on."""
        while self._next < self._stop:
            index = self._next
            self._next += 1
            image = self._read(index)
            if image is not None:
                yield Frame(index, self._times[index], self._sized(image))
            else:
                self._notice(f"{self._name_of(self._pages[index])} is not a readable image; it was left out.")

    def seek(self, time_s: float) -> None:
        """Go to the first picture with a time at or after the one asked for."""
        self._next = TimeSpan(time_s).indices(self._times).start

    def frame_times(self) -> tuple[float, ...]:
        """Times of all pictures in seconds."""
        return self._times

    def close(self) -> None:
        """Nothing is held open."""
        self._stop = 0
        self._chunk = {}

    def _look(self) -> VideoInfo:
        for index in range(self._next, self._stop):
            image = self._read(index)
            if image is None:
                continue
            duration_s = self._times[-1] + (self._times[-1] - self._times[0]) / max(len(self._times) - 1, 1)
            mean = Fraction(len(self._times) / duration_s).limit_denominator(1001) if duration_s else IMAGE_RATE
            even = np.allclose(self._times, np.arange(len(self._times)) / float(IMAGE_RATE))
            return VideoInfo(
                name=self._path.name,
                path=self._path.absolute(),
                size_wh=(image.shape[1], image.shape[0]),
                frame_count=len(self._pages),
                duration_s=float(len(self._pages) / IMAGE_RATE) if even else duration_s,
                frame_rate=IMAGE_RATE if even else mean,
                codec=self._pages[index].file.suffix[1:].lower(),
                time_base=1 / IMAGE_RATE if even else Fraction(1, 1000),
                is_timed=not even,
            )
        raise VideoError(f"{self._path} has no readable image.")

    def _picture_files(self) -> list[Path]:
        if not os.path.isdir(self._path):
            if not os.path.exists(self._path):
                raise VideoError(f"There is no file {self._path}.")
            return [self._path]
        try:
            files = [file for file in self._path.iterdir() if not file.name.startswith(".") and not file.is_dir()]
        except OSError as error:
            raise VideoError(f"The folder {self._path} may not be read; check its permissions.") from error
        pictures = [file for file in files if file.suffix.lower() in IN_FOLDERS]
        if not pictures:
            kinds = " ".join(sorted(suffix[1:] for suffix in IN_FOLDERS))
            raise VideoError(f"The folder {self._path} has no images ({kinds}).")
        self._tell_left_out(sorted({file.name for file in files} - {file.name for file in pictures}, key=_natural))
        return sorted(pictures, key=lambda file: _natural(file.name))

    def _tell_left_out(self, names: Sequence[str]) -> None:
        names = [name for name in names if name.lower() not in SYSTEM_FILES]
        if names:
            self._notice(f"Files that are not images were left out: {listed(names, at_most=NAMED_AT_MOST)}.")

    def _all_times(self) -> tuple[float, ...]:
        """30 a second; of one animated file its own times."""
        if not self._path.is_dir() and len(self._pages) > 1 and not _is_tiff(self._path):
            lengths = _durations(self._path, len(self._pages))
            return (0.0, *accumulate(lengths[:-1]))
        return tuple(float(index / IMAGE_RATE) for index in range(len(self._pages)))

    def _read(self, index: int) -> Image | None:
        page = self._pages[index]
        if page.several == 1:
            return read_image(page.file)
        if page not in self._chunk:
            first = _read_pages(page.file, page.number, 1)
            count = max(1, CHUNK_BYTES // first[0].nbytes) if first else 1
            images = first if count == 1 else _read_pages(page.file, page.number, count)
            self._chunk = dict(zip(self._pages[index : index + len(images)], images, strict=False))
        return self._chunk.get(page)

    def _sized(self, image: Image) -> Image:
        width, height = self._info.size_wh
        if image.shape[:2] != (height, width):
            self._notice(f"{self._path.name} has images of several sizes; all were scaled to {width}x{height}.")
        return fitted(image, self._info.size_wh)

    def _name_of(self, page: _Page) -> str:
        return page.file.name if page.several == 1 else f"Image {page.number + 1} of {page.file.name}"


def read_image(path: Path) -> Image | None:
    """One picture as (H, W, 3) uint8 RGB, turned upright as its EXIF says; None when it is not a picture."""
    try:
        data = np.fromfile(path, np.uint8)  # not cv2.imread, which fails on some non-ASCII paths
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _pages(file: Path) -> list[_Page]:
    """The pictures of a file; one that can't be read has one."""
    count = 1
    if _may_hold_several(file):
        try:
            count = max(1, int(cv2.imcount(str(file))))
        except (cv2.error, UnicodeError):  # a name that OpenCV can't take
            count = max(1, len(_read_pages(file, 0, 2**15)))
    return [_Page(file, number, count) for number in range(count)]


def _may_hold_several(file: Path) -> bool:
    """By its first bytes: a TIFF, a GIF, or a WebP, PNG or AVIF that says it is animated."""
    try:
        with file.open("rb") as opened:
            head = opened.read(256)
    except OSError:
        return False
    animated = (head[:4] == b"RIFF" and b"ANIM" in head) or b"acTL" in head or head[4:12] == b"ftypavis"
    return animated or head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8")


def _is_tiff(file: Path) -> bool:
    return file.suffix.lower() in (".tif", ".tiff")


def _read_pages(file: Path, first: int, count: int) -> list[Image]:
    """Pictures first, first + 1, ... of a file as RGB, as far as they can be read."""
    try:
        data = np.fromfile(file, np.uint8)
        if _is_tiff(file):
            images = cv2.imdecodemulti(data, cv2.IMREAD_COLOR, range=(first, first + count))[1]
        else:
            images = cv2.imdecodeanimation(data, first, count)[1].frames
    except (OSError, cv2.error):
        return []
    codes = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    return [np.asarray(cv2.cvtColor(image, codes[image.shape[2]]), np.uint8) for image in images]


def _durations(file: Path, count: int) -> list[float]:
    """How long each picture of an animation is shown, seconds."""
    data = np.fromfile(file, np.uint8)
    found: list[float] = []
    while len(found) < count:
        durations = cv2.imdecodeanimation(data, len(found), 16)[1].durations
        if len(durations) == 0:
            break
        found += [float(length) / 1000 if length > 0 else float(1 / IMAGE_RATE) for length in np.ravel(durations)]
    return (found + [float(1 / IMAGE_RATE)] * count)[:count]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that reads runs of digits as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]
