"""DeepLabCut and SLEAP: their own readers find our joints, ids and confidence where they look for them."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from ppnet.skeleton import COCO_17
from tests.tracking.export.walk import FRAMES, expected
from tracking.export.confidence import confidences
from tracking.export.formats import export
from tracking.session.edited_session import EditedSession

IDS = (1, 2, 3)


@pytest.fixture
def wanted(edited_session: EditedSession) -> tuple[np.ndarray, np.ndarray]:
    """(F, P, K, 2) steadied joints and (F, P, K) confidence, NaN where somebody is not there."""
    points, confidence = np.full((FRAMES, 3, 17, 2), np.nan), np.full((FRAMES, 3, 17), np.nan)
    for (frame, track_id), (joints, _, _) in expected(edited_session).items():
        points[frame, track_id - 1] = joints
    for edited in edited_session.results():
        for row, track_id in enumerate(edited.result.tracks.ids.tolist()):
            confidence[edited.result.frame_index, track_id - 1] = confidences(edited.result)[row]
    return points, confidence


@pytest.mark.parametrize("name", ["deeplabcut", "deeplabcut-h5"])
def test_pandas_reads_the_table_of_deeplabcut(edited_session, tmp_path: Path, wanted, name: str) -> None:
    if name == "deeplabcut":
        table = pandas.read_csv(export(edited_session, name, tmp_path / "a.csv"), header=[0, 1, 2, 3], index_col=0)
    else:
        pytest.importorskip("tables", reason="pip install 'ppnet-live[deeplabcut]'")
        table = pandas.read_hdf(export(edited_session, name, tmp_path / "a.h5"))
    assert table.index.tolist() == list(range(FRAMES))
    assert table.columns.names == ["scorer", "individuals", "bodyparts", "coords"]
    assert set(table.columns.get_level_values("individuals")) == {f"person{number}" for number in IDS}
    assert tuple(dict.fromkeys(table.columns.get_level_values("bodyparts"))) == COCO_17.keypoints
    values = table.to_numpy().reshape(FRAMES, 3, 17, 3)
    np.testing.assert_allclose(values[..., :2], wanted[0], atol=6e-4)
    np.testing.assert_allclose(values[..., 2], wanted[1], atol=6e-4)


@pytest.mark.parametrize(
    ("name", "suffix", "program"),
    [
        ("deeplabcut", "csv", "DeepLabCut"),
        ("deeplabcut-h5", "h5", "DeepLabCut"),
        ("sleap", "slp", "SLEAP"),
        ("sleap-analysis", "h5", "SLEAP"),
    ],
)
def test_movement_reads_it(edited_session, tmp_path: Path, wanted, name: str, suffix: str, program: str) -> None:
    poses = pytest.importorskip("movement.io.load_poses", reason="pip install movement, in an environment of its own")
    path = export(edited_session, name, tmp_path / f"a.{suffix}")
    data = poses.from_file(path, source_software=program, fps=30)
    who = "individual" if "individual" in data.dims else "individuals"
    part = "keypoint" if "keypoint" in data.dims else "keypoints"
    assert [str(label) for label in data[who].values] == [f"person{number}" for number in IDS]
    assert tuple(str(label) for label in data[part].values) == COCO_17.keypoints
    got = data.position.transpose("time", who, part, "space").to_numpy()
    points = wanted[0][: len(got)]  # SLEAP's labels end with the last person
    assert FRAMES - len(got) <= (1 if name == "sleap" else 0)
    np.testing.assert_allclose(got, points, atol=6e-4)
    confidence = data.confidence.transpose("time", who, part).to_numpy()
    np.testing.assert_allclose(confidence, wanted[1][: len(got)], atol=6e-4)


@pytest.mark.parametrize(("name", "suffix"), [("sleap", ".slp"), ("sleap-analysis", ".analysis.h5")])
def test_sleap_io_reads_it(edited_session, tmp_path: Path, wanted, name: str, suffix: str) -> None:
    sleap_io = pytest.importorskip("sleap_io", reason="pip install sleap-io")
    path = export(edited_session, name, tmp_path / f"a{suffix}")
    labels = sleap_io.load_slp(str(path)) if name == "sleap" else sleap_io.load_analysis_h5(str(path))
    assert sorted(track.name for track in labels.tracks) == [f"person{number}" for number in IDS]
    skeleton = labels.skeleton
    assert tuple(skeleton.node_names) == COCO_17.keypoints and skeleton.name == "coco17"
    assert [tuple(edge) for edge in skeleton.edge_inds] == list(COCO_17.edges)
    pairs = {frozenset(COCO_17.index(node.name) for node in symmetry.nodes) for symmetry in skeleton.symmetries}
    assert pairs == {frozenset((a, b)) for a, b in enumerate(COCO_17.flip_index.tolist()) if a != b}
    assert Path(labels.video.filename).name == "walk.mp4"
    scores = {
        (edited.result.frame_index, int(track_id)): float(score)
        for edited in edited_session.results()
        for track_id, score in zip(edited.result.tracks.ids, edited.result.tracks.scores, strict=True)
    }
    seen = set()
    for frame in labels:
        for instance in frame.instances:
            number = int(instance.track.name.removeprefix("person"))
            seen.add((frame.frame_idx, number))
            np.testing.assert_allclose(instance.numpy(), wanted[0][frame.frame_idx, number - 1], atol=1e-4)
            np.testing.assert_allclose(instance.points["score"], wanted[1][frame.frame_idx, number - 1], atol=1e-6)
            assert instance.score == pytest.approx(scores[frame.frame_idx, number], abs=1e-6)
    assert seen == set(expected(edited_session))


@pytest.mark.parametrize("unit", ["px", "m"])
def test_the_tidy_table_as_parquet(edited_session, session, tmp_path: Path, unit: str) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'ppnet-live[parquet]'")
    edited = EditedSession(session, metres_per_pixel=0.01)
    table = pandas.read_parquet(export(edited, "parquet", tmp_path / "a.parquet", unit=unit))
    text = pandas.read_csv(export(edited, "tidy", tmp_path / "a.csv", unit=unit))
    assert list(table.columns) == list(text.columns) and len(table) == len(text)
    for column in table.columns:
        if column in ("person_name", "joint", "state"):
            assert table[column].astype(object).fillna("").tolist() == text[column].astype(object).fillna("").tolist()
        else:
            values = table[column].astype(float).to_numpy()
            np.testing.assert_allclose(values, text[column].astype(float).to_numpy(), atol=6e-4)
