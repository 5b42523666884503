"""Video files as people really have them: each was seen to go wrong, and the right value is known from its making."""

import os
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import index_of, make_clip
from tests.shared_material import needs_program
from tracking.time_span import TimeSpan
from tracking.video.factory import open_source
from tracking.video.packet_times import PacketTimes

FRAMES = 75
OF_FFMPEG = {  # options of ffmpeg that make the file of a clip of 75 pictures, 30 a second
    "h264.avi": ("-c:v", "libx264", "-bf", "2", "-g", "12"),
    "open_gop.avi": (
        "-c:v",
        "libx264",
        "-x264-params",
        "bframes=3:open-gop=1:keyint=12:min-keyint=12:b-pyramid=strict",
    ),
    "mpeg2.avi": ("-c:v", "mpeg2video", "-bf", "2", "-g", "12"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-bf", "2", "-g", "12"),
    "h264.asf": ("-c:v", "libx264", "-bf", "3", "-g", "12"),
    "raw.h264": ("-c:v", "libx264", "-bf", "2", "-g", "12", "-bsf:v", "h264_mp4toannexb"),
    "raw.hevc": ("-c:v", "libx265", "-x265-params", "log-level=error:keyint=12"),
    "b.mp4": ("-c:v", "libx264", "-bf", "3", "-g", "12"),
    "mpeg4.mkv": ("-c:v", "mpeg4", "-bf", "2", "-g", "12"),
}


def ffmpeg(*arguments):
    """Run it, or skip."""
    needs_program("ffmpeg")
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Pictures that tell their number, 30 a second."""
    return make_clip(tmp_path_factory.mktemp("base") / "base.mp4", FRAMES)


def is_picture(image, number):
    return abs(index_of(image) - number % 45) <= 1


@pytest.mark.parametrize("name", OF_FFMPEG)
def test_every_picture_comes_once_at_its_time_and_is_found_again(tmp_path, base, name):
    path = tmp_path / name
    ffmpeg("-i", base, "-pix_fmt", "yuv420p", *OF_FFMPEG[name], path)
    with open_source(path) as source:
        times = []
        for number, frame in enumerate(source):
            assert frame.index == number and is_picture(frame.image, number)
            times.append(frame.time_s)
        assert times == pytest.approx([number / 30 for number in range(FRAMES)], abs=2e-3)
        assert source.frame_times() == tuple(times)
        assert source.info.frame_rate == 30
        for number in (70, 3, 40, 41, 11, 12, 13, 0, 74):
            source.seek(times[number])
            frame = next(iter(source))
            assert (frame.index, frame.time_s) == (number, times[number]) and is_picture(frame.image, number)
    with open_source(path, span=TimeSpan(times[31], times[33])) as source:
        assert [frame.index for frame in source] == [31, 32]


def test_a_lost_picture_moves_none_behind_it_in_time(tmp_path, base):
    """Without presentation times pictures are counted; a key picture sets the count right."""
    whole = tmp_path / "whole.avi"
    ffmpeg("-i", base, "-pix_fmt", "yuv420p", *OF_FFMPEG["mpeg4.avi"], whole)
    data = bytearray(whole.read_bytes())
    places = [i for i in range(len(data) - 4) if data[i : i + 4] == b"00dc"]
    size = int.from_bytes(data[places[5] + 4 : places[5] + 8], "little")
    data[places[5] + 8 : places[5] + 8 + size] = bytes(size)  # the sixth picture stored is nothing now
    broken = tmp_path / "broken.avi"
    broken.write_bytes(data)
    with open_source(broken) as source:
        seen = {frame.index: index_of(frame.image) for frame in source}
    assert len(seen) < FRAMES
    assert all(abs(number % 45 - told) <= 1 for number, told in seen.items() if number > 12)


def test_a_raw_stream_says_which_rate_was_assumed(tmp_path, base):
    ffmpeg("-i", base, "-pix_fmt", "yuv420p", *OF_FFMPEG["raw.h264"], tmp_path / "raw.h264")
    with open_source(tmp_path / "raw.h264") as source:
        assert any("has no times; 30 frames per second were assumed" in notice for notice in source.notices)


def test_joined_recordings_get_one_rising_time(tmp_path, base):
    ffmpeg("-i", base, "-pix_fmt", "yuv420p", *OF_FFMPEG["b.mp4"], tmp_path / "one.ts")
    joined = tmp_path / "joined.ts"
    joined.write_bytes((tmp_path / "one.ts").read_bytes() * 2)
    with open_source(joined) as source:
        frames = [(frame.index, frame.time_s, index_of(frame.image)) for frame in source]
        times = [frame[1] for frame in frames]
        assert len(frames) == 2 * FRAMES
        assert np.diff(times) == pytest.approx(1 / 30, abs=1e-4)
        assert source.frame_times() == tuple(times)
        assert any("times that jump back" in notice for notice in source.notices)
        for number in (FRAMES + 40, FRAMES, FRAMES - 1, 20):
            source.seek(times[number])
            frame = next(iter(source))
            assert (frame.index, frame.time_s) == (number, times[number]) and is_picture(frame.image, number % FRAMES)


@pytest.mark.parametrize(("options", "begins_s"), [(("-f", "mpegts"), 40001.4), (("-f", "matroska"), 40000.0)])
def test_files_that_begin_late_keep_their_times(tmp_path, base, options, begins_s):
    ffmpeg(
        "-i", base, "-pix_fmt", "yuv420p", *OF_FFMPEG["b.mp4"], "-output_ts_offset", 40000, *options, tmp_path / "late"
    )
    with open_source(tmp_path / "late") as source:
        times = [frame.time_s for frame in source]
        assert times == pytest.approx([begins_s + number / 30 for number in range(FRAMES)], abs=2e-3)
        assert source.info.duration_s == pytest.approx(FRAMES / 30, abs=0.05)


HDR_OF = {"HLG": ("arib-std-b67", "", 0.25), "PQ": ("smpte2084", ":npl=203", 0.05)}
"""Transfer, where white lies (HLG: at 100 cd/m2, darker than is usual), and how near the result must be."""


@pytest.mark.parametrize("name", HDR_OF)
def test_hdr_pictures_look_like_those_they_were_made_from(tmp_path, name):
    plain = make_clip(tmp_path / "plain.mp4", 2, painter=_ramps, size_wh=(256, 96))
    transfer, peak, near = HDR_OF[name]
    colours = (
        f"zscale=tin=bt709:min=170m:pin=bt709:rin=tv:t={transfer}:p=bt2020:m=bt2020nc:r=tv{peak},format=yuv420p10le"
    )
    ffmpeg(
        *("-i", plain, "-vf", f"format=yuv420p,{colours}", "-c:v", "libx265", "-x265-params", "log-level=error:crf=4"),
        *("-color_trc", transfer, "-color_primaries", "bt2020", "-colorspace", "bt2020nc", tmp_path / "hdr.mp4"),
    )
    with open_source(plain) as before, open_source(tmp_path / "hdr.mp4") as after:
        wanted, found = (next(iter(source)).image.astype(float) for source in (before, after))
        assert any(f"is HDR ({name})" in notice for notice in after.notices)
        assert not before.notices
    assert found.mean() == pytest.approx(wanted.mean(), rel=near)
    assert found.std() == pytest.approx(wanted.std(), rel=near)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.97


def _ramps(_index, size_wh):
    """Grey, red, green and blue, from dark to bright."""
    width, height = size_wh
    ramp = np.broadcast_to(np.linspace(20, 235, width), (height // 4, width))
    still = np.full_like(ramp, 60)
    rows = [(ramp, ramp, ramp), (ramp, still, still), (still, ramp, still), (still, still, ramp)]
    return np.concatenate([np.stack(row, -1) for row in rows]).astype(np.uint8)


def test_of_several_videos_the_default_one_is_taken_and_the_others_are_told_of(tmp_path):
    small = make_clip(tmp_path / "small.mp4", 3)
    large = make_clip(tmp_path / "large.mp4", 3, size_wh=(192, 128))
    both = ("-i", small, "-i", large, "-map", "0:v", "-map", "1:v", "-c", "copy")
    ffmpeg(*both, "-disposition:v:0", "0", "-disposition:v:1", "default", tmp_path / "second.mkv")
    ffmpeg(*both, "-disposition:v:0", "default", "-disposition:v:1", "0", tmp_path / "first.mkv")
    for name, size in (("second.mkv", (192, 128)), ("first.mkv", (96, 64))):
        with open_source(tmp_path / name) as source:
            assert {frame.size_wh for frame in source} == {size}
            assert any("contains 2 videos" in notice for notice in source.notices)


@pytest.mark.parametrize(
    "name", ["10:30.mp4", "rtsp:x.mp4", os.fsdecode(b"caf\xe9.mp4"), "a%03d.mp4", "a" * 251 + ".mp4"]
)
def test_a_name_is_nothing_but_a_name(tmp_path, monkeypatch, base, name):
    (tmp_path / name).write_bytes(base.read_bytes())
    monkeypatch.chdir(tmp_path)
    with open_source(name) as source:
        assert next(iter(source)).index == 0


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("list.ffconcat", "ffconcat version 1.0\nfile base.mp4\n", "is a list of other files"),
        (
            "list.m3u8",
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
            "list.m3u8",
        ),
        ("call.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", "call.sdp"),
    ],
)
def test_a_file_that_only_points_to_others_is_refused(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=sentence):
        open_source(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UserError, match=r"pipe.mp4 is not a file but a pipe"):
        open_source(tmp_path / "pipe.mp4")


def test_small_steps_back_in_decoding_times_are_no_jump():
    """A recording that was cut at an open group of pictures begins with them."""
    times = PacketTimes(Fraction(1, 1000), counted=False, step_s=1 / 30)
    for stamp in (2400, 2333, 2367, 2500, 2433):
        packet = Packet(stamp)
        times.add(packet)
        assert packet.pts == stamp
    assert not times.jumped


class Packet:
    """The stamps of a packet."""

    is_keyframe = is_discard = False
    duration = 33

    def __init__(self, stamp):
        self.pts = self.dts = stamp
