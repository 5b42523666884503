"""Edits by hand: each one alone, in order, and what they leave untouched."""

import numpy as np
import pytest

from tests.results import assert_same, made_result
from tracking.session.edit_plan import EditPlan
from tracking.session.edits import (
    Anchor,
    ChooseSmoothing,
    DeletePerson,
    DrawnPoint,
    Edit,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    OnlyPerson,
    RemoveDrawing,
    RemoveMark,
    RenamePerson,
    SetDrawing,
    SetMark,
    SetScale,
    SetSpan,
    SplitId,
    SwapIds,
    edit_from_json,
    edit_to_json,
)
from tracking.time_span import TimeSpan
from tracking.types import KeypointState

NOSE, LEFT_EYE = 0, 1
FILL = FillKeypoint(1, NOSE, Anchor(10, 1.0, 100, 50, 2, 0), Anchor(14, 2.0, 200, 90, -2, 8))
ALL: tuple[Edit, ...] = (
    SwapIds(1, 2, 5),
    MergeIds(1, 7),
    SplitId(1, 20, 9),
    DeletePerson(2, 3, None),
    HidePerson(4, True),
    RenamePerson(1, "Zoë"),
    MoveKeypoint(1, NOSE, 5, 1.5, -2.0),
    FILL,
    ChooseSmoothing("rts", 70.0, 0.3),
    OnlyPerson(2),
    OnlyPerson(None),
    SetMark(12, 0.4, "Absprung"),
    RemoveMark(12),
    SetSpan(None, 2.5),
    SetScale(0.005),
    SetDrawing(1, "angle", (DrawnPoint(1.5, 2), DrawnPoint(3, 4, 1, NOSE), DrawnPoint(3, 90)), "vertical"),
    SetDrawing(2, "line", (DrawnPoint(1.5, 2), DrawnPoint(3, 4)), extended=True),
    RemoveDrawing(1),
)


def ids(edits: list[Edit], *, frame: int, of: tuple[int, ...] = (1, 2, 3)) -> list[int]:
    return EditPlan(edits).apply(made_result(frame, of)).result.tracks.ids.tolist()


def test_without_edits_nothing_changes() -> None:
    edited = EditPlan(()).apply(made_result(3, (1, 2)))
    assert_same(edited.result, made_result(3, (1, 2)))
    assert not edited.edited.any() and len(edited) == 2
    assert len(EditPlan([SwapIds(1, 2, 0)]).apply(made_result(3, ()))) == 0


def test_swap_from_a_frame_on() -> None:
    swap = [SwapIds(1, 2, 5)]
    assert ids(swap, frame=4) == [1, 2, 3] and ids(swap, frame=5) == [2, 1, 3]
    assert ids(swap, frame=9, of=(1,)) == [2] and ids(swap, frame=9, of=(2, 3)) == [1, 3]
    edited = EditPlan(swap).apply(made_result(6, (1, 2, 3)))
    assert edited.edited.tolist() == [True, True, False]
    # The bodies stay where they are, only the numbers move.
    np.testing.assert_array_equal(edited.result.tracks.boxes, made_result(6, (1, 2, 3)).tracks.boxes)
    np.testing.assert_array_equal(edited.result.raw.keypoints, made_result(6, (1, 2, 3)).raw.keypoints)
    assert ids([SwapIds(1, 2, 5), SwapIds(1, 2, 5)], frame=8) == [1, 2, 3]


def test_merge_split_delete() -> None:
    assert ids([MergeIds(1, 2)], frame=0, of=(2, 3)) == [1, 3]
    kept = EditPlan([MergeIds(1, 2)]).apply(made_result(0, (2, 1))).result
    assert kept.tracks.ids.tolist() == [1]
    np.testing.assert_array_equal(kept.tracks.boxes, made_result(0, (2, 1)).tracks.boxes[1:])
    assert ids([SplitId(1, 5, 9)], frame=4) == [1, 2, 3] and ids([SplitId(1, 5, 9)], frame=5) == [9, 2, 3]
    delete = [DeletePerson(2, 3, 6)]
    assert [len(ids(delete, frame=frame)) for frame in (2, 3, 6, 7)] == [3, 2, 2, 3]
    assert ids([DeletePerson(2)], frame=10**6) == [1, 3]


