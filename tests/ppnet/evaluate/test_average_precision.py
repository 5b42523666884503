"""Our own matching and precision against pycocotools, on random answers with crowds and label-free people."""

import numpy as np
import pytest

from ppnet.evaluate.average_precision import Answers, ImageMatches, bootstrap_interval
from ppnet.evaluate.coco import _judge, _matches, read_truth
from ppnet.evaluate.oks import keypoint_similarity
from ppnet.skeleton import COCO_17
from tests.ppnet.evaluate.people import PUBLIC, coco_content, write_coco
from tests.shared_material import needs_shared

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def average_precision(images):
    return Answers.of(images).average_precision()


def similarity(result, annotation):
    """OKS of one answer with one person; people without labels are compared with twice their box (COCO's rule)."""
    answer = np.array(result["keypoints"], float).reshape(17, 3)[:, :2]
    table = np.array(annotation["keypoints"], float).reshape(17, 3)
    labelled = table[:, 2] > 0
    if labelled.any():
        each = keypoint_similarity(answer, table[:, :2], annotation["area"], COCO_17.sigmas)
        return each[labelled].mean()
    x, y, width, height = annotation["bbox"]
    nearest = np.clip(answer, (x - width, y - height), (x + 2 * width, y + 2 * height))
    return keypoint_similarity(answer, nearest, annotation["area"], COCO_17.sigmas).mean()


def match(results, annotations):
    """One image, in the plainest way: each answer, best first, takes the most similar person left."""
    results = sorted(results, key=lambda result: -result["score"])[:20]
    ignore = np.array([bool(a["iscrowd"]) or a["num_keypoints"] == 0 for a in annotations], bool)
    matched, ignored = np.zeros((2, len(THRESHOLDS), len(results)), bool)
    oks = np.array([[similarity(result, a) for a in annotations] for result in results])
    for t, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(annotations), bool)
        for d in range(len(results)):
            for group in (~ignore, ignore):
                candidates = [
                    g for g in np.nonzero(group & (oks[d] >= threshold))[0] if free[g] or annotations[g]["iscrowd"]
                ]
                if candidates:
                    best = max(candidates, key=lambda g: oks[d, g])
                    free[best], matched[t, d], ignored[t, d] = False, True, ignore[best]
                    break
    return ImageMatches(np.array([r["score"] for r in results]), matched, ignored, int((~ignore).sum()))


def noisy_results(truth, seed=0):
    """Answers off by up to some pixels, some people missed, some twice, some out of nowhere."""
    rng = np.random.default_rng(seed)
    results = []
    for annotation in truth["annotations"]:
        table = np.array(annotation["keypoints"], float).reshape(17, 3)
        if not annotation["num_keypoints"]:
            table[:, :2] = rng.uniform(0, 1, (17, 2)) * annotation["bbox"][2:] + annotation["bbox"][:2]
        for _ in range(rng.choice([0, 1, 1, 2])):
            spread = rng.choice([0.01, 0.05, 0.2]) * np.sqrt(annotation["area"])
            answer = np.column_stack([table[:, :2] + rng.normal(0, spread, (17, 2)), np.ones(17)])
            results.append(
                {
                    "image_id": annotation["image_id"],
                    "category_id": 1,
                    "keypoints": answer.ravel().tolist(),
                    "score": rng.random(),
                }
            )
    return results


def compare(truth, results):
    judge = _judge(truth, [dict(result) for result in results])
    images = []
    for image in truth["images"]:
        answers = [r for r in results if r["image_id"] == image["id"]]
        persons = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
        if answers or persons:
            images.append(match(answers, persons))
    ours = average_precision(images)
    assert 0.05 < ours.mean() < 0.95
    np.testing.assert_allclose([ours.mean(), ours[0], ours[5]], judge.stats[:3], atol=1e-9)
    np.testing.assert_allclose(average_precision(_matches(judge)), ours, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_equals_pycocotools(tmp_path, seed):
    content = coco_content(images=12, seed=seed)
    for annotation in content["annotations"][::7]:
        annotation["iscrowd"] = 1
    for annotation in content["annotations"][3::9]:
        annotation |= {"keypoints": [0] * 51, "num_keypoints": 0}
    truth = read_truth(write_coco(tmp_path, content))
    compare(truth, noisy_results(truth, seed))


@needs_shared(PUBLIC)
def test_equals_pycocotools_on_real_annotations():
    truth = read_truth(PUBLIC)
    compare(truth, noisy_results(truth))


def image(scores, matched, persons):
    flags = np.array([matched] * 10, bool)
    return ImageMatches(np.array(scores, float), flags, np.zeros_like(flags), persons)


def test_precision_by_hand():
    # Best first: right, wrong, right; two of four persons found: precision 1 up to recall 1/4, 2/3 up to 1/2.
    images = [image([0.9, 0.5], [1, 0], 2), image([0.4], [1], 2)]
    np.testing.assert_allclose(average_precision(images), (26 * 1 + 25 * 2 / 3) / 101)
    assert np.isnan(average_precision([image([0.5], [0], 0)])).all()
    assert (average_precision([image([], np.zeros(0), 3)]) == 0).all()


def test_interval_holds_the_figure_and_narrows_with_more_images():
    rng = np.random.default_rng(0)
    images = [image([rng.random()], [rng.random() < 0.6], 1) for _ in range(200)]
    few, many = bootstrap_interval(images[:20], rounds=200), bootstrap_interval(images, rounds=200)
    assert many[0] < average_precision(images).mean() < many[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert bootstrap_interval(images, rounds=50) == bootstrap_interval(images, rounds=50)


def test_an_image_twice_counts_as_two_images():
    rng = np.random.default_rng(1)
    images = [image(rng.random(3), rng.random(3) < 0.5, 4) for _ in range(9)]
    times = rng.integers(0, 4, 9)
    copies = [one for one, count in zip(images, times, strict=True) for _ in range(count)]
    np.testing.assert_allclose(Answers.of(images).average_precision(times), average_precision(copies))
