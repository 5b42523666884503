"""The keypoint table: its columns, its numbers, rows for every frame, and rows on the disk in time."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.results import made_result
from tracking.export import keypoint_csv as tables
from tracking.export.keypoint_csv import KeypointTable, columns
from tracking.types import FrameResult, KeypointState, Tracks


def written(*results, **settings):
    stream = io.StringIO()
    with KeypointTable(stream, **settings) as table:
        for result in results:
            table.write(result)
    return stream.getvalue()


def nobody(index, time_s):
    nobody = Poses.empty(COCO_17)
    return FrameResult(index, time_s, (640, 480), Tracks.empty(), nobody, nobody, np.zeros((0, 17), int))


def test_columns():
    names = columns()
    assert names[:9] == (
        "frame", "time_s", "person_id", "state", "det_score", "bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2",
    )  # fmt: skip
    assert names[9:15] == ("nose_x", "nose_y", "nose_conf", "nose_x_raw", "nose_y_raw", "nose_state")
    assert [name[:-6] for name in names[14::6]] == list(COCO_17.keypoints)
    assert len(names) == 9 + 6 * 17
    assert len(columns(MPII_16)) == 9 + 6 * 16
    assert written().splitlines() == [",".join(names)]


def test_rows_hold_what_the_result_holds():
    result = made_result(5, (3, 1), time_s=5 * 1001 / 24000)
    rows = list(csv.DictReader(io.StringIO(written(result))))
    assert [row["person_id"] for row in rows] == ["1", "3"]
    assert {row["time_s"] for row in rows} == {"0.208542"} and {row["frame"] for row in rows} == {"5"}
    for row, place in zip(rows, (1, 0), strict=True):
        box = [float(row[f"bbox_{side}"]) for side in ("x1", "y1", "x2", "y2")]
        assert box == pytest.approx(result.tracks.boxes[place], abs=5.1e-4)
        for joint, name in enumerate(COCO_17.keypoints):
            state = KeypointState(int(result.states[place, joint]))
            assert row[f"{name}_state"] == state.name.lower()
            for column, value in (
                ("x", result.smoothed.keypoints[place, joint, 0]),
                ("y", result.smoothed.keypoints[place, joint, 1]),
                ("x_raw", result.raw.keypoints[place, joint, 0]),
                ("y_raw", result.raw.keypoints[place, joint, 1]),
                ("conf", result.raw.scores[place, joint]),
            ):
                cell = row[f"{name}_{column}"]
                if np.isnan(value) or (column in ("x", "y") and state is KeypointState.MISSING):
                    assert cell == ""
                else:
                    assert float(cell) == pytest.approx(value, abs=5.1e-4)


def test_a_missing_joint_has_no_position_but_keeps_the_networks_answer():
    result = made_result(0, (1,))
    states = result.states.copy()
    states[0, 0] = KeypointState.MISSING
    row = next(csv.DictReader(io.StringIO(written(replace(result, states=states)))))
    assert (row["nose_x"], row["nose_y"], row["nose_state"]) == ("", "", "missing")
    assert row["nose_x_raw"] and row["nose_y_raw"] and row["nose_conf"]


def test_every_frame_has_a_row():
    lines = written(made_result(0), nobody(1, 1 / 3), made_result(2), nobody(3, 2)).splitlines()
    assert len({line.count(",") for line in lines}) == 1
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "0", "1", "2", "2", "3"]
    assert lines[3] == "1,0.333333" + "," * 109
    assert lines[6].startswith("3,2.000000,,")


def test_numbers_are_short_and_plain():
    wanted = {0.0: "0", -0.0001: "0", 12.5: "12.5", 1234.56789: "1234.568", 1e6: "1000000", float("nan"): ""}
    assert {value: tables.number(value) for value in wanted if value == value} == {
        value: text for value, text in wanted.items() if value == value
    }
    assert tables.number(float("nan")) == tables.number(float("inf")) == ""


def test_the_rows_of_a_frame_are_in_the_file_once_it_was_written(tmp_path):
    """Also where the next frame is long in coming."""
    table = KeypointTable(tmp_path / "a.csv")
    for index in range(5):
        table.write(nobody(index, index / 10))
        assert len((tmp_path / "a.csv").read_text().splitlines()) == index + 2
    table.close()
    assert len((tmp_path / "a.csv").read_bytes().split(b"\n")) == 7, "lines end in \\n alone, the last one too"


def test_unwritable_place_is_told(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.*could not be written"):
        KeypointTable(tmp_path / "nowhere" / "a.csv")


def test_a_stream_handed_in_stays_open():
    stream = io.StringIO()
    KeypointTable(stream).close()
    assert not stream.closed
