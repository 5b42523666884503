"""COCO's figures: perfect and shifted answers, the rules for crowds and label-free people, bad files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ppnet.data.coco import read_coco
from ppnet.errors import DatasetError
from ppnet.evaluate.coco import (
    FIGURES,
    evaluate_coco,
    person_results,
    read_results,
    read_truth,
    score_results,
    truth_of,
)
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.ppnet.evaluate.people import PUBLIC, coco_content, knowing_estimator, results_with_oks, write_coco
from tests.shared_material import needs_shared


@pytest.fixture
def truth(tmp_path):
    return read_truth(write_coco(tmp_path))


def test_perfect_answers_score_one_in_all_ten_figures(truth):
    scores = score_results(truth, results_with_oks(truth["annotations"], 1.0))
    assert tuple(scores.figures) == FIGURES
    assert all(value == pytest.approx(1.0) or np.isnan(value) for value in scores.figures.values())
    assert scores["AP"] == scores["AR"] == pytest.approx(1.0)
    assert (scores.persons, scores.images) == (24, 6)


@pytest.mark.parametrize(("oks", "thresholds_passed"), [(0.99, 10), (0.72, 5), (0.51, 1), (0.49, 0)])
def test_shifted_answers_score_what_the_formula_says(truth, oks, thresholds_passed):
    scores = score_results(truth, results_with_oks(truth["annotations"], oks))
    assert scores["AP"] == pytest.approx(thresholds_passed / 10)
    assert scores["AR"] == pytest.approx(thresholds_passed / 10)
    assert scores["AP75"] == pytest.approx(float(thresholds_passed >= 6))


def test_half_of_the_people_found_is_half_of_the_recall(truth):
    scores = score_results(truth, results_with_oks(truth["annotations"], 1.0)[::2])
    assert scores["AR"] == pytest.approx(0.5)
    assert scores["AP"] == pytest.approx(51 / 101)  # recall levels 0 to 0.5 have precision 1


def test_whole_way_with_a_network_that_knows(tmp_path):
    people = read_coco(write_coco(tmp_path))
    evaluation = evaluate_coco(knowing_estimator(people), people, batch_size=7, bootstrap=20)
    assert evaluation.scores["AP"] == pytest.approx(1.0)
    assert evaluation.scores.interval == pytest.approx((1, 1))
    truth = np.stack([sample.keypoints for sample in people.samples])
    labelled = np.stack([sample.visibility for sample in people.samples]) > 0
    assert np.abs(evaluation.poses.keypoints - truth)[labelled].max() < 0.5
    far = evaluate_coco(knowing_estimator(people, shift_px=(60, 0)), people)
    assert far.scores["AP"] < 0.05


def test_answers_on_crowds_and_label_free_people_count_neither_way(tmp_path):
    content = coco_content()
    plain = content["annotations"][1::4]
    content["annotations"][0]["iscrowd"] = 1
    content["annotations"][4] |= {"keypoints": [0] * 51, "num_keypoints": 0}
    path = write_coco(tmp_path, content)
    everyone = results_with_oks(coco_content()["annotations"], 1.0)
    for result, answer in zip(everyone, coco_content()["annotations"], strict=True):
        if answer["id"] in (0, 4):
            result["score"] = 1.0  # would spoil precision at the top if it counted
    truth = read_truth(path)
    scores = score_results(truth, everyone)
    assert scores["AP"] == pytest.approx(1.0) and scores.persons == 22
    # The same two answers in an image where they match nobody do count.
    moved = [{**result, "image_id": 5} if result["score"] == 1.0 else result for result in everyone]
    assert score_results(truth, moved)["AP"] < 0.95
    assert len(read_coco(path)) == 22 and plain


def test_person_score_is_the_mean_of_sure_keypoints_times_the_box_score(tmp_path):
    sample = replace(read_coco(write_coco(tmp_path)).samples[0], score=0.5)
    scores = np.full((2, 17), 0.1, np.float32)
    scores[0, :3] = 0.3, 0.6, 0.9
    results = person_results([sample, sample], Poses(np.zeros((2, 17, 2)), scores, COCO_17))
    assert results[0]["score"] == pytest.approx(0.5 * 0.6)
    assert results[1]["score"] == 0


def test_double_answers_on_detected_boxes_are_removed(tmp_path):
    people = read_coco(write_coco(tmp_path))
    twice = replace(people, samples=people.samples * 2)
    truth = truth_of(people)
    kept = evaluate_coco(knowing_estimator(twice), twice, truth=truth, detected=True)
    assert len(kept.results) == len(people)
    assert kept.scores["AP"] == pytest.approx(1.0)
    both = evaluate_coco(knowing_estimator(twice), twice, truth=truth)
    assert len(both.results) == 2 * len(people)
    assert both.scores["AP"] < 0.9


def test_detections_file_is_read_with_its_scores(tmp_path):
    content = coco_content()
    path = write_coco(tmp_path, content)
    boxes = tmp_path / "boxes.json"
    found = [
        {"image_id": a["image_id"], "category_id": 1, "bbox": a["bbox"], "score": 0.7} for a in content["annotations"]
    ]
    boxes.write_text(json.dumps([*found, {"image_id": 0, "category_id": 3, "bbox": [0, 0, 9, 9], "score": 1}]))
    people, labelled = read_coco(path, detections=boxes), read_coco(path)
    assert len(people) == len(labelled)
    evaluation = evaluate_coco(knowing_estimator(labelled), people, truth=read_truth(path), detected=True)
    assert evaluation.scores["AP"] == pytest.approx(1.0)
    assert max(result["score"] for result in evaluation.results) <= 0.71


def test_incomplete_images_are_left_out_for_detected_boxes(tmp_path):
    content = coco_content()
    content["images"][0]["complete"] = False
    path = write_coco(tmp_path, content)
    assert len(read_truth(path)["images"]) == 6
    truth = read_truth(path, complete_only=True)
    assert len(truth["images"]) == 5 and len(truth["annotations"]) == 20
    assert score_results(truth, results_with_oks(content["annotations"], 1.0))["AP"] == pytest.approx(1.0)


def test_truth_from_samples_judges_as_the_file_does(tmp_path):
    path = write_coco(tmp_path)
    results = results_with_oks(coco_content()["annotations"], 0.82)
    from_file, from_samples = (
        score_results(read_truth(path), results),
        score_results(truth_of(read_coco(path)), results),
    )
    assert dict(from_file.figures) == pytest.approx(dict(from_samples.figures), nan_ok=True)


def test_bad_files_are_named(tmp_path, truth):
    broken = tmp_path / "broken.json"
    broken.write_text('{"images": [],\n "annotations": [,]}')
    with pytest.raises(DatasetError, match="line 2"):
        read_truth(broken)
    nobody = coco_content()
    nobody["annotations"] = [{**nobody["annotations"][0], "keypoints": [0] * 51}]
    with pytest.raises(DatasetError, match="no person with labelled keypoints"):
        read_truth(write_coco(tmp_path, nobody))
    short = coco_content()
    short["annotations"][0]["keypoints"] = [1, 1, 2] * 16
    with pytest.raises(DatasetError, match="17 joints"):
        read_truth(write_coco(tmp_path, short))
    with pytest.raises(DatasetError, match="belong together"):
        score_results(truth, [{"image_id": 99, "keypoints": [0] * 51, "score": 1}])


@pytest.mark.parametrize(
    "content",
    ['{"a": 1}', '[{"image_id": 1, "score": 1}]', '[{"image_id": 1, "score": 1, "keypoints": [1, 2]}]', "[3]"],
)
def test_results_files_that_are_none(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(DatasetError, match=r"results\.json"):
        read_results(path)


def test_missing_picture_is_named(tmp_path):
    path = write_coco(tmp_path)
    (tmp_path / "3.png").unlink()
    people = read_coco(path)
    with pytest.raises(DatasetError, match=r"3\.png"):
        evaluate_coco(knowing_estimator(people), people)


def test_other_joints_are_refused(tmp_path):
    people = replace(read_coco(write_coco(tmp_path)), skeleton=MPII_16)
    with pytest.raises(DatasetError, match="coco17"):
        evaluate_coco(knowing_estimator(people), people)


@needs_shared(PUBLIC)
def test_real_annotations_with_their_own_truth_score_one():
    truth = read_truth(PUBLIC)
    labelled = [a for a in truth["annotations"] if a["num_keypoints"] and not a["iscrowd"]]
    scores = score_results(truth, results_with_oks(labelled, 1.0))
    assert scores.persons == 343 and scores.images == 111
    assert [scores[name] for name in FIGURES] == pytest.approx([1.0] * 10)
    assert len(COCO_17) == 17
