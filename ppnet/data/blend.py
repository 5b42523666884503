"""Hand-made labels and a teacher's answers for the same people: their mean, where the two agree.

Both miss the joint by a little, each in its own way; the mean misses it by less. For LSP-Extended the differences
between label, teacher and a network trained on both say that the labels scatter about twice as much as the teacher
(0.35 against 0.2 of COCO's permitted distance), hence the teacher's larger share. And where nothing is labelled and
the teacher sees nothing, there is nothing: knees under a face that fills the picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import DatasetError
from ppnet.skeleton import COCO_17

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]

FACE_KEYPOINTS = 5  # COCO lists them first
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


@dataclass(frozen=True)
class UncertainSettings:
    """How far answers count that are none too sure, for labels that are a teacher's own.

    scores, right: the share of answers with such a score that are right (within OKS 0.5 of the truth), linear between.
    min_score: of an answer that becomes a label; min_face_score: the same for the face. face_share: of the weight that
    the face's joints get, since whoever is seen from behind is given a face, too. agree: as in `BlendSettings`; further
    away an answer makes no label surer. turned: people whose labels lie further (median) from the upright answers than
    that were labelled in a turned picture, and stay as they are.
    """

    scores: tuple[float, ...] = (0.0, 0.1, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.9)
    right: tuple[float, ...] = (0.15, 0.3, 0.55, 0.67, 0.77, 0.81, 0.91, 0.94, 0.97, 0.99)
    min_score: float = 0.1
    min_face_score: float = 0.15
    face_share: float = 0.8
    agree: float = 1.0
    turned: float = 1.5


@dataclass
class UncertainCounts:
    """Joints that have a label now, that weigh more now; people who were labelled in a turned picture."""

    added: int = 0
    raised: int = 0
    turned: int = 0


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
    counts = BlendCounts()

    def blended(annotation: Json, table: Floats, weights: Floats, said: Floats) -> Json:
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
        return _changed(annotation, table, weights, absent)

    return _each(labels, answers, blended), counts


def keep_uncertain_answers(
    labels: Json, answers: Mapping[str, Any], settings: UncertainSettings | None = None
) -> tuple[Json, UncertainCounts]:
    """A teacher's own labels with its less certain answers, each weighing as much as such answers are right.

    labels: a COCO keypoint file made from the surer ones of these answers. A joint in the dark, of which the teacher is
    right in two of three cases, teaches more than none. answers and errors as in `blend_labels`.
    """
    settings = settings or UncertainSettings()
    lowest = np.where(np.arange(17) < FACE_KEYPOINTS, settings.min_face_score, settings.min_score)
    share = np.where(np.arange(17) < FACE_KEYPOINTS, settings.face_share, 1.0)
    sizes = {image["id"]: (image["width"], image["height"]) for image in labels["images"]}
    counts = UncertainCounts()

    def kept(annotation: Json, table: Floats, weights: Floats, said: Floats) -> Json:
        labelled = (table[:, 2] > 0) & (weights > 0)
        distance = _distance(table[:, :2], said[:, :2], annotation["bbox"])
        if labelled.any() and np.median(distance[labelled]) > settings.turned:
            counts.turned += 1
            return annotation
        inside = ((said[:, :2] >= 0) & (said[:, :2] < sizes[annotation["image_id"]])).all(axis=1)
        worth = share * np.interp(said[:, 2], settings.scores, settings.right) * (inside & (said[:, 2] > lowest))
        added = ~labelled & (worth > 0)
        raised = labelled & (distance < settings.agree) & (worth > weights)
        table[added] = np.column_stack([said[added, :2], np.ones(int(added.sum()))])
        weights = np.where(added | raised, worth, weights)
        absent = np.array(annotation.get("absent", np.zeros(17)), bool) & ~added
        counts.added += int(added.sum())
        counts.raised += int(raised.sum())
        return _changed(annotation, table, weights, absent)

    return _each(labels, answers, kept), counts


def _each(labels: Json, answers: Mapping[str, Any], change: Callable[[Json, Floats, Floats, Floats], Json]) -> Json:
    """The file with `change(annotation, *_read(...))` for everybody who has an answer; the others stay."""
    asked = ((annotation, answers.get(str(annotation["id"]))) for annotation in labels["annotations"])
    changed = [one if answer is None else change(one, *_read(one, answer)) for one, answer in asked]
    return {**labels, "annotations": changed}


def _read(annotation: Json, answer: Any) -> tuple[Floats, Floats, Floats]:
    """Labels (17, 3) of x, y, visibility; their weights (17,); the teacher's answers (17, 4)."""
    table, said = np.array(annotation["keypoints"], np.float64), np.array(answer, np.float64)
    if table.size != 51 or said.shape != (17, 4):
        raise DatasetError(f"Annotation {annotation['id']}: 17 keypoints and answers of 17 x 4 numbers are needed.")
    weights = np.array(annotation.get("weights", np.ones(17)), np.float64)
    return table.reshape(17, 3), weights, said


def _changed(annotation: Json, table: Floats, weights: Floats, absent: npt.NDArray[np.bool_]) -> Json:
    numbers = [number for x, y, seen in table.tolist() for number in (round(x, 2), round(y, 2), int(seen))]
    changed = {"keypoints": numbers, "weights": weights.round(3).tolist(), "absent": absent.astype(int).tolist()}
    return {**annotation, **changed, "num_keypoints": int((table[:, 2] > 0).sum())}


def _distance(first: Floats, second: Floats, bbox: list[float]) -> Floats:
    """(17,) in COCO's permitted distance for a person whose box is `bbox` xywh."""
    scale = np.sqrt(AREA_OF_BOX * bbox[2] * bbox[3])
    return np.asarray(np.linalg.norm(first - second, axis=1) / (2 * np.array(COCO_17.sigmas) * scale))
