"""What opening does to what is open, to the list of recent files, and what is remembered after quitting."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from app.gui.application import make_window
from app.gui.playback.transport import SPEEDS
from app.gui.preferences import PreferencesStore
from app.workspace.result_paths import sessions_folder
from ppnet.skeleton import MPII_16
from tests.app.gui.conftest import FRAMES, SIZE_WH, go_to
from tests.clips import make_clip
from tracking.session.edits import MergeIds, RenamePerson
from tracking.session.session import Session, session_path


def dropped(path, event_type=QDropEvent):
    """The event and its data, which must live as long; file managers propose to move what is dropped."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    spot = QPointF(50, 50) if event_type is QDropEvent else QPointF(50, 50).toPoint()
    event = event_type(spot, actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event.setDropAction(Qt.DropAction.MoveAction)
    return event, mime


def test_a_text_file_dropped_by_mistake_leaves_the_video_open(qtbot, open_clip, tmp_path):
    window = open_clip()
    run, text = window.workspace.run, tmp_path / "notes.txt"
    text.write_text("left knee")
    event, _mime = dropped(text)
    window.dropEvent(event)
    qtbot.waitUntil(lambda: "notes.txt" in window.banner.text)
    assert window.workspace.run is run and go_to(qtbot, window, 30).result is not None
    assert PreferencesStore().value.recent == (str(run.video.resolve()),), "what failed is not among the recent files"


def test_a_drop_is_never_a_move(window, tmp_path):
    (tmp_path / "notes.txt").write_text("left knee")
    window.exports.show_batch([])
    for target in (window, window.exports.batch):
        for kind, handler in ((QDragEnterEvent, target.dragEnterEvent), (QDropEvent, target.dropEvent)):
            event, _mime = dropped(tmp_path / "notes.txt", kind)
            handler(event)
            assert event.dropAction() is Qt.DropAction.CopyAction and event.isAccepted()


def test_one_film_stands_among_the_recent_files_once(qtbot, open_clip):
    window = open_clip()
    session = window.workspace.run.session.path
    window.files.open_path(session)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert PreferencesStore().value.recent == (str(window.workspace.run.video.resolve()),)


def test_the_first_dialog_opens_in_the_users_folder(qtbot, window, tmp_path, monkeypatch):
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _place: str(tmp_path))
    window.files.ask_file()
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.directory().absolutePath() == str(tmp_path)
    dialog.close()


def test_settings_are_remembered_but_not_what_is_about_one_video(qtbot, window, studio):
    changes = {"tracker.max_people": 2, "smoothing.min_score": 0.7, "adaptation.turn_deg": 90}
    window.workspace.apply(window.workspace.settings.changed(changes))
    window.close()
    again = make_window(QApplication.instance(), factories=studio.factories())
    qtbot.addWidget(again)
    kept = again.workspace.settings
    assert (kept.tracker.max_people, kept.smoothing.min_score, kept.adaptation.turn_deg) == (2, 0.7, 0)
    assert again.controls.widgets["tracker.max_people"].value() == 2 and again.view.layers.min_score == pytest.approx(
        0.7
    )
    again.close()


def test_damaged_settings_are_set_aside(studio):
    store = PreferencesStore()
    store.update(settings={"tracker.max_people": -3})
    assert "damaged" in PreferencesStore().news


def test_a_jump_can_be_watched_at_a_twentieth_of_its_speed(qtbot, open_clip):
    window = open_clip()
    assert SPEEDS[0] == 0.05
    for _ in SPEEDS:
        window.commands["slower"].trigger()
    window.workspace.run.player.play()
    assert window.workspace.run.player.position().speed == pytest.approx(0.05)