def test_each_edit_speaks_of_the_ids_as_they_were_then() -> None:
    chain = [SwapIds(1, 2, 5), DeletePerson(1, 5), SplitId(2, 8, 9), MergeIds(3, 9)]
    # From 5 on the second body is person 1, and goes; the first is person 2, and from 8 on 9, who is merged with 3.
    assert ids(chain, frame=4) == [1, 2, 3]
    assert ids(chain, frame=6) == [2, 3]
    assert ids(chain, frame=8) == [3] and ids(chain, frame=8, of=(1, 2)) == [3]


def test_a_split_swallows_nobody_who_comes_later() -> None:
    split = [SplitId(1, 10, 3)]  # while 1 and 2 were all
    assert ids(split, frame=12, of=(1, 2, 3)) == [3, 2, 4] and ids(split, frame=5, of=(1, 3)) == [1, 4]
    assert EditPlan(split).apply(made_result(12, (1, 2, 3))).edited.tolist() == [True, False, False]
    again = [*split, HidePerson(4), SplitId(4, 20, 5)]  # of the newcomer, while 3 was the last of the tracking
    assert ids(again, frame=20, of=(1, 2, 3, 4)) == [3, 2, 5, 6] and ids(again, frame=20, of=(1, 5)) == [3, 7]
    assert EditPlan(again).apply(made_result(19, (1, 3, 4))).result.tracks.ids.tolist() == [3, 6]


def test_who_was_somebody_else_all_along_keeps_the_name() -> None:
    ann, bo = RenamePerson(1, "Ann"), RenamePerson(7, "Bo")
    assert EditPlan([bo, MergeIds(1, 7)]).names == {1: "Bo"}
    assert EditPlan([ann, bo, MergeIds(1, 7)]).names[1] == "Ann"
    assert EditPlan([bo, MergeIds(1, 7), ann]).names == {1: "Ann"}


def test_names_and_hidden_people() -> None:
    plan = EditPlan([RenamePerson(1, "Ann"), RenamePerson(2, "Bo"), RenamePerson(1, "Zoë"), RenamePerson(2, "")])
    assert dict(plan.names) == {1: "Zoë"}
    hidden = EditPlan([HidePerson(1), HidePerson(2), HidePerson(1, hidden=False)])
    assert hidden.hidden == {2}
    result = made_result(0, (1, 2, 3))
    assert hidden.apply(result).result.tracks.ids.tolist() == [1, 3]
    assert hidden.apply(result, keep_hidden=True).result.tracks.ids.tolist() == [1, 2, 3]


def test_a_joint_moved_on_one_frame() -> None:
    plan = EditPlan([MoveKeypoint(2, LEFT_EYE, 5, 333.5, 44.25)])
    edited, before = plan.apply(made_result(5, (1, 2))), made_result(5, (1, 2))
    assert edited.result.smoothed.keypoints[1, LEFT_EYE].tolist() == [333.5, 44.25]
    assert edited.result.smoothed.scores[1, LEFT_EYE] == 1
    assert edited.result.states[1, LEFT_EYE] == KeypointState.EDITED
    assert edited.edited.tolist() == [False, True]
    others = np.ones((2, 17), bool)
    others[1, LEFT_EYE] = False
    np.testing.assert_array_equal(edited.result.smoothed.keypoints[others], before.smoothed.keypoints[others])
    np.testing.assert_array_equal(edited.result.states[others], before.states[others])
    np.testing.assert_array_equal(edited.result.raw.keypoints, before.raw.keypoints)  # what the network said stays
    assert_same(plan.apply(made_result(6, (1, 2))).result, made_result(6, (1, 2)))


