"""`python -m tests.tracking.crowd_benchmark [PEOPLE]`: CPU time of tracker, smoothing and drawing, without networks.

The answers of a detector that knows everybody, looking at every third frame, and of a simulated network are recorded
once; then only what comes after them runs, in one thread.
"""

import sys
import time

import cv2
import numpy as np

from tests.tracking.figures import Walker, filmed, straight
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.style import SceneStyle
from tracking.evaluate.simulate import SimulatedNetwork, TrueBoxes
from tracking.smoothing import SmoothingSettings, make_smoother
from tracking.tracker.tracker import Tracker
from tracking.types import Frame, FrameResult

RATE, EVERY, ROUNDS = 30, 3, 3


def recorded(people, frames):
    """Of each frame its time, what the detector said (None where it did not look), boxes asked and poses; the size."""
    columns = int(np.ceil(np.sqrt(people * 2)))
    width, height = max(1280, 100 * columns), max(720, 60 * (people // columns) + 300)
    walkers = [
        Walker(
            straight(60 + i % columns * (width - 120) / columns, (-1) ** i * (30 + i % 90), 280 + i // columns * 60),
            200 + 14 * (i % 4) if people <= 20 else 90 + 5 * (i % 4),
            phase=i,
        )
        for i in range(people)
    ]
    truth = filmed(walkers, np.arange(frames) / RATE, size_wh=(width, height))
    detector, network, tracker = TrueBoxes(truth), SimulatedNetwork(truth), Tracker()
    answers = []
    for k, frame in enumerate(truth.frames):
        detector.index = network.index = k
        found = detector.detect(None) if k % EVERY == 0 else None
        asked = tracker.associate(found, frame.time_s, size_wh=truth.size_wh)
        poses = network.estimate(None, asked)
        tracker.update(poses)
        answers.append((frame.time_s, found, poses))
    return answers, truth.size_wh


def replayed(answers, size_wh, picture):
    """(F, 3) seconds of tracker, smoothing and drawing."""
    tracker, smoother, annotator = Tracker(), make_smoother(SmoothingSettings()), Annotator(SceneStyle())
    times = []
    for k, (time_s, found, poses) in enumerate(answers):
        started = time.thread_time()
        tracker.associate(found, time_s, size_wh=size_wh)
        tracks, raw = tracker.update(poses, image=picture)
        tracked = time.thread_time()
        smoothed, states = smoother.update(tracks.ids, raw, tracks.boxes, time_s)
        done = time.thread_time()
        annotator.picture(Frame(k, time_s, picture), FrameResult(k, time_s, size_wh, tracks, raw, smoothed, states))
        times.append((tracked - started, done - tracked, time.thread_time() - done))
    return np.array(times)


def main(people=10):
    cv2.setNumThreads(1)
    answers, size_wh = recorded(people, 60 if people <= 20 else 10)
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 255, (90, 160, 3), dtype=np.uint8), size_wh)
    best = np.min([replayed(answers, size_wh, picture) for _ in range(ROUNDS)], axis=0) * 1000
    looks = np.array([found is not None for _, found, _ in answers])
    print(f"{people} people in {size_wh[0]}x{size_wh[1]}, ms of a core; the fastest of {ROUNDS} rounds")
    for name, column in zip(("tracker", "smoothing", "drawing", "together"), [*best.T, best.sum(axis=1)], strict=True):
        median, late = np.percentile(column, [50, 95])
        print(f"{name:10} mean {column.mean():6.2f}  median {median:6.2f}  p95 {late:6.2f}", end="")
        print(f"  with a look of the detector {column[looks].mean():6.2f}, without {column[~looks].mean():6.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
