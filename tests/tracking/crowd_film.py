"""Ten people made of one who walks past a camera that stands still, in two rows that walk behind each other."""

import cv2
import numpy as np

from app.factory import build_pipeline
from app.presets import PRESETS
from tracking.run_settings import RunSettings
from tracking.tracker.tracker import Tracker
from tracking.video.factory import open_source

SIZE_WH, FRAMES, RATE, EVERY = (1280, 720), 200, 30, 3
PEOPLE = 10
WALK = slice(22, 100)  # frames of `walk_single.mp4` that show all of her
ROWS = ((0.55, 535), (0.62, 640))  # their size against hers, and where their feet are: of the row behind, and in front


def film(clip):
    """(F, 720, 1280, 3) pictures: each walks there and back again, all out of step."""
    with open_source(clip) as source:
        shots = [frame.image for frame in source]
    ground = np.median(np.stack(shots[::6]), axis=0).astype(np.uint8)
    there = [cut_out(shot, ground) for shot in shots[WALK]]
    back = [(look[:, ::-1], share[:, ::-1], x) for look, share, x in there[-2:0:-1]]
    steps, place = there + back, cv2.resize(ground, SIZE_WH)
    pictures = np.empty((FRAMES, *place.shape), np.uint8)
    for k, picture in enumerate(pictures):
        picture[:] = place
        for row, (size, feet) in enumerate(ROWS):
            for person in range(row, PEOPLE, len(ROWS)):
                look, share, x = steps[(k + 17 * person) % len(steps)]
                middle = 110 + person // len(ROWS) * 230 + row * 60 + 0.28 * (x - SIZE_WH[0] / 2)
                paste(picture, cv2.resize(look, None, fx=size, fy=size), cv2.resize(share, None, fx=size, fy=size),
                      round(middle), feet)  # fmt: skip
    return pictures


def cut_out(shot, ground):
    """The one who is not part of the ground: her picture, how much of each pixel is hers, and where her middle is."""
    other = (np.abs(shot.astype(np.int16) - ground).max(axis=2) > 28).astype(np.uint8)
    other = cv2.morphologyEx(cv2.morphologyEx(other, cv2.MORPH_CLOSE, np.ones((9, 9))), cv2.MORPH_OPEN, np.ones((5, 5)))
    outlines, _ = cv2.findContours(other, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(outlines, key=cv2.contourArea)
    x, y, width, height = cv2.boundingRect(largest)
    share = cv2.drawContours(np.zeros(other.shape, np.float32), [largest], -1, 1.0, cv2.FILLED)
    hers = np.s_[y : y + height, x : x + width]
    return shot[hers], cv2.GaussianBlur(share[hers], (5, 5), 0), x + width / 2


def paste(picture, look, share, middle, feet):
    height, width = share.shape
    left, top = middle - width // 2, feet - height
    seen = slice(max(-left, 0), min(picture.shape[1] - left, width))
    place = picture[top:feet, left + seen.start : left + seen.stop]
    share = share[:, seen, None]
    place[:] = np.rint(place * (1 - share) + look[:, seen] * share)


def recorded_film(pictures):
    """Of each frame its time, what the detector said (None where it did not look), and the poses; preset Fast."""
    pipeline, tracker, answers = build_pipeline(PRESETS[0].applied(RunSettings())), Tracker(), []
    for k, picture in enumerate(pictures):
        found = pipeline.detector.detect(picture) if k % EVERY == 0 else None
        asked = tracker.associate(found, k / RATE, size_wh=SIZE_WH)
        poses = pipeline.estimator.estimate(picture, asked)
        tracker.update(poses, image=picture)
        answers.append((k / RATE, found, poses))
    pipeline.close()
    return answers
