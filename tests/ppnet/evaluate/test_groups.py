"""Rows for kinds of people, and what kind of mistake a wrong joint is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppnet.data.samples import ImageRef, Sample
from ppnet.evaluate.groups import crowding, group_rows, mistakes, person_oks
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17

LEFT, RIGHT, NOSE = (COCO_17.index(name) for name in ("left_knee", "right_knee", "nose"))


def person(x: float, image_id: int = 1, *, labelled: int = 17, size: float = 100.0) -> Sample:
    """A column of joints beside each other, 20 pixels apart, in a box of `size` x 400 that begins at x."""
    keypoints = np.column_stack([np.full(17, x + size / 2), np.arange(17) * 20.0 + 10]).astype(np.float32)
    return Sample(
        image=ImageRef(Path("none.jpg")),
        box=np.array([x, 0, x + size, 400], np.float32),
        keypoints=keypoints,
        visibility=np.where(np.arange(17) < labelled, 2, 0).astype(np.uint8),
        weights=np.ones(17, np.float32),
        absent=np.zeros(17, bool),
        area=4000.0,
        image_id=image_id,
        annotation_id=1,
    )


def answers(samples, changes=()):
    keypoints = np.stack([sample.keypoints for sample in samples]).copy()
    for index, joint, place in changes:
        keypoints[index, joint] = place
    return Poses(keypoints, np.ones(keypoints.shape[:2], np.float32), COCO_17)


def test_people_are_counted_in_the_groups_they_belong_to():
    samples = [person(0), person(50), person(1000, labelled=5), person(0, image_id=2, size=50)]
    samples[3] = replace(samples[3], area=20000.0)
    rows = {row.name.split(" (")[0]: row for row in group_rows(answers(samples), samples, COCO_17)}
    counts = {name: int(row.name.split("(")[1].rstrip(")")) for name, row in rows.items()}
    assert counts == {
        "all": 4,
        "medium": 3,
        "large": 1,
        "under 9 labelled": 1,
        "9 or more": 3,
        "crowded": 2,
        "alone": 2,
    }
    assert all(row.figures["OKS"] == pytest.approx(1) for row in rows.values())


def test_crowding_is_the_largest_overlap_within_the_same_picture():
    samples = [person(0), person(50), person(0, image_id=2)]
    assert crowding(samples) == pytest.approx([1 / 3, 1 / 3, 0])


def test_a_joint_off_lowers_the_oks_of_its_person_alone():
    samples = [person(0), person(500)]
    oks = person_oks(answers(samples, [(0, NOSE, (-900, -900))]), samples, COCO_17)
    assert oks == pytest.approx([16 / 17, 1])


@pytest.mark.parametrize(
    ("joint", "place_of", "kind"),
    [
        (LEFT, lambda own, other: own.keypoints[RIGHT], "other side"),
        (LEFT, lambda own, other: own.keypoints[NOSE], "other joint"),
        (LEFT, lambda own, other: other.keypoints[LEFT], "other person"),
        (LEFT, lambda own, other: (5000, 5000), "elsewhere"),
        (LEFT, lambda own, other: own.keypoints[LEFT] + (2 * 1.177 * 2 * 0.087 * 4000**0.5, 0), "near"),
    ],
)
def test_a_wrong_joint_is_called_what_it_is(joint, place_of, kind):
    samples = [person(0), person(500)]
    shares = mistakes(answers(samples, [(0, joint, place_of(*samples))]), samples, COCO_17)
    assert shares[kind] == 1 and sum(shares.values()) == 1


def test_nothing_wrong_has_no_shares():
    samples = [person(0)]
    assert mistakes(answers(samples), samples, COCO_17) == {}
