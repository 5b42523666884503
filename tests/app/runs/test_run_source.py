"""A run with the picture turned and the true speed given back: every output agrees, also what is made later."""

import os
from pathlib import Path

import cv2
import numpy as np
import pandas
import pytest

from app import cli
from tests.clips import make_clip
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers, place_of
from tracking.detection.region import RegionDetector
from tracking.pipeline import Pipeline
from tracking.video.file import VideoFile

COUNT, SLOW = 24, 8


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plate that walks to the right, and a stand-in network."""

    def build(settings):
        detector = FakeDetector()
        if settings.region is not None:
            detector = RegionDetector(detector, settings.region)
        return Pipeline(detector, FakeEstimator(), settings=settings)

    monkeypatch.setattr("app.factory.build_pipeline", build)
    return make_clip(tmp_path / "walk.mp4", COUNT, painter=paint_walkers, size_wh=(128, 64))


def track(clip: Path, *words: str) -> pandas.DataFrame:
    out = clip.parent / "out"
    assert (
        cli.main(["track", str(clip), "--out", str(out), "--detect-every", "1", "--smooth", "off", *words, "-q"]) == 0
    )
    return pandas.read_csv(out / "walk_keypoints.csv")


def test_turned_mirrored_and_in_true_time(clip: Path) -> None:
    table = track(clip, "--turn", "90", "--mirror", "--slow-motion", str(SLOW))
    with VideoFile(clip) as plain:
        times = plain.frame_times()
    assert table.time_s.tolist() == pytest.approx([time_s / SLOW for time_s in times], abs=1e-6)
    # Turned clockwise and mirrored, x and y have changed places.
    middle = table[["bbox_y1", "bbox_y2"]].dropna().mean(axis=1)
    wanted = [place_of(int(frame))[0] + 12 for frame in table.dropna(subset="bbox_y1").frame]
    np.testing.assert_allclose(middle, wanted, atol=4.5)  # the motion model lags a little
    # The same video is drawn again from the session, over the original file.
    session = clip.parent / "out" / "walk_session.ppnet"
    again = clip.parent / "again.mp4"
    assert cli.main(["export", str(session), "--format", "video", "--out", str(again), "-q"]) == 0
    with VideoFile(again) as video, VideoFile(clip.parent / "out" / "walk_annotated.mp4") as tracked:
        assert video.info.size_wh == tracked.info.size_wh == (64, 128)
        frames, wanted_frames = list(video), list(tracked)
    assert [f.time_s for f in frames] == pytest.approx([f.time_s for f in wanted_frames], abs=2e-5)
    assert frames[-1].time_s == pytest.approx(times[-1] / SLOW, abs=1e-4)
    assert np.abs(frames[9].image.astype(int) - wanted_frames[9].image).mean() < 3


def test_start_and_end_are_in_true_time(clip: Path) -> None:
    with VideoFile(clip) as plain:
        times = plain.frame_times()
    table = track(clip, "--slow-motion", str(SLOW), "--start", str(times[5] / SLOW), "--end", str(times[9] / SLOW))
    assert table.frame.tolist() == [5, 6, 7, 8]
    again = clip.parent / "again.mp4"
    session = clip.parent / "out" / "walk_session.ppnet"
    assert cli.main(["export", str(session), "--format", "video", "--out", str(again), "-q"]) == 0
    with VideoFile(again) as video:
        assert len(list(video)) == 4


def test_only_people_in_the_region(clip: Path) -> None:
    table = track(clip, "--region", "40", "0", "128", "64").dropna(subset="person_id")
    assert len(table) and table.bbox_x1.min() >= 39
    assert not (place_of(int(table.frame.min()))[0] + 24 < 40)


def test_a_folder_of_pictures_at_a_given_rate(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "walk"
    folder.mkdir()
    with VideoFile(clip) as source:
        for frame in source:
            cv2.imwrite(str(folder / f"{frame.index}.png"), frame.image[:, :, ::-1])
    table = track(folder, "--fps", "12", "--start", "0.5", "--end", "1", "--mirror")
    assert table.frame.tolist() == list(range(6, 12))
    assert table.time_s.tolist() == pytest.approx([number / 12 for number in range(6, 12)])
    session, again = tmp_path / "out" / "walk_session.ppnet", tmp_path / "again.mp4"
    assert cli.main(["export", str(session), "--format", "video", "--out", str(again), "-q"]) == 0
    with VideoFile(again) as video:
        assert [frame.time_s for frame in video] == pytest.approx([number / 12 for number in range(6, 12)], abs=1e-4)


def test_a_region_outside_of_the_picture_is_told(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["track", str(clip), "--out", str(clip.parent / "out"), "--region", "500", "0", "900", "64"]) == 2
    assert "outside the picture, which is 128 pixels wide and 64 high" in capsys.readouterr().err


def test_odd_names_of_input_and_output(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text, too long, and taken for a protocol."""
    monkeypatch.chdir(tmp_path)
    for name, stem in ((os.fsdecode(b"caf\xe9.mp4"), "caf_"), ("a" * 251 + ".mp4", "a" * 180), ("9:1.mp4", "9_1")):
        Path(name).write_bytes(clip.read_bytes())
        assert cli.main(["track", name, "--out", "10:30", "--smooth", "off", "-q"]) == 0
        kinds = ("annotated.mp4", "keypoints.csv", "meta.json", "session.ppnet")
        assert [(tmp_path / "10:30" / f"{stem}_{kind}").exists() for kind in kinds] == [True] * 4
        assert cli.main(["export", f"10:30/{stem}_session.ppnet", "--format", "video", "--out", "v.mp4", "-q"]) == 0
        Path("v.mp4").unlink()


@pytest.mark.parametrize(
    "words", [["--turn", "45"], ["--slow-motion", "0"], ["--region", "9", "0", "3", "5"], ["--slow-motion", "nan"]]
)
def test_mistakes(clip: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["track", str(clip), "--out", str(clip.parent / "out"), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (clip.parent / "out").exists()
