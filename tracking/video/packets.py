"""The packets of a file's video stream up to where the file is cut off, which is an error of FFmpeg's like others."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.error import tag_to_code

EBML, SEGMENT = bytes.fromhex("1A45DFA3"), bytes.fromhex("18538067")
HEAD_BYTES = 4096


def whole_packets(container: Any, stream: Any) -> Iterator[Any]:
    """Packets that hold anything, in the order of the file. FFmpegError where it is cut off.

    A packet torn by the end of the file is left out: a decoder with threads would lose whole pictures before it.
    """
    torn = None
    for packet in container.demux(stream):
        if packet.size:
            if torn is not None:  # damaged, but more follows
                yield torn
            torn = packet if packet.is_corrupt else None
            if torn is None:
                yield packet
    if torn is not None or _ends_early(container, stream):
        raise av.InvalidDataError(tag_to_code(b"INDA"), "the file is cut off")


def _ends_early(container: Any, stream: Any) -> bool:
    """Whether the file is shorter than it says, where FFmpeg tells nothing of a missing end: in Matroska nowhere, in
    MP4 not between two packets."""
    kind, end = container.format.name, None
    if kind.startswith("matroska"):
        end = _stated_end(_head(Path(container.name), container.size))
    elif "mp4" in kind and len(stream.index_entries):
        last = stream.index_entries[-1]
        end = last.pos + last.size
    return end is not None and 0 < container.size < end


def _head(path: Path, size: int) -> bytes:
    """How the file begins that is being read, which has that size; nothing where another one has taken its place, or of
    a network address."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(HEAD_BYTES) if os.fstat(file.fileno()).st_size == size else b""
    return b""


def _stated_end(head: bytes) -> int | None:
    """Where the segment ends in bytes, by the file's beginning; None when it doesn't say, as while it is written."""
    at, size = 0, 0
    for name in (EBML, SEGMENT):
        at += size
        if head[at : at + 4] != name or not head[at + 4 : at + 5].strip(b"\0"):
            return None
        length = 9 - head[at + 4].bit_length()  # of the number: as many bytes as its first has zeros in front, and one
        unknown = (1 << 7 * length) - 1
        size = int.from_bytes(head[at + 4 : at + 4 + length], "big") & unknown
        if size == unknown:
            return None
        at += 4 + length
    return at + size
