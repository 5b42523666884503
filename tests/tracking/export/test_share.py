"""A clip to show around: slow, even, still at the marks, playable on a phone, nothing left when it is stopped."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from ppnet.errors import UserError
from tests.clips import make_clip
from tests.results import made_header, made_result
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.export.share import layers_to_share, shared_picture, write_shared_clip
from tracking.progress import Cancelled, no_tick
from tracking.session.edited_session import EditedSession
from tracking.session.edits import RenamePerson, SetMark, SetSpan
from tracking.session.session import Session
from tracking.time_span import TimeSpan
from tracking.video.file import VideoFile

SIZE_WH = (161, 120)  # odd: no H.264 has that
BARE = SceneStyle(PictureLayers().bare())


def flat(number: int, size_wh: tuple[int, int]) -> np.ndarray:
    """A picture whose brightness tells its number."""
    return np.full((*size_wh[::-1], 3), 20 + 20 * number, np.uint8)


@pytest.fixture
def session(tmp_path: Path):
    """Ten frames at 30 a second, each of its own brightness, a mark on frame 4."""
    clip = make_clip(tmp_path / "walk.mp4", 10, size_wh=SIZE_WH, painter=flat)
    with VideoFile(clip) as video:
        times, info = video.frame_times(), video.info
    with Session.create(tmp_path / "walk_session.ppnet", made_header(source=info)) as made:
        for index, time_s in enumerate(times):
            made.append(replace(made_result(index, (1,), time_s=time_s), size_wh=SIZE_WH))
        made.add_edit(SetMark(4, times[4], "Touchdown"))
        made.finish()
        yield made


def levels(path: Path) -> list[int]:
    """Which frame of the source each picture of a clip shows, by the brightness of its middle."""
    with VideoFile(path) as clip:
        return [round((float(frame.image[40:80, 60:100].mean()) - 20) / 20) for frame in clip]


def test_every_frame_four_times_and_a_pause_at_the_mark(session, tmp_path):
    out = write_shared_clip(EditedSession(session), tmp_path / "slow.mp4", no_tick, style=BARE)
    assert levels(out) == [i for i in range(10) for _ in range(4 + 45 * (i == 4))]
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width % 2, stream.height, float(stream.average_rate)) == (0, 120, 30)
        assert not container.streams.audio
    head = out.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "it plays before it is loaded whole"


def test_between_in_and_out_point_at_another_speed(session, tmp_path):
    session.add_edit(SetSpan(2 / 30, 6 / 30))
    path = tmp_path / "slow.mp4"
    write_shared_clip(EditedSession(session), path, no_tick, style=BARE, speed=0.5, pause_s=0)
    assert levels(path) == [2, 2, 3, 3, 4, 4, 5, 5]
    with pytest.raises(UserError, match="choose another"):
        asked = EditedSession(session, span=TimeSpan(0.3, 0.4))
        write_shared_clip(asked, tmp_path / "none.mp4", no_tick, style=BARE)
    assert not list(tmp_path.glob("none*"))


def test_the_last_picture_stays_until_the_next_one_came_or_the_part_ends(tmp_path):
    """A camera that left out pictures: its true times count at the end, too."""
    clip = make_clip(tmp_path / "uneven.mp4", [0, 3, 6, 18, 21], size_wh=SIZE_WH, painter=flat)
    with VideoFile(clip) as video, Session.create(tmp_path / "s.ppnet", made_header(source=video.info)) as made:
        for index, time_s in enumerate(video.frame_times()):
            made.append(replace(made_result(index, (1,), time_s=time_s), size_wh=SIZE_WH))
        for end_s, shown in ((0.3, 3), (0.6, 12), (0.7, 12)):
            path = tmp_path / f"{end_s}.mp4"
            asked = EditedSession(made, span=TimeSpan(0.1, end_s))
            write_shared_clip(asked, path, no_tick, style=BARE, speed=1.0, video=clip)
            assert levels(path) == [1] * 3 + [2] * shown + [3] * (3 if end_s > 0.6 else 0)


def test_the_marks_name_and_the_true_time_are_drawn_in_the_corner(session, tmp_path):
    """The rest of the picture, where people's names and heads are, stays free."""
    write_shared_clip(EditedSession(session), tmp_path / "slow.mp4", no_tick, style=BARE)
    with VideoFile(tmp_path / "slow.mp4") as clip:
        pictures = [frame.image.astype(int) for frame in clip]
    corner, name, rest = np.s_[-25:, :60], np.s_[-25:, 135:150], np.s_[:90]
    stands, goes = np.abs(pictures[20] - 20 - 20 * 4), np.abs(pictures[16 + 45 + 2] - 20 - 20 * 4)
    assert stands[corner].max() > 60 and goes[corner].max() > 60, "the time"
    assert stands[name].max() > 60, "the name, while it stands"
    assert goes[name].max() < 30, "gone when it moves on"
    assert stands[rest].max() < 30 and goes[rest].max() < 30


def test_a_picture_at_a_mark_has_its_name(session):
    def shown(frame: int) -> np.ndarray:
        asked = EditedSession(session, span=TimeSpan(None, frame / 30 + 1e-5), whole=True)
        return np.abs(shared_picture(asked, style=BARE).astype(int) - 20 - 20 * frame)[-25:, 135:150]

    assert shown(4).max() > 60 and shown(5).max() < 30


def test_names_and_skeletons_without_boxes():
    layers = layers_to_share(PictureLayers(boxes=True, labels=False, blur_faces=True, angles=("left_knee",)))
    assert (layers.skeleton, layers.labels, layers.trails, layers.boxes) == (True, True, True, False)
    assert layers.blur_faces and layers.angles == ("left_knee",)


def test_one_picture(session):
    session.add_edit(RenamePerson(1, "Ann"))
    asked = EditedSession(session, span=TimeSpan(None, 5 / 30 + 1e-5), whole=True)
    style = SceneStyle(layers_to_share(PictureLayers()), PeopleStyle(names=asked.names))
    picture = shared_picture(asked, style=style)
    assert picture.shape == (120, 161, 3)
    assert abs(float(picture[50:70, :40].mean()) - 120) < 6, "frame 5"


@pytest.mark.parametrize("speed", [0.0, 1.5, -1])
def test_a_speed_that_makes_no_sense_is_refused(session, tmp_path, speed):
    with pytest.raises(UserError, match="speed must be between"):
        write_shared_clip(EditedSession(session), tmp_path / "slow.mp4", no_tick, style=BARE, speed=speed)


def test_stopped_it_leaves_nothing(session, tmp_path):
    def tick(done: int) -> None:
        if done == 3:
            raise Cancelled

    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        write_shared_clip(EditedSession(session), tmp_path / "slow.mp4", tick, style=BARE)
    assert sorted(tmp_path.iterdir()) == before
