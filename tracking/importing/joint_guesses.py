"""Which joints of a file are not known here by name, and which of ours they may be: to be asked about, not decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ppnet.skeleton import COCO_17, SKELETONS
from tracking.importing.track_table import canonical

ALIKE = {
    "nose": ("snout", "muzzle", "beak", "nosetip", "nose_tip", "face"),
    "eye": ("eyeball",),
    "ear": ("earbase", "ear_base", "eartip", "ear_tip"),
    "wrist": ("hand", "palm", "forepaw", "front_paw", "frontpaw", "fore_paw", "carpus"),
    "ankle": ("foot", "heel", "hindpaw", "hind_paw", "back_paw", "backpaw", "rear_paw", "hock"),
    "knee": ("stifle",),
    "hip": ("hipjoint", "hip_joint", "upleg"),
    "shoulder": ("shoulderjoint", "shoulder_joint", "arm"),
    "elbow": ("forearm", "fore_arm"),
}
"""The end of our names -> words of other programs for it, or for what lies nearest on an animal."""


@dataclass(frozen=True)
class OpenJoints:
    """unknown: joints of a file whose names say nothing here. free: keypoints of ours that no joint of it is."""

    unknown: tuple[str, ...]
    free: tuple[str, ...]

    @classmethod
    def of(cls, joints: Sequence[str]) -> "OpenJoints":
        """Nothing is open where the file has all keypoints of one of our skeletons by name."""
        names = {canonical(joint): joint for joint in joints}
        if any(set(skeleton.keypoints) <= set(names) for skeleton in SKELETONS.values()):
            return cls((), ())
        known = {keypoint for skeleton in SKELETONS.values() for keypoint in skeleton.keypoints}
        unknown = tuple(joint for joint in joints if canonical(joint) not in known)
        return cls(unknown, tuple(keypoint for keypoint in COCO_17.keypoints if keypoint not in names))

    def guesses(self) -> Mapping[str, str]:
        """Of some of the unknown ones the keypoint that it may be; no keypoint twice."""
        guessed: dict[str, str] = {}
        for joint in self.unknown:
            keypoint = _guess(joint)
            if keypoint in self.free and keypoint not in guessed.values():
                guessed[joint] = keypoint
        return guessed


def _guess(joint: str) -> str:
    """The keypoint that a name may mean; empty where it may be anything."""
    name = canonical(joint)
    side, underscore, part = name.partition("_")
    if side not in ("left", "right"):
        side, underscore, part = "", "", name
    ours = next((ours for ours, words in ALIKE.items() if part in words), "")
    return f"{side}{underscore}{ours}" if ours else ""
