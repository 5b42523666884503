"""The same pictures in another file give the same joints: turned and turned back, or with frames dropped."""

import csv
import subprocess

import av
import pytest

from app import cli
from tests.clips import probed_times
from tests.shared_material import SHARED_CLIPS, needs_program, shared
from tracking.video.factory import open_source

SPAN = ("--start", "1.0", "--end", "1.2")
TURNS = {"left": ("transpose=2", -90), "over": ("hflip,vflip", 180), "right": ("transpose=1", 90)}
"""How the stored pixels are turned, and the angle of the display matrix that turns them back."""


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *(str(word) for word in words)], check=True)


def lossless(clip, path, filters, *options):
    ffmpeg("-t", 1.5, "-i", clip, "-vf", filters, *options, "-c:v", "libx264", "-qp", 0, "-preset", "ultrafast", path)
    return path


def turned(stored, path, degrees):
    """A copy whose display matrix says that the picture is to be turned."""
    with av.open(str(stored)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(degrees)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """All copies, and what the real detector and network find in them, in one run."""
    clip = shared(SHARED_CLIPS / "walk_single.mp4")
    needs_program("ffmpeg")
    folder = tmp_path_factory.mktemp("same")
    made = {"plain": clip}
    for name, (filters, degrees) in TURNS.items():
        made[name] = turned(lossless(clip, folder / "stored.mp4", filters), folder / f"{name}.mp4", degrees)
    keep = "select='not(eq(mod(n,3),1))'"
    made["dropped"] = lossless(clip, folder / "dropped.mp4", keep, "-fps_mode", "vfr")
    words = [
        "track",
        *made.values(),
        "--out",
        folder,
        "--detect-every",
        1,
        "--smooth",
        "off",
        "--no-video",
        "-q",
        *SPAN,
    ]
    assert cli.main([str(word) for word in words]) == 0
    return made


def joints(path, folder):
    """time_s -> (x, y) of all raw joints of the first person."""
    with open(folder / f"{path.stem}_keypoints.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["person_id"] == "1"]
    names = [name for name in rows[0] if name.endswith(("_x_raw", "_y_raw"))]
    return {row["time_s"]: [float(row[name]) for name in names] for row in rows}


@pytest.mark.parametrize("name", [*TURNS, "dropped"])
def test_the_joints_are_the_same(files, name):
    folder = files["dropped"].parent
    plain, found = joints(files["plain"], folder), joints(files[name], folder)
    assert len(plain) == 6
    if name == "dropped":
        assert 3 <= len(found) <= 5 and found.keys() < plain.keys()
        assert found.keys() <= set(probed_times(files[name]))
    else:
        assert found.keys() == plain.keys()
        with open_source(files[name]) as source:
            assert source.info.rotation_deg != 0 and source.info.size_wh == (1280, 560)
    worst = max(abs(a - b) for time_s in found for a, b in zip(found[time_s], plain[time_s], strict=True))
    assert worst <= 1.0, f"joints differ by up to {worst:.2f} px"
