"""Playback: exact frames, whatever was asked for last, at the file's own times."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.engine.frame_cache import FrameCache
from app.engine.player import Player
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, FakeClock, FakeFile, picture, wait_for
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame
from tracking.video.file import VideoFile
from tracking.video.writer import VideoWriter

COUNT = 90


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 pictures with uneven times (the 30th to 40th of 30 per second are missing); bars tell the index."""
    path = tmp_path_factory.mktemp("video") / "uneven.mp4"
    writer = VideoWriter(path, (64, 48), frame_rate=30)
    for index in range(COUNT):
        writer.write(bars(index), (index if index < 30 else index + 10) / 30)
    return writer.close()


def bars(index: int) -> np.ndarray:
    """(48, 64, 3): eight bars, black or white: the index in binary."""
    bits = [(index >> bit) & 1 for bit in range(8)]
    return np.tile(np.repeat(np.array(bits, np.uint8) * 255, 8)[None, :, None], (48, 1, 3))


def index_of(frame: Frame) -> int:
    """The index that the picture tells."""
    return sum(int(frame.image[24, 8 * bit + 4, 1] > 127) << bit for bit in range(8))


CLOCK = FakeClock()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The players' time: it goes by with every look at the screen, however long that takes."""
    monkeypatch.setattr("app.engine.player.time", SimpleNamespace(monotonic=CLOCK))
    return CLOCK


