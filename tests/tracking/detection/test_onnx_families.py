import numpy as np
import pytest

from tracking.detection.onnx_families import STRIDES, family_of

SIZE = 64
PERSON = np.array([10.0, 12.0, 30.0, 52.0])
OTHER = np.array([40.0, 4.0, 60.0, 20.0])
CELLS = [(column * s, row * s, s) for s in STRIDES for row in range(SIZE // s) for column in range(SIZE // s)]
CELL = 9  # the one that finds the person, the rest find nobody


def found(outputs, name="net.onnx"):
    """Family and the boxes of people with scores from 0.3."""
    family = family_of(outputs, SIZE, name)
    boxes, scores = family.decode(outputs, SIZE)
    return family, boxes[scores >= 0.3], scores[scores >= 0.3]


def center_size(box):
    return [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2])]


def rtmdet(classes=1):
    """Rows of all cells: logits of the classes, then distances; cell 9 sees the person, cell 20 another class."""
    rows = np.full((len(CELLS), classes + 4), -6.0)
    rows[:, classes:] = 4
    x, y, _ = CELLS[CELL]
    rows[CELL] = [2.0, *[-6.0] * (classes - 1), x - PERSON[0], y - PERSON[1], PERSON[2] - x, PERSON[3] - y]
    if classes > 1:
        rows[20, 1] = 5
    return rows


def by_stride(rows):
    ends = np.cumsum([(SIZE // s) ** 2 for s in STRIDES])[:-1]
    return [part.reshape(1, SIZE // s, SIZE // s, -1) for s, part in zip(STRIDES, np.split(rows, ends), strict=True)]


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("apart", [False, True])
def test_rtmdet_in_all_layouts(channels_first, apart):
    grids = by_stride(rtmdet(3 if apart else 1))
    if apart:
        grids = [g[..., :3] for g in grids] + [g[..., 3:] for g in grids]
    if channels_first:
        grids = [g.transpose(0, 3, 1, 2) for g in grids]
    family, boxes, scores = found(grids)
    assert family.name == "rtmdet"
    assert boxes == pytest.approx(PERSON[None])
    assert scores == pytest.approx([1 / (1 + np.exp(-2.0))])


@pytest.mark.parametrize("decoded", [False, True])
def test_yolox_before_and_after_decoding(decoded):
    rows = np.zeros((len(CELLS), 7))
    rows[:, :4] = [0.5, 0.5, 0.1, 0.1]
    x, y, stride = CELLS[CELL]
    cx, cy, w, h = center_size(PERSON)
    rows[CELL] = [(cx - x) / stride, (cy - y) / stride, np.log(w / stride), np.log(h / stride), 0.9, 0.8, 0.1]
    rows[20, 4:] = [0.9, 0.1, 0.9]
    if decoded:
        at = np.array(CELLS, float)
        rows[:, :2] = rows[:, :2] * at[:, 2:] + at[:, :2]
        rows[:, 2:4] = np.exp(rows[:, 2:4]) * at[:, 2:]
    family, boxes, scores = found([rows[None]])
    assert (family.name, family.bgr) == ("yolox", True)
    assert boxes == pytest.approx(PERSON[None])
    assert scores == pytest.approx([0.72])


def test_yolov8():
    rows = np.zeros((len(CELLS), 6))
    rows[CELL] = [*center_size(PERSON), 0.7, 0.0]
    rows[20] = [*center_size(OTHER), 0.0, 0.9]
    family, boxes, scores = found([rows.T[None]])
    assert not family.bgr
    assert boxes == pytest.approx(PERSON[None])
    assert scores == pytest.approx([0.7])


@pytest.mark.parametrize("order", [1, -1])
def test_nms_inside_with_labels_apart(order):
    table = np.array([[*PERSON, 0.9], [*OTHER, 0.8]])[None]
    outputs = [table, np.array([[0, 2]])][::order]
    family, boxes, scores = found(outputs)
    assert family.name == "rtmdet"
    assert boxes == pytest.approx(PERSON[None])
    assert scores == pytest.approx([0.9])
    assert found(outputs, "YOLOX_m.onnx")[0].mean == (0, 0, 0), "the file's name says whose boxes they are"


def test_nms_inside_in_one_array():
    table = np.array([[*PERSON, 0.9, 0], [*OTHER, 0.8, 2], [0, 0, 0, 0, 0, 0]])
    for outputs in ([table], [table[None]]):
        assert found(outputs)[1] == pytest.approx(PERSON[None])


def test_nms_inside_with_a_count():
    boxes = np.array([PERSON, OTHER, PERSON])[None]
    outputs = [np.array([[2]]), boxes, np.array([[0.9, 0.8, 0.7]]), np.array([[0, 2, 0]])]
    assert found(outputs)[1] == pytest.approx(PERSON[None])


@pytest.mark.parametrize("outputs", [
    [], [np.zeros((1, 1000))], [np.zeros((1, 5, 8, 8))], [np.zeros((1, 17, 48, 64))], [np.zeros((2, 3, 4, 5, 6))],
    [np.zeros((1, 10, 5)), np.zeros((1, 3))],
])  # fmt: skip
def test_other_outputs_are_of_no_family(outputs):
    assert family_of(outputs, SIZE, "rtmdet.onnx") is None