def test_news_goes_with_what_it_speaks_of_and_not_before(qtbot, open_clip, studio, tmp_path):
    """While another file is being opened, whose network takes its time; what was written is there all the same."""
    window = open_clip()
    work, other = window.workspace, tmp_path / "other.mp4"
    other.write_bytes(work.opened_file.video.read_bytes())
    work.apply(work.settings.changed({"tracker.max_people": 1}))
    assert "Track again with these settings?" in window.banner.text
    window.files.open_path(other)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.busy)
    assert window.banner.text == ""
    qtbot.waitUntil(lambda: work.run is not None and work.run.session.complete)
    work.notify("The camera was lost.", "error")
    work.close_run()
    assert window.banner.text == "", "an error, too, is about what was open"
    window.files.open_path(tmp_path / "gone.mp4")
    qtbot.waitUntil(lambda: "gone.mp4" in window.banner.text)
    window.files.open_path(other)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.busy)
    assert window.banner.text == ""
    qtbot.waitUntil(lambda: work.run is not None)
    work.run.player.pause()
    qtbot.waitUntil(lambda: window.view.picture is not None)
    window.commands["snapshot"].trigger()
    saved = window.banner.text
    assert saved.startswith("Picture saved")
    window.files.open_path(other)
    qtbot.waitUntil(lambda: work.run is None)
    qtbot.waitUntil(lambda: work.run is not None)
    assert window.banner.text == saved


UNUSABLE = {
    "newer": ("PRAGMA user_version=2", "newer version"),
    "an edit of no kind": (
        "INSERT INTO edits (edit_id, parent, kind, data, created_utc) VALUES (1, 0, 'teleport', '{}', '2026-01-01')",
        "unknown kind of edit",
    ),
    "a setting that is none": (
        """UPDATE meta SET value = replace(value, '"kalman"', '"quantum"') WHERE key = 'header'""",
        "Smoothing method must be one of",
    ),
    "of another video": (
        """UPDATE meta SET value = replace(value, '[640,480]', '[64,48]') WHERE key = 'header'""",
        "another video of the same name",
    ),
}


def make_unusable(place, what):
    """What is in the session then, and the words that say what is wrong with it."""
    change, words = UNUSABLE[what]
    with closing(sqlite3.connect(place)) as database, database:
        database.execute(change)
        database.execute(
            "INSERT OR REPLACE INTO meta VALUES ('edits_head', (SELECT ifnull(max(edit_id), 0) FROM edits))"
        )
        return list(database.iterdump()), words


@pytest.mark.parametrize("way", ["by its video", "by itself"])
@pytest.mark.parametrize("what", UNUSABLE)
def test_a_video_whose_session_is_of_no_use_can_be_tracked_anew_and_the_session_stays(
    qtbot, window, clip, made_session, what, way
):
    place = session_path(clip)
    shutil.copy(made_session, place)
    before, words = make_unusable(place, what)
    window.files.open_path(clip if way == "by its video" else place)
    qtbot.waitUntil(lambda: words in window.banner.text)
    assert "--" not in window.banner.text and window.workspace.run is None
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    kept = place.with_stem(f"{place.stem}_2")
    assert window.workspace.run.kept == kept
    with closing(sqlite3.connect(kept)) as database:
        assert list(database.iterdump()) == before


def test_a_session_is_not_shown_over_another_video_of_its_name(qtbot, window, clip, made_session):
    shutil.copy(made_session, session_path(clip))
    make_clip(clip, FRAMES - 1, size_wh=SIZE_WH)
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: "another video of the same name" in window.banner.text)
    assert window.workspace.run is None and window.banner.button.text() == "Track again"


