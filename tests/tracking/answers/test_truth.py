"""How far answers are off where the truth is known: bodies that walk, squat and jump, seen by a camera, and the same
through tracker and smoother with the faults of a network. docs/answers.md shows the figures."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ppnet.skeleton import COCO_17
from tests.tracking.answers.moving_figures import RUN_CYCLE_S, RUN_STANCE, presser, run_steps, runner
from tracking.answers.jumps import jumps_of
from tracking.answers.motion import Motion
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
FIGURES_WH = (1920, 1080)
METRES = CONTENT["metres_per_pixel"]


@cache
def motion_of(name: str, how: str) -> Motion:
    """exact: the joints as the camera sees them. tracked: through the pipeline, with a network's faults."""
    times, points = np.array(MOVEMENTS[name]["times"]), np.array(MOVEMENTS[name]["keypoints"], float)
    return seen(times, points, how, size_wh=tuple(CONTENT["size_wh"]))


def seen(times, points, how, *, size_wh):
    if how == "exact":
        return Motion(1, times, points, COCO_17)
    frames = []
    for time_s, joints in zip(times, points, strict=True):
        box = np.concatenate([joints.min(axis=0) - 12, joints.max(axis=0) + 12])
        frames.append(
            TruthFrame(float(time_s), np.array([1]), box[None], np.ones(1), joints[None], np.full((1, 17), 2))
        )
    truth = Truth("movement", size_wh, tuple(frames))
    boxes, network = TrueBoxes(truth), SimulatedNetwork(truth)
    pipeline = Pipeline(boxes, network, settings=RunSettings())
    results = track_clip(truth, pipeline, stand_ins=(boxes, network))
    assert {track_id for result in results for track_id in result.tracks.ids.tolist()} == {1}
    nobody = np.full((1, 17, 2), np.nan)
    found = np.concatenate([result.known_keypoints if len(result) else nobody for result in results])
    return Motion(1, times, found.astype(np.float64), COCO_17)


WALKS = ("walk-side", "walk-oblique")


def paired_steps(name, how):
    """Each step that was found with the true one nearest in time, and the true ones."""
    truth = MOVEMENTS[name]["events"]["steps"]
    steps = steps_of(motion_of(name, how))
    return [(step, min(truth, key=lambda true: abs(true["contact_s"] - step.contact_s))) for step in steps], truth


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", WALKS)
def test_steps(name, how):
    pairs, truth = paired_steps(name, how)
    contacts = [step.contact_s - true["contact_s"] for step, true in pairs]
    cadence = cadence_of([step for step, _ in pairs])
    true_cadence = 60 / np.median(np.diff([step["contact_s"] for step in truth]))
    print(f"{name} {how}: {len(pairs)} of {len(truth)} steps, contact {1000 * np.median(contacts):+.0f} ms, median "
          f"{1000 * np.median(np.abs(contacts)):.0f}, cadence {cadence:.1f} of {true_cadence:.1f}")  # fmt: skip
    assert abs(len(pairs) - len(truth)) <= 1
    assert np.mean([step.side == true["side"] for step, true in pairs]) == 1
    assert np.median(np.abs(contacts)) < 0.05
    assert cadence == pytest.approx(true_cadence, rel=0.03)


@pytest.mark.parametrize("how", HOWS)
def test_contact_times(how):
    """Of both walks: one of them has but three whole steps."""
    errors = {name: [
        step.contact_time_s - (true["toe_off_s"] - true["contact_s"])
        for step, true in paired_steps(name, how)[0]
        if step.contact_time_s is not None and true["toe_off_s"] is not None
    ] for name in WALKS}  # fmt: skip
    for name, each in errors.items():
        print(f"{name} {how}: contact time, median error {1000 * np.median(np.abs(each)):.0f} ms of {len(each)} steps")
    both = np.abs(np.concatenate(list(errors.values())))
    assert len(both) >= 8
    assert np.median(both) < 0.06


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


@pytest.mark.parametrize("faster", [2, 3])
def test_squats_that_nobody_could_do_so_fast_are_none(faster):
    motion = motion_of("squat-side", "exact")
    count = len(repetitions_of(Motion(1, motion.times / faster, motion.points, COCO_17)))
    assert count == (3 if faster == 2 else 0)


