import numpy as np
import pytest

from ppnet.data.people import props
from ppnet.data.people.actors import Actor
from ppnet.data.people.camera import Camera
from ppnet.data.people.poses import Pose
from ppnet.data.people.scene import render
from ppnet.data.people.shading import Light
from ppnet.data.people.truth import COVERED, OUTSIDE, VISIBLE
from ppnet.skeleton import COCO_17

ARM, LEG = (60, 12, 0, 10, 0, 0, 20), (90, 3, 5, 5, 0)
CAMERA = Camera(260.0, (160, 200), 1.1, 0.02)
GREY = np.full((200, 160, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def light():
    return Light.sample(np.random.default_rng(0))


@pytest.fixture(scope="module")
def standing(man):
    return man.pose(Pose.degrees(left_arm=ARM, right_arm=ARM, left_leg=LEG, right_leg=LEG))


def joint(name):
    return COCO_17.index(name)


def test_a_person_who_faces_the_camera_is_seen_whole(man, standing, light):
    image, truth = render(CAMERA, [Actor(man, standing, (0, 3), 0.0)], backdrop=GREY, light=light)
    assert (truth.visibility == VISIBLE).all()
    assert truth.seen_share[0] == pytest.approx(1, abs=0.03)
    left, top, right, bottom = truth.boxes[0]
    inside = (truth.keypoints[0] > (left, top)) & (truth.keypoints[0] < (right, bottom))
    assert inside.all()
    assert truth.seen_boxes[0] == pytest.approx(truth.boxes[0], abs=1.0)
    assert truth.keypoints[0, joint("left_wrist"), 0] > truth.keypoints[0, joint("right_wrist"), 0]
    changed = np.abs(image.astype(int) - 128).max(2) > 40
    middle = changed[round(top) : round(bottom), round(left) : round(right)].mean()
    assert middle > 0.2
    assert not changed[:, : int(left) - 25].any()  # beyond the person and the shadow nothing was painted over


def test_from_behind_the_face_is_covered_and_the_trunk_is_not(man, standing, light):
    _, truth = render(CAMERA, [Actor(man, standing, (0, 3), np.pi)], backdrop=GREY, light=light)
    visibility = truth.visibility[0]
    assert (visibility[[joint("nose"), joint("left_eye"), joint("right_eye")]] == COVERED).all()
    assert (
        visibility[[joint(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "hip", "knee")]]
        == VISIBLE
    ).all()
    assert truth.keypoints[0, joint("left_hip"), 0] < truth.keypoints[0, joint("right_hip"), 0]


def test_joints_out_of_the_picture_say_so(man, standing, light):
    camera = Camera(520.0, (160, 200), 1.5)
    _, truth = render(camera, [Actor(man, standing, (0, 2.2), 0.0)], backdrop=GREY, light=light)
    assert truth.visibility[0, joint("nose")] == VISIBLE
    assert truth.visibility[0, joint("left_ankle")] == OUTSIDE
    assert truth.boxes[0, 3] == 199
    assert truth.seen_share[0] < 0.6


def test_who_stands_in_front_covers_who_stands_behind(man, standing, light):
    actors = [Actor(man, standing, (0, 3.6), 0.0), Actor(man, standing, (0.05, 2.6), 0.0)]
    _, truth = render(CAMERA, actors, backdrop=GREY, light=light)
    assert (truth.visibility[1] == VISIBLE).all()
    assert (truth.visibility[0] == COVERED).sum() > 10
    assert truth.seen_share[0] < 0.4 < truth.seen_share[1]


def test_a_box_in_front_covers_the_legs(man, standing, light):
    table = props.box((0, 2.3, 0.35), (1.6, 0.3, 0.7), (0.5, 0.4, 0.3))
    _, truth = render(CAMERA, [Actor(man, standing, (0, 3), 0.0)], backdrop=GREY, light=light, props=(table,))
    assert truth.visibility[0, joint("left_ankle")] == COVERED
    assert truth.visibility[0, joint("left_shoulder")] == VISIBLE


def test_nobody_gives_the_backdrop_back(light):
    image, truth = render(CAMERA, [], backdrop=GREY, light=light)
    assert np.abs(image.astype(int) - 128).max() <= 1
    assert truth.keypoints.shape == (0, 17, 2)
