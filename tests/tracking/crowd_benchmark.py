"""`python -m tests.tracking.crowd_benchmark [PEOPLE or CLIP]`: CPU time of tracker, smoothing and drawing, no networks.

The answers of a detector that knows everybody, looking at every third frame, and of a network that errs a little are
recorded once; then only what comes after them runs, in one thread. With `walk_single.mp4` in place of a number they are
those of the real ones in a film of ten people (see `crowd_film`).
"""

import sys
import time

import cv2
import numpy as np

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.figures import Walker, straight
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.style import SceneStyle
from tracking.smoothing import SmoothingSettings, make_smoother, smoothed_in_picture
from tracking.tracker.tracker import Tracker
from tracking.types import Detections, Frame, FrameResult

RATE, EVERY, ROUNDS = 30, 3, 3


def recorded(people, frames):
    """Of each frame its time, what the detector said (None where it did not look) and the poses; the picture's size."""
    columns = int(np.ceil(np.sqrt(people * 2)))
    step_x, step_y, height = (1200 / columns, 300, 220) if people <= 20 else (90, 85, 100)
    size_wh = max(1280, 100 * columns), max(720, round(step_y * people / columns) + 150)
    walkers = [
        Walker(
            straight(60 + i % columns * step_x, (-1) ** i * (30 + i % 60), 1.2 * height + i // columns * step_y),
            height + i % 4 * height / 20,
            phase=i,
        )
        for i in range(people)
    ]
    rng, tracker, answers = np.random.default_rng(0), Tracker(), []
    for k in range(frames):
        points = np.array([walker.keypoints(k / RATE) for walker in walkers])
        points += rng.normal(0, 0.008 * height, points.shape)
        boxes = np.array([walker.box(k / RATE) for walker in walkers])
        found = Detections(boxes, np.full(people, 0.9)) if k % EVERY == 0 else None
        asked = tracker.associate(found, k / RATE, size_wh=size_wh)
        who = np.abs(asked[:, None] - boxes[None]).sum(axis=2).argmin(axis=1)
        poses = Poses(points[who].astype(np.float32), np.full((len(asked), 17), 0.8, np.float32), COCO_17)
        tracker.update(poses)
        answers.append((k / RATE, found, poses))
    return answers, size_wh


def replayed(answers, size_wh, pictures):
    """(F, 3) seconds of tracker, smoothing and drawing, onto one canvas as an encoder has it."""
    tracker, smoother, annotator = Tracker(), make_smoother(SmoothingSettings()), Annotator(SceneStyle())
    times, canvas = [], np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    for k, (time_s, found, poses) in enumerate(answers):
        picture = pictures[k % len(pictures)].copy()
        started = time.thread_time()
        tracker.associate(found, time_s, size_wh=size_wh)
        tracks, raw = tracker.update(poses, image=picture)
        tracked = time.thread_time()
        smoothed, states = smoothed_in_picture(smoother, tracks.ids, raw, tracks.boxes, time_s, size_wh=size_wh)
        done = time.thread_time()
        result = FrameResult(k, time_s, size_wh, tracks, raw, smoothed, states)
        annotator.picture(Frame(k, time_s, picture), result, canvas=canvas)
        times.append((tracked - started, done - tracked, time.thread_time() - done))
    return np.array(times)


def main(people="10"):
    if people.isdecimal():
        answers, size_wh = recorded(int(people), 60 if int(people) <= 20 else 10)
        noise = np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8)
        pictures = cv2.resize(noise, size_wh)[None]
    else:
        from tests.tracking.crowd_film import SIZE_WH, film, recorded_film

        pictures, size_wh = film(people), SIZE_WH
        answers = recorded_film(pictures)
    cv2.setNumThreads(1)
    best = np.min([replayed(answers, size_wh, pictures) for _ in range(ROUNDS)], axis=0) * 1000
    looks = np.array([found is not None for _, found, _ in answers])
    print(f"{people}: people in {size_wh[0]}x{size_wh[1]}, ms of a core; the fastest of {ROUNDS} rounds")
    for name, column in zip(("tracker", "smoothing", "drawing", "together"), [*best.T, best.sum(axis=1)], strict=True):
        median, late = np.percentile(column, [50, 95])
        print(f"{name:10} mean {column.mean():6.2f}  median {median:6.2f}  p95 {late:6.2f}", end="")
        print(f"  with a look of the detector {column[looks].mean():6.2f}, without {column[~looks].mean():6.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
