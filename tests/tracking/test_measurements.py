"""What is drawn by hand: where it lies in a frame, and what it measures."""

import numpy as np
import pytest

from tests.results import made_result
from tracking.measurements import column_of, joints_of, measured, names_of, places
from tracking.session.edits import DrawnPoint, SetDrawing

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR = 0, 1, 2, 3
CORNER = (DrawnPoint(10, 0), DrawnPoint(10, 50), DrawnPoint(60, 50))


def tied(joint: int, person: int = 1) -> DrawnPoint:
    return DrawnPoint(0, 0, person, joint)


def test_what_is_tied_follows_its_joint_and_what_is_free_stays() -> None:
    line = SetDrawing(1, "line", (tied(NOSE), DrawnPoint(7, 9)))
    for frame in (0, 30):
        result = made_result(frame)
        np.testing.assert_allclose(places(line, joints_of(result)), [result.smoothed.keypoints[0, NOSE], (7, 9)])
    nobody = places(line, joints_of(made_result(0, (2,))))
    assert np.isnan(nobody[0]).all() and nobody[1].tolist() == [7, 9]


def test_a_joint_that_is_missing_weak_hidden_or_not_of_this_skeleton_is_nowhere() -> None:
    result = made_result(0)
    missing, other = tied(LEFT_EAR), tied(999)
    for point in (missing, other):
        assert np.isnan(places(SetDrawing(1, "line", (point, DrawnPoint(0, 0))), joints_of(result))[0]).all()
    line = SetDrawing(1, "line", (tied(NOSE), DrawnPoint(0, 0)))
    score = float(result.smoothed.scores[0, NOSE])
    assert np.isfinite(places(line, joints_of(result, score))).all()
    assert np.isnan(places(line, joints_of(result, score + 0.01))[0]).all()
    assert np.isnan(places(line, joints_of(result, hidden={1}))[0]).all()


def test_angle_distance_and_turn_are_those_of_the_picture() -> None:
    angle = SetDrawing(1, "angle", CORNER)
    assert measured(angle, places(angle, {})) == pytest.approx(90)
    distance = SetDrawing(2, "distance", (DrawnPoint(0, 0), DrawnPoint(30, 40)))
    assert measured(distance, places(distance, {})) == pytest.approx(50)
    assert measured(distance, places(distance, {}), metres_per_pixel=0.01) == pytest.approx(0.5)
    falling = DrawnPoint(0, 0), DrawnPoint(100, 100)
    for ends, turn in ((CORNER[:2], 90), (CORNER[1::-1], -90), (falling, 45), (falling[::-1], 45)):
        line = SetDrawing(3, "line", ends)  # whichever end was drawn first, the left one begins
        assert measured(line, places(line, {})) == pytest.approx(turn)


def test_many_frames_at_once_are_as_each_alone() -> None:
    results = [made_result(frame) for frame in range(5)]
    angle = SetDrawing(1, "angle", (tied(NOSE), tied(RIGHT_EYE), DrawnPoint(300, 10)))
    curve = np.stack([result.known_keypoints[0] for result in results])
    alone = [measured(angle, places(angle, joints_of(result))) for result in results]
    np.testing.assert_allclose(measured(angle, places(angle, {1: curve})), alone)
    assert len({round(float(value), 3) for value in alone}) == 5


def test_a_plumb_line_stays_plumb_while_its_joint_moves() -> None:
    plumb = SetDrawing(1, "line", (DrawnPoint(100, 50, 1, NOSE), DrawnPoint(100, 300)), "vertical", extended=True)
    for x in (100.0, 260.0):
        spots = places(plumb, {1: np.array([(x, 80.0)])})
        assert spots.tolist() == [[x, 80], [x, 330]]
    height = SetDrawing(2, "distance", (DrawnPoint(100, 50, 1, NOSE), DrawnPoint(100, 300)), "vertical")
    spots = places(height, {1: np.array([(260.0, 80.0)])})
    assert spots.tolist() == [[260, 80], [260, 300]], "the free end of a distance stays at its height"
    both = SetDrawing(3, "distance", (tied(NOSE), tied(LEFT_EYE)), "horizontal")
    assert places(both, {1: np.array([(10.0, 20.0), (50.0, 90.0)])}).tolist() == [[10, 20], [50, 20]]


def test_an_angle_against_plumb_goes_along_with_its_vertex() -> None:
    lean = SetDrawing(1, "angle", (tied(NOSE), DrawnPoint(0, 0, 1, LEFT_EYE), DrawnPoint(0, -90)), "vertical")
    upright = {1: np.array([(200.0, 100.0), (200.0, 400.0)])}
    assert measured(lean, places(lean, upright)) == pytest.approx(0)
    bent = {1: np.array([(500.0, 400.0), (200.0, 400.0)])}
    assert measured(lean, places(lean, bent)) == pytest.approx(90)
    assert places(lean, bent)[2].tolist() == [200, 310]


def test_a_drawing_has_the_points_of_its_kind() -> None:
    with pytest.raises(ValueError, match="3 points, not 2"):
        SetDrawing(1, "angle", CORNER[:2])
    with pytest.raises(ValueError, match="a joint of a person"):
        DrawnPoint(1, 2, track_id=3)


def test_no_two_drawings_share_a_name_or_a_column() -> None:
    names = ("a b", "a_b", "a b (1)", "", "knee", "knee", "distance 4")
    drawings = [SetDrawing(number, "distance", CORNER[:2], name=name) for number, name in enumerate(names, 1)]
    told = names_of(drawings)
    assert len(set(map(column_of, told))) == len(names)
    assert told[4:6] == ["knee (5)", "knee (6)"] and names_of(drawings[4:5]) == ["knee"]
