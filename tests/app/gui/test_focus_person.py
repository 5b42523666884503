"""One person chosen by a click: in picture, list and table; before, during and after the tracking; and taken back."""

import threading

from PySide6.QtCore import QPoint, Qt

from app.gui.picture.video_view import HINTS
from tests.app.gui.conftest import FRAMES, go_to, pixels, shown_frame
from tests.app.gui.test_people import exported, ids_at


def click(qtbot, window, x, y):
    """A click on an image point."""
    at = window.view.transform.to_widget((x, y)).round().astype(int).tolist()
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=QPoint(*at))


def ids_of(window):
    return [result.tracks.ids.tolist() for result in window.workspace.run.session.results()]


def test_a_click_on_a_person_leaves_only_them_until_undone(qtbot, open_clip):
    window = open_clip()
    before, both = pixels(window), exported(qtbot, window)
    x1, y1, x2, y2 = (round(v) for v in window.view.picture.result.tracks.boxes[0])
    window.commands["only-person"].trigger()
    assert window.view.tool == "person"
    click(qtbot, window, 200 + 2 * 20 + 20, 130)
    assert window.view.tool == "look" and window.focus_person.badge.isVisible()
    assert window.controls.one.text() == "Back to everyone"
    assert "Only person 2" in window.focus_person.badge.text() and "Ctrl+Z" in window.banner.text
    qtbot.waitUntil(lambda: (pixels(window)[y1 - 3 : y2 + 4, x1 - 3 : x2 - 25] == 90).all())
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 1)
    rows = exported(qtbot, window)
    assert len(rows) == FRAMES and {row["person_id"] for row in rows} == {"2"}
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    assert exported(qtbot, window) == both and not window.focus_person.badge.isVisible()
    window.workspace.choose(None)
    qtbot.waitUntil(lambda: (pixels(window) == before).all())


def test_the_badge_brings_everybody_back(qtbot, open_clip):
    window = open_clip()
    window.commands["only-person"].trigger()
    click(qtbot, window, 160, 130)
    assert ids_at(window, 30) == [1]
    window.focus_person.badge.click()
    assert ids_at(window, 30) == [1, 2] and not window.focus_person.badge.isVisible()
    window.commands["undo"].trigger()
    assert ids_at(window, 30) == [1] and window.focus_person.badge.isVisible()


def test_a_place_clicked_before_the_tracking_has_come(qtbot, window, studio, clip):
    studio.hold = threading.Event()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.view.picture is not None)
    window.workspace.run.player.pause()
    window.playback.seek_frame(30)
    qtbot.waitUntil(lambda: shown_frame(window) == 30)
    window.controls.one.click()
    click(qtbot, window, 200 + 60 + 20, 180)
    assert window.workspace.focus.place.time_s == 1.0 and "Waiting" in window.focus_person.badge.text()
    assert window.controls.one.text() == "Back to everyone"
    studio.hold.set()
    qtbot.waitUntil(lambda: window.workspace.run.session.complete)
    assert ids_of(window) == [[1, 2]] * 30 + [[2]] * 30, "from that frame on nobody else is read"
    qtbot.waitUntil(lambda: ids_at(window, 5) == [2])
    assert {row["person_id"] for row in exported(qtbot, window)} == {"2"}
    assert window.workspace.run.session.header.settings["only"]["time_s"] == window.workspace.focus.place.time_s == 1.0


def test_a_place_where_nobody_comes_is_given_up_and_said(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    window.focus_person.choose_at(5.0, 470.0, None)
    assert window.workspace.focus.is_waiting
    qtbot.waitUntil(lambda: "Nobody was found" in window.banner.text)
    assert window.workspace.focus.is_everyone and not window.focus_person.badge.isVisible()


def test_live_and_the_session_is_about_the_one(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    result = window.view.picture.result
    window.focus_person.choose_at(*((result.tracks.boxes[0, :2] + result.tracks.boxes[0, 2:]) / 2).tolist(), 1)
    qtbot.waitUntil(lambda: window.view.picture.result.tracks.ids.tolist() == [1])
    session = window.workspace.run.session.path
    window.workspace.close_run()
    from tracking.session.edited_session import EditedSession
    from tracking.session.session import Session

    with Session.open(session) as closed:
        assert closed.header.settings["only"] is not None
        assert {i for edited in EditedSession(closed).results() for i in edited.result.tracks.ids.tolist()} == {1}
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.focus.is_everyone, "the next run begins with everybody"


def test_an_untracked_place_of_a_tracked_film_is_tracked_anew_on_demand(qtbot, open_clip):
    window = open_clip()
    window.commands["only-person"].trigger()
    click(qtbot, window, 600, 460)
    assert "Track again" in window.banner.button.text() and not window.focus_person.badge.isVisible()
    first = window.workspace.run
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run not in (None, first))
    assert window.workspace.run.session.header.settings["only"]["time_s"] == 20 / 30
    qtbot.waitUntil(lambda: window.workspace.run.session.complete)


def test_esc_puts_the_tool_away(qtbot, open_clip):
    window = open_clip()
    window.commands["only-person"].trigger()
    assert "Click the person" in HINTS[window.view.tool]
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.view.tool == "look"
    click(qtbot, window, 160, 130)
    assert window.workspace.people.chosen == 1 and ids_at(window, 20) == [1, 2]


def test_an_unfinished_run_goes_on_with_the_one(qtbot, window, studio, clip):
    studio.delay_s = 0.3
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.frame_count > 5)
    window.workspace.run.player.pause()
    go_to(qtbot, window, 2)
    window.focus_person.choose_at(200.0 + 4, 130.0, 2)
    assert window.workspace.focus.track_id == 2
    path = window.workspace.run.session.path
    window.workspace.close_run()
    studio.delay_s = 0.0
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    assert ids_of(window)[-1] == [2] and "Only person 2" in window.focus_person.badge.text()
