"""Motion, clips and the table of evaluation clips."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from ppnet.__main__ import main
from ppnet.data.people.camera import Camera
from ppnet.data.people.clip import Stage, write_clip
from ppnet.data.people.evaluation import EVALUATION_CLIPS, ClipSpec, render_clip
from ppnet.data.people.motion import Gesture, Performer, Route
from ppnet.data.people.place import Place
from ppnet.data.people.shading import Light
from ppnet.skeleton import COCO_17

ASSETS = Path(__file__).parents[4] / "assets"


@pytest.fixture(scope="module")
def walker(man):
    return Performer(man, Route(((0.0, -2.0, 4.0), (3.2, 2.0, 4.0))))


def presentation_times(path):
    with av.open(str(path)) as container:
        return sorted(
            float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.pts is not None
        )


def test_a_walker_goes_forwards_and_the_standing_foot_stays(walker):
    ankles = COCO_17.index("left_ankle"), COCO_17.index("right_ankle")
    times = np.arange(1.0, 2.2, 1 / 60)
    joints = np.stack([walker.at(time).in_scene()[2] for time in times])
    hips = joints[:, COCO_17.index("left_hip"), 0]
    speed = np.gradient(hips, times).mean()
    assert speed == pytest.approx(4 / 3.2, rel=0.25)
    slower = np.minimum(*(np.abs(np.gradient(joints[:, ankle, 0], times)) for ankle in ankles))
    assert np.median(slower) < 0.1 * speed  # one foot rests at any time


def test_the_walker_looks_where_they_go(walker):
    nose, ear = (walker.at(1.6).in_scene()[2][COCO_17.index(name)] for name in ("nose", "right_ear"))
    assert nose[0] > ear[0] + 0.05


def test_a_gesture_lifts_the_hand_and_lets_it_down(man):
    person = Performer(man, Route(((0.0, 0.0, 4.0), (6.0, 0.01, 4.0))), (Gesture("wave", 1.0, 4.0),))
    wrist, shoulder = COCO_17.index("right_wrist"), COCO_17.index("right_shoulder")
    above = [float(np.diff(person.at(time).in_scene()[2][[shoulder, wrist], 2])[0]) for time in (0.5, 2.5, 5.5)]
    assert above[0] < -0.2 < 0 < above[1] and above[2] < -0.2


def test_truth_times_are_the_files_presentation_times(tmp_path, walker):
    camera = Camera(150.0, (128, 96), 1.4, 0.08)
    place = Place.sample(np.random.default_rng(2))
    stage = Stage((walker,), camera, place, Light.sample(np.random.default_rng(1)))
    times = [0.0, 1 / 30, 0.1, 0.5, 1.6]
    write_clip(stage, times, tmp_path / "clip.mp4", tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text())
    found = [frame["time_s"] for frame in truth["frames"]]
    assert found == pytest.approx(times, abs=1e-5)
    assert presentation_times(tmp_path / "clip.mp4") == pytest.approx(found, abs=1e-6)
    person = truth["frames"][-1]["people"][0]
    assert person["id"] == 1 and len(person["keypoints"]) == 17 and len(person["visibility"]) == 17
    assert person["seen_share"] > 0.9


def test_the_table_of_clips_is_whole():
    names = [spec.name for spec in EVALUATION_CLIPS]
    assert len(set(names)) == len(names) >= 24
    halves = Counter(spec.half for spec in EVALUATION_CLIPS)
    assert abs(halves["tune"] - halves["held-out"]) <= 1
    assert {spec.frames_per_s for spec in EVALUATION_CLIPS} == {24, 30, 60}
    assert {spec.people for spec in EVALUATION_CLIPS} >= {2, 8}
    scenes = {half: {(spec.kind, spec.seed) for spec in EVALUATION_CLIPS if spec.half == half} for half in halves}
    assert not scenes["tune"] & scenes["held-out"]


@pytest.mark.parametrize("timing", ["steady", "variable", "dropped"])
def test_times_rise_and_are_repeatable(timing):
    spec = ClipSpec("x", "crossing", 5, 2, "tune", timing=timing)
    times = np.array(spec.times_s())
    assert times[0] == 0 and (np.diff(times) > 0.01).all() and times[-1] < spec.duration_s
    assert np.array_equal(times, spec.times_s())
    steps = np.diff(times)
    assert (np.ptp(steps) < 1e-9) == (timing == "steady")


def test_a_clip_is_filmed_once(tmp_path):
    spec = ClipSpec("tiny", "crossing", 3, 2, "tune", frames_per_s=24, duration_s=0.1)
    folder = render_clip(spec, tmp_path)
    stamp = (folder / "clip.mp4").stat().st_mtime_ns
    assert render_clip(spec, tmp_path) == folder
    assert (folder / "clip.mp4").stat().st_mtime_ns == stamp
    assert len(json.loads((folder / "truth.json").read_text())["frames"]) == 2


def test_a_wrong_clip_name_is_one_sentence(tmp_path, capsys):
    assert main(["render", "clips", str(tmp_path), "--only", "nothing"]) == 2
    assert "There is no clip nothing" in capsys.readouterr().err


def test_without_the_extra_packages_one_sentence_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['anny'] = sys.modules['warp'] = None\n"
        "from ppnet.data.people.evaluation import EVALUATION_CLIPS\n"  # the table needs nothing
        "from ppnet.__main__ import main\n"
        f"sys.exit(main(['render', 'demo', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ASSETS.parent)
    assert done.returncode == 2
    assert "ppnet-live[render]" in done.stderr and "Traceback" not in done.stderr


def test_bodies_say_nothing_and_a_sheet_from_the_command_line_only_where_it_is(tmp_path):
    out = tmp_path / "sheet.png"
    code = (
        "import sys\n"
        "from ppnet.data.people.body import body_model\n"
        "body_model(); print('bodies', flush=True)\n"
        "assert 'torch._dynamo' not in sys.modules, 'it takes a second to load, and nothing is compiled'\n"
        "from ppnet.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "render", "sheet", str(out), "--count", "1", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ASSETS.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"bodies\n{out}\n", "")
    assert out.read_bytes().startswith(b"\x89PNG")


def test_the_shipped_demo_and_its_truth_belong_together():
    truth = json.loads((ASSETS / "demo_truth.json").read_text())
    times = [frame["time_s"] for frame in truth["frames"]]
    assert presentation_times(ASSETS / "demo.mp4") == pytest.approx(times, abs=1e-6)
    assert 8 <= times[-1] + 1 / 30 <= 12 and len(times) == 300
    assert (ASSETS / "demo.mp4").stat().st_size <= 4e6
    assert {person["id"] for frame in truth["frames"] for person in frame["people"]} >= {1, 2, 3}
