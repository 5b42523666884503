import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppnet.data.coco import read_coco
from ppnet.data.people.backdrop import Backdrops, drawn
from ppnet.data.people.samples import cut_patches, make_patches, write_samples
from ppnet.data.people.sheet import contact_sheet
from ppnet.data.people.truth import Truth
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, children_of, wait_for

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def patches():
    return list(make_patches(6, seed=1, backdrops=Backdrops()))


def test_the_same_seed_gives_the_same_people(patches):
    again = list(make_patches(2, seed=1, backdrops=Backdrops()))
    assert [patch.jpeg for patch in again] == [patch.jpeg for patch in patches[:2]]
    other = next(make_patches(1, seed=2, backdrops=Backdrops()))
    assert other.jpeg != patches[0].jpeg


def test_patches_hold_to_their_format(patches):
    for patch in patches:
        image = cv2.imdecode(np.frombuffer(patch.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert image.shape[1::-1] == tuple(patch.size_wh)
        x1, y1, x2, y2 = patch.box
        assert -1 <= x1 < x2 <= patch.size_wh[0] and -1 <= y1 < y2 <= patch.size_wh[1]
        assert max(y2 - y1, (x2 - x1) * 4 / 3) * 1.25 <= 257
        labelled = patch.keypoints[:, 2] > 0
        assert (patch.keypoints[:, 2] == 2).sum() >= 4
        points = patch.keypoints[labelled, :2]
        assert (points >= -0.5).all() and (points <= np.array(patch.size_wh) - 0.5).all()
        assert (patch.keypoints[~labelled] == 0).all()


def test_written_samples_are_read_as_any_other_source(tmp_path, patches):
    path = write_samples(tmp_path, "some", patches)
    samples = read_coco(path).samples
    assert len(samples) == 6
    for sample, patch in zip(samples, patches, strict=True):
        assert sample.image.read().shape[1::-1] == tuple(patch.size_wh)
        assert np.allclose(sample.keypoints, patch.keypoints[:, :2], atol=0.01)
        assert np.array_equal(sample.absent, patch.keypoints[:, 2] == 0)
    content = json.loads(path.read_text())
    with tarfile.open(tmp_path / "some-000.tar") as archive:
        assert archive.getnames() == [image["file_name"] for image in content["images"]]


def test_backdrops_come_from_folders_and_tars_and_a_wrong_place_is_named(tmp_path):
    picture = drawn(np.random.default_rng(0), (90, 70))
    (tmp_path / "a").mkdir()
    cv2.imwrite(str(tmp_path / "a" / "one.png"), picture)
    with tarfile.open(tmp_path / "a" / "more.tar", "w") as archive:
        archive.add(tmp_path / "a" / "one.png", "two.png")
    found = Backdrops.find([tmp_path / "a"])
    assert len(found.pictures) == 2
    assert found.sample(np.random.default_rng(1), (64, 48)).shape == (48, 64, 3)
    (tmp_path / "empty").mkdir()
    for wrong in ("missing", "empty"):
        with pytest.raises(UserError, match=wrong):
            Backdrops.find([tmp_path / wrong])


def test_a_sheet_shows_every_patch(patches):
    sheet = contact_sheet(patches, columns=4, tile_wh=(90, 120))
    assert sheet.shape == (240, 360, 3)
    assert not np.array_equal(sheet, contact_sheet(patches, columns=4, tile_wh=(90, 120), labels=False))


def test_keypoints_lie_on_what_they_mark_in_a_shrunk_patch():
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(60, 340, 17), rng.uniform(40, 560, 17)], 1).astype(np.float32)
    image = np.zeros((600, 400, 3), np.float32)
    for x, y in points:
        cv2.circle(image, (round(float(x) * 16), round(float(y) * 16)), 6 * 16, (255, 255, 255), -1, cv2.LINE_AA, 4)
    box = np.array([[*points.min(0), *points.max(0)]], np.float32)
    truth = Truth(points[None], np.full((1, 17), 2), box, box, np.array([9e4]), np.ones(1))
    (patch,) = cut_patches(rng, image.astype(np.uint8), truth)
    assert patch.size_wh[1] < 400
    found = cv2.imdecode(np.frombuffer(patch.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    alone = [i for i in range(17) if np.sort(np.linalg.norm(points - points[i], axis=1))[1] > 30]
    assert len(alone) > 4
    for x, y, _ in patch.keypoints[alone]:
        rows, columns = np.mgrid[: found.shape[0], : found.shape[1]]
        near = np.where(np.hypot(columns - x, rows - y) < 7, found, 0).astype(float)
        centre = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
        assert centre == pytest.approx((x, y), abs=0.35)


@pytest.mark.slow
def test_more_workers_make_the_same_samples(patches):
    again = list(make_patches(6, seed=1, backdrops=Backdrops(), workers=2))
    assert [patch.jpeg for patch in again] == [patch.jpeg for patch in patches]


@pytest.mark.skipif(os.name != "posix" or not shutil.which("ps"), reason="needs signals and ps")
def test_ctrl_c_stops_all_workers_without_a_word_of_theirs(tmp_path):
    command = [sys.executable, "-m", "ppnet", "render", "samples", str(tmp_path / "out"), "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_for(lambda: children_of(process.pid) >= 3 or process.poll() is not None)  # one keeps count of the others
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert (process.returncode, said) == (130, "ppnet: Stopped.\n")
