"""Video files: times as ffprobe gives them, upright pictures, exact seeking, damaged files."""

import gc
import itertools
import random
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import (
    SIZE_WH,
    index_of,
    make_clip,
    make_sound_only,
    paint,
    probe,
    probed_times,
    without_packets,
)
from tests.shared_material import SHARED_CLIPS, needs_program, shared
from tracking.time_span import TimeSpan
from tracking.video.factory import open_source
from tracking.video.file import VideoFile
from tracking.video.orientation import Orientation
from tracking.video.writer import VideoWriter

UNEVEN = (0, 3, 4, 9, 10, 11, 25, 26, 40, 41, 43, 47, 60, 61, 62)

CLIPS = {
    "even.mp4": {},
    "ntsc.mp4": {"time_base": Fraction(1001, 30000)},
    "uneven.mp4": {"stamps": UNEVEN, "time_base": Fraction(1, 600)},
    "late.mp4": {"stamps": range(77, 107)},
    "matroska.mkv": {"time_base": Fraction(1, 24)},
    "broadcast.ts": {"codec": "mpeg2video", "time_base": Fraction(1, 25)},
    "web.webm": {"codec": "libvpx", "time_base": Fraction(1, 50)},
    "old.avi": {"codec": "mpeg4", "time_base": Fraction(1, 25)},
    "sound.mp4": {"sound": "aac"},
}


@pytest.mark.parametrize("name", CLIPS)
def test_times_are_those_of_ffprobe(tmp_path, name):
    path = make_clip(tmp_path / name, **CLIPS[name])
    with open_source(path) as source:
        times = [frame.time_s for frame in source]
        assert source.frame_times() == tuple(times)
        assert source.notices == ()
        assert not source.ended_early
    assert [f"{time_s:.6f}" for time_s in times] == probed_times(path)


@pytest.mark.parametrize("name", ["aisle_crossing", "single_portrait", "walk_crossing", "walk_single"])
def test_real_clips(name):
    path = shared(SHARED_CLIPS / f"{name}.mp4")
    with open_source(path) as source:
        assert list(source.frame_times()) == [frame.time_s for frame in source]
        assert len(source.frame_times()) == source.info.frame_count
    assert [f"{time_s:.6f}" for time_s in source.frame_times()] == probed_times(path)


def test_pictures_and_facts(tmp_path):
    path = make_clip(tmp_path / "a.mp4", 20, sound="aac")
    with open_source(path) as source:
        frames = list(source)
        info = source.info
    assert [frame.index for frame in frames] == list(range(20))
    assert [index_of(frame.image) for frame in frames] == list(range(20))
    red = frames[0].image[4, 4].astype(int)
    assert red[0] > 200 and red[1:].max() < 60, "pictures are RGB"
    assert (info.size_wh, info.frame_count, info.frame_rate) == (SIZE_WH, 20, 30)
    assert info.has_audio and info.codec == "h264" and not info.is_live
    assert info.duration_s == pytest.approx(20 / 30)