def test_a_moved_joint_stays_with_its_body_when_ids_change_later() -> None:
    move = MoveKeypoint(2, NOSE, 5, 9.0, 8.0)
    for later in (SwapIds(1, 2, 0), SplitId(2, 0, 9), MergeIds(3, 2), HidePerson(1)):
        result = EditPlan([move, later]).apply(made_result(5, (1, 2))).result
        row = made_result(5, (1, 2)).tracks.boxes[1].tolist()
        at = result.tracks.boxes.tolist().index(row)
        assert result.smoothed.keypoints[at, NOSE].tolist() == [9.0, 8.0]
    gone = EditPlan([move, DeletePerson(2)]).apply(made_result(5, (1, 2)))
    assert gone.result.tracks.ids.tolist() == [1] and not gone.edited.any()


def test_a_span_is_filled_by_time() -> None:
    plan = EditPlan([FILL])
    for frame, time_s, at in [(10, 1.0, (100, 50)), (11, 1.1, (110, 54)), (13, 1.75, (175, 80)), (14, 2.0, (200, 90))]:
        edited = plan.apply(made_result(frame, (1, 2), time_s=time_s))
        np.testing.assert_allclose(edited.result.smoothed.keypoints[0, NOSE], at, atol=1e-4)
        assert edited.result.states[0, NOSE] == KeypointState.EDITED and edited.edited.tolist() == [True, False]
    for frame, time_s in [(9, 0.9), (15, 2.1)]:
        assert not plan.apply(made_result(frame, (1, 2), time_s=time_s)).edited.any()


def test_a_span_that_follows_the_tracked_curve() -> None:
    follow = FillKeypoint(1, NOSE, FILL.start, FILL.end, follow=True)
    tracked = made_result(12, (1, 2), time_s=1.5)
    result = EditPlan([follow]).apply(tracked).result
    np.testing.assert_allclose(result.smoothed.keypoints[0, NOSE], tracked.smoothed.keypoints[0, NOSE] + [0, 4])
    missing = FillKeypoint(1, 3, FILL.start, FILL.end, follow=True)  # joint 3 of the first person is missing
    assert EditPlan([missing]).apply(tracked).result.smoothed.keypoints[0, 3].tolist() == [150, 70]


def test_smoothing_counts_only_until_it_is_taken_back() -> None:
    first, second = ChooseSmoothing("kalman", 20.0), ChooseSmoothing("one_euro", 80.0)
    assert EditPlan([first, second]).smoothing == second
    assert EditPlan([first, ChooseSmoothing("")]).smoothing is None


@pytest.mark.parametrize("edit", ALL, ids=lambda edit: type(edit).__name__)
def test_edits_are_kept_as_text(edit: Edit) -> None:
    assert edit_from_json(*edit_to_json(edit)) == edit


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("swap", '{"first": 1, "second": 1, "from_frame": 0}'),
        ("swap", '{"first": 1, "second": 2}'),
        ("swap", '{"first": 1, "second": 2, "from_frame": 0, "more": 1}'),
        ("swap", '{"first": "1", "second": 2, "from_frame": 0}'),
        ("swap", '{"first": true, "second": 2, "from_frame": 0}'),
        ("swap", '{"first": 1, "second": 2, "from_frame": -1}'),
        ("merge", '{"keep": 2, "other": 2}'),
        ("split", '{"track_id": 1, "from_frame": 2, "new_id": 0}'),
        ("delete", '{"track_id": 1, "from_frame": 2, "to_frame": "x"}'),
        ("hide", '{"track_id": 1, "hidden": 1}'),
        ("rename", '{"track_id": 1, "name": 5}'),
        ("move", '{"track_id": 1, "keypoint": 0, "frame_index": 1, "x": NaN, "y": 0}'),
        ("move", '{"track_id": 1, "keypoint": 0, "frame_index": 1, "x": 1e999, "y": 0}'),
        ("fill", '{"track_id": 1, "keypoint": 0, "start": [], "end": {}, "follow": false}'),
        ("run", "{}"),
        ("only", '{"track_id": 0}'),
        ("mark", '{"frame_index": null, "time_s": 1, "name": ""}'),
        ("mark", '{"frame_index": 1, "time_s": null, "name": ""}'),
        ("span", '{"start_s": 2, "end_s": 2}'),
        ("scale", '{"metres_per_pixel": 0}'),
        ("split", '{"track_id": null, "from_frame": 2, "new_id": 3}'),
        ("swap", "[]"),
        ("swap", "nonsense"),
    ],
)
def test_texts_that_are_no_edit(kind: str, data: str) -> None:
    with pytest.raises(ValueError):
        edit_from_json(kind, data)
    with pytest.raises(ValueError):
        edit_to_json(RenamePerson(1, "x" * 300))


