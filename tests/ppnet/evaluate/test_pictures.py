"""Sheets: who is on them, and in which order."""

import cv2
import numpy as np

from ppnet.codec import Codec
from ppnet.data.coco import read_coco
from ppnet.evaluate.pictures import save_failures
from ppnet.poses import Poses
from tests.ppnet.evaluate.people import coco_content, write_coco

CODEC = Codec(input_wh=(48, 64))


def joints_in(tile):
    """Coloured pixels: the pictures are grey."""
    return int((np.ptp(tile.astype(int), axis=2) > 60).sum())


def test_the_surest_mistakes_come_first_the_truth_beside_the_answer(tmp_path):
    people = read_coco(write_coco(tmp_path, coco_content(images=3, people=1)))
    keypoints = np.stack([sample.keypoints for sample in people.samples])
    scores = np.full(keypoints.shape[:2], 0.9, np.float32)
    for person, (wrong, score) in enumerate(((8, 0.9), (17, 0.9), (17, 0.1))):  # the third knows that it does not know
        keypoints[person, :wrong] += 400
        scores[person, :wrong] = score
    save_failures(tmp_path / "failures.png", people, Poses(keypoints, scores, people.skeleton), CODEC, count=2)
    sheet = cv2.imread(str(tmp_path / "failures.png"))
    width, height = CODEC.input_wh
    assert sheet.shape == (height, 8 * width, 3)
    truth, answer, next_truth, next_answer, *empty = (sheet[:, x : x + width] for x in range(0, 8 * width, width))
    assert joints_in(truth) > 40 and joints_in(answer) == 0, "the second person: every joint surely elsewhere"
    assert joints_in(next_truth) > 40 and joints_in(next_answer) > 40, "the first: eight joints wrong"
    assert not np.any(empty)
