"""No command asks for the internet: seen from outside, in the system calls of all its processes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ppnet.assets import asset
from ppnet.checkpoint import save_tensors
from ppnet.checkpoint_info import CheckpointInfo
from tests.ppnet.seeded_networks import small_state_dict

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def connections(calls: Path, command: list[str]) -> list[str]:
    """System calls for the internet of a command and all its processes, as `strace` sees them; written to `calls`."""
    # --seccomp-bpf: it stops at these calls alone, not at every one
    trace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(calls)]
    subprocess.run([*trace, *command], cwd=ROOT, check=True, timeout=300)
    return [line for line in calls.read_text().splitlines() if "AF_INET" in line]


def test_tracking_opens_no_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "cache"))
    out, weights = tmp_path / "out", tmp_path / "small.safetensors"  # it is converted and compiled sooner than ours
    save_tensors(weights, small_state_dict(), CheckpointInfo("M1-D1-W8", (64, 96)))
    track = [sys.executable, "main.py", "track", str(asset("demo.mp4")), "--end", "0.15", "--backend", "openvino"]
    track += ["--weights", str(weights), "--out", str(out), "--no-video", "-q"]
    assert connections(tmp_path / "calls.txt", track) == []
    assert json.loads((out / "demo_meta.json").read_text())["device"] == "cpu (OpenVINO)"


@pytest.mark.parametrize(
    ("words", "made"),
    [(["export", "--format", "csv"], "demo_keypoints.csv"), (["export", "--format", "nwb"], "demo_nwb"),
     (["answers", "--csv", "--report", "pdf"], "demo_report.pdf")],
)  # fmt: skip
def test_what_is_made_of_a_session_opens_none(tmp_path, words, made):
    session = shutil.copy(asset("demo_session.ppnet"), tmp_path)
    shutil.copy(asset("demo.mp4"), tmp_path)
    command = [sys.executable, "main.py", words[0], session, *words[1:]]
    assert connections(tmp_path / "calls.txt", command) == []
    assert (tmp_path / made).exists()


def test_a_connection_made_in_c_by_a_child_is_seen(tmp_path):
    """The tests before would find one that a library hides from Python."""
    planted = "import ctypes; ctypes.CDLL(None).socket(2, 2, 0)"
    begun = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {planted!r}], check=True)"
    assert connections(tmp_path / "calls.txt", [sys.executable, "-c", begun])
