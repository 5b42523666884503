"""What output files are called after."""

import os
import subprocess
import sys

from app.runs.outputs import OutputFolder


def stems(tmp_path, names):
    """The stem of each of a command's inputs."""
    outputs = OutputFolder(tmp_path / "out")
    return [outputs.paths_for(name).meta.name.removesuffix("_meta.json") for name in names]


def test_no_two_are_alike(tmp_path):
    names = ["a/x.mp4", "b/x.mov", "X.avi", "b/x.mp4", "c/x.mov", "folder/", "10:30.mp4"]
    assert stems(tmp_path, names) == ["x", "x.mov", "X.avi", "x_2", "x.mov_2", "folder", "10_30"]


def test_a_folder_has_no_suffix(tmp_path):
    for name in ("trial.1", "trial.2"):
        (tmp_path / name).mkdir()
    assert stems(tmp_path, [str(tmp_path / "trial.1"), f"{tmp_path}/trial.2/"]) == ["trial.1", "trial.2"]


def test_an_address_tells_nobody_who_logs_in(tmp_path):
    names = ["rtsp://host/cam?1", "rtsp://me:secret@host:554/", "http://me:secret@host/live/one.m3u8?key=secret"]
    assert stems(tmp_path, names) == ["cam", "host", "one"]


def test_names_that_are_no_text_or_too_long_become_names_that_any_file_system_takes(tmp_path):
    longest = "\N{GRINNING FACE}" * 62 + ".mp4"
    given = stems(tmp_path, [os.fsdecode(b"caf\xe9.mp4"), longest, longest, "a\nb.mp4", "...", "end. .mp4"])
    assert given[0] == "caf_" and given[3:] == ["a_b", "video", "end"]
    assert all(len(f"{stem}_annotated.finishing.partial.mp4".encode()) <= 255 for stem in given)
    assert len(set(given)) == len(given)


def test_a_system_that_knows_ascii_alone_gets_names_that_it_can_write(tmp_path):
    code = "import sys; from tracking.stems import stem_of; open(stem_of(sys.argv[1]), 'x')"
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, "\u0141\u0105ka 1.mp4"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **ascii_only}, check=True)
    assert os.listdir(tmp_path) == ["__ka 1" if sys.platform == "linux" else "\u0141\u0105ka 1"]
