"""Stick figures that run and do push-ups: joints by plain geometry, so that every event is known exactly."""

from collections.abc import Sequence

import numpy as np

LEG = 160.0
"""Length of thigh plus shank, pixels."""
FLOOR = 900.0
RUN_CYCLE_S, RUN_STANCE, RUN_SPEED = 0.72, 0.35, 600.0
"""Of the run: a stride, the share of it that a foot stands, pixels a second (about 3.2 m/s)."""


def bent(start, end, length, side):
    """(2,) the joint between two limbs of `length` from start to end, on the one side (1) or the other (-1)."""
    along = (np.asarray(end, float) - start) / 2
    half = float(np.linalg.norm(along))
    out = np.sqrt(max(length**2 - half**2, 0.0))
    return start + along + side * out * np.array([along[1], -along[0]]) / max(half, 1e-9)


def _body(hip, shoulder, hands, elbows, knees, ankles):
    """(17, 2) from the place of hips and shoulders, and both sides of the limbs, left first."""
    up = (shoulder - hip) / np.linalg.norm(shoulder - hip)
    ahead = np.array([-up[1], up[0]])
    head = shoulder + 0.25 * LEG * up
    face = [head + 14 * ahead, head + 10 * ahead + 5 * up, head + 9 * ahead + 5 * up, head + up, head - up]
    return np.array([*face, shoulder, shoulder, *elbows, *hands, hip, hip, *knees, *ankles], float)


def runner(time_s):
    """(17, 2) at a moment; the left foot meets the ground at 0."""
    hip = np.array([60 + RUN_SPEED * time_s, FLOOR - 0.86 * LEG])
    shoulder = hip + 0.62 * LEG * np.array([0.1, -1.0])
    ankles, knees, hands, elbows = [], [], [], []
    for offset in (0.0, 0.5):
        phase = time_s / RUN_CYCLE_S - offset
        number, share = np.floor(phase), phase % 1
        contact_s = (number + offset) * RUN_CYCLE_S
        place = 60 + RUN_SPEED * (contact_s + RUN_STANCE * RUN_CYCLE_S / 2)
        swung = max(share - RUN_STANCE, 0.0) / (1 - RUN_STANCE)
        ankle = np.array([
            place + RUN_SPEED * RUN_CYCLE_S * (0.5 - 0.5 * np.cos(np.pi * swung)),
            FLOOR - 0.4 * LEG * np.sin(np.pi * swung) ** 2,
        ])  # fmt: skip
        ankles.append(ankle)
        knees.append(bent(hip, ankle, LEG / 2, 1))
        swing = np.cos(2 * np.pi * (phase + 0.5))
        elbow = shoulder + 0.33 * LEG * np.array([0.6 * swing - 0.2, 0.9])
        elbows.append(elbow)
        hands.append(elbow + 0.3 * LEG * np.array([0.9, 0.3 - 0.6 * swing]))
    return _body(hip, shoulder, hands, elbows, knees, ankles)


def run_steps(duration_s):
    """(contact_s, toe_off_s) of both feet in turn."""
    count = int(2 * (duration_s - RUN_STANCE * RUN_CYCLE_S) / RUN_CYCLE_S) + 1
    return [(n * RUN_CYCLE_S / 2, n * RUN_CYCLE_S / 2 + RUN_STANCE * RUN_CYCLE_S) for n in range(count)]


def presser(time_s, turns: Sequence[tuple[float, float]], *, top_deg=170.0, bottom_deg=80.0):
    """(17, 2) on hands and toes; the elbows close from `top_deg` to `bottom_deg` and open again in each turn."""
    shares = [(time_s - begun) / (end - begun) for begun, end in turns if begun <= time_s <= end]
    deep = 0.5 - 0.5 * np.cos(2 * np.pi * shares[0]) if shares else 0.0
    elbow = np.radians(top_deg + deep * (bottom_deg - top_deg))
    ankle, hand, arm, long = np.array([300.0, FLOOR - 14]), np.array([620.0, FLOOR]), 0.35 * LEG, 1.95 * LEG
    reach, apart = 2 * arm * np.sin(elbow / 2), float(np.linalg.norm(hand - ankle))
    turn = np.arccos((long**2 + apart**2 - reach**2) / (2 * long * apart))  # at the ankle, by the law of cosines
    tilt = turn - np.arctan2(hand[1] - ankle[1], hand[0] - ankle[0])
    shoulder = ankle + long * np.array([np.cos(tilt), -np.sin(tilt)])
    hip, knee = ankle + (shoulder - ankle) * 0.52, ankle + (shoulder - ankle) * 0.26
    bend = bent(shoulder, hand, arm, 1)
    return _body(hip, shoulder, [hand] * 2, [bend] * 2, [knee] * 2, [ankle] * 2)
