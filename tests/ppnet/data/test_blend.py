"""Labels and a teacher's answers: which joints move, which are doubted, which stay."""

import json

import numpy as np
import pytest

from ppnet.__main__ import main
from ppnet.data.blend import blend_labels, keep_uncertain_answers
from ppnet.data.coco import read_coco
from ppnet.errors import DatasetError
from ppnet.skeleton import COCO_17

BODY = COCO_17.keypoints[5:]
HIP, KNEE, ANKLE, WRIST, NOSE = (
    COCO_17.index(n) for n in ("left_hip", "left_knee", "left_ankle", "left_wrist", "nose")
)


@pytest.fixture
def labels():
    places = np.column_stack([np.linspace(40, 90, 17), np.linspace(20, 200, 17), np.full(17, 2)])
    person = {"id": 7, "image_id": 1, "category_id": 1, "bbox": [30, 10, 80, 200], "keypoints": places.ravel().tolist()}
    return {"images": [{"id": 1, "file_name": "a.jpg", "width": 120, "height": 240}], "annotations": [person]}


@pytest.fixture
def answer(labels):
    places = np.array(labels["annotations"][0]["keypoints"]).reshape(17, 3)[:, :2]
    return np.column_stack([places, np.full(17, 0.8), np.full(17, 0.01)])


def blend(labels, answer):
    blended, counts = blend_labels(labels, {"7": answer.tolist()}, BODY)
    person = blended["annotations"][0]
    return np.array(person["keypoints"]).reshape(17, 3), np.array(person["weights"]), counts


def test_where_both_agree_the_joint_moves_three_quarters_of_the_way(labels, answer):
    answer[[HIP, NOSE], 0] += 4
    places, weights, counts = blend(labels, answer)
    before = np.array(labels["annotations"][0]["keypoints"]).reshape(17, 3)
    moved = places[:, 0] - before[:, 0]
    assert moved[HIP] == pytest.approx(3, abs=0.01)
    assert np.abs(np.delete(moved, HIP)).max() < 0.01, "faces are not asked for"
    assert (weights == 1).all() and counts.blended == 12


def test_a_label_that_a_sure_teacher_contradicts_is_doubted_and_stays(labels, answer):
    answer[[KNEE, ANKLE], 1] -= 60
    answer[ANKLE, 2] = 0.4
    places, weights, counts = blend(labels, answer)
    before = np.array(labels["annotations"][0]["keypoints"]).reshape(17, 3)
    assert np.abs(places - before).max() < 0.01
    assert weights[KNEE] == 0.3 and weights[ANKLE] == 1
    assert (counts.doubted, counts.kept) == (1, 1)


def test_an_unsure_or_unsteady_teacher_and_an_unlabelled_joint_change_nothing(labels, answer):
    answer[[HIP, KNEE, WRIST], 0] += 4
    answer[HIP, 2], answer[KNEE, 3] = 0.2, 0.3
    labels["annotations"][0]["keypoints"][3 * WRIST + 2] = 0
    places, weights, counts = blend(labels, answer)
    before = np.array(labels["annotations"][0]["keypoints"]).reshape(17, 3)
    assert np.abs(places - before).max() < 0.01 and (weights == 1).all()
    assert (counts.blended, counts.kept) == (9, 2)


def test_what_nobody_labelled_and_the_teacher_cannot_see_is_absent(labels, answer, tmp_path):
    for joint in (WRIST, KNEE):
        labels["annotations"][0]["keypoints"][3 * joint + 2] = 0
    answer[[KNEE, ANKLE], 2] = 0.05
    blended, counts = blend_labels(labels, {"7": answer.tolist()}, BODY)
    assert counts.absent == 1
    (tmp_path / "blended.json").write_text(json.dumps(blended))
    sample = read_coco(tmp_path / "blended.json").samples[0]
    assert np.flatnonzero(sample.absent).tolist() == [KNEE], "a labelled ankle is there, an unlabelled wrist may be"


def keep_uncertain(labels, answer):
    kept, counts = keep_uncertain_answers(labels, {"7": answer.tolist()})
    person = kept["annotations"][0]
    return np.array(person["keypoints"]).reshape(17, 3), np.array(person["weights"]), np.array(person["absent"]), counts


