"""The page of answers fills by itself, goes where one clicks, follows edits, and is saved."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.gui.panels.answers import NOTHING
from tests.app.gui import conftest as tests_conftest
from tests.app.gui.conftest import shown_frame
from tests.tracking.answers.conftest import STRIDE_S, make_walk
from tracking.answers.report import PAGE_WH
from tracking.session.edits import DeletePerson, SetSpan
from tracking.session.session import Session


@pytest.fixture
def walked(qtbot, window, tmp_path):
    window.files.open_path(make_walk(tmp_path))
    qtbot.waitUntil(lambda: window.view.picture is not None)
    window.workspace.run.player.pause()
    window.below.setCurrentWidget(window.answers)
    qtbot.waitUntil(lambda: window.answers.tree.topLevelItemCount() == 1)
    return window


def rows(window):
    person = window.answers.tree.topLevelItem(0)
    return {person.child(i).text(0): person.child(i) for i in range(person.childCount())}


def test_steps_are_found_and_a_click_goes_there(qtbot, walked):
    found = rows(walked)
    assert found["Steps"].text(1) == "7"
    assert float(found["Cadence"].text(1).split()[0]) == pytest.approx(120 / STRIDE_S, rel=0.01)
    step = found["Each step"].child(3)
    assert "out point" not in walked.answers.hint.text()
    walked.answers.tree.expandAll()
    walked.answers.tree.scrollToItem(step)
    place = walked.answers.tree.visualItemRect(step).center()
    qtbot.mouseClick(walked.answers.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    frame = round(float(step.text(2).split()[0]) * 30)
    qtbot.waitUntil(lambda: abs((shown_frame(walked) or 0) - frame) <= 1)


def test_the_out_point_counts(qtbot, walked):
    walked.playback.seek_frame(60)
    qtbot.waitUntil(lambda: shown_frame(walked) == 60)
    walked.commands["out-point"].trigger()
    qtbot.waitUntil(lambda: "Steps" in rows(walked) and int(rows(walked)["Steps"].text(1)) <= 4)
    assert "between the in and out points" in walked.answers.hint.text()


def test_table_and_report(qtbot, walked, tmp_path):
    folder = tmp_path / "videos" / "PPNet Live"
    walked.answers.table.click()
    assert (folder / "walk_answers.csv").exists()
    walked.answers.report.click()
    qtbot.waitUntil(lambda: (folder / "walk_1_report.pdf").exists() and "report" in walked.banner.text)
    walked.answers.page.click()
    qtbot.waitUntil(lambda: walked.banner.text.startswith("Saved walk_1_report.png"))
    assert QImage(str(folder / "walk_1_report.png")).width() == PAGE_WH[0]


def test_what_is_saved_is_of_today(qtbot, walked, tmp_path):
    walked.workspace.edit(DeletePerson(1, 60))
    walked.answers.table.click()
    assert "Still looking" in walked.banner.text and not list(tmp_path.rglob("walk_answers.csv"))
    walked.answers.report.click()
    qtbot.waitUntil(lambda: int(rows(walked)["Steps"].text(1)) <= 4)
    assert not list(tmp_path.rglob("*_report.pdf"))
    walked.answers.table.click()
    (table,) = tmp_path.rglob("walk_answers.csv")
    assert ",summary,,,,steps,4," in table.read_text() or ",summary,,,,steps,3," in table.read_text()


def test_nobody_who_walks_is_said(qtbot, open_clip):
    window = open_clip()
    window.below.setCurrentWidget(window.answers)
    qtbot.waitUntil(lambda: "No steps" in window.answers.note.text())
    assert not window.answers.report.isEnabled()


def test_a_page_without_answers_says_how_much_is_tracked(qtbot, window, clip, studio, tmp_path):
    going = studio.hold = threading.Event()
    studio.delay_s = 0.02
    note = window.answers.note
    window.below.setCurrentWidget(window.answers)
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.answers.isVisible() and note.text() == "Nothing has been tracked yet.")
    going.set()
    session = window.workspace.run.session
    qtbot.waitUntil(lambda: session.frame_count > 35)
    going.clear()
    qtbot.waitUntil(lambda: "so far" in note.text())
    assert not session.complete
    window.commands["share"].trigger()
    qtbot.waitUntil(lambda: "Ready to share" in window.banner.text)
    assert "not finished" in window.banner.text
    window.workspace.choose(1)
    qtbot.waitUntil(lambda: not window.curves.is_reading)
    for save in (window.curves.saveTable, window.curves.savePicture):
        window.banner.forget()
        save.emit()
        assert "curve" in window.banner.text and "not finished" in window.banner.text
    going.set()
    qtbot.waitUntil(lambda: note.text() == NOTHING)


def test_a_part_that_is_all_tracked_is_all(qtbot, window, clip, studio, monkeypatch):
    monkeypatch.setattr(Session, "finish", lambda _session: None)  # as if the run went on for ever
    going = studio.hold = threading.Event()
    studio.delay_s = 0.02
    note = window.answers.note
    window.below.setCurrentWidget(window.answers)
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.view.picture is not None)
    going.set()
    session = window.workspace.run.session
    qtbot.waitUntil(lambda: session.frame_count > 35)
    going.clear()
    qtbot.waitUntil(lambda: "so far" in note.text())
    window.workspace.edit(SetSpan(0.1, 0.9))
    qtbot.waitUntil(lambda: note.text() == NOTHING)
    going.set()


def test_where_nobody_was_found_no_page_waits_for_somebody(qtbot, open_clip, monkeypatch):
    found = tests_conftest.made_result
    monkeypatch.setattr(tests_conftest, "made_result", lambda index, _ids, **more: found(index, (), **more))
    window = open_clip(anew=True)
    window.below.setCurrentWidget(window.answers)
    qtbot.waitUntil(lambda: window.answers.note.text() == "Nobody was found in this video.")
    qtbot.waitUntil(lambda: window.people.empty.text() == "Nobody was found in this video.")


def test_a_report_that_is_being_made_is_there_when_the_video_is_closed(walked, tmp_path):
    walked.answers.report.click()
    walked.commands["close"].trigger()
    assert (tmp_path / "videos" / "PPNet Live" / "walk_1_report.pdf").exists()
