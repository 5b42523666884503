"""BVH motion for animation programs, one file per person. Planar: bones turn about the axis of view alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tracking.angles import middle_of
from tracking.export.even_times import Floats, even_curves, person_path, upwards
from tracking.export.units import scale_of
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

Ends = tuple[str, ...]
HIPS, SHOULDERS = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")


@dataclass(frozen=True)
class Bone:
    """From the middle of `start` to that of `end`; rest: where it points with rotation 0, x right, y up."""

    name: str
    parent: str
    start: Ends
    end: Ends
    rest: tuple[float, float]


BONES = (
    Bone("Spine", "Hips", HIPS, SHOULDERS, (0, 1)),
    Bone("Neck", "Spine", SHOULDERS, ("nose",), (0, 1)),
    *(
        bone
        for side, word, way in (("left", "Left", 1), ("right", "Right", -1))
        for bone in (
            Bone(f"{word}Shoulder", "Spine", SHOULDERS, (f"{side}_shoulder",), (way, 0)),
            Bone(f"{word}Arm", f"{word}Shoulder", (f"{side}_shoulder",), (f"{side}_elbow",), (way, 0)),
            Bone(f"{word}ForeArm", f"{word}Arm", (f"{side}_elbow",), (f"{side}_wrist",), (way, 0)),
            Bone(f"{word}Hip", "Hips", HIPS, (f"{side}_hip",), (way, 0)),
            Bone(f"{word}UpLeg", f"{word}Hip", (f"{side}_hip",), (f"{side}_knee",), (0, -1)),
            Bone(f"{word}Leg", f"{word}UpLeg", (f"{side}_knee",), (f"{side}_ankle",), (0, -1)),
        )
    ),
)
"""Parents before their children. Left is +x at rest, as a person who faces the viewer has it."""


def write_bvh_folder(session: EditedSession, path: Path, tick: Tick) -> None:
    """`<video>_person01.bvh` and so on. Lengths: centimetres where a scale is known, else pixels; z is 0.

    Every bone has its median length; where its joints are missing it keeps the turn that it had.
    """
    scale = 1.0 if session.metres_per_pixel is None else 100 * scale_of(session)
    bones = [bone for bone in BONES if set(bone.start + bone.end) <= set(session.skeleton.keypoints)]
    for track_id, rate, _, pixels in even_curves(session, tick):
        points = upwards(pixels, session) * scale
        middle = partial(middle_of, points, skeleton=session.skeleton)
        spans = {bone.name: middle(bone.end) - middle(bone.start) for bone in bones}
        lengths = {name: _median_length(span) for name, span in spans.items()}
        root = _held(middle(HIPS))
        turns = _turns(bones, spans)
        order = list(_depth_first("Hips", bones))
        values = np.concatenate([root, np.zeros((len(root), 4)), *(_channels(turns[bone.name]) for bone in order)], 1)
        text = [*_hierarchy(bones, lengths), "MOTION", f"Frames: {len(root)}", f"Frame Time: {1 / rate:.9f}"]
        text += [" ".join(f"{value:.4f}" for value in row) for row in values.tolist()]
        person_path(path, session, track_id, ".bvh").write_text("\n".join(text) + "\n", encoding="utf-8")


def _median_length(span: Floats) -> float:
    known = np.linalg.norm(span[np.isfinite(span).all(axis=1)], axis=1)
    return float(np.median(known)) if len(known) else 0.0


def _held(values: Floats) -> Floats:
    """NaN replaced by what was there before; at the beginning by what comes first; 0 where nothing ever comes."""
    known = np.isfinite(values).all(axis=1)
    if not known.any():
        return np.zeros_like(values)
    rows = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return values[np.where(rows < 0, int(np.argmax(known)), rows)]


def _turns(bones: list[Bone], spans: Mapping[str, Floats]) -> dict[str, Floats]:
    """(F,) degrees of each bone, anticlockwise about z, relative to its parent."""
    absolute: dict[str, Floats] = {}
    turns: dict[str, Floats] = {}
    for bone in bones:
        span, (x, y) = _held(spans[bone.name]), bone.rest
        absolute[bone.name] = np.degrees(np.arctan2(x * span[:, 1] - y * span[:, 0], x * span[:, 0] + y * span[:, 1]))
        relative = absolute[bone.name] - absolute.get(bone.parent, 0.0)
        turns[bone.name] = (relative + 180) % 360 - 180
    return turns


def _channels(turn: Floats) -> Floats:
    return np.stack([turn, np.zeros_like(turn), np.zeros_like(turn)], axis=1)


def _depth_first(parent: str, bones: list[Bone]) -> "list[Bone]":
    return [one for bone in bones if bone.parent == parent for one in (bone, *_depth_first(bone.name, bones))]


def _hierarchy(bones: list[Bone], lengths: Mapping[str, float]) -> list[str]:
    root = ["HIERARCHY", "ROOT Hips", "{", "  OFFSET 0 0 0"]
    root += ["  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"]
    inner = [line for bone in bones if bone.parent == "Hips" for line in _joint(bone, (0, 0), bones, lengths, "  ")]
    return [*root, *inner, "}"]


def _joint(
    bone: Bone, offset: tuple[float, float], bones: list[Bone], lengths: Mapping[str, float], indent: str
) -> list[str]:
    """A joint at the start of its bone, `offset` from its parent's; what hangs on it sits at its end."""
    end = bone.rest[0] * lengths[bone.name], bone.rest[1] * lengths[bone.name]
    children = [one for one in bones if one.parent == bone.name]
    inner = [line for child in children for line in _joint(child, end, bones, lengths, indent + "  ")]
    if not children:
        inner = [
            f"{indent}  End Site",
            f"{indent}  {{",
            f"{indent}    OFFSET {end[0]:.4f} {end[1]:.4f} 0",
            f"{indent}  }}",
        ]
    return [
        f"{indent}JOINT {bone.name}", f"{indent}{{",
        f"{indent}  OFFSET {offset[0]:.4f} {offset[1]:.4f} 0",
        f"{indent}  CHANNELS 3 Zrotation Xrotation Yrotation",
        *inner, f"{indent}}}",
    ]  # fmt: skip
