"""The annotated video: exact times, sound, odd sizes, and what is left when the run is killed or the disk is full."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import SIZE_WH, index_of, make_clip, paint, probe, probed_times
from tests.fakes import PATIENCE_S
from tests.shared_material import needs_program
from tracking.time_span import TimeSpan
from tracking.video import sound
from tracking.video.factory import open_source
from tracking.video.writer import VideoWriter

ROOT = Path(__file__).parents[3]


def rewrite(source_path, path, **changes):
    """Every picture of one file into another, as `track` does."""
    with open_source(source_path) as source:
        info = source.info
        settings = {
            "frame_rate": info.frame_rate,
            "time_base": info.time_base,
            "audio_from": info.path if info.has_audio else None,
        }
        writer = VideoWriter(path, info.size_wh, **{**settings, **changes})
        for frame in source:
            writer.write(frame.image, frame.time_s)
        writer.close()
    return writer


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("even.mp4", {}),
        ("ntsc.mp4", {"time_base": Fraction(1001, 30000)}),
        ("uneven.mp4", {"stamps": (0, 7, 8, 100, 2000, 2001, 2500), "time_base": Fraction(1, 600), "sound": "aac"}),
        ("late.mp4", {"stamps": range(77, 120), "sound": "aac"}),
        ("fine.mp4", {"stamps": [i * 33367 + i % 3 for i in range(40)], "time_base": Fraction(1, 1_000_000)}),
        ("matroska.mkv", {"time_base": Fraction(1, 24), "sound": "aac"}),
        ("broadcast.ts", {"codec": "mpeg2video", "time_base": Fraction(1, 25), "sound": "aac"}),
    ],
)
def test_times_stay_exact(tmp_path, name, settings):
    path = make_clip(tmp_path / name, **settings)
    rewrite(path, tmp_path / "out.mp4")
    assert probed_times(tmp_path / "out.mp4") == probed_times(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, "out.mp4"])


def test_times_stay_exact_without_a_time_base(tmp_path):
    times = [0.0, 0.04, 0.0834, 1.5, 1.533333]
    writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH)
    for index, time_s in enumerate(times):
        writer.write(paint(index), time_s)
    writer.close()
    with open_source(tmp_path / "out.mp4") as source:
        frames = list(source)
    assert [frame.time_s for frame in frames] == pytest.approx(times, abs=1 / 180_000)
    assert [index_of(frame.image) for frame in frames] == [0, 1, 2, 3, 4]


def test_a_browser_plays_it(tmp_path):
    rewrite(make_clip(tmp_path / "a.mp4", 40, sound="aac"), tmp_path / "out.mp4")
    streams = probe(tmp_path / "out.mp4", "stream=codec_name,pix_fmt,has_b_frames,color_range,duration")["streams"]
    assert [stream["codec_name"] for stream in streams] == ["h264", "aac"]
    assert (streams[0]["pix_fmt"], streams[0]["has_b_frames"], streams[0]["color_range"]) == ("yuv420p", 0, "tv")
    assert float(streams[0]["duration"]) == pytest.approx(40 / 30, abs=1e-3)
    data = (tmp_path / "out.mp4").read_bytes()
    assert -1 < data.find(b"moov") < data.find(b"mdat"), "the index comes first"
    assert b"moof" not in data, "no fragments are left"


def test_colours_stay(tmp_path):
    for height in (96, 720):
        image = np.zeros((height, 128, 3), np.uint8)
        image[:, :64], image[:, 64:] = (200, 40, 60), (30, 160, 220)
        writer = VideoWriter(tmp_path / "out.mp4", (128, height))
        writer.write(image, 0.0)
        writer.close()
        with open_source(tmp_path / "out.mp4") as source:
            back = next(iter(source)).image.astype(int)
        assert np.abs(back[20:-20, 10:50] - image[20:-20, 10:50]).max() <= 4
        assert np.abs(back[20:-20, 80:120] - image[20:-20, 80:120]).max() <= 4


def _packets(path):
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [
            (float(packet.pts * packet.time_base), hashlib.md5(bytes(packet)).hexdigest())
            for packet in container.demux(stream)
            if packet.size
        ]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "aac"), ("a.mp4", "libmp3lame")])
def test_sound_is_copied_bit_by_bit(tmp_path, name, codec):
    path = make_clip(tmp_path / name, 60, sound=codec)
    assert rewrite(path, tmp_path / "out.mp4").notice is None
    before, after = _packets(path), _packets(tmp_path / "out.mp4")
    assert [digest for _, digest in after] == [digest for _, digest in before]
    assert [time_s for time_s, _ in after] == pytest.approx([time_s for time_s, _ in before], abs=1.1e-3)


def test_sound_that_mp4_cannot_hold_becomes_aac(tmp_path):
    path = make_clip(tmp_path / "a.mkv", 60, sound="pcm_s16le")
    rewrite(path, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio[0].codec.canonical_name == "aac"
        wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(wave) / 44100 == pytest.approx(2.0, abs=0.05)
    assert np.abs(wave).max() > 0.2


def test_sound_of_a_part_stays_in_step(tmp_path):
    path = make_clip(tmp_path / "a.mp4", 90, sound="aac")
    with open_source(path, span=TimeSpan(start_s=1.0, end_s=2.0)) as source:
        writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH, audio_from=path, audio_span=TimeSpan(1.0, 2.0))
        for frame in source:
            writer.write(frame.image, frame.time_s)
        writer.close()
    times = [time_s for time_s, _ in _packets(tmp_path / "out.mp4")]
    assert times[0] == pytest.approx(1.0, abs=0.025) and times[-1] == pytest.approx(2.0, abs=0.025)
    whole = dict((digest, time_s) for time_s, digest in _packets(path))
    assert all(abs(whole[digest] - time_s) < 2e-3 for time_s, digest in _packets(tmp_path / "out.mp4"))


@pytest.mark.parametrize("size_wh", [(97, 64), (96, 63), (95, 61), (1, 1), (15, 17)])
def test_odd_sizes_are_padded_by_one(tmp_path, size_wh):
    writer = VideoWriter(tmp_path / "out.mp4", size_wh)
    for index in range(3):
        writer.write(np.full((size_wh[1], size_wh[0], 3), 100, np.uint8), index / 30)
    writer.close()
    assert writer.padded
    with open_source(tmp_path / "out.mp4") as source:
        image = next(iter(source)).image
    assert (image.shape[1], image.shape[0]) == tuple(side + side % 2 for side in size_wh)
    assert np.abs(image.astype(int) - 100).max() <= 3, "the last column or row is doubled, not black"


@pytest.mark.parametrize("size_wh", [(96, 64), (97, 63), (1, 1), (15, 17)])
def test_pictures_made_on_the_canvas_give_the_same_video(tmp_path, size_wh):
    """Drawn on by cv2, too, which takes no memory of any layout."""
    videos = {}
    for name in ("given", "canvas"):
        writer = VideoWriter(tmp_path / f"{name}.mp4", size_wh)
        for index in range(3):
            image = writer.canvas if name == "canvas" else np.empty((size_wh[1], size_wh[0], 3), np.uint8)
            image[:] = 40 * index
            cv2.line(image, (0, 0), size_wh, (10, 200, 90), 3, cv2.LINE_AA)
            writer.write(image, index / 30)
        videos[name] = writer.close().read_bytes()
    assert videos["given"] == videos["canvas"]


def test_another_size_is_fitted_in(tmp_path):
    writer = VideoWriter(tmp_path / "out.mp4", (96, 64))
    writer.write(np.full((64, 96, 3), 200, np.uint8), 0.0)
    writer.write(np.full((300, 100, 3), 200, np.uint8), 0.1)
    writer.close()
    with open_source(tmp_path / "out.mp4") as source:
        images = [frame.image for frame in source]
    assert images[1][:, :30].max() < 30 and images[1][:, 42:54].min() > 170


def test_times_that_do_not_rise_lose_no_picture(tmp_path):
    writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH, time_base=Fraction(1, 1000))
    for index, time_s in enumerate((0.5, 0.5, 0.4, 0.6)):
        writer.write(paint(index), time_s)
    writer.close()
    with open_source(tmp_path / "out.mp4") as source:
        assert [index_of(frame.image) for frame in source] == [0, 1, 2, 3]
        assert source.frame_times() == pytest.approx((0.5, 0.501, 0.502, 0.6))


def test_discard_leaves_nothing(tmp_path):
    writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH)
    writer.write(paint(0), 0.0)
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_discarded_while_it_is_finished_it_leaves_nothing(tmp_path):
    writer, ticks = VideoWriter(tmp_path / "out.mp4", SIZE_WH), []
    for index in range(30):
        writer.write(paint(index), index / 30)

    def tick():
        ticks.append([file.name for file in tmp_path.iterdir()])
        if len(ticks) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.close(tick=tick)
    assert len(ticks[-1]) == 2, "it was at its last copy"
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_told(tmp_path):
    with pytest.raises(UserError, match=r"out\.mp4 could not be written: the folder does not exist"):
        VideoWriter(tmp_path / "nowhere" / "out.mp4", SIZE_WH)


def _run(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *arguments], cwd=ROOT, stdout=subprocess.PIPE)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("sound_frames", [600, 60])
def test_a_killed_run_leaves_a_playable_file(tmp_path, sound_frames):
    sound = make_clip(tmp_path / "sound.mp4", sound_frames, sound="aac")
    code = """
        import sys, time
        from pathlib import Path
        from tests.clips import SIZE_WH, paint
        from tracking.video.writer import VideoWriter
        writer = VideoWriter(Path(sys.argv[1]), SIZE_WH, audio_from=Path(sys.argv[2]))
        for index in range(300):
            writer.write(paint(index), index / 30)
        print("written", flush=True)
        time.sleep(600)
    """
    process = _run(code, str(tmp_path / "out.mp4"), str(sound))
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "out.mp4").exists()
    with open_source(tmp_path / "out.partial.mp4") as source:
        frames = list(source)
        assert source.info.has_audio
    assert len(frames) == 300
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(len(frames))])
    assert index_of(frames[123].image) == 123 % 45


@pytest.mark.skipif(os.name != "posix", reason="needs limits")
def test_a_full_disk_is_told_and_what_was_written_plays(tmp_path):
    code = """
        import resource, signal, sys
        from pathlib import Path
        import numpy as np
        from ppnet.errors import UserError
        from tests.clips import SIZE_WH
        from tracking.video.writer import VideoWriter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
        rng = np.random.default_rng(0)
        try:
            writer = VideoWriter(Path(sys.argv[1]), SIZE_WH)
            for index in range(2000):
                writer.write(rng.integers(0, 255, (64, 96, 3), np.uint8), index / 30)
            writer.close()
        except UserError as error:
            print(error)
    """
    process = _run(code, str(tmp_path / "out.mp4"))
    output = process.communicate(timeout=PATIENCE_S)[0].decode()
    assert output.startswith(f"{tmp_path / 'out.mp4'} could not be written")
    assert output.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["out.partial.mp4"]
    with open_source(tmp_path / "out.partial.mp4") as source:
        assert sum(1 for _ in source) > 30


@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound ends early"])
@pytest.mark.parametrize("rate", [0.2, 1, 10, 30])
def test_every_picture_is_in_the_file_as_soon_as_it_was_written(tmp_path, rate, sound):
    """However far apart they are, and however slowly they come: a killed run loses none."""
    audio = make_clip(tmp_path / "sound.mp4", 10, sound="aac") if sound else None
    writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH, frame_rate=rate, audio_from=audio)
    for index in range(12):
        writer.write(paint(index), index / rate)
        shutil.copy(writer.partial_path, tmp_path / "killed.mp4")
        with open_source(tmp_path / "killed.mp4") as source:
            frames = list(source)
        assert [index_of(frame.image) for frame in frames] == list(range(index + 1))
        assert [frame.time_s for frame in frames] == pytest.approx([each / rate for each in range(index + 1)])
    writer.discard()


def test_sound_that_begins_late_or_never_keeps_no_picture_from_the_file(tmp_path):
    sound = make_clip(tmp_path / "sound.mp4", 30, sound="aac")
    for name, span in (("late", TimeSpan(0.5, 1.0)), ("never", TimeSpan(60.0, 61.0))):
        writer = VideoWriter(tmp_path / f"{name}.mp4", SIZE_WH, audio_from=sound, audio_span=span)
        writer.write(paint(0), 0.0)
        with open_source(writer.partial_path) as source:
            assert len(list(source)) == 1
        for index in range(1, 30):
            writer.write(paint(index), index / 30)
        writer.close()
        with av.open(str(tmp_path / f"{name}.mp4")) as container:
            assert [stream.type for stream in container.streams] == ["video", "audio"][: 1 + (name == "late")]
    assert _packets(tmp_path / "late.mp4")[0][0] == pytest.approx(0.5, abs=0.025)


def test_a_picture_that_was_half_written_costs_those_before_it_nothing(tmp_path):
    writer, sizes = VideoWriter(tmp_path / "out.mp4", SIZE_WH, frame_rate=1), []
    for index in range(4):
        writer.write(paint(index), index)
        sizes.append(writer.partial_path.stat().st_size)
    written = writer.partial_path.read_bytes()
    writer.discard()
    for size in range(sizes[2], sizes[3], 29):
        (tmp_path / "killed.mp4").write_bytes(written[:size])
        with open_source(tmp_path / "killed.mp4") as source:
            assert [index_of(frame.image) for frame in source] == [0, 1, 2]


def test_abandon_keeps_what_plays_and_nothing_empty(tmp_path):
    empty, begun = VideoWriter(tmp_path / "empty.mp4", SIZE_WH), VideoWriter(tmp_path / "begun.mp4", SIZE_WH)
    for index in range(90):
        begun.write(paint(index), index / 30)
    empty.abandon()
    begun.abandon()
    assert [file.name for file in tmp_path.iterdir()] == ["begun.partial.mp4"]
    with open_source(tmp_path / "begun.partial.mp4") as source:
        assert sum(1 for _ in source) > 50
    index_of_pieces = b"mfra"  # grows in memory with every piece until it is written at the end
    assert index_of_pieces not in begun.partial_path.read_bytes()


def _made(path, *options):
    """A clip of a second with sound by ffmpeg."""
    path.write_bytes(_content(path.suffix, options))
    return path


@cache
def _content(suffix, options):
    needs_program("ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        video, path = make_clip(Path(folder) / "pictures.mp4", 30), Path(folder) / f"a{suffix}"
        inputs = ("-i", str(video), "-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "sine=f=660:d=1")
        command = ("ffmpeg", "-v", "error", "-y", *inputs, "-map", "0:v", "-c:v", "copy", *options, str(path))
        subprocess.run(command, check=True)
        return path.read_bytes()


@pytest.mark.parametrize(
    ("codec", "rate"), [("pcm_s16le", 8000), ("pcm_s16le", 96000), ("pcm_f32le", 22050), ("pcm_u8", 7350)]
)
def test_sound_of_every_rate_is_kept(tmp_path, codec, rate):
    path = _made(tmp_path / "a.mov", "-map", "1:a", "-c:a", codec, "-ar", str(rate))
    writer = rewrite(path, tmp_path / "out.mp4")
    assert writer.notice is None and writer.frame_count == 30
    assert float(_stream(tmp_path / "out.mp4", "a:0")["duration"]) == pytest.approx(1, abs=0.2)


def test_sound_of_eight_channels_in_an_order_of_their_own_is_kept(tmp_path):
    """The library frees such an order twice where it is not told another one."""
    path = _made(tmp_path / "a.mov", "-map", "1:a", "-ac", "8", "-c:a", "pcm_s16le")
    writer = rewrite(path, tmp_path / "out.mp4")
    assert writer.notice is None
    assert len(probed_times(tmp_path / "out.mp4")) == 30
    assert float(_stream(tmp_path / "out.mp4", "a:0")["duration"]) == pytest.approx(1, abs=0.2)
    volume = ("ffmpeg", "-i", str(tmp_path / "out.mp4"), "-af", "volumedetect", "-f", "null", "-")
    assert "mean_volume: -91" not in subprocess.run(volume, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("sys.exit(1)", "The sound of a.mov cannot be read; the new video has none."),
        ("transcode(sys.argv[2], int(sys.argv[3])); os.abort()",
         "The sound cannot be decoded to its end; the rest of it was left out."),
        ("transcode(sys.argv[2], int(sys.argv[3])); sys.exit(DAMAGED)",
         "Parts of the sound are damaged; they were left out."),
    ],
)  # fmt: skip
def test_sound_that_takes_its_decoder_down_costs_the_video_nothing(tmp_path, monkeypatch, end, sentence):
    path = _made(tmp_path / "a.mov", "-map", "1:a", "-c:a", "pcm_s16le")
    program = Path(sound.__file__).with_name("sound_transcoding.py").read_text().split("if __name__")[0]
    (tmp_path / "sound_transcoding.py").write_text(f"import os\n{program}\n{end}\n")
    monkeypatch.setattr(sound, "__file__", str(tmp_path / "sound.py"))
    writer = rewrite(path, tmp_path / "out.mp4")
    assert len(probed_times(tmp_path / "out.mp4")) == 30
    assert writer.notice == sentence


def test_of_two_sound_tracks_the_default_one_is_kept(tmp_path):
    options = ("-map", "1:a", "-map", "2:a", "-c:a", "aac", "-disposition:a:0", "0", "-disposition:a:1", "default")
    path = _made(tmp_path / "a.mkv", *options)
    writer = rewrite(path, tmp_path / "out.mp4")
    assert writer.notice == "a.mkv has 2 sound tracks; number 2 was kept."
    assert _sound_hash(path, 1) == _sound_hash(tmp_path / "out.mp4")


def test_a_first_sound_track_that_nobody_can_read_is_passed_over(tmp_path):
    path = _made(tmp_path / "a.mp4", "-map", "1:a", "-map", "2:a", "-c:a", "aac")
    data = path.read_bytes()
    place = data.find(b"mp4a", data.find(b"stsd", data.find(b"soun")))
    descriptor = data.find(b"esds", place)
    data = data[:place] + b"apac" + data[place + 4 : descriptor] + b"dapa" + data[descriptor + 4 :]
    path.write_bytes(data)
    writer = rewrite(path, tmp_path / "out.mp4")
    assert writer.notice == "a.mp4 has 2 sound tracks; number 2 was kept."
    assert _sound_hash(path, 1) == _sound_hash(tmp_path / "out.mp4")


@pytest.mark.parametrize("codec", ["aac", "mp3", "flac", "libvorbis", "pcm_s16le"])
def test_damage_in_the_sound_never_stops_the_pictures(tmp_path, codec):
    path = _made(tmp_path / "a.mkv", "-map", "1:a", "-c:a", codec)
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size and packet.pos]
    data = bytearray(path.read_bytes())
    for place, size in places[3:]:
        for at in range(place + 8, place + size - 2, 3):
            data[at] ^= 0x5A
    path.write_bytes(data)
    rewrite(path, tmp_path / "out.mp4")
    assert len(probed_times(tmp_path / "out.mp4")) == 30


def _damaged(path, packets):
    """The file with some bytes of these packets of its sound turned over, and the time of the first of them."""
    with av.open(str(path)) as container:
        held = [packet for packet in container.demux(audio=0) if packet.size and packet.pos]
        places = [(packet.pos, packet.size, float(packet.pts * packet.time_base)) for packet in held]
    data = bytearray(path.read_bytes())
    for place, size, _ in places[packets]:
        for at in range(place + 8, place + size - 2, 3):
            data[at] ^= 0x5A
    path.write_bytes(data)
    return places[packets][0][2]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        *(("aac", "a.mp4"), ("aac", "a.ts"), ("libmp3lame", "a.mp4"), ("libmp3lame", "a.ts"), ("mp2", "a.mkv")),
        *(("ac3", "a.mp4"), ("ac3", "a.ts"), ("alac", "a.mov"), ("flac", "a.mkv"), ("libopus", "a.mkv")),
    ],
)
def test_copied_sound_that_is_whole_is_not_called_damaged(tmp_path, codec, name):
    path = _made(tmp_path / name, "-map", "1:a", "-c:a", codec)
    assert rewrite(path, tmp_path / "out.mp4").notice is None
    begun = path.stat().st_size // 10  # a recording that begins and ends in the middle
    if path.suffix == ".ts":
        (tmp_path / "part.ts").write_bytes(path.read_bytes()[begun:-begun])
        assert rewrite(tmp_path / "part.ts", tmp_path / "part.mp4").notice is None


@pytest.mark.parametrize("codec", ["aac", "ac3", "alac", "flac"])
def test_damage_in_sound_that_is_copied_is_said_with_its_time(tmp_path, codec):
    path = _made(tmp_path / "a.mp4" if codec != "flac" else tmp_path / "a.mkv", "-map", "1:a", "-c:a", codec)
    damaged_s = _damaged(path, slice(4, 6))
    before = _packets(path)
    assert rewrite(path, tmp_path / "out.mp4").notice == (
        f"The sound is damaged, first at {damaged_s:.3f} s; it was copied as it is."
    )
    assert [digest for _, digest in _packets(tmp_path / "out.mp4")] == [digest for _, digest in before]


def test_damage_outside_of_what_was_copied_is_not_said(tmp_path):
    path = _made(tmp_path / "a.mp4", "-map", "1:a", "-c:a", "aac")
    damaged_s = _damaged(path, slice(30, 32))
    for span, is_said in (
        (TimeSpan(None, damaged_s), False),
        (TimeSpan(damaged_s + 0.1, None), False),
        (TimeSpan(0.2, 0.9), True),
    ):
        notice = rewrite(path, tmp_path / "out.mp4", audio_span=span).notice
        assert bool(notice) == is_said, span
    with open_source(path) as source:  # stopped before it
        writer = VideoWriter(tmp_path / "out.mp4", source.info.size_wh, audio_from=path)
        for frame in source:
            if frame.time_s < damaged_s - 0.1:
                writer.write(frame.image, frame.time_s)
        writer.close(sound_until_s=damaged_s - 0.1)
    assert writer.notice is None


def test_a_decoder_that_comes_down_over_sound_that_is_copied_says_nothing(tmp_path, monkeypatch):
    path = _made(tmp_path / "a.mp4", "-map", "1:a", "-c:a", "aac")
    (tmp_path / "sound_transcoding.py").write_text("import os\nprint('whole 0.0', flush=True)\nos.abort()\n")
    monkeypatch.setattr(sound, "__file__", str(tmp_path / "sound.py"))
    assert rewrite(path, tmp_path / "out.mp4").notice is None
    assert _sound_hash(path) == _sound_hash(tmp_path / "out.mp4")


def test_a_video_that_begins_late_begins_at_nothing_with_its_sound(tmp_path):
    path = _made(tmp_path / "a.ts", "-map", "1:a", "-c:a", "aac", "-output_ts_offset", "40000")
    with open_source(path) as source:
        begins_s = source.info.start_s
        writer = VideoWriter(tmp_path / "out.mp4", SIZE_WH, audio_from=path, origin_s=begins_s)
        for frame in source:
            writer.write(frame.image, frame.time_s)
        writer.close()
    assert begins_s > 40000
    times = probed_times(tmp_path / "out.mp4")
    assert float(times[0]) == 0 and float(times[-1]) == pytest.approx(29 / 30, abs=1e-3)
    assert float(_stream(tmp_path / "out.mp4", "a:0")["duration"]) == pytest.approx(1, abs=0.1)


def _stream(path, name):
    return probe(path, "stream=duration,codec_name", "-select_streams", name)["streams"][0]


def _sound_hash(path, number=0):
    command = ("ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{number}", "-c", "copy", "-f", "md5", "-")
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_pictures_larger_than_the_encoder_takes_are_told_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match=r"frames of 17000x64 are larger than H.264 allows \(16384 pixels a side\)"):
        VideoWriter(tmp_path / "out.mp4", (17000, 64))
    assert not list(tmp_path.iterdir())