@pytest.mark.parametrize("matrix", itertools.product((0, 90, 180, 270), (False, True), (False, True)))
def test_every_display_matrix_is_obeyed(tmp_path, matrix):
    path = make_clip(tmp_path / "turned.mp4", 2, rotate=matrix)
    with open_source(path) as source:
        image = next(iter(source)).image
        assert source.info.size_wh == (image.shape[1], image.shape[0])
    needs_program("ffmpeg")
    command = ["ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    wanted = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8)
    wanted = wanted.reshape(image.shape).astype(int)
    assert np.abs(image - wanted).mean() < 3


def test_orientation_names_what_it_does():
    image = paint(0)
    red_corner = {  # rotation and mirror -> where the red corner of the stored picture comes to lie
        (0, False): (0, 0), (90, False): (0, 1), (180, False): (1, 1), (270, False): (1, 0),
        (0, True): (0, 1), (90, True): (0, 0), (180, True): (1, 0), (270, True): (1, 1),
    }  # fmt: skip
    for flags in itertools.product((False, True), repeat=3):
        turn = Orientation(*flags)
        upright = turn.apply(image)
        assert turn.upright_size(SIZE_WH) == (upright.shape[1], upright.shape[0])
        corners = upright[:: upright.shape[0] - 1, :: upright.shape[1] - 1, 1]
        row, column = (int(place) for place in np.argwhere(corners == 0)[0])
        assert (row, column) == red_corner.pop((turn.rotation_deg, turn.mirrored))
    assert not red_corner


# -- seeking ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["even.mp4", "uneven.mp4", "late.mp4", "matroska.mkv", "broadcast.ts", "web.webm"])
def test_seek_gives_the_first_frame_at_or_after(tmp_path, name):
    path = make_clip(tmp_path / name, **CLIPS[name], gop=7)
    with VideoFile(path) as source:
        plain = [(frame.index, frame.time_s, index_of(frame.image)) for frame in source]
        times = [time_s for _, time_s, _ in plain]
        spots = times + [time_s + 0.001 for time_s in times] + [time_s - 5e-7 for time_s in times]
        random.Random(7).shuffle(spots)
        for spot in spots:
            source.seek(spot)
            wanted = [row for row in plain if row[1] >= spot - 1e-6][:3]
            got = [(f.index, f.time_s, index_of(f.image)) for f, _ in zip(source, wanted, strict=False)]
            assert got == wanted, spot


def test_seek_past_the_end_and_before_the_start(tmp_path):
    with VideoFile(make_clip(tmp_path / "a.mp4", 20)) as source:
        source.seek(99)
        assert list(source) == []
        source.seek(-5)
        assert [frame.index for frame in source] == list(range(20))


def test_real_clip_seeks_exactly():
    path = shared(SHARED_CLIPS / "single_portrait.mp4")
    with VideoFile(path) as source:
        times = source.frame_times()
        sums = {frame.index: int(frame.image.sum()) for frame in source if frame.index in (3, 100, 101, 250)}
        for index in (250, 3, 101, 100):
            source.seek(times[index])
            frame = next(iter(source))
            assert (frame.index, frame.time_s, int(frame.image.sum())) == (index, times[index], sums[index])


def test_start_and_end(tmp_path):
    path = make_clip(tmp_path / "a.mp4", 30)
    with open_source(path, span=TimeSpan(start_s=0.2, end_s=0.5)) as source:
        assert [frame.index for frame in source] == list(range(6, 15))
        assert not source.ended_early
    with pytest.raises(UserError, match="before the end"):
        open_source(path, span=TimeSpan(start_s=2, end_s=1))
    with pytest.raises(UserError, match="no frame between"):
        open_source(path, span=TimeSpan(start_s=50))
    with pytest.raises(UserError, match=r"no frame between .*; its times run from 3\.000 to 3\.333 s"):
        open_source(make_clip(tmp_path / "late.mp4", range(90, 100)), span=TimeSpan(end_s=1))


# -- bad files --------------------------------------------------------------------------------------


def test_a_cut_file_gives_what_it_has_and_says_so(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", 200, options={"movflags": "faststart"}, painter=_noise)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with open_source(cut) as source:
        times = [frame.time_s for frame in source]
        assert 60 < len(times) < 140
        assert source.ended_early
        assert "cut.mp4 is cut off or damaged" in source.notices[-1]
    assert times == [index / 30 for index in range(len(times))]


CONTAINERS = {
    "a.mp4": {"options": {"movflags": "faststart"}},
    "fragments.mp4": {"options": {"movflags": "frag_keyframe+empty_moov"}},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx"},
    "a.avi": {},
    "a.flv": {},
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("lost", ["half", "less than a second", "half a packet"])
def test_whatever_is_missing_at_the_end_is_noticed_and_costs_nothing_else(tmp_path, name, lost):
    whole = make_clip(tmp_path / name, 60, painter=_noise, **CONTAINERS[name])
    with av.open(str(whole)) as container:
        ends = [packet.pos + packet.size for packet in container.demux(video=0) if packet.size]
    left = {"half": ends[30] - 50, "less than a second": ends[50] - 50, "half a packet": ends[-1] - 50}[lost]
    cut = whole.with_stem("cut")
    cut.write_bytes(whole.read_bytes()[:left])
    with open_source(whole) as source:
        times = [frame.time_s for frame in source]
        assert len(times) == 60 and not source.ended_early
    with open_source(cut) as source:
        left_s = [frame.time_s for frame in source]
        assert source.ended_early and "is cut off or damaged" in source.notices[-1]
        assert len(left_s) == len(source.frame_times()) == sum(end <= left for end in ends)
    assert set(left_s) <= set(times)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_cut_between_two_packets_is_noticed(tmp_path, name):
    whole = make_clip(tmp_path / name, 60, painter=_noise, **CONTAINERS[name])
    with av.open(str(whole)) as container:
        ends = [packet.pos + packet.size for packet in container.demux(video=0) if packet.size]
    cut = whole.with_stem("cut")
    cut.write_bytes(whole.read_bytes()[: ends[40]])
    with open_source(cut) as source:
        assert len(list(source)) in (40, 41) and source.ended_early


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_file_that_another_one_replaces_while_it_is_read_is_read_to_its_end(tmp_path, name):
    path = make_clip(tmp_path / name, 60, painter=_noise, **CONTAINERS[name])
    with open_source(path) as source:
        frames = iter(source)
        next(frames)
        make_clip(path.with_stem("short"), 3, painter=_noise, **CONTAINERS[name]).replace(path)
        assert len(list(frames)) == 59 and not source.ended_early


def test_a_matroska_file_that_is_still_being_written_is_not_cut_off(tmp_path):
    """Until it is finished it does not say how long it is."""
    path = make_clip(tmp_path / "a.mkv", 20)
    data = bytearray(path.read_bytes())
    place = data.index(bytes.fromhex("18538067")) + 4
    data[place : place + 8] = bytes.fromhex("01FFFFFFFFFFFFFF")
    path.write_bytes(data)
    with open_source(path) as source:
        assert len(list(source)) == 20 and not source.ended_early


def test_a_last_picture_that_is_shown_long_is_no_early_end(tmp_path):
    writer = VideoWriter(tmp_path / "slides.mp4", SIZE_WH, frame_rate=Fraction(1, 5))
    for index in range(3):
        writer.write(paint(index), 5.0 * index)
    with open_source(writer.close()) as source:
        assert [frame.time_s for frame in source] == [0, 5, 10]
        assert source.info.duration_s == pytest.approx(15)
        assert source.notices == () and not source.ended_early


def test_a_cut_file_without_index_is_refused(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", 30)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UserError, match=r"cut\.mp4 is not a video that can be read, or it is damaged or cut off"):
        open_source(cut)


@pytest.mark.parametrize(("name", "settings"), [("a.mp4", {}), ("a.webm", {"codec": "libvpx"})])
def test_damage_in_the_middle_is_survived(tmp_path, name, settings):
    path = make_clip(tmp_path / name, 100, gop=10, painter=_noise, **settings)
    data = bytearray(path.read_bytes())
    middle, size = len(data) // 2, len(data) // 20
    data[middle : middle + size] = random.Random(1).randbytes(size)
    path.write_bytes(data)
    with open_source(path) as source:
        times = [frame.time_s for frame in source]
    assert times[-1] == pytest.approx(99 / 30, abs=0.02)
    assert len(times) > 80


def test_pieces_that_cannot_be_decoded_are_left_out_and_counted(tmp_path):
    path = make_clip(tmp_path / "a.mp4", 60, gop=1)
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for place, size in places[20:23]:
        data[place : place + size] = bytes([0xAA]) * size
    path.write_bytes(data)
    with open_source(path) as source:
        frames = list(source)
        assert source.notices == ("a.mp4 is damaged: 3 of its packets could not be decoded.",)
        assert not source.ended_early
    assert [frame.index for frame in frames] == [index for index in range(60) if index not in (20, 21, 22)]
    assert [index_of(frame.image) for frame in frames] == [frame.index % 45 for frame in frames]


def test_frames_have_the_same_numbers_however_they_are_reached(tmp_path, monkeypatch):
    path = without_packets(make_clip(tmp_path / "whole.ts", 60), tmp_path / "begun.ts", range(5))
    with VideoFile(path) as source:
        monkeypatch.setattr(
            "tracking.video.file.open_container", None
        )  # reading the file a second time beforehand takes too long
        plain = [(frame.index, frame.time_s) for frame in source]
        monkeypatch.undo()
        times = source.frame_times()
        assert len(plain) < len(times), "the pictures before the first key frame are not decoded"
        assert plain == [(times.index(time_s), time_s) for _, time_s in plain]
        for wanted in (plain[0], plain[20], plain[3]):
            source.seek(wanted[1])
            assert [(frame.index, frame.time_s) for frame in source] == plain[plain.index(wanted) :]


def test_a_change_of_size_is_brought_to_the_first_size(tmp_path):
    first = make_clip(tmp_path / "a.ts", 10, codec="mpeg2video", time_base=Fraction(1, 25))
    second = make_clip(
        tmp_path / "b.ts", range(10, 20), codec="mpeg2video", size_wh=(160, 112), time_base=Fraction(1, 25)
    )
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with open_source(both) as source:
        assert {frame.size_wh for frame in source} == {SIZE_WH}
        assert any("changes its picture size" in notice for notice in source.notices)


def _text(path):
    path.write_text("This is no video.\n" * 50)
    return path


def _empty(path):
    path.write_bytes(b"")
    return path


def _no_frames(path):
    return make_clip(path, 1, options={"movflags": "empty_moov+frag_keyframe"}) and _header_only(path)


def _header_only(path):
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moof") - 4])
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path, "There is no file .*bad.mp4"),
        (_text, "bad.mp4 is not a video"),
        (_empty, "bad.mp4 is empty"),
        (make_sound_only, "bad.mp4 contains sound but no picture"),
        (_no_frames, "bad.mp4 has no frame that can be decoded"),
    ],
)
def test_bad_files_are_told_in_one_sentence(tmp_path, make, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        open_source(make(tmp_path / "bad.mp4"))
    assert "\n" not in str(caught.value)


def test_a_dead_network_address_is_told_in_one_sentence():
    with pytest.raises(UserError, match="Nothing could be opened at rtsp://127"):
        open_source("rtsp://127.0.0.1:9/none")


def test_pixel_aspect_turns_with_the_picture(tmp_path):
    path = make_clip(tmp_path / "a.mp4", 2)
    assert probe(path, "stream=sample_aspect_ratio")["streams"]
    with open_source(path) as source:
        assert source.info.pixel_aspect == 1


def _noise(index, size_wh):
    return np.random.default_rng(index).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
def test_a_file_that_is_closed_leaves_no_threads(tmp_path):
    """Not even until the garbage collector comes, which may be long after."""
    path, threads = make_clip(tmp_path / "clip.mp4", 3), []
    gc.disable()
    try:
        for _ in range(9):
            with open_source(path) as source:
                assert len(list(source)) == 3
            threads.append(len(list(Path("/proc/self/task").iterdir())))
    finally:
        gc.enable()
    assert threads[-1] - threads[0] < 8, "one or more for each file"
