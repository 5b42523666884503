"""Edits on people, seen in the picture's result and in the exported table; undo without limit; events."""

import csv
import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QToolButton

from app.engine.player import Player
from app.gui.look.theme import is_dark, tokens
from app.gui.panels.people import PeoplePanel, PersonRow
from app.workspace.results_reader import ResultsReader
from tests.app.gui.conftest import FRAMES, go_to, pixels, shown_frame
from tests.results import made_result, smooth_results
from tests.tracking.answers.conftest import make_walk
from tracking.events import EventKind, FrameSpan
from tracking.run_settings import RunSettings
from tracking.session.edits import MoveKeypoint, SwapIds
from tracking.session.session import Session, session_path
from tracking.video.factory import open_source


def ids_at(window, frame_index):
    return sorted(window.workspace.run.edited.result(frame_index).tracks.ids.tolist())


def exported(qtbot, window):
    """Rows of the table as it is exported now."""
    window.commands["export"].trigger()
    dialog = window.exports.dialog
    dialog.choose("csv")
    path = dialog.path.text()
    dialog.start.click()
    qtbot.waitUntil(lambda: "Written" in dialog.status.text())
    dialog.close()
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    import os

    os.unlink(path)
    return rows


def x_of(rows, frame, person):
    return next(row["nose_x"] for row in rows if int(row["frame"]) == frame and row["person_id"] == str(person))


def test_only_rows_that_changed_are_filled_anew(qtbot, open_clip, monkeypatch):
    window = open_clip()
    people = window.people
    qtbot.waitUntil(lambda: people.list.topLevelItemCount() == 2)
    filled, usual = [], PeoplePanel._fill
    monkeypatch.setattr(
        PeoplePanel,
        "_fill",
        lambda panel, item, row, *, marked: (filled.append(row), usual(panel, item, row, marked=marked)),
    )
    style = window.workspace.people
    first, second = [PersonRow(person, 2.0, (FrameSpan(0, 60, 0.0, 2.0),)) for person in (1, 2)]
    people.show_people([first, second], style)
    filled.clear()
    longer = replace(second, seen_s=3.0)
    third = replace(second, person=3)
    people.show_people([first, longer, third], style)
    assert filled == [longer, third]
    assert [people.list.topLevelItem(row).text(2) for row in range(3)] == ["2.0 s", "3.0 s", "2.0 s"]
    people.show_people([first], style)
    assert people.list.topLevelItemCount() == 1 and len(filled) == 2


