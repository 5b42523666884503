"""The sound of one file carried into another: packets copied as they are where MP4 can hold them, else AAC."""

import contextlib
import errno
import io
import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.bitstream

from tracking.time_span import ALL_TIME, TimeSpan
from tracking.video.container import local_container
from tracking.video.fragments import FragmentedMp4
from tracking.video.sound_transcoding import DAMAGED

COPYABLE = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac"})
"""Codecs that MP4 holds; all others are encoded again as AAC."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Errors that are the disk's, not the sound's."""

CHECK_S = 10.0
"""How long the end of a video waits to hear whether its sound is damaged; who decodes it is far ahead by then."""


class SoundTrack:
    """Feeds the sound of a file to a video that is being written, in step with the pictures.

    Of several tracks the one is taken that a player takes: the default one, or else the first that can be read.
    Sound within the span is taken, none from before origin_s; its times stay those of the file, less origin_s, so it
    stays in step exactly. Times given to `advance` are those of the output.
    Damage in the sound never stops the pictures: the rest of it is left out and `notice` says so. Sound that must be
    decoded is decoded in a process of its own (`sound_transcoding`), which may come down alone. What is copied is
    decoded by such a process, too, only to tell of damage in it.
    """

    def __init__(self, path: Path, output: FragmentedMp4, *, span: TimeSpan = ALL_TIME, origin_s: float = 0.0) -> None:
        self.notice: str | None = None
        self._output = output
        self._span = TimeSpan(origin_s).within(span) if origin_s else span
        self._origin_s = origin_s
        self._input: Any = None
        self._child: subprocess.Popen[bytes] | None = None
        self._check: subprocess.Popen[bytes] | None = None
        self._written_s = -math.inf  # in the file's time
        self._waiting: Any = None
        try:
            self._packets = self._begun(path)
            self._waiting = next(self._packets, None)
            if self._waiting is not None:
                output.expect(self._waiting)
        except (av.FFmpegError, OSError, ValueError) as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            self._give_up(f"The sound of {path.name} cannot be read; the new video has none.")

    def advance(self, until_s: float | None) -> None:
        """Write all sound that starts before a time (None: all that is left)."""
        try:
            while self._waiting is not None and (until_s is None or _time_of(self._waiting) < until_s):
                self._written_s = _time_of(self._waiting) + self._origin_s
                self._output.mux(self._waiting)
                self._waiting = next(self._packets, None)
        except av.FFmpegError as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            self._give_up("The sound cannot be written into the video; the rest of it was left out.")

    def close(self) -> None:
        """Give the source file back."""
        self._say_what_was_copied()
        self._end()

    def _end(self) -> None:
        self._waiting = None
        if self._input is not None:
            with contextlib.suppress(av.FFmpegError):
                self._input.close()
        for child in filter(None, (self._child, self._check)):
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        self._check = None

    def _give_up(self, notice: str) -> None:
        self._say(notice)
        self._end()

    def _begun(self, path: Path) -> Iterator[Any]:
        """Packets for the output, from the stream that is taken."""
        self._input = local_container(path)
        source = _best_track(self._input)
        tracks = list(self._input.streams.audio)
        if len(tracks) > 1:
            self.notice = f"{path.name} has {len(tracks)} sound tracks; number {tracks.index(source) + 1} was kept."
        index = source.index
        if source.codec.canonical_name in COPYABLE and _fits_mp4(path, index):
            start_s, end_s = self._span.start_s, self._span.end_s
            if start_s is not None:
                self._input.seek(int(start_s / source.time_base), stream=source)
            limits = -math.inf if start_s is None else start_s, math.inf if end_s is None else end_s
            self._check = _decoding("check", path, index, *limits)
        else:
            self._input.close()
            self._input = self._transcoded(path, index)
            source = self._input.streams.audio[0]
        target = self._output.add_stream_from_template(source)
        return self._within(_copies(self._input, source, target))

    def _transcoded(self, path: Path, index: int) -> Any:
        """What the process that decodes gives, as a container."""
        start = [] if self._span.start_s is None else [self._span.start_s]
        self._child = _decoding("transcode", path, index, *start)
        return av.open(self._child.stdout, format="nut")

    def _within(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Those of the span, at their time in the output; it ends at the first damage that stops the reading."""
        came, is_whole = False, True
        try:
            for packet in packets:
                came = True
                time_s = _time_of(packet)
                if self._span.is_over(time_s):
                    return
                if self._span.has_begun(time_s):
                    yield self._moved(packet)
        except av.FFmpegError:
            is_whole = False
        self._say_how_it_ended(came, is_whole)

    def _say_how_it_ended(self, came: bool, is_whole: bool) -> None:
        code = 0 if self._child is None else self._child.wait()
        if code and not came:
            self._say("The sound cannot be decoded; the new video has none.")
        elif code == DAMAGED and is_whole:
            self._say("Parts of the sound are damaged; they were left out.")
        elif code:
            self._say("The sound cannot be decoded to its end; the rest of it was left out.")
        elif not is_whole:
            self._say("The sound is damaged; what comes after the damage was left out.")

    def _say_what_was_copied(self) -> None:
        """Nothing where the decoder came down or is far behind: it is the copy that counts."""
        if self._check is None or self._check.stdout is None:
            return
        patience = threading.Timer(CHECK_S, self._check.kill)
        patience.start()
        for line in self._check.stdout:
            state, time_s = line.split()
            if float(time_s) > self._written_s:
                break
            if state == b"damaged":
                self._say(f"The sound is damaged, first at {float(time_s):.3f} s; it was copied as it is.")
                break
        patience.cancel()

    def _say(self, sentence: str) -> None:
        self.notice = " ".join(filter(None, (self.notice, sentence)))

    def _moved(self, packet: Any) -> Any:
        """The packet at its time in the output."""
        if self._origin_s:
            ticks = round(self._origin_s / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts = None if packet.dts is None else packet.dts - ticks
        return packet


def _decoding(does: str, path: Path, index: int, *times_s: float) -> subprocess.Popen[bytes]:
    """The program that decodes, begun; see there."""
    program = Path(__file__).with_name("sound_transcoding.py")
    return subprocess.Popen(
        [sys.executable, "-P", str(program), does, os.path.abspath(path), str(index), *map(repr, times_s)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def has_sound(path: Path) -> bool:
    """True when the file has a sound stream whose packets can be read."""
    try:
        with local_container(path) as container:
            return any(stream.codec_context is not None for stream in container.streams.audio)
    except (av.FFmpegError, OSError, ValueError):
        return False


def _best_track(container: Any) -> Any:
    """The default track, or else the first; of those that can be read at all."""
    default = av.stream.Disposition.default
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return max(known, key=lambda stream: bool(stream.disposition & default))


def _fits_mp4(path: Path, index: int) -> bool:
    """Whether an MP4 file takes the first packet as it is: a track that it refuses must not spoil the video's file."""
    try:
        with local_container(path) as source, av.open(io.BytesIO(), "w", format="mp4") as trial:
            stream = source.streams[index]
            target = trial.add_stream_from_template(stream)
            trial.mux(next(_copies(source, stream, target)))
    except (av.FFmpegError, ValueError, StopIteration):
        return False
    return True


def _copies(container: Any, source: Any, target: Any) -> Iterator[Any]:
    # AAC of broadcasts and streams has a header in each packet, where MP4 wants one for all.
    is_adts = source.codec.canonical_name == "aac" and not source.codec_context.extradata
    adts = av.bitstream.BitStreamFilterContext("aac_adtstoasc", source) if is_adts else None
    for packet in container.demux(source):
        if packet.size and packet.pts is not None:
            for copy in adts.filter(packet) if adts else (packet,):
                copy.stream = target
                yield copy


def _time_of(packet: Any) -> float:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return float(stamp * packet.time_base) if stamp is not None else 0.0
