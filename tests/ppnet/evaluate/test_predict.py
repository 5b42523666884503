"""Poses of the people of a data set come in their order, whatever the batches."""

import numpy as np
import pytest

from ppnet.data.coco import read_coco
from ppnet.data.samples import ImageRef
from ppnet.evaluate.predict import predict_samples
from tests.ppnet.evaluate.people import knowing_estimator, write_coco


@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_batches_keep_the_order_and_pictures_are_read_once_each(tmp_path, monkeypatch, batch_size):
    people = read_coco(write_coco(tmp_path))
    reads = []
    original = ImageRef.read
    monkeypatch.setattr(ImageRef, "read", lambda reference: reads.append(str(reference)) or original(reference))
    poses = predict_samples(knowing_estimator(people), people.samples, batch_size=batch_size)
    truth = np.stack([sample.keypoints for sample in people.samples])
    labelled = np.stack([sample.visibility for sample in people.samples]) > 0
    assert np.abs(poses.keypoints - truth)[labelled].max() < 0.5
    assert len(reads) == len(set(reads)) == 6
