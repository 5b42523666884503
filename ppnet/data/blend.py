"""Hand-made labels and a teacher's answers for the same people: their mean, where the two agree.

Both miss the joint by a little, each in its own way; the mean misses it by less. For LSP-Extended the differences
between label, teacher and a network trained on both say that the labels scatter about twice as much as the teacher
(0.35 against 0.2 of COCO's permitted distance), hence the teacher's larger share. And where nothing is labelled and
the teacher sees nothing, there is nothing: knees under a face that fills the picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import DatasetError
from ppnet.skeleton import COCO_17

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]

AREA_OF_BOX = 0.519  # of a person's box that the person fills: COCO's mean, where the area is not known


@dataclass(frozen=True)
class BlendSettings:
    """When the teacher is asked, and how much it counts.

    share: of the teacher in the mean. min_score: below it the teacher is not asked. max_spread: nor where its answers
    for the picture and for the mirror image lie further apart than that (of the crop's side). agree: distance of
    label and answer, in COCO's permitted distance (2 sigma sqrt(area)), up to which they mean the same place.
    doubt: weight of a label that a sure teacher (sure_score) contradicts. absent_score: joints without a label for
    which the teacher's score stays below it are absent.
    """

    share: float = 0.75
    min_score: float = 0.35
    max_spread: float = 0.06
    agree: float = 1.2
    sure_score: float = 0.5
    doubt: float = 0.3
    absent_score: float = 0.1


@dataclass
class BlendCounts:
    """Labelled joints by what became of them; unlabelled ones that are now known to be absent."""

    blended: int = 0
    doubted: int = 0
    kept: int = 0
    absent: int = 0


def blend_labels(
    labels: Json, answers: Mapping[str, Any], keypoints: tuple[str, ...], settings: BlendSettings | None = None
) -> tuple[Json, BlendCounts]:
    """A COCO keypoint file with the joints named by `keypoints` moved and what cannot be seen marked as `absent`.

    answers: annotation id -> 17 rows of x, y (the annotation's pixels), score, and the distance between the answers
    for the picture and its mirror image. People without answers keep their labels. DatasetError for other shapes.
    """
    settings = settings or BlendSettings()
    chosen = np.isin(COCO_17.keypoints, keypoints)
    counts, annotations = BlendCounts(), []
    for annotation in labels["annotations"]:
        answer = answers.get(str(annotation["id"]))
        if answer is None:
            annotations.append(annotation)
            continue
        table, said = np.array(annotation["keypoints"], np.float64), np.array(answer, np.float64)
        if table.size != 51 or said.shape != (17, 4):
            raise DatasetError(f"Annotation {annotation['id']}: 17 keypoints and answers of 17 x 4 numbers are needed.")
        table = table.reshape(17, 3)
        weights = np.array(annotation.get("weights", np.ones(17)), np.float64)
        labelled = chosen & (table[:, 2] > 0) & (weights > 0)
        asked = labelled & (said[:, 2] >= settings.min_score) & (said[:, 3] < settings.max_spread)
        near = _distance(table[:, :2], said[:, :2], annotation["bbox"]) < settings.agree
        moved, doubted = asked & near, asked & ~near & (said[:, 2] > settings.sure_score)
        table[moved, :2] += settings.share * (said[moved, :2] - table[moved, :2])
        weights[doubted] = np.minimum(weights[doubted], settings.doubt)
        absent = (table[:, 2] == 0) & (said[:, 2] < settings.absent_score)
        counts.absent += int(absent.sum())
        counts.blended += int(moved.sum())
        counts.doubted += int(doubted.sum())
        counts.kept += int((labelled & ~moved & ~doubted).sum())
        numbers = [number for x, y, seen in table.tolist() for number in (round(x, 2), round(y, 2), int(seen))]
        changed = {"keypoints": numbers, "weights": weights.round(3).tolist(), "absent": absent.astype(int).tolist()}
        annotations.append({**annotation, **changed})
    return {**labels, "annotations": annotations}, counts


def _distance(first: Floats, second: Floats, bbox: list[float]) -> Floats:
    """(17,) in COCO's permitted distance for a person whose box is `bbox` xywh."""
    scale = np.sqrt(AREA_OF_BOX * bbox[2] * bbox[3])
    return np.asarray(np.linalg.norm(first - second, axis=1) / (2 * np.array(COCO_17.sigmas) * scale))