def test_list_shows_everybody_with_times(qtbot, open_clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    item = window.people.list.topLevelItem(1)
    assert item.text(0) == "2"
    qtbot.waitUntil(lambda: item.text(2) == f"{(FRAMES - 1) / 30:.1f} s")


def test_news_sets_the_span_of_the_strip_once(open_clip, monkeypatch):
    window = open_clip()
    spans = []
    monkeypatch.setattr(window.timeline.lanes, "show_span", lambda *span: spans.append(span))
    monkeypatch.setattr(window.results, "_known", None)
    window.results.tick()
    window.results.tick()
    assert len(spans) == 2


def test_swap_counts_from_here_on_in_the_export(qtbot, open_clip):
    window = open_clip()
    before = exported(qtbot, window)
    window.commands["swap"].trigger()
    after = exported(qtbot, window)
    assert len(after) == len(before) == 2 * FRAMES
    assert x_of(after, 19, 1) == x_of(before, 19, 1)
    assert x_of(after, 20, 1) == x_of(before, 20, 2)
    assert x_of(after, 59, 2) == x_of(before, 59, 1)
    window.commands["undo"].trigger()
    assert exported(qtbot, window) == before
    window.commands["redo"].trigger()
    assert exported(qtbot, window) == after


def test_split_delete_merge(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(2)
    window.commands["split"].trigger()
    assert ids_at(window, 19) == [1, 2] and ids_at(window, 20) == [1, 3]
    window.workspace.choose(3)
    window.commands["delete"].trigger()
    assert ids_at(window, 19) == [1, 2] and ids_at(window, 20) == [1]
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 3)
    window.people.list.clearSelection()
    for row in (1, 2):
        window.people.list.topLevelItem(row).setSelected(True)
    window.commands["merge"].trigger()
    assert ids_at(window, 19) == ids_at(window, 50) == [1, 2]


def test_merging_two_who_are_seen_at_once_says_what_is_left_out(qtbot, open_clip):
    window, said = open_clip(), []
    window.workspace.notified.connect(lambda words, *_: said.append(words))
    qtbot.waitUntil(lambda: window.people.seen_together_s(1, 2) > 1.95)
    window.commands["merge"].trigger()
    assert ids_at(window, 19) == [1]
    (words,) = said
    assert words.startswith("Person 2 is now person 1, everywhere. Both were seen at once for 2.0 s")


def test_who_is_hidden_is_shown_by_the_same_button(qtbot, open_clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    (button,) = (one for one in window.people.findChildren(QToolButton) if one.text() == "Hide")
    window.workspace.choose(2)
    for words, ids in (("Show", {2}), ("Hide", set())):
        button.click()
        qtbot.waitUntil(lambda words=words: button.text() == words)
        assert window.workspace.people.hidden == ids
    window.workspace.choose(1)
    assert button.text() == "Hide"


def test_delete_everywhere_and_undo_back_to_the_start(open_clip):
    window = open_clip()
    window.workspace.choose(1)
    window.commands["delete-all"].trigger()
    assert ids_at(window, 0) == ids_at(window, 59) == [2]
    window.workspace.choose(2)
    window.commands["hide"].trigger()
    assert ids_at(window, 30) == []
    for _ in range(2):
        window.commands["undo"].trigger()
    assert ids_at(window, 30) == [1, 2]
    assert not window.commands["undo"].isEnabled() and window.commands["redo"].isEnabled()


def test_name_is_drawn_and_listed(qtbot, open_clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    before = pixels(window)
    window.people.list.topLevelItem(0).setText(1, "Anna")
    assert window.workspace.run.edited.name(1) == "Anna"
    assert (pixels(window) != before).any()


def test_hidden_person_leaves_the_picture(qtbot, open_clip):
    window = open_clip()
    result = window.view.picture.result
    x1, y1, x2, y2 = (round(v) for v in result.tracks.boxes[0])
    window.workspace.choose(1)
    window.commands["hide"].trigger()
    qtbot.waitUntil(lambda: (pixels(window)[y1 - 3 : y2 + 4, x1 - 3 : x2 - 25] == 90).all())
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)


def test_two_corrected_frames_are_filled_in_between(qtbot, open_clip):
    window = open_clip()
    edits = window.people_commands
    edits.move_joint(2, 9, 300.0, 100.0)
    go_to(qtbot, window, 30)
    edits.move_joint(2, 9, 400.0, 200.0)
    window.commands["fill"].trigger()
    middle = window.workspace.run.edited.result(25).smoothed.keypoints[1, 9]
    np.testing.assert_allclose(middle, (350, 150), atol=0.5)
    rows = exported(qtbot, window)
    states = {int(r["frame"]): r["left_wrist_state"] for r in rows if r["person_id"] == "2"}
    assert states[25] == states[20] == "edited" and states[31] == "measured"


def test_frames_are_filled_in_before_the_video_is_read_through(open_clip, monkeypatch):
    window = open_clip()
    for frame_index, x in ((20, 300.0), (30, 400.0)):
        window.workspace.edit(MoveKeypoint(2, 9, frame_index, x, 100.0))
    monkeypatch.setattr(Player, "times", property(lambda _player: np.zeros(0)))
    window.commands["fill"].trigger()
    assert window.workspace.run.edited.result(25).smoothed.keypoints[1, 9, 0] == pytest.approx(350, abs=0.5)


def test_fill_without_two_frames_says_how(open_clip):
    window = open_clip()
    window.commands["fill"].trigger()
    assert "two frames" in window.banner.text


@pytest.mark.parametrize("name", ["split", "delete", "hide", "rename"])
def test_commands_without_a_person_say_what_to_do(open_clip, name):
    window = open_clip()
    window.commands[name].trigger()
    assert "Select a person" in window.banner.text


def test_event_keys_jump_and_end_is_said(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(2)
    window.commands["split"].trigger()
    go_to(qtbot, window, 5)
    qtbot.waitUntil(lambda: any(mark.frame_index == 20 for mark in window.timeline.lanes.marks))
    qtbot.waitUntil(lambda: window.playback.position.frame_index == 5)
    marks = sorted({mark.frame_index for mark in window.timeline.lanes.marks})
    after = next(index for index in marks if index > 5)
    window.commands["next-event"].trigger()
    qtbot.waitUntil(lambda: shown_frame(window) == after)


def test_the_numbers_of_two_who_cross_are_swapped_by_two_keys(qtbot, open_clip, studio, clip):
    with open_source(clip) as source:
        header = studio.header(source.info, RunSettings())
    with Session.create(session_path(clip), header) as session:
        for index in range(FRAMES):
            left_x = 50 + 8 * index, 250, 450 - 8 * index  # 1 and 3 meet in the middle, at 2
            boxes = [(x, 50, x + 40, 200) if x != 250 else (x, 300, x + 40, 450) for x in left_x]
            session.append(made_result(index, (1, 2, 3), time_s=index / 30, boxes=np.array(boxes)))
        session.finish()
    window = open_clip()
    qtbot.waitUntil(lambda: any(mark.kind is EventKind.CROSSING for mark in window.timeline.lanes.marks))
    crossing = next(mark for mark in window.timeline.lanes.marks if mark.kind is EventKind.CROSSING)
    assert {crossing.track_id, crossing.other_id} == {1, 3}
    go_to(qtbot, window, crossing.frame_index - 1)
    qtbot.waitUntil(lambda: window.playback.position.frame_index == crossing.frame_index - 1)
    window.commands["next-event"].trigger()
    qtbot.waitUntil(lambda: shown_frame(window) == crossing.frame_index)
    words = "Person 1 and person 3 cross: check that they kept their numbers. Ctrl+T swaps them from here on."
    assert window.banner.text == words
    window.commands["swap"].trigger()
    assert window.workspace.run.session.edits() == (SwapIds(1, 3, from_frame=crossing.frame_index),)
    window.commands["previous-event"].trigger()
    qtbot.waitUntil(lambda: shown_frame(window) == 0)
    assert window.banner.text == "Person 1 appears (2 more events on this frame)." and window.people.picked() == []
    window.commands["swap"].trigger()
    assert "Select two people" in window.banner.text, "only those who cross are picked"


def test_steadiness_is_made_again_without_the_network(qtbot, open_clip, studio):
    window = open_clip(anew=True)
    seen = len(studio.processor.seen)
    before = window.workspace.run.edited.result(30).smoothed.keypoints.copy()
    window.controls.widgets["smoothing.strength"].slider.setValue(95)
    qtbot.waitUntil(
        lambda: not np.array_equal(window.workspace.run.edited.result(30).smoothed.keypoints, before, equal_nan=True),
    )
    assert len(studio.processor.seen) == seen


@pytest.mark.parametrize("chosen", ["before the run", "by an edit"])
def test_smoothing_that_looks_ahead_is_shown_when_all_is_tracked_and_when_opened_again(
    qtbot, window, open_clip, chosen
):
    def steadied():
        kept = window.workspace.run.session
        wanted = smooth_results(list(kept.results()), settings.smoothing)[30].smoothed
        shown = window.workspace.run.edited.result(30).smoothed
        return np.array_equal(shown.keypoints, wanted.keypoints, equal_nan=True)

    settings = window.workspace.settings.changed({"smoothing.kind": "rts"})
    if chosen == "before the run":
        window.workspace.apply(settings)
    open_clip(anew=chosen == "before the run")
    window.workspace.apply(settings)
    qtbot.waitUntil(steadied)
    path = window.workspace.run.session.path
    window.workspace.close_run()
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.workspace.run is not None and steadied())


def test_an_edit_shows_at_once_on_the_standing_picture(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(1)
    window.commands["delete"].trigger()
    qtbot.waitUntil(lambda: window.view.picture.result.tracks.ids.tolist() == [2])
    window.commands["undo"].trigger()
    qtbot.waitUntil(lambda: window.view.picture.result.tracks.ids.tolist() == [1, 2])


def test_a_message_offers_no_undo_of_what_is_not_the_last_edit(qtbot, open_clip):
    window = open_clip()
    window.people.list.selectAll()
    window.commands["merge"].trigger()
    assert "Ctrl+Z undoes it" in window.banner.text
    window.workspace.edited.emit()  # what it is smoothed to is there
    assert "Ctrl+Z undoes it" in window.banner.text
    window.commands["undo"].trigger()
    assert window.banner.text == ""
    window.commands["redo"].trigger()
    window.commands["undo"].trigger()
    window.banner.say("All 60 frames are tracked.")
    window.commands["hide"].trigger()
    assert window.banner.text == "All 60 frames are tracked."


def test_the_list_can_be_read_in_the_other_look(qtbot, open_clip):
    window = open_clip()
    words = window.people.list
    qtbot.waitUntil(lambda: words.topLevelItemCount() == 2)
    dark = is_dark()
    try:
        for look in (not dark, dark):
            window.commands["look"].setChecked(look)
            qtbot.waitUntil(lambda: words.topLevelItem(0).foreground(1).color().name() == tokens().text)
    finally:
        window.commands["look"].setChecked(dark)


@pytest.mark.parametrize("typed", ["  Zoë ", "Zoë" + 300 * "ë"])
def test_a_typed_name_stands_as_it_is_kept(qtbot, open_clip, typed):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    for _ in range(2):  # typed again, it is no other name
        window.people.list.topLevelItem(0).setText(1, typed)
        kept = window.workspace.people.names[1]
        assert kept == typed.strip()[:200] and window.people.list.topLevelItem(0).text(1) == kept


def test_who_is_alone_in_a_video_is_chosen_once(qtbot, window, tmp_path):
    window.files.open_path(make_walk(tmp_path))
    qtbot.waitUntil(lambda: window.workspace.people.chosen == 1)
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) > 0)
    window.commands["unselect"].trigger()
    for _ in range(3):
        window.results.tick()
    assert window.workspace.people.chosen is None


def test_nobody_is_chosen_while_others_may_come(qtbot, window, tmp_path, monkeypatch):
    """What was tracked last is read a while after it."""
    whole, known = threading.Event(), ResultsReader.known.fget

    def behind(reader):
        now = known(reader)
        return now if whole.is_set() else replace(now, frames=min(now.frames, 2), is_reading=True)

    monkeypatch.setattr(ResultsReader, "known", property(behind))
    window.files.open_path(make_walk(tmp_path))
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 1)
    window.results.tick()
    assert window.workspace.people.chosen is None
    whole.set()
    qtbot.waitUntil(lambda: window.workspace.people.chosen == 1)


def test_of_two_people_nobody_is_chosen(qtbot, open_clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    window.results.tick()
    assert window.workspace.people.chosen is None
