"""How far answers are off where the truth is known: bodies that walk, squat and jump, seen by a camera, and the same
through tracker and smoother with the faults of a network. docs/answers.md shows the figures."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ppnet.skeleton import COCO_17
from tracking.answers.jumps import jumps_of
from tracking.answers.motion import Motion, motions_of
from tracking.answers.repetitions import repetitions_of
from tracking.answers.steps import cadence_of, steps_of
from tracking.evaluate.run import track_clip
from tracking.evaluate.simulate import SimulatedNetwork, TrueBoxes
from tracking.evaluate.truth import Truth, TruthFrame
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings

CONTENT = json.loads((Path(__file__).parents[2] / "data" / "movements.json").read_text(encoding="utf-8"))
MOVEMENTS = {movement["name"]: movement for movement in CONTENT["movements"]}
HOWS = ("exact", "tracked")
METRES = CONTENT["metres_per_pixel"]


@cache
def motion_of(name: str, how: str) -> Motion:
    """exact: the joints as the camera sees them. tracked: through the pipeline, with a network's faults."""
    times, points = np.array(MOVEMENTS[name]["times"]), np.array(MOVEMENTS[name]["keypoints"], float)
    if how == "exact":
        return Motion(1, times, points, COCO_17)
    frames = []
    for time_s, joints in zip(times, points, strict=True):
        box = np.concatenate([joints.min(axis=0) - 12, joints.max(axis=0) + 12])
        frames.append(
            TruthFrame(float(time_s), np.array([1]), box[None], np.ones(1), joints[None], np.full((1, 17), 2))
        )
    truth = Truth(name, tuple(CONTENT["size_wh"]), tuple(frames))
    boxes, network = TrueBoxes(truth), SimulatedNetwork(truth)
    pipeline = Pipeline(boxes, network, settings=RunSettings())
    (motion,) = motions_of(track_clip(truth, pipeline, stand_ins=(boxes, network)), COCO_17)
    return motion


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", ["walk-side", "walk-oblique"])
def test_steps(name, how):
    truth = MOVEMENTS[name]["events"]["steps"]
    steps = steps_of(motion_of(name, how))
    pairs = [(step, min(truth, key=lambda true: abs(true["contact_s"] - step.contact_s))) for step in steps]
    contacts = [step.contact_s - true["contact_s"] for step, true in pairs]
    lengths = [
        step.contact_time_s - (true["toe_off_s"] - true["contact_s"])
        for step, true in pairs
        if step.contact_time_s is not None and true["toe_off_s"] is not None
    ]
    true_cadence = 60 / np.median(np.diff([step["contact_s"] for step in truth]))
    print(f"{name} {how}: {len(steps)} of {len(truth)} steps, contact {1000 * np.median(contacts):+.0f} ms, median "
          f"{1000 * np.median(np.abs(contacts)):.0f}, of contact time {1000 * np.median(np.abs(lengths)):.0f} ms, "
          f"cadence {cadence_of(steps):.1f} of {true_cadence:.1f}")  # fmt: skip
    assert abs(len(steps) - len(truth)) <= 1
    assert np.mean([step.side == true["side"] for step, true in pairs]) == 1
    assert np.median(np.abs(contacts)) < 0.05 and np.median(np.abs(lengths)) < 0.06
    assert cadence_of(steps) == pytest.approx(true_cadence, rel=0.03)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("name", "range_error"), [("squat-side", 10), ("squat-oblique", 25)])
def test_squats(name, how, range_error):
    truth = MOVEMENTS[name]["events"]["squats"]
    motion = motion_of(name, how)
    squats = repetitions_of(motion)
    assert [squat.kind for squat in squats] == ["squat"] * 3
    ranges = [squat.range_deg - true["range_deg"] for squat, true in zip(squats, truth, strict=True)]
    ends = [abs(squat.end_s - true["end_s"]) for squat, true in zip(squats, truth, strict=True)]
    print(f"{name} {how}: range {np.median(ranges):+.1f} degrees, end {1000 * np.median(ends):.0f} ms")
    assert np.abs(ranges).max() < range_error and max(ends) < 0.15
    assert not steps_of(motion) and not jumps_of(motion)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", ["jump-15cm", "jump-30cm", "jump-45cm"])
def test_jumps(name, how):
    (true,) = MOVEMENTS[name]["events"]["jumps"]
    motion = motion_of(name, how)
    (jump,) = jumps_of(motion, steps_of(motion))
    print(f"{name} {how}: flight {1000 * (jump.flight_s - true['landing_s'] + true['take_off_s']):+.0f} ms, "
          f"height {100 * jump.height_m:.1f} cm, by hip {100 * METRES * jump.hip_rise_px:.1f} cm")  # fmt: skip
    assert jump.height_m == pytest.approx(true["height_m"], abs=0.09)
    assert METRES * jump.hip_rise_px == pytest.approx(true["height_m"], abs=0.07)
    assert not steps_of(motion) and not repetitions_of(motion, [jump])


@pytest.mark.parametrize("how", HOWS)
def test_who_comes_towards_the_camera_does_nothing_that_is_not_there(how):
    motion = motion_of("walk-coming", how)
    assert steps_of(motion) == () and jumps_of(motion) == () and repetitions_of(motion) == ()