def test_two_videos_that_differ_in_their_ending_have_a_session_each(qtbot, open_clip, studio):
    """walk.mkv beside walk.mp4: whoever comes second gets a session with the whole name, and finds it again."""
    window = open_clip()
    clip = window.workspace.run.video
    other = Path(shutil.copy(clip, clip.with_suffix(".mkv")))

    def opened(path):
        before = window.workspace.run
        window.files.open_path(path)
        qtbot.waitUntil(lambda: window.workspace.run not in (None, before) and window.workspace.run.session.complete)
        return window.workspace.run

    for video, session in ((other, "walk.mkv_session.ppnet"), (clip, "walk_session.ppnet")) * 2:
        run = opened(video)
        assert (run.video, run.session.path, run.kept) == (video, clip.with_name(session), None)
        assert len(studio.processor.seen) == FRAMES, "the second was tracked, once"
    assert [Path(path).name for path in PreferencesStore().value.recent] == ["walk.mp4", "walk.mkv"]
    assert opened(clip.with_name("walk.mkv_session.ppnet")).video == other
    clip.rename(clip.with_suffix(".old"))
    window.commands["close"].trigger()
    window.files.open_path(other)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.run.session.path.name == "walk.mkv_session.ppnet"


def test_a_session_goes_with_its_video_to_another_ending(qtbot, window, clip, made_session):
    shutil.copy(made_session, session_path(clip))
    video = clip.rename(clip.with_suffix(".mkv"))
    window.files.open_path(video)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.run.session.path == session_path(clip) and window.workspace.run.session.complete


def test_a_video_is_opened_once_to_be_looked_at_also_where_another_is_open(qtbot, open_clip, tmp_path):
    window = open_clip()
    run, other = window.workspace.run, tmp_path / "other.mp4"
    other.write_bytes(run.video.read_bytes())
    factories, looked_at = window.workspace.factories, []

    def open_source(path):
        looked_at.append(threading.current_thread().name)
        return factories.open_source(path)

    window.workspace.factories = replace(factories, open_source=open_source)
    window.files.open_path(other)
    qtbot.waitUntil(lambda: window.workspace.run not in (None, run))
    assert looked_at.count("open") == 1


@pytest.fixture
def refusals(clip, tmp_path, made_session, studio):
    """What can't be opened beside an open video, and the words that say so."""
    found = {}
    for number, what in enumerate(UNUSABLE):
        video = tmp_path / f"other{number}.mp4"
        video.write_bytes(clip.read_bytes())
        place = session_path(video)
        shutil.copy(made_session, place)
        with closing(sqlite3.connect(place)) as database, database:
            moved = f"UPDATE meta SET value = replace(value, '\"walk.mp4\"', '\"{video.name}\"') WHERE key = 'header'"
            database.execute(moved)
        _, found[video] = make_unusable(place, what)
        found[place] = found[video]
    return found


def test_what_is_open_stays_until_the_next_can_really_be_opened(qtbot, open_clip, refusals, studio, tmp_path):
    window = open_clip()
    run = window.workspace.run
    for path, words in refusals.items():
        window.banner.forget()
        event, _mime = dropped(path)
        window.dropEvent(event)
        qtbot.waitUntil(lambda words=words: words in window.banner.text)
        assert window.workspace.run is run and window.banner.button.text() == "Track again", path
    fresh = tmp_path / "fresh.mp4"
    fresh.write_bytes(run.video.read_bytes())
    studio.gone = "gone.safetensors"
    window.workspace.next_settings = window.workspace.next_settings.changed({"network.weights": studio.gone})
    for begin in (
        lambda: window.files.open_path(fresh),
        lambda: window.workspace.open_camera("camera:0", folder=tmp_path),
    ):
        window.banner.forget()
        begin()
        qtbot.waitUntil(lambda: "There are no weights" in window.banner.text)
        assert window.workspace.run is run
    assert go_to(qtbot, window, 30).result is not None
    studio.gone = None
    window.files.open_path(next(iter(refusals)))
    qtbot.waitUntil(lambda: window.banner.button.text() == "Track again" and window.banner.isVisible())
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run not in (None, run))


