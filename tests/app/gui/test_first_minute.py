"""Opening a video for the first time: skeletons from the first picture on, and how long it takes."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.gui.playback.transport import ScrubBar
from app.runs.session_header import run_header
from app.workspace.demo_session import DEMO
from ppnet.inference.measuring import MEASURING, measuring
from tests.app.gui.conftest import FRAMES, shown_frame
from tests.clips import make_clip


def seen_pictures(window) -> list:
    seen = []
    window.workspace.picture_arrived.connect(seen.append)
    return seen


def open_slowly(qtbot, window, clip, studio, *, delay_s: float) -> None:
    studio.delay_s = delay_s
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None)


def test_the_first_playing_shows_skeletons_on_every_picture_and_how_much_is_left(qtbot, window, clip, studio):
    seen, notes = seen_pictures(window), set()
    window.workspace.status_updated.connect(lambda _status: notes.add(window.view.note))
    open_slowly(qtbot, window, clip, studio, delay_s=0.05)  # slower than the video's own pace
    qtbot.waitUntil(lambda: shown_frame(window) == FRAMES - 1)
    bare = {p.frame.index for p in seen if p.result is None} - {0}
    assert len(bare) <= 1, f"played ahead of the tracking: {sorted(bare)}"
    assert any(note.startswith("Tracking: ") and note.endswith(" left") for note in notes), notes
    qtbot.waitUntil(lambda: window.banner.text == f"All {FRAMES} frames are tracked.")
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run.player.position().is_playing)
    assert shown_frame(window) < FRAMES - 1 or window.workspace.run.player.position().frame_index < FRAMES - 1
    assert window.view.note == ""


def test_pressing_play_or_going_elsewhere_waits_for_no_network(qtbot, window, clip, studio):
    studio.hold = threading.Event()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: shown_frame(window) == 0)
    assert window.view.note.splitlines()[0] in ("Not tracked yet", "Loading the network…")
    for _ in range(2):
        window.commands["play"].trigger()
    qtbot.waitUntil(lambda: (shown_frame(window) or 0) > 20)
    assert window.view.picture.result is None, "nothing is tracked yet"
    studio.hold.set()


def test_no_part_of_a_new_video_passes_for_tracked(qtbot, window, open_clip, studio, tmp_path):
    open_clip()
    qtbot.waitUntil(lambda: window.transport.bar.tracked != ())
    studio.hold, shown = threading.Event(), []
    window.workspace.opened.connect(lambda _run: shown.append(window.transport.bar.tracked))
    window.files.open_path(make_clip(tmp_path / "other.mp4", FRAMES))
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [()]
    studio.hold.set()


def test_the_ruler_is_as_long_as_the_video_before_anything_is_tracked(qtbot, window, clip, studio):
    studio.loaded = threading.Event()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.timeline.lanes.span_s == (0.0, pytest.approx(FRAMES / 30, abs=0.04)))
    assert not window.timeline.lanes.lanes
    studio.loaded.set()


def test_backends_that_are_measured_are_spoken_of_meanwhile(qtbot, window, clip, studio):
    studio.loaded = threading.Event()
    with measuring():
        window.files.open_path(clip)
        qtbot.waitUntil(lambda: window.view.note == MEASURING)
    qtbot.waitUntil(lambda: window.view.note == "Loading the network…")
    studio.loaded.set()


def test_the_tracked_parts_of_the_strip_can_be_seen(qtbot, window):
    bar = ScrubBar()
    qtbot.addWidget(bar)
    bar.resize(300, 30)
    before = bar.grab().toImage()
    bar.set_tracked(((0.0, 0.4), (0.6, 0.8)))
    after = bar.grab().toImage()
    spots = [(x, y) for x in range(bar.width()) for y in range(bar.height())]
    strip = [spot for spot in spots if before.pixelColor(*spot) != after.pixelColor(*spot)]
    columns = {x for x, _ in strip}
    assert len(strip) > 250 and max(columns) < 240 and not columns & set(range(125, 175)), "a hole between two parts"
    assert all(after.pixelColor(x, y).green() > after.pixelColor(x, y).red() for x, y in strip)


def test_the_strip_reaches_the_end_when_all_is_tracked(qtbot, open_clip, clip):
    window = open_clip(anew=True)
    qtbot.waitUntil(lambda: window.transport.bar.tracked == ((0.0, 1.0),))
    window.commands["close"].trigger()
    window.files.open_path(make_clip(clip.with_name("one.mp4"), 1, size_wh=(64, 48)))
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    qtbot.waitUntil(lambda: window.transport.bar.tracked == ((0.0, 1.0),))


def test_whoever_goes_far_ahead_sees_skeletons_there_soon_and_the_rest_is_tracked_later(qtbot, window, clip, studio):
    studio.delay_s = 0.03
    long = make_clip(clip.with_name("long.mp4"), 360, size_wh=(64, 48))
    window.files.open_path(long)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.frame_count > 5)
    qtbot.waitUntil(lambda: window.playback.position.frame_count == 360)
    session = window.workspace.run.session
    window.playback.pause()
    window.playback.seek(9.0)
    qtbot.waitUntil(lambda: shown_frame(window) == 270 and window.view.picture.result is not None)
    first, second = session.parts.parts
    assert first.last < 254 and second.first == 255, "the run went there, and has not come there by itself"
    studio.processor.delay_s = 0.0
    qtbot.waitUntil(lambda: len(window.transport.bar.tracked) == 2)
    (first, last), (start, _end) = window.transport.bar.tracked
    assert first == 0.0 and last < start and start == pytest.approx(255 / 360, abs=0.01)
    qtbot.waitUntil(lambda: session.complete)
    qtbot.waitUntil(lambda: len(window.transport.bar.tracked) == 1)
    assert [result.frame_index for result in session.results()] == list(range(360))
    lanes = window.timeline.lanes
    qtbot.waitUntil(lambda: [lane.frame_count for lane in lanes.lanes] == [360, 360])


def test_playing_on_by_itself_into_what_is_not_tracked_sends_the_run_nowhere(qtbot, window, clip, studio):
    open_slowly(qtbot, window, clip, studio, delay_s=0.05)
    for _ in range(2):
        window.commands["play"].trigger()
    qtbot.waitUntil(lambda: window.workspace.run.session.complete)
    assert window.workspace.run.session.parts.opened == ()


def test_the_demo_opens_with_its_people_and_without_the_network(qtbot, window, monkeypatch):
    """Fails after the weights have changed: `python -m app.workspace.demo_session` tracks the demo anew."""

    def nothing_loads(_settings, _current):
        raise AssertionError("the network was loaded")

    factories = replace(window.workspace.factories, header=run_header, build=nothing_loads)
    monkeypatch.setattr(window.workspace, "factories", factories)
    window.files.open_demo()
    qtbot.waitUntil(lambda: window.view.picture is not None)
    run = window.workspace.run
    assert run.session.complete and window.view.picture.result is not None
    assert run.session.path.parent != DEMO.parent, "what comes with the program is never written to"
    assert Path(run.session.header.source.path) == DEMO.resolve()
    assert run.player.position().is_playing
