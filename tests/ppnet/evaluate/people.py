"""People made up for tests: COCO files, samples, and an estimator that knows the answers."""

import json
from pathlib import Path

import cv2
import numpy as np

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.crops import apply_matrices
from ppnet.estimator import PoseEstimator
from ppnet.skeleton import COCO_17
from ppnet.weights import shipped_weights

SHARED = Path(__file__).resolve().parents[4] / "shared"
PUBLIC = SHARED / "data/coco_val_public/annotations.json"
SHIPPED = shipped_weights()

SIZE_WH = (320, 240)


def person(number, image_id, rng, **fields):
    """An annotation with most joints labelled, in a box of 60 to 120 pixels."""
    corner, size = rng.uniform((5, 5), (180, 100)), rng.uniform(60, 120, 2)
    keypoints = np.column_stack([rng.uniform(corner, corner + size, (17, 2)), rng.choice([0, 1, 2, 2], 17)])
    keypoints[5, 2] = 2
    keypoints[keypoints[:, 2] == 0] = 0
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [*corner, *size],
        "area": float(size.prod() * rng.uniform(0.4, 0.8)),
        "keypoints": keypoints.ravel().tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
    } | fields


def coco_content(images=6, people=4, seed=0):
    """A COCO file's content; ids start at 0, where careless code takes 0 for `no match`."""
    rng = np.random.default_rng(seed)
    return {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 320, "height": 240} for i in range(images)],
        "annotations": [person(i * people + j, i, rng) for i in range(images) for j in range(people)],
        "categories": [{"id": 1, "name": "person"}],
    }


def write_coco(folder, content=None):
    """The json file and its (grey) pictures."""
    content = content or coco_content()
    for image in content["images"]:
        cv2.imwrite(str(folder / image["file_name"]), np.full((SIZE_WH[1], SIZE_WH[0], 3), 128, np.uint8))
    path = folder / "people.json"
    path.write_text(json.dumps(content))
    return path


class KnowingBackend:
    """Stands in for a network that is asked for the samples in order: it answers their truth, moved by `shift_px`."""

    device_name, precision, most_crops = "cpu", "fp32", 64

    def __init__(self, samples, codec, shift_px):
        self.waiting, self.codec, self.shift_px = list(samples), codec, shift_px

    def heatmaps(self, crops):
        batch = [self.waiting.pop(0) for _ in range(len(crops))]
        matrices = self.codec.crop_matrices([sample.box for sample in batch])
        keypoints = np.stack([sample.keypoints for sample in batch]) + self.shift_px
        return self.codec.targets(apply_matrices(keypoints, matrices))[0]


def knowing_estimator(people, *, input_wh=(192, 256), shift_px=(0.0, 0.0)):
    """An estimator that answers the truth of these people, moved by `shift_px` in the image."""
    info = CheckpointInfo("knowing", input_wh, people.skeleton.name, codec_kind="dark")
    backend = KnowingBackend(people.samples, Codec(input_wh, kind="dark"), shift_px)
    return PoseEstimator(backend, info, flip=False)


def results_with_oks(annotations, oks):
    """Answers in COCO's results format whose every keypoint is off by what gives that similarity, to the right."""
    results = []
    for annotation in annotations:
        table = np.array(annotation["keypoints"], float).reshape(17, 3)
        table[:, 0] += np.sqrt(-2 * np.log(oks) * annotation["area"]) * 2 * np.array(COCO_17.sigmas)
        table[:, 2] = 1
        results.append(
            {"image_id": annotation["image_id"], "category_id": 1, "keypoints": table.ravel().tolist(), "score": 0.9}
        )
    return results
