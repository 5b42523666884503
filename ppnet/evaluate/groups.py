"""How good the answers are for different kinds of people, and which kinds of mistake the wrong joints are."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ppnet.data.samples import Sample
from ppnet.evaluate.oks import keypoint_similarity
from ppnet.evaluate.report import Row
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEW_KEYPOINTS = 9  # with fewer labelled ones somebody is cut off or covered
CROWDED_IOU = 0.1  # of the box with somebody else's in the same picture
MEDIUM_AREA = 96**2  # square pixels: COCO calls people below it medium
NEAR_SIMILARITY = np.exp(-np.log(2) * 2.5**2)  # within 2.5 times the distance at which a joint counts as right


def group_rows(poses: Poses, samples: Sequence[Sample], skeleton: Skeleton) -> list[Row]:
    """One row for each kind of person: mean OKS, and the shares of persons with OKS above 0.5 and 0.75.

    poses: N answers, one for each of N samples with ground-truth boxes, in the same order.
    """
    oks = person_oks(poses, samples, skeleton)
    kinds: Mapping[str, Bools] = {
        "all": np.ones(len(samples), bool),
        **_either("medium", "large", np.array([sample.area < MEDIUM_AREA for sample in samples])),
        **_either(
            f"under {FEW_KEYPOINTS} labelled",
            f"{FEW_KEYPOINTS} or more",
            labelled_keypoints(samples).sum(1) < FEW_KEYPOINTS,
        ),
        **_either("crowded", "alone", crowding(samples) > CROWDED_IOU),
    }
    return [
        Row(
            f"{name} ({kind.sum()})",
            {
                "OKS": float(oks[kind].mean()),
                "OKS>.5": float((oks[kind] > 0.5).mean()),
                "OKS>.75": float((oks[kind] > 0.75).mean()),
            },
        )
        for name, kind in kinds.items()
        if kind.any()
    ]


def person_oks(poses: Poses, samples: Sequence[Sample], skeleton: Skeleton) -> Doubles:
    """OKS of each person, (N,): the mean over labelled joints."""
    labelled = labelled_keypoints(samples)
    similarity = similarity_of_keypoints(poses, samples, skeleton)
    means: Doubles = (similarity * labelled).sum(axis=1) / np.maximum(labelled.sum(axis=1), 1)
    return means


def crowding(samples: Sequence[Sample]) -> Doubles:
    """Largest IOU of each person's box with somebody else's in the same picture, (N,); 0 for who is alone."""
    largest = np.zeros(len(samples))
    for rows in _by_image(samples).values():
        boxes = np.stack([samples[row].box for row in rows]).astype(np.float64)
        sides = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        shared = np.maximum(sides, 0).prod(axis=2)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        overlap = shared / np.maximum(areas[:, None] + areas[None, :] - shared, 1e-9)
        np.fill_diagonal(overlap, 0)
        largest[rows] = overlap.max(axis=1)
    return largest


def mistakes(poses: Poses, samples: Sequence[Sample], skeleton: Skeleton) -> Mapping[str, float]:
    """What the wrong joints are, as shares of all wrong labelled joints, the first that fits.

    `other side`: on the same person's joint of the other side; `near`: within 2.5 times the permitted distance;
    `other joint`: on another joint of the person; `other person`: on a joint of somebody else in the picture;
    `elsewhere`: on none. A joint is on another when it would be right for it. Empty where nothing is wrong.
    """
    labelled, similar = labelled_keypoints(samples), similarity_of_keypoints(poses, samples, skeleton)
    counts = dict.fromkeys(("other side", "near", "other joint", "other person", "elsewhere"), 0)
    by_image = _by_image(samples)
    for person, joint in zip(*np.nonzero(labelled & (similar <= 0.5)), strict=True):
        others = [index for index in by_image[samples[person].image_id] if index != person]
        on_own = _lies_on(poses.keypoints[person, joint], samples[person], samples[person].area, skeleton)
        on_others = any(
            _lies_on(poses.keypoints[person, joint], samples[other], samples[person].area, skeleton).any()
            for other in others
        )
        if on_own[skeleton.flip_index[joint]]:
            kind = "other side"
        elif similar[person, joint] > NEAR_SIMILARITY:
            kind = "near"
        elif on_own.any():
            kind = "other joint"
        else:
            kind = "other person" if on_others else "elsewhere"
        counts[kind] += 1
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def mistakes_text(shares: Mapping[str, float]) -> str:
    """The mistakes in one sentence."""
    return "Wrong joints: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items()) + "."


def _either(name: str, otherwise: str, which: Bools) -> Mapping[str, Bools]:
    return {name: which, otherwise: ~which}


def _by_image(samples: Sequence[Sample]) -> Mapping[object, list[int]]:
    """Which samples lie in each picture."""
    rows: dict[object, list[int]] = {}
    for index, sample in enumerate(samples):
        rows.setdefault(sample.image_id, []).append(index)
    return rows


def labelled_keypoints(samples: Sequence[Sample]) -> Bools:
    """Which keypoints have a label, (N, K)."""
    return np.stack([sample.visibility > 0 for sample in samples])


def similarity_of_keypoints(poses: Poses, samples: Sequence[Sample], skeleton: Skeleton) -> Doubles:
    """OKS of every keypoint, (N, K): above 0.5 it counts as right."""
    truth = np.stack([sample.keypoints for sample in samples])
    areas = np.array([sample.area for sample in samples])
    return np.nan_to_num(keypoint_similarity(poses.keypoints, truth, areas, skeleton.sigmas))


def _lies_on(point: npt.NDArray[np.float32], sample: Sample, area: float, skeleton: Skeleton) -> Bools:
    """Which labelled joints of a person a point would be right for, (K,)."""
    similar = keypoint_similarity(point, sample.keypoints, np.float64(area), skeleton.sigmas)
    return np.asarray((similar > 0.5) & (sample.visibility > 0), np.bool_)