def test_uncertain_answers_become_labels_that_weigh_what_such_answers_are_worth(labels, answer):
    person = labels["annotations"][0]
    person["weights"], person["absent"] = [1.0] * 17, [0] * 17
    for joint in (HIP, KNEE, ANKLE, WRIST, NOSE):
        person["keypoints"][3 * joint + 2], person["weights"][joint] = 0, 0.0
    person["absent"][HIP] = 1
    answer[:, 2] = 0.9
    answer[[HIP, KNEE, ANKLE, NOSE], 2] = 0.25, 0.35, 0.05, 0.25
    answer[WRIST, :2] = 130, 100  # outside a picture 120 pixels wide
    places, weights, absent, counts = keep_uncertain(labels, answer)
    assert weights[HIP] == pytest.approx(0.67) and weights[KNEE] == pytest.approx(0.77)
    assert weights[NOSE] == pytest.approx(0.8 * 0.67, abs=1e-3), "whoever is seen from behind is given a face, too"
    assert weights[ANKLE] == 0 and weights[WRIST] == 0 and places[WRIST, 2] == 0
    assert np.abs(places[[HIP, KNEE], :2] - answer[[HIP, KNEE], :2]).max() < 0.01
    assert places[HIP, 2] == 1 and not absent.any() and counts.added == 3
    rest = np.setdiff1d(np.arange(17), [HIP, KNEE, ANKLE, WRIST, NOSE])
    assert (weights[rest] == 1).all() and counts.raised == 0, "nothing weighs less than before"


def test_a_weak_label_weighs_more_where_the_teacher_means_the_same_place(labels, answer):
    person = labels["annotations"][0]
    person["weights"] = [1.0] * 17
    person["weights"][HIP] = person["weights"][KNEE] = 0.2
    answer[[HIP, KNEE], 2] = 0.35
    answer[KNEE, 1] -= 60
    places, weights, _, counts = keep_uncertain(labels, answer)
    before = np.array(person["keypoints"]).reshape(17, 3)
    assert weights[HIP] == pytest.approx(0.77) and weights[KNEE] == 0.2 and counts.raised == 1
    assert np.abs(places - before).max() < 0.01


def test_whoever_was_labelled_in_a_turned_picture_stays(labels, answer):
    answer[:, 1] = 220 - answer[:, 1]
    kept, counts = keep_uncertain_answers(labels, {"7": answer.tolist()})
    assert counts.turned == 1 and kept["annotations"] == labels["annotations"]


def test_people_without_an_answer_stay_and_wrong_shapes_are_named(labels):
    assert blend_labels(labels, {}, BODY)[0]["annotations"] == labels["annotations"]
    with pytest.raises(DatasetError, match="Annotation 7"):
        blend_labels(labels, {"7": [[1, 2, 3]]}, BODY)


def test_the_command_writes_a_new_file_and_never_over_another(labels, answer, tmp_path, capsys):
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "answers.json").write_text(json.dumps({"7": answer.tolist()}))
    arguments = ["blend", *(str(tmp_path / name) for name in ("labels.json", "answers.json", "out.json"))]
    assert main(arguments) == 0
    assert "12 joints averaged" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "out.json").read_text())["annotations"]) == 1
    assert main(arguments) == 2
    assert "out.json exists" in capsys.readouterr().err
    assert main(["blend", "--keep-uncertain", *arguments[1:3], str(tmp_path / "kept.json")]) == 0
    assert "0 joints added" in capsys.readouterr().out


def test_answers_of_another_shape_and_a_missing_folder_are_one_sentence(labels, answer, tmp_path, capsys):
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    for content, out, words in (
        ({"7": [[1], [2, 3]]}, "out.json", "holds no answers for it"),
        ({"7": answer.tolist()}, "nowhere/out.json", "could not be written"),
    ):
        (tmp_path / "answers.json").write_text(json.dumps(content))
        assert main(["blend", *(str(tmp_path / name) for name in ("labels.json", "answers.json", out))]) == 2
        assert words in capsys.readouterr().err
        assert not list(tmp_path.glob("out*"))
