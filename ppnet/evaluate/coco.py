"""COCO's ten figures of keypoint accuracy, by pycocotools, with a bootstrap interval of AP."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.crops import crop_regions
from ppnet.data.coco import load_json
from ppnet.data.samples import Sample, SampleSet
from ppnet.errors import DatasetError, UserError
from ppnet.estimator import PoseEstimator
from ppnet.evaluate.average_precision import ImageMatches, bootstrap_interval
from ppnet.evaluate.oks import oks_nms
from ppnet.evaluate.predict import predict_samples
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17

Json = dict[str, Any]

FIGURES = ("AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl")
SURE_SCORE = 0.2  # keypoints above it make the person's score (published code)
NMS_OKS = 0.9


@dataclass(frozen=True)
class CocoScores:
    """COCO's figures by name (`FIGURES`), fractions; NaN where no person is of that size.

    interval: 95 % bootstrap interval of AP over images, None when not asked for. persons: those that count.
    """

    figures: Mapping[str, float]
    persons: int
    images: int
    interval: tuple[float, float] | None = None

    def __getitem__(self, name: str) -> float:
        return self.figures[name]


@dataclass(frozen=True)
class CocoEvaluation:
    """Figures, the answers in COCO's results format, and the poses of each sample in order."""

    scores: CocoScores
    results: tuple[Json, ...] = field(repr=False)
    poses: Poses = field(repr=False)


def evaluate_coco(
    estimator: PoseEstimator,
    people: SampleSet,
    *,
    truth: Json | None = None,
    detected: bool = False,
    batch_size: int = 32,
    padding: float = 1.25,
    bootstrap: int = 0,
    progress: bool | None = False,
) -> CocoEvaluation:
    """Answers for everyone in `people` and their score against the truth.

    people: with ground-truth boxes, or `detected` ones; those need `truth`, and OKS-NMS removes double answers.
    truth: `read_truth` of the annotations with their crowd and label-free persons; else made of `people`.
    bootstrap: rounds for the interval, 0 for none. DatasetError for another joint set than COCO's 17.
    """
    if people.skeleton != COCO_17:
        raise DatasetError(f"{people.name} has the joints of {people.skeleton.name}; COCO's figures need coco17.")
    poses = predict_samples(estimator, people.samples, batch_size=batch_size, padding=padding, progress=progress)
    regions = crop_regions([sample.box for sample in people.samples], estimator.codec.aspect, padding)[1]
    results = person_results(people.samples, poses, regions.prod(axis=1) if detected else None)
    scores = score_results(truth or truth_of(people), results, bootstrap=bootstrap)
    return CocoEvaluation(scores, tuple(results), poses)


def person_results(samples: Sequence[Sample], poses: Poses, nms_areas: np.ndarray | None = None) -> list[Json]:
    """Answers in COCO's results format.

    A person's score is the box's times the mean of the keypoint scores above 0.2 (0 when none is above).
    nms_areas: (N,) square pixels; when given, double answers in an image are removed by OKS-NMS at 0.9.
    """
    sure = poses.scores > SURE_SCORE
    means = (poses.scores * sure).sum(axis=1) / np.maximum(sure.sum(axis=1), 1)
    scores = means * [sample.score for sample in samples]
    results = []
    for index in _kept(samples, poses, scores, nms_areas):
        table = np.concatenate([poses.keypoints[index], poses.scores[index, :, None]], axis=1)
        results.append(
            {
                "image_id": samples[index].image_id,
                "category_id": 1,
                "keypoints": [round(float(value), 3) for value in np.nan_to_num(table).ravel()],
                "score": float(scores[index]),
            }
        )
    return results


def _kept(samples: Sequence[Sample], poses: Poses, scores: np.ndarray, nms_areas: np.ndarray | None) -> Sequence[int]:
    if nms_areas is None:
        return range(len(samples))
    kept: list[int] = []
    by_image = sorted(range(len(samples)), key=lambda index: str(samples[index].image_id))
    for _, group in groupby(by_image, key=lambda index: samples[index].image_id):
        members = np.array(list(group))
        best = oks_nms(poses.keypoints[members], scores[members], nms_areas[members], COCO_17.sigmas, threshold=NMS_OKS)
        kept.extend(members[best].tolist())
    return sorted(kept)