def test_what_is_open_stays_where_the_next_needs_other_joints_or_a_folder(
    qtbot, open_clip, studio, tmp_path, made_session, monkeypatch
):
    window = open_clip()
    run, file, header = window.workspace.run, tmp_path / "notes.txt", studio.header
    file.write_text("no folder")
    window.workspace.open_camera("camera:0", folder=file / "live")
    qtbot.waitUntil(lambda: "Nothing can be written to" in window.banner.text)
    assert window.workspace.run is run and not window.banner.button.isVisible()
    other = tmp_path / "other.mp4"
    other.write_bytes(run.video.read_bytes())
    shutil.copy(made_session, session_path(other))
    with closing(sqlite3.connect(session_path(other))) as database, database:
        database.execute("DELETE FROM meta WHERE key = 'complete'")
        database.execute(
            f"UPDATE meta SET value = replace(value, '{run.video.name}', '{other.name}') WHERE key = 'header'"
        )
    monkeypatch.setattr(studio, "header", lambda *given: replace(header(*given), skeleton=MPII_16))
    window.workspace.factories = studio.factories()
    for path in (other, session_path(other)):
        window.banner.forget()
        window.files.open_path(path)
        qtbot.waitUntil(lambda: "has different joints" in window.banner.text)
        assert window.workspace.run is run and window.banner.button.text() == "Track again"


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_what_is_open_stays_where_its_own_video_is_gone(qtbot, open_clip, what):
    window = open_clip()
    run = window.workspace.run
    run.video.unlink()
    if what == "replaced":
        make_clip(run.video, 7, size_wh=run.session.header.source.size_wh)
    words = {"deleted": ("There is no file", "is missing"), "replaced": ("belongs to another video",) * 2}[what]
    for path, sentence in zip((run.video, run.session.path), words, strict=True):
        window.banner.forget()
        window.files.open_path(path)
        qtbot.waitUntil(lambda sentence=sentence: sentence in window.banner.text)
        assert window.workspace.run is run


def test_a_session_that_was_kept_is_not_offered_to_be_tracked_anew(qtbot, window, clip, made_session):
    """The video has another session, which is in use."""
    kept = session_path(clip).with_stem(f"{session_path(clip).stem}_2")
    shutil.copy(made_session, kept)
    make_unusable(kept, "newer")
    window.files.open_path(kept)
    qtbot.waitUntil(lambda: "newer version" in window.banner.text)
    assert not window.banner.button.isVisible() and "tracked again" not in window.banner.text


def test_beside_a_video_in_a_folder_that_cannot_be_written_it_is_tracked_anew_elsewhere(
    qtbot, window, clip, made_session, monkeypatch
):
    monkeypatch.setattr("app.workspace.result_paths.os.access", lambda *_args: False)
    session_path(clip).write_bytes(b"of another program")
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: "not a session" in window.banner.text)
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    own = window.workspace.run.session.path
    assert own.parent == sessions_folder() and session_path(clip).read_bytes() == b"of another program"
    window.commands["close"].trigger()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.run.session.path == own and window.workspace.run.session.complete


@pytest.mark.parametrize("how", ["renamed", "moved"])
def test_a_video_that_was_moved_or_renamed_is_shown_with_its_results_and_edits(qtbot, open_clip, clip, how):
    window = open_clip()
    before = window.workspace.run
    qtbot.waitUntil(lambda: before.session.complete)
    window.workspace.edit(RenamePerson(1, "Zoë"))
    old, count = before.session.path, before.session.frame_count
    window.workspace.close_run()
    (clip.parent / "away").mkdir()
    video = clip.rename(clip.with_name("sprint.mp4") if how == "renamed" else clip.parent / "away" / clip.name)
    window.files.open_path(video)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    session = window.workspace.run.session
    assert session.complete and session.frame_count == count and session.edits() == (RenamePerson(1, "Zoë"),)
    assert session.path == session_path(video) and session.header.source.path == video and old.exists()
    words = f"{video.name} was tracked before it was moved or renamed; its results were copied from {old}."
    qtbot.waitUntil(lambda: window.banner.text == words)
    assert window.banner.button.text() == "Track again"
    window.workspace.close_run()
    window.files.open_path(video)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    assert "copied from" not in window.banner.text


