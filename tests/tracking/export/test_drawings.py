"""The table of what was drawn by hand: a row for each frame, a column for each drawing."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from ppnet.errors import UserError
from tests.results import made_header, made_result
from tracking.export.formats import export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import DrawnPoint, MoveKeypoint, RemoveDrawing, SetDrawing, SetScale, SetSpan
from tracking.session.session import Session

NOSE = DrawnPoint(0, 0, 1, 0)
REACH = SetDrawing(1, "distance", (NOSE, DrawnPoint(0, 50)))
GONE = SetDrawing(2, "line", (DrawnPoint(0, 0), DrawnPoint(9, 9)))
LEVEL = SetDrawing(3, "line", (NOSE, DrawnPoint(0, 0, 2, 0)))
OF_SOMEBODY_ELSE = SetDrawing(4, "angle", (NOSE, DrawnPoint(0, 0, 2, 0), DrawnPoint(200, 99)))


@pytest.fixture
def session(tmp_path: Path):
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for frame in range(10):
            session.append(made_result(frame, (1, 2) if frame != 4 else (2,)))
        yield session


def table(session: Session, path: Path, **options: str) -> pandas.DataFrame:
    return pandas.read_csv(export(EditedSession(session), "drawings", path, overwrite=True, **options))


def test_values_follow_joints_edits_and_points(session: Session, tmp_path: Path) -> None:
    for edit in (REACH, GONE, RemoveDrawing(2), LEVEL, OF_SOMEBODY_ELSE, MoveKeypoint(1, 0, 6, 30.0, 90.0)):
        session.add_edit(edit)
    session.add_edit(SetSpan(2 / 30, 8 / 30))
    got = table(session, tmp_path / "a.csv")
    assert list(got.columns) == ["frame", "time_s", "distance_1_px", "line_3_deg", "angle_4_deg"]
    assert got.frame.tolist() == [2, 3, 4, 5, 6, 7]
    expected = [100 + 2 * frame for frame in (2, 3)] + [np.nan] + [110] + [np.hypot(30, 40)] + [114]
    np.testing.assert_allclose(got.distance_1_px, expected, atol=1e-3)
    np.testing.assert_allclose(got.line_3_deg[[0, 1, 3, 5]], 0, atol=1e-3)
    assert got.angle_4_deg.isna().tolist() == [False, False, True, False, False, False]


def test_distances_are_metres_as_soon_as_a_scale_is_known(session: Session, tmp_path: Path) -> None:
    session.add_edit(REACH)
    with pytest.raises(UserError, match="No scale is known"):
        table(session, tmp_path / "a.csv", unit="m")
    session.add_edit(SetScale(0.01))
    assert table(session, tmp_path / "a.csv").distance_1_m[0] == pytest.approx(1.0)
    assert table(session, tmp_path / "a.csv", unit="px").distance_1_px[0] == pytest.approx(100)