def read_truth(path: Path | str, *, complete_only: bool = False) -> Json:
    """A COCO keypoint file as pycocotools needs it, with all that COCO's files have and others lack filled in.

    complete_only: leave out images marked `complete: false`, where people without joints are not listed, so that
    answers on detected boxes cannot be judged. DatasetError when the file is no such file or nobody has keypoints.
    """
    content = load_json(Path(path))
    try:
        images = [image for image in content["images"] if image.get("complete", True) or not complete_only]
        known = {image["id"] for image in images}
        entries = [a for a in content["annotations"] if "keypoints" in a and a["image_id"] in known]
        annotations = [_filled(entry, number) for number, entry in enumerate(entries, start=1)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path} is not a COCO keypoint file with 17 joints ({error!r}).") from error
    if not any(annotation["num_keypoints"] and not annotation["iscrowd"] for annotation in annotations):
        raise DatasetError(f"{path} holds no person with labelled keypoints; there is nothing to evaluate.")
    return _dataset([image["id"] for image in images], annotations)


def truth_of(people: SampleSet) -> Json:
    """Ground truth made of samples: for sets in memory, and in training."""
    annotations = []
    for number, sample in enumerate(people.samples, start=1):
        table = np.concatenate([sample.keypoints, sample.visibility[:, None]], axis=1)
        x1, y1, x2, y2 = sample.box.tolist()
        entry = {
            "image_id": sample.image_id,
            "keypoints": table.ravel().tolist(),
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": sample.area,
        }
        annotations.append(_filled(entry, number))
    return _dataset(sorted({sample.image_id for sample in people.samples}, key=str), annotations)


def _filled(entry: Json, number: int) -> Json:
    """An annotation with everything COCO's own have. Ids start at 1: pycocotools takes 0 for `no match`."""
    _, _, width, height = entry["bbox"]
    if len(entry["keypoints"]) != 3 * len(COCO_17):
        raise ValueError(f"an annotation has {len(entry['keypoints'])} keypoint numbers, not {3 * len(COCO_17)}")
    return {
        "id": number,
        "image_id": entry["image_id"],
        "category_id": 1,
        "iscrowd": int(entry.get("iscrowd", 0)),
        "bbox": list(entry["bbox"]),
        "area": float(entry.get("area") or width * height),
        "keypoints": list(entry["keypoints"]),
        "num_keypoints": sum(value > 0 for value in entry["keypoints"][2::3]),
    }


def _dataset(image_ids: Sequence[int | str], annotations: list[Json]) -> Json:
    return {
        "images": [{"id": image_id} for image_id in image_ids],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}],
    }


def read_results(path: Path | str) -> list[Json]:
    """Answers in COCO's results format, made by any program. DatasetError names the entry that is none."""
    content = load_json(Path(path))
    if not isinstance(content, list):
        raise DatasetError(f"{path} is not a COCO results file: it should hold a list of answers.")
    for number, entry in enumerate(content, start=1):
        try:
            values = np.array([*entry["keypoints"], entry["score"]], np.float64)
            usable = len(values) == 3 * len(COCO_17) + 1 and "image_id" in entry and np.isfinite(values).all()
        except (KeyError, TypeError, ValueError):
            usable = False
        if not usable:
            raise DatasetError(f"{path}, answer {number}: image_id, score and 51 finite keypoint numbers are wanted.")
    return content


def score_results(truth: Json, results: Sequence[Json], *, bootstrap: int = 0) -> CocoScores:
    """COCO's figures of answers in COCO's results format against `read_truth` or `truth_of`.

    Answers for images outside the truth are left out. DatasetError when none is left.
    """
    images = {image["id"] for image in truth["images"]}
    results = [{**result, "category_id": 1} for result in results if result["image_id"] in images]
    if not results:
        raise DatasetError(
            "None of the answers is for an image of the annotations; check that the files belong together."
        )
    judge = _judge(truth, results)
    figures = {
        name: float(value) if value >= 0 else float("nan") for name, value in zip(FIGURES, judge.stats, strict=True)
    }
    counted = [a for a in truth["annotations"] if a["num_keypoints"] and not a["iscrowd"]]
    interval = bootstrap_interval(_matches(judge), rounds=bootstrap) if bootstrap else None
    return CocoScores(figures, len(counted), len({a["image_id"] for a in counted}), interval)


def _judge(truth: Json, results: list[Json]) -> Any:
    """pycocotools' COCOeval after its work; its prints are swallowed."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise UserError("Evaluation needs pycocotools; install it with `pip install ppnet-live[train]`.") from error
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.params.kpt_oks_sigmas = np.array(COCO_17.sigmas)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge


def _matches(judge: Any) -> list[ImageMatches]:
    """The outcome in each image, over all sizes of persons."""
    widest = judge.params.areaRng[0]
    return [
        ImageMatches(
            scores=np.array(image["dtScores"], np.float64),
            matched=image["dtMatches"] > 0,
            ignored=image["dtIgnore"].astype(bool),
            persons=int(np.sum(np.asarray(image["gtIgnore"]) == 0)),
        )
        for image in judge.evalImgs
        if image is not None and image["aRng"] == widest
    ]