def test_videos_moved_together_into_a_read_only_folder_have_their_results(
    qtbot, window, clip, made_session, monkeypatch
):
    shelf, may = clip.parent / "shelf", os.access
    shelf.mkdir()
    videos = [clip, make_clip(clip.with_name("jump.mp4"), FRAMES // 2, size_wh=SIZE_WH)]
    shutil.copy(made_session, session_path(clip))
    for number, video in enumerate(videos):
        window.files.open_path(video)
        qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
        window.workspace.edit(RenamePerson(1, f"Zoë {number}"))
        window.workspace.close_run()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shelf.resolve() and may(path, mode))
    for number, video in enumerate(video.rename(shelf / video.name) for video in videos):
        window.files.open_path(video)
        qtbot.waitUntil(lambda: window.workspace.run is not None)
        session = window.workspace.run.session
        assert session.path.parent == sessions_folder() and session.header.source.path == video
        assert session.edits() == (RenamePerson(1, f"Zoë {number}"),)
        window.workspace.close_run()
    assert sorted(path.name for path in shelf.iterdir()) == ["jump.mp4", "walk.mp4"]


def test_of_several_sessions_of_a_moved_video_the_newest_that_was_edited_is_taken(qtbot, open_clip, clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.workspace.run.session.complete)
    window.workspace.close_run()
    tracked = session_path(clip)
    chosen, *others = (tracked.with_stem(f"{tracked.stem}_{number}") for number in (2, 3, 4, 5))
    for age_s, (place, edits) in enumerate(
        [
            (tracked, ()),
            (others[0], (MergeIds(1, 2),)),
            (chosen, (RenamePerson(1, "Zoë"),)),
            (others[1], (RenamePerson(1, "Ann"), RenamePerson(2, "Ben"))),
        ]
    ):
        if place != tracked:
            shutil.copy(tracked, place)
        with Session.open(place, writable=True) as session:
            for edit in edits:
                session.add_edit(edit)
        os.utime(place, (1e9 - age_s, 1e9 - age_s))
    video = clip.rename(clip.with_name("sprint.mp4"))
    window.files.open_path(video)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    assert window.workspace.opened_file.brought_from == chosen
    assert window.workspace.run.session.edits() == (RenamePerson(1, "Zoë"),)


def test_of_videos_whose_names_were_exchanged_each_has_its_own_results(qtbot, open_clip, clip):
    window = open_clip()
    window.workspace.edit(RenamePerson(1, "Zoë"))
    window.workspace.close_run()
    video = clip.rename(clip.with_name("sprint.mp4"))
    make_clip(clip, 20, size_wh=SIZE_WH)
    window.files.open_path(video)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    assert window.workspace.opened_file.brought_from == session_path(clip)
    assert window.workspace.run.session.edits() == (RenamePerson(1, "Zoë"),)


def test_of_a_video_that_has_changed_since_it_was_tracked_it_is_said(qtbot, open_clip, clip):
    window = open_clip()
    window.workspace.close_run()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    assert not window.workspace.opened_file.is_changed
    window.workspace.close_run()
    make_clip(clip, FRAMES, size_wh=SIZE_WH)
    window.files.open_path(clip)
    words = f"{clip.name} has changed since it was tracked; if it is another video now, track it again."
    qtbot.waitUntil(lambda: window.banner.text == words)
    assert window.banner.button.text() == "Track again" and window.workspace.run.session.complete


def test_a_copy_of_a_video_is_tracked_for_itself(qtbot, open_clip, clip):
    window = open_clip()
    window.workspace.close_run()
    copy = clip.with_name("copy.mp4")
    shutil.copy(clip, copy)
    window.files.open_path(copy)
    qtbot.waitUntil(lambda: window.workspace.opened_file is not None)
    assert window.workspace.opened_file.brought_from is None
