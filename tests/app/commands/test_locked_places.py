"""Folders and files that may not be read or written, for real: in a process that has only its rights by the modes.

Tests often run as the superuser, who may read and write anywhere; the process gives that up first.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.clips import make_clip
from tests.fakes import PATIENCE_S
from tests.results import made_header, made_result
from tests.walkers import paint_walkers
from tracking.session.session import Session

ROOT = Path(__file__).parents[3]
PLAIN_RIGHTS = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):  # DAC_OVERRIDE, DAC_READ_SEARCH: to read and write whatever the modes say
        assert ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
COMMANDS = """
import contextlib, io, json, os, sys
from app import cli, factory
from tests.walkers import FakeDetector, FakeEstimator
from tracking.pipeline import Pipeline
assert not os.access(sys.argv[1], os.R_OK), "whoever may read everything tests nothing"
factory.build_pipeline = lambda settings: Pipeline(FakeDetector(), FakeEstimator(), settings=settings)
answers = []
for words in json.load(sys.stdin):
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = cli.main(words)
    answers.append((code, out.getvalue(), said.getvalue()))
print(json.dumps(answers))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the rights of Linux")


def test_what_may_not_be_read_or_written_is_one_sentence_and_the_rest_is_done(tmp_path):
    clip = make_clip(tmp_path / "a.mp4", 5, painter=paint_walkers, size_wh=(128, 64))
    session = Session.create(tmp_path / "b_session.ppnet", made_header())
    for index in range(5):
        session.append(made_result(index))
    session.close()
    locked, kept, mixed, videos, out = (tmp_path / name for name in ("locked", "kept", "mixed", "videos", "out"))
    for folder in (locked, kept, mixed, videos, out):
        folder.mkdir()
    picture = cv2.imread(str(ROOT / "assets/probe_people.jpg"))[:64, :128]
    for place in (locked / "1.png", mixed / "1.png", mixed / "2.png", mixed / "3.png"):
        cv2.imwrite(str(place), picture)
    for place in (videos / "1.mp4", videos / "2.mp4", kept / "a.mp4"):
        place.write_bytes(clip.read_bytes())
    (kept / "b_session.ppnet").write_bytes((tmp_path / "b_session.ppnet").read_bytes())
    (kept / "x.csv").write_text("frame\n")
    for place in (mixed / "2.png", videos / "1.mp4", clip, tmp_path / "b_session.ppnet", kept / "x.csv", locked):
        place.chmod(0)
    kept.chmod(0o555)
    read, write = "may not be read; check its permissions.", "choose another"
    cases = {
        ("track", locked, "--out", out / "1"): read,
        ("track", clip, "--out", out / "2"): read,
        ("track", mixed, "--out", out / "3"): None,  # the picture is left out
        ("track", videos, "--out", out / "4"): f"1.mp4 {read}",
        ("track", kept / "a.mp4", "--out", kept): write,
        ("track", kept / "a.mp4", "--out", kept / "new"): write,
        ("track", kept / "a.mp4", "--out", out / "5"): None,
        ("export", tmp_path / "b_session.ppnet", "--format", "csv", "--out", out / "6.csv"): "Permission denied",
        ("export", kept / "b_session.ppnet", "--format", "csv"): f"{kept}/b_keypoints.csv could not be written",
        ("export", kept / "b_session.ppnet", "--format", "csv", "--out", out / "7.csv"): None,
        ("export", kept / "b_session.ppnet", "--format", "csv", "--smooth", "rts", "--out", out / "8.csv"): None,
        ("import", kept / "x.csv", "--video", kept / "a.mp4", "--out", out / "9"): "x.csv could not be read",
        ("import", out / "5/a_keypoints.csv", "--video", kept / "a.mp4", "--out", kept / "10"): "Permission denied",
        ("import", out / "5/a_keypoints.csv", "--video", kept / "a.mp4", "--out", out / "11"): None,
        ("answers", kept / "b_session.ppnet"): None,
        ("track", kept / "a.mp4", "--weights", clip, "--out", out / "12"): "a.mp4 cannot be read: Permission denied.",
    }
    before = {place: place.stat() for place in kept.iterdir()}
    try:
        ended = subprocess.run(
            [sys.executable, "-c", PLAIN_RIGHTS, "-c", COMMANDS, str(locked)],
            input=json.dumps([[str(word) for word in words] for words in cases]),
            capture_output=True, text=True, cwd=ROOT, timeout=5 * PATIENCE_S,
            env=os.environ | {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    finally:
        kept.chmod(0o755)
        locked.chmod(0o755)
    assert ended.returncode == 0, ended.stderr
    for (words, sentence), (code, told, said) in zip(cases.items(), json.loads(ended.stdout), strict=True):
        assert code == (0 if sentence is None else 2), (words, told, said)
        assert "Something went wrong" not in said and "Traceback" not in said
        assert sentence is None or sentence in said, (words, said)
    assert "2.png" in read_meta(out / "3/mixed_meta.json"), "the picture that was left out is named"
    assert (out / "4/2_keypoints.csv").exists() and (out / "7.csv").stat().st_size and (out / "8.csv").stat().st_size
    assert {place: place.stat().st_mtime_ns for place in kept.iterdir()} == {
        place: was.st_mtime_ns for place, was in before.items()
    }


def read_meta(path):
    return " ".join(json.loads(path.read_text())["notices"])
