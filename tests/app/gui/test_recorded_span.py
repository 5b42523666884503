"""A span of a file as a video of its own: it begins at 0, pictures and sound alike."""

import threading
from fractions import Fraction

import av
import pytest

from app.workspace.background_work import Progress
from app.workspace.recorded_picture import write_span
from tests.clips import SIZE_WH, paint
from tests.fakes import PATIENCE_S
from tracking.drawing.style import SceneStyle
from tracking.session.edits import HidePerson, SetSpan
from tracking.time_span import TimeSpan
from tracking.video.factory import open_source
from tracking.video.writer import VideoWriter

PLAIN = {"style": SceneStyle(), "result_of": lambda _index: None}  # nobody was looked for


def packets(path):
    """Times in seconds and bytes of the sound's packets."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [(float(p.pts * p.time_base), bytes(p)) for p in container.demux(stream) if p.size]


def test_a_recorded_span_begins_at_zero_with_its_sound_in_step(clip, tmp_path):
    out = tmp_path / "span.mp4"
    with open_source(clip) as source:
        assert write_span(source, out, span=TimeSpan(15 / 30, 45 / 30), **PLAIN) == out
    with open_source(out) as source:
        times = [frame.time_s for frame in source]
        assert source.info.has_audio
    assert times == pytest.approx([index / 30 for index in range(30)], abs=1e-4)
    before, after = packets(clip), packets(out)
    assert -0.001 < after[0][0] < 0.03 and 0.9 < after[-1][0] < 1.0
    at = {sound: time_s for time_s, sound in before}
    moved = [at[sound] - time_s for time_s, sound in after if list(at).count(sound) == 1]
    assert len(moved) > 20 and moved == pytest.approx([0.5] * len(moved), abs=1e-3)


def test_edits_made_while_it_is_written_do_not_count(qtbot, open_clip, monkeypatch):
    window, edited, shown = open_clip(), threading.Event(), []

    def write(_source, _out, *, result_of, **_how):
        edited.wait(PATIENCE_S)
        shown.append(result_of(30).tracks.ids.tolist())

    monkeypatch.setattr("app.workspace.recording.write_span", write)
    window.workspace.edit(SetSpan(0.5, 1.5))
    window.recording.recording.start(annotated=True, raw=False)
    window.workspace.edit(HidePerson(2))
    edited.set()
    qtbot.waitUntil(lambda: not window.recording.recording.writing.is_busy)
    assert shown == [[1, 2]]


def test_discarded_while_its_file_is_finished_nothing_is_left(clip, tmp_path, monkeypatch):
    progress, close = Progress(), VideoWriter.close

    def closing(writer, **how):
        progress.is_cancelled = True  # every picture is written
        return close(writer, **how)

    monkeypatch.setattr(VideoWriter, "close", closing)
    (tmp_path / "out").mkdir()
    with open_source(clip) as source:
        assert write_span(source, tmp_path / "out" / "span.mp4", span=TimeSpan(), progress=progress, **PLAIN) is None
    assert not list((tmp_path / "out").iterdir())


def test_from_the_start_nothing_is_moved(clip, tmp_path):
    out = tmp_path / "span.mp4"
    with open_source(clip) as source:
        write_span(source, out, span=TimeSpan(0.0, 100.0), **PLAIN)
    assert packets(out) == [packet for packet in packets(clip) if packet[0] >= 0]


def test_proportions_and_times_are_those_of_the_source(tmp_path):
    settings = {"time_base": Fraction(1001, 24000), "pixel_aspect": Fraction(64, 45)}
    writer = VideoWriter(tmp_path / "wide.mp4", SIZE_WH, **settings)
    for index in range(5):
        writer.write(paint(index), float(index * settings["time_base"]))
    writer.close()
    with open_source(tmp_path / "wide.mp4") as source:
        write_span(source, tmp_path / "span.mp4", span=TimeSpan(0.0, 100.0), **PLAIN)
        times = source.frame_times()
    with open_source(tmp_path / "span.mp4") as span:
        assert span.info.pixel_aspect == Fraction(64, 45)
        assert span.frame_times() == times
