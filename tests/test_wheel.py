"""The wheel alone, in an environment with nothing but the packages it asks for: `ppnet_live` and its examples work."""

import os
import re
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.clips import cut_clip

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
DEMO = ROOT / "assets" / "demo.mp4"


def needed(requirements, extra="", seen=None):
    """Names of the packages that are installed with these, without extras of ours."""
    seen = set() if seen is None else seen
    for requirement in map(Requirement, requirements):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name not in seen and (requirement.marker is None or requirement.marker.evaluate({"extra": extra})):
            seen.add(name)
            needed(distribution(name).requires or (), ",".join(requirement.extras), seen)
    return seen


def link_packages(names, folder):
    """Links the installed packages into another environment, and nothing else."""
    for name in names:
        package = distribution(name)
        for top in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(package.locate_file(top))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs the Python of an environment that holds the wheel; its folder for files."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = next(path for path in folder.glob("env/*/python*") if path.is_file())
    (wheel,) = folder.glob("*.whl")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip())
    (metadata,) = packages.glob("ppnet_live-*.dist-info/METADATA")
    ours = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    link_packages(needed(ours), packages)
    cut_clip(DEMO, folder / "clip.mp4", end_s=0.4)
    return python, folder


def run(installed, *words):
    """Output of a command in the folder of the environment."""
    python, folder = installed
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"MPLBACKEND": "agg"}
    command = [str(python), *map(str, words)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_code_and_weights_come_out_of_the_wheel(installed):
    places = run(
        installed,
        "-c",
        "import ppnet_live, app, ppnet, tracking; from ppnet.weights import shipped_weights;"
        "print(*(one.__file__ for one in (ppnet_live, app, ppnet, tracking)), shipped_weights(), sep='\\n')",
    ).splitlines()
    assert all(Path(place).is_relative_to(installed[1] / "env") and Path(place).exists() for place in places)


def test_the_program_is_installed(installed):
    done = subprocess.run([installed[0].parent / "ppnet-live", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("PPNet Live ")


def test_every_example_runs(installed):
    folder, examples = installed[1], ROOT / "examples"
    run(installed, examples / "knee_angle.py", "clip.mp4", "knee.png")
    assert (folder / "knee.png").exists()
    assert "1: (" in run(installed, examples / "live_camera.py", "clip.mp4")
    assert "person at most" in run(installed, examples / "own_detector.py", "clip.mp4")
    run(installed, examples / "folder_to_tables.py", ".", "results")
    assert (folder / "results" / "clip_keypoints.csv").exists()
    run(installed, examples / "smooth_again.py", "results/clip_session.ppnet", "results")
    assert (folder / "results" / "clip_trc").is_dir()
    assert len(list(examples.glob("*.py"))) == 5