@pytest.mark.parametrize("how", HOWS)
def test_push_ups(how):
    turns = ((0.4, 2.2), (2.4, 4.0), (4.5, 6.5))
    times = np.arange(0, 7, 1 / 30)
    points = np.array([presser(time_s, turns, top_deg=170.0, bottom_deg=80.0) for time_s in times])
    motion = seen(times, points, how, size_wh=FIGURES_WH)
    found = repetitions_of(motion)
    assert [one.kind for one in found] == ["push-up"] * 3
    ranges = [one.range_deg - 90 for one in found]
    # From a tenth of the range on to a tenth before its end: 0.205 of the time at either side, for a cosine.
    ends = [one.end_s - (end - 0.1024 * (end - begun)) for one, (begun, end) in zip(found, turns, strict=True)]
    print(f"push-up {how}: range {np.median(ranges):+.1f} degrees, end {1000 * np.median(ends):+.0f} ms")
    assert np.abs(ranges).max() < (1 if how == "exact" else 20) and np.abs(ends).max() < 0.15
    assert not steps_of(motion) and not jumps_of(motion)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("rate", [30, 60])
def test_runs(rate, how):
    times = np.arange(0, 2.95, 1 / rate)
    motion = seen(times, np.array([runner(time_s) for time_s in times]), how, size_wh=FIGURES_WH)
    steps, truth = steps_of(motion), run_steps(times[-1])
    pairs = [(step, min(truth, key=lambda true: abs(true[0] - step.contact_s))) for step in steps]
    contacts = [step.contact_s - true[0] for step, true in pairs]
    lengths = [step.contact_time_s - (true[1] - true[0]) for step, true in pairs if step.contact_time_s is not None]
    flights = [step.flight_s - (0.5 - RUN_STANCE) * RUN_CYCLE_S for step in steps if step.flight_s is not None]
    print(f"run {rate} {how}: {len(steps)} of {len(truth)} steps, contact {1000 * np.median(contacts):+.0f} ms, its "
          f"time {1000 * np.median(lengths):+.0f} ms, flight {1000 * np.median(flights):+.0f} ms, cadence "
          f"{cadence_of(steps):.1f} of {120 / RUN_CYCLE_S:.1f}")  # fmt: skip
    assert abs(len(steps) - len(truth)) <= 1 and np.median(np.abs(contacts)) < 0.05
    assert cadence_of(steps) == pytest.approx(120 / RUN_CYCLE_S, rel=0.02)
    assert not repetitions_of(motion), "a leg that swings is no squat"


def test_a_step_whose_lifted_leg_is_taken_for_both_is_no_squat():
    times = np.arange(0, 2.95, 1 / 30)
    points = np.array([runner(time_s) for time_s in times])
    left, right = ([COCO_17.index(f"{side}_{joint}") for joint in ("knee", "ankle")] for side in ("left", "right"))
    lifted_left = points[:, left[1], 1] < points[:, right[1], 1]
    one_leg = np.where(lifted_left[:, None, None], points[:, left], points[:, right])
    points[:, left] = points[:, right] = one_leg
    knees = Motion(1, times, points, COCO_17).angle("left_knee")
    assert np.nanmax(knees) - np.nanmin(knees) > 60, "both knees bend and open"
    assert not repetitions_of(Motion(1, times, points, COCO_17))


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


def test_a_jump_whose_hips_are_not_seen_at_take_off_has_a_height_by_them_too():
    whole = motion_of("jump-30cm", "exact")
    (jump,) = jumps_of(whole)
    points = whole.points.copy()
    hips = [COCO_17.index("left_hip"), COCO_17.index("right_hip")]
    points[np.ix_(np.flatnonzero(np.abs(whole.times - jump.take_off_s) < 0.035), hips)] = np.nan
    (same,) = jumps_of(Motion(1, whole.times, points, COCO_17))
    assert same.flight_s == jump.flight_s
    assert METRES * same.hip_rise_px == pytest.approx(METRES * jump.hip_rise_px, abs=0.06)


@pytest.mark.parametrize("how", HOWS)
def test_who_comes_towards_the_camera_does_nothing_that_is_not_there(how):
    motion = motion_of("walk-coming", how)
    assert steps_of(motion) == () and jumps_of(motion) == () and repetitions_of(motion) == ()