class Screen:
    """Takes what is due, as a window does."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.shown: list[int] = []

    def poll(self, seconds: float = 0.01) -> Frame | None:
        CLOCK.advance(seconds)
        frame = self.player.due()
        if frame is not None:
            self.shown.append(frame.index)
        return frame

    def wait(self, index: int) -> Frame:
        got: list[Frame] = []
        wait_for(lambda: (f := self.poll()) is not None and (got.append(f) or f.index == index))
        return got[-1]


@pytest.fixture
def screen(video: Path) -> Iterator[Screen]:
    player = Player(lambda: VideoFile(video))
    yield Screen(player)
    assert player.close(PATIENCE_S)
    assert "decode" not in {thread.name for thread in threading.enumerate()}


def test_it_opens_at_the_first_frame_and_stands_still(screen: Screen) -> None:
    frame = screen.wait(0)
    assert index_of(frame) == 0
    where = screen.player.position()
    assert (where.frame_count, where.frame_index, where.is_playing, where.error) == (COUNT, 0, False, None)
    assert where.duration_s == pytest.approx(100 / 30, abs=1e-3)
    assert screen.player.times[30] == pytest.approx(40 / 30, abs=1e-4)
    assert not any(screen.poll() for _ in range(20)), "nothing is given twice"


def test_every_frame_is_reached_exactly_forward_backward_and_at_random(screen: Screen) -> None:
    screen.wait(0)
    order = [*range(1, 12), 60, 59, 58, 57, 80, 5, 89, 0, *np.random.default_rng(3).integers(0, COUNT, 25).tolist()]
    for index in order:
        screen.player.seek_frame(index)
        frame = screen.wait(index)
        assert index_of(frame) == index and frame.time_s == pytest.approx(screen.player.times[index], abs=1e-6)


def test_seek_by_time_shows_the_frame_that_is_on_at_that_time(screen: Screen) -> None:
    screen.wait(0)
    for time_s, index in [(0.999, 29), (29 / 30, 29), (1.2, 29), (1.334, 30), (99.0, 89), (-5.0, 0)]:
        screen.player.seek(time_s)
        screen.wait(index)
        assert screen.player.position().frame_index == index


def test_what_is_asked_for_while_the_file_opens_counts() -> None:
    for ask, index in (
        (lambda p: p.seek(1.0), 30),
        (lambda p: p.seek_frame(70), 70),
        (lambda p: p.seek(99.0), 89),
        (lambda p: (p.seek(1.0), p.seek_frame(70)), 70),
    ):
        opened = threading.Event()
        player = Player(lambda opened=opened: (opened.wait(PATIENCE_S), FakeFile(90))[1])
        ask(player)
        opened.set()
        screen = Screen(player)
        screen.wait(index)
        assert screen.shown == [index] and player.close(PATIENCE_S)


def test_steps_add_up_and_stay_inside(screen: Screen) -> None:
    screen.wait(0)
    for _ in range(5):
        screen.player.step(+1)
    screen.wait(5)
    screen.player.step(-2)
    screen.wait(3)
    screen.player.step(-100)
    screen.wait(0)
    screen.player.step(1000)
    screen.wait(COUNT - 1)
    assert screen.player.position().frame_index == COUNT - 1


def test_the_newest_request_wins(screen: Screen) -> None:
    screen.wait(0)
    for index in np.linspace(88, 3, 40).astype(int).tolist():
        screen.player.seek_frame(index)
    screen.wait(3)
    assert len(screen.shown) < 20 and screen.shown[-1] == 3
    assert screen.player.position().frame_index == 3


def test_stepping_back_is_quick_after_the_first_step(screen: Screen) -> None:
    screen.player.seek_frame(70)
    screen.wait(70)
    screen.player.step(-1)
    screen.wait(69)
    for index in range(68, 60, -1):
        screen.player.step(-1)
        assert screen.poll().index == index  # at once, out of the cache


@pytest.mark.parametrize("speed", [1.0, 4.0, 0.25])
def test_it_plays_by_the_times_of_the_file(screen: Screen, speed: float) -> None:
    screen.wait(0)
    times = screen.player.times
    screen.player.set_speed(speed)
    screen.player.play()
    for look in range(1, round(100 / speed)):
        screen.poll(1 / 60)
        due = int(np.searchsorted(times, look / 60 * speed + 1e-6, side="right")) - 1
        wait_for(lambda due=due: screen.shown[-1] == due or (screen.poll(0.0), screen.shown[-1] == due)[1])
    assert screen.shown == sorted(set(screen.shown)) and screen.shown[-1] == due > 20


def test_it_stops_at_the_end_and_starts_over(screen: Screen) -> None:
    screen.wait(0)
    screen.player.set_speed(9)
    assert screen.player.position().speed == 4.0
    screen.player.seek_frame(80)
    screen.player.play()
    wait_for(lambda: (screen.poll(), screen.shown[-1] == COUNT - 1)[1])
    wait_for(lambda: (screen.poll(), not screen.player.position().is_playing)[1])
    assert screen.player.position().frame_index == COUNT - 1
    screen.player.toggle()
    wait_for(lambda: screen.poll() is not None and screen.shown[-1] < 20)
    screen.player.toggle()
    assert not screen.player.position().is_playing


def test_speed_changes_without_a_jump_and_seek_plays_on(screen: Screen) -> None:
    screen.wait(0)
    screen.player.play()
    wait_for(lambda: (screen.poll(), screen.player.position().time_s > 0.1)[1])
    before = screen.player.position()
    screen.player.set_speed(0.25)
    after = screen.player.position()
    assert 0 <= after.time_s - before.time_s < 0.1
    screen.player.seek_frame(50)
    wait_for(lambda: screen.poll() is not None and screen.shown[-1] >= 51)
    assert screen.player.position().is_playing


def test_pictures_that_cannot_be_read_are_stepped_over() -> None:
    class Holes(FakeFile):
        def __iter__(self):
            return (frame for frame in super().__iter__() if frame.index not in (3, 4))

    player = Player(lambda: Holes(10))
    screen = Screen(player)
    screen.wait(0)
    player.seek_frame(3)
    assert screen.wait(3).image[0, 0, 0] == 5  # the next one there is
    player.seek_frame(6)
    screen.wait(6)
    assert player.close(PATIENCE_S)


def test_a_file_that_ends_early_ends_there() -> None:
    class Short(FakeFile):
        def __iter__(self):
            return (frame for frame in super().__iter__() if frame.index < 20)

    player = Player(lambda: Short(100))
    screen = Screen(player)
    screen.wait(0)
    player.seek_frame(50)
    screen.wait(19)
    where = player.position()
    assert (where.frame_count, where.frame_index, where.error) == (20, 19, None)
    assert player.close(PATIENCE_S)


def test_a_file_that_cannot_be_opened_is_said() -> None:
    def missing() -> FakeFile:
        raise UserError("There is no file a.mp4.")

    player = Player(missing)
    wait_for(lambda: player.position().error)
    player.play()
    player.seek(3)
    player.step(1)
    assert player.due() is None and player.position().error == "There is no file a.mp4."
    assert player.close(PATIENCE_S)


def test_a_slow_decoder_slows_playback_and_skips_nothing(clock: FakeClock) -> None:
    class Slow(FakeFile):
        def __iter__(self):
            for frame in super().__iter__():
                yield frame
                done_s = clock() + 0.1  # ten a second, where the file has thirty
                wait_for(lambda done_s=done_s: clock() >= done_s)

    player = Player(lambda: Slow(10_000))
    screen = Screen(player)
    screen.wait(0)
    player.play()
    wait_for(lambda: (screen.poll(), len(screen.shown) > 40)[1])
    assert np.diff(screen.shown[8:]).max() == 1
    wait_for(lambda: (screen.poll(), player.position().frame_index - screen.shown[-1] <= 12)[1])  # the clock waits
    clock.advance(1.0)
    assert player.close(PATIENCE_S)


def test_a_cache_too_small_for_one_frame_still_plays() -> None:
    player = Player(lambda: FakeFile(50), cache_bytes=10)
    screen = Screen(player)
    for index in (0, 10, 9, 8, 49):
        player.seek_frame(index)
        screen.wait(index)
    assert player.close(PATIENCE_S)


def test_the_cache_keeps_what_is_near() -> None:
    cache = FrameCache(10 * picture(0).nbytes)
    for index in range(40):
        cache.put(Frame(index, index / 30, picture(index)), near=index)
    assert len(cache) == 10 and cache.get(39) and cache.get(30) and cache.get(29) is None
    cache.put(Frame(5, 0.0, picture(5)), near=5)
    assert cache.get(5) and cache.get(39) is None and cache.first_missing(30, 45) == 39
    assert cache.newest(0, 35).index == 35 and cache.newest(6, 20) is None


def plays_until(screen: Screen, condition) -> list[int]:
    """What was shown until the condition held."""
    screen.shown.clear()
    wait_for(lambda: (screen.poll(), condition())[1])
    return list(screen.shown)


def test_backwards_every_picture_is_an_older_one_and_it_stops_at_the_first(screen: Screen) -> None:
    screen.player.seek_frame(50)
    screen.wait(50)
    screen.player.shuttle(-1)
    where = screen.player.position()
    assert where.is_playing and where.speed == -1
    began_s = CLOCK()
    shown = plays_until(screen, lambda: not screen.player.position().is_playing)
    seconds = CLOCK() - began_s
    assert shown == sorted(shown, reverse=True) and len(set(shown)) == len(shown) > 10
    wait_for(lambda: (screen.poll(), screen.shown[-1] == 0)[1])
    assert screen.player.position().frame_index == 0
    assert seconds > 1.9, "two seconds of film take two seconds, or longer where decoding is slow"
    assert screen.player.position().speed == 1, "the chosen speed is back"


def test_the_shuttle_goes_faster_both_ways_and_turns_at_once(screen: Screen) -> None:
    screen.player.seek_frame(60)
    screen.wait(60)
    speeds = []
    for direction in (-1, -1, -1, -1, 1, 1, 1, -1):
        screen.player.shuttle(direction)
        speeds.append(screen.player.position().speed)
    assert speeds == [-1, -2, -4, -4, 1, 2, 4, -1]
    screen.player.pause()
    here = screen.player.position()
    assert not here.is_playing and here.speed == 1
    screen.player.set_speed(0.5)
    screen.player.shuttle(1)
    assert screen.player.position().speed == 1
    screen.player.pause()
    screen.player.play()
    assert screen.player.position().speed == 0.5


def test_backwards_shows_the_right_pictures(screen: Screen) -> None:
    screen.player.seek_frame(70)
    screen.wait(70)
    frames: list[Frame] = []
    screen.player.shuttle(-1)
    wait_for(lambda: (f := screen.poll()) is not None and (frames.append(f) or f.index < 40))
    assert [index_of(frame) for frame in frames] == [frame.index for frame in frames]
    assert min(frame.index for frame in frames) < 40 and len(frames) > 5


def test_a_slow_decoder_slows_playing_backwards_too() -> None:
    class Slow(FakeFile):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                time.sleep(0.05)
                yield frame

    player = Player(lambda: Slow(90))
    screen = Screen(player)
    try:
        wait_for(lambda: player.position().frame_count)
        player.seek_frame(40)
        screen.wait(40)
        player.shuttle(-1)
        player.shuttle(-1)
        shown = plays_until(screen, lambda: not player.position().is_playing)
        assert shown == sorted(shown, reverse=True) and len(shown) > 10
    finally:
        player.close(PATIENCE_S)


def test_between_in_and_out_it_goes_round(screen: Screen) -> None:
    wait_for(lambda: len(screen.player.times))
    times = screen.player.times
    screen.player.set_loop(TimeSpan(float(times[10]), float(times[20])))
    screen.player.seek_frame(15)
    screen.wait(15)
    screen.player.play()
    shown = plays_until(screen, lambda: screen.shown.count(12) >= 2)
    assert set(shown) <= set(range(10, 20)) and {10, 19} & set(shown)
    assert screen.player.position().is_playing
    screen.player.shuttle(-1)
    wait_for(lambda: (screen.poll(), not screen.player.position().is_playing)[1])
    assert screen.player.position().frame_index == 10, "backwards it stops at the in point"
    screen.player.set_loop(ALL_TIME)
    screen.player.seek_frame(COUNT - 2)
    screen.player.play()
    wait_for(lambda: (screen.poll(), not screen.player.position().is_playing)[1])
    assert screen.player.position().frame_index == COUNT - 1
