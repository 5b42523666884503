import numpy as np
import pytest

from ppnet.data.people import poses


@pytest.mark.parametrize("kind", poses.KINDS)
def test_sampled_angles_stay_within_the_joints_limits(kind):
    rng = np.random.default_rng(1)
    for _ in range(40):
        pose = poses.KINDS[kind][0](rng)
        for angles, limits in ((pose.arms, poses._ARM_LIMITS_DEG), (pose.legs, poses._LEG_LIMITS_DEG)):
            low, high = np.radians(limits).T
            assert (angles >= low - 1e-9).all() and (angles <= high + 1e-9).all()
        assert np.allclose(pose.pelvis @ pose.pelvis.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(pose.pelvis) == pytest.approx(1)


def test_mirroring_twice_gives_the_pose_back():
    _, pose = poses.sample_pose(np.random.default_rng(4))
    twice = pose.mirrored().mirrored()
    for name in ("arms", "legs", "spine", "neck", "pelvis"):
        assert np.allclose(getattr(pose, name), getattr(twice, name))


def test_gait_repeats_and_its_halves_mirror_each_other():
    for phase in (0.0, 0.2, 0.45):
        pose, later, half = poses.gait(phase), poses.gait(phase + 1), poses.gait(phase + 0.5).mirrored()
        assert np.allclose(pose.legs, later.legs)
        assert np.allclose(pose.legs, half.legs)


def test_swing_lifts_a_hanging_limb_towards_its_plane():
    forwards = poses.swing_twist(0.0, np.pi / 2, 0.3) @ np.array([0, 0, -1.0])
    sideways = poses.swing_twist(np.pi / 2, np.pi / 2, 0.0) @ np.array([0, 0, -1.0])
    assert np.allclose(forwards, (0, -1, 0), atol=1e-9)
    assert np.allclose(sideways, (1, 0, 0), atol=1e-9)