def test_one_person_and_who_they_became() -> None:
    plan = EditPlan((OnlyPerson(2),))
    assert plan.apply(made_result(3)).result.tracks.ids.tolist() == [2]
    assert plan.apply(made_result(3), keep_hidden=True).result.tracks.ids.tolist() == [2]
    assert EditPlan((OnlyPerson(2), MergeIds(1, 2))).only == 1
    assert EditPlan((OnlyPerson(2), MergeIds(2, 1))).only == 2
    assert EditPlan((OnlyPerson(2), OnlyPerson(None))).apply(made_result(3)).result.tracks.ids.tolist() == [1, 2]


def test_marks_span_and_scale_are_those_set_last() -> None:
    plan = EditPlan(
        (SetMark(9, 0.3, "b"), SetMark(3, 0.1, "a"), SetMark(9, 0.3, "c"), SetMark(5, 0.2, "x"), RemoveMark(5))
    )
    assert [(mark.frame_index, mark.name) for mark in plan.marks] == [(3, "a"), (9, "c")]
    assert plan.of_results == EditPlan(()).of_results, "marks change no result"
    assert EditPlan((SetSpan(1.0, None), SetSpan(None, 2.0))).span == TimeSpan(None, 2.0)
    assert EditPlan((SetScale(0.1), SetScale(None))).metres_per_pixel is None


def test_drawings_are_changed_under_their_number_and_follow_whom_they_are_tied_to() -> None:
    line = SetDrawing(1, "line", (DrawnPoint(1, 2, 7, NOSE), DrawnPoint(3, 4)))
    other = SetDrawing(2, "distance", (DrawnPoint(1, 2), DrawnPoint(3, 4)))
    longer = SetDrawing(1, "line", line.points, extended=True)
    assert EditPlan((other, line, longer)).drawings == (longer, other)
    plan = EditPlan((line, other, RemoveDrawing(2)))
    assert plan.drawings == (line,) and plan.next_drawing == 3, "no number comes twice"
    (merged,) = EditPlan((line, MergeIds(1, 7))).drawings
    assert merged.points[0] == DrawnPoint(1, 2, 1, NOSE) and merged.people == {1}
    assert EditPlan(()).drawings == () and EditPlan(()).next_drawing == 1


def test_a_drawing_out_of_a_file_is_checked() -> None:
    point = '{"x": 1, "y": 2}'
    for data in (
        f'{{"number": 1, "kind": "circle", "points": [{point}, {point}]}}',
        f'{{"number": 1, "kind": "angle", "points": [{point}, {point}]}}',
        f'{{"number": 0, "kind": "line", "points": [{point}, {point}]}}',
        f'{{"number": 1, "kind": "line", "points": [{point}, {{"x": 1, "y": 2, "track_id": 1}}]}}',
        f'{{"number": 1, "kind": "line", "points": [{point}, {point}], "along": "up"}}',
        f'{{"number": 1, "kind": "line", "points": [{point}, {{"x": 1e30, "y": 2}}]}}',
    ):
        with pytest.raises(ValueError):
            edit_from_json("draw", data)
