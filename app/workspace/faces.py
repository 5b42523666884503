"""A small picture of everybody where they are seen best, and who may be one person under two numbers. No Qt."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import movement
from tracking.answers.motion import Motion
from tracking.best_views import BestView, best_views
from tracking.movement import Movement
from tracking.session.edited_session import EditedSession
from tracking.session.person_tracks import person_track
from tracking.stays import Stay, perhaps_the_same, stays_of
from tracking.tracker.appearance import describe, similarity
from tracking.types import FrameResult
from tracking.video.source import VideoSource, seekable

ALIKE = 0.8
"""Clothes of one person in two pictures are at least so alike (0 to 1)."""
FACE_SIZE = 2.2
"""A face is shown so many times as large as its joints are apart, where that is more than head and shoulders."""
HEAD_SHARE = 0.45
"""The upper part of a person that a picture shows, as a share of their height."""
HEAD_AT = 0.3
"""So far below the picture's upper edge, as a share of its side, the face is where shoulders are shown, too."""


@dataclass(frozen=True)
class SamePerson:
    """`new` may be `lost`, who was gone for `away_s` seconds. alike: how alike they look and move, 0 to 1."""

    lost: int
    new: int
    away_s: float
    alike: float


@dataclass(frozen=True)
class Faces:
    """By track id: the best view of everybody, and the upper part of them there, (H, W, 3) RGB.

    shots: what was cut out of the video for it, by all that it depends on, for the next time.
    """

    views: Mapping[int, BestView] = field(default_factory=dict)
    pictures: Mapping[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    suggestions: tuple[SamePerson, ...] = ()
    shots: Mapping[object, "Shot"] = field(default_factory=dict)


class Shot(NamedTuple):
    """Somebody in one frame: the upper part of them, (H, W, 3) RGB, and the colours of their clothes (D,)."""

    picture: npt.NDArray[np.uint8]
    look: npt.NDArray[np.float32]


def faces_of(
    edited: EditedSession,
    opened: Callable[[], VideoSource],
    *,
    before: Faces | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Faces:
    """Looks at everybody, also at people who are hidden: the list shows them too. opened(): the video, of which the few
    pictures are read that are needed and were not there `before`. UserError when it can't be read."""
    tracked = edited.stored.sightings(cancelled=cancelled)
    if cancelled():
        return Faces()
    sightings = edited.plan.sighted(tracked)
    views = best_views(sightings)
    known = {} if before is None else before.shots
    shots: dict[object, Shot] = {}
    keys: dict[int, object] = {}
    wanted = sorted(views.items(), key=lambda entry: entry[1].frame_index)
    with ExitStack() as stack:
        source: VideoSource | None = None
        for frame_index, group in groupby(wanted, key=lambda entry: entry[1].frame_index):
            shown = list(group)
            there = edited.edited(frame_index, keep_hidden=True)
            if cancelled() or there is None:
                break
            fresh = {person: _depends_on(there.result, person, view) for person, view in shown}
            keys.update(fresh)
            shots.update((key, known[key]) for key in fresh.values() if key in known)
            if all(key in shots for key in fresh.values()):
                continue
            source = stack.enter_context(opened()) if source is None else source
            if (file := seekable(source)) is not None:
                file.seek(shown[0][1].time_s)
            frame = next((frame for frame in source if frame.index >= frame_index), None)
            if frame is None:
                break
            for person, view in shown:
                picture = _upper_part(frame.image, view, _head(there.result, person))
                shots[fresh[person]] = Shot(picture, _look(frame.image, there.result, person))
    found = {person: shots[key] for person, key in keys.items() if key in shots}
    looks = {person: shot.look for person, shot in found.items()}
    pictures = {person: shot.picture for person, shot in found.items()}
    return Faces(views, pictures, _suggestions(edited, stays_of(sightings), looks), shots)


def _depends_on(result: FrameResult, person: int, view: BestView) -> object:
    """What a shot of somebody follows from."""
    mine = result.tracks.ids == person
    return view.frame_index, view.box, result.smoothed.keypoints[mine].tobytes(), result.smoothed.scores[mine].tobytes()


def _upper_part(image: npt.NDArray[np.uint8], view: BestView, head: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Head and shoulders, as wide as high as far as the picture goes; from nearby the face. head: (M, 2) its joints,
    about which the picture is, as arms may be stretched out or up; without them the top of the box is shown."""
    x1, y1, x2, y2 = view.box
    side = max(HEAD_SHARE * (y2 - y1), 8)
    middle_x, from_y = (x1 + x2) / 2, y1 - 0.05 * side
    if len(head) > 1:
        close = FACE_SIZE * float(np.ptp(head, axis=0).max())
        middle_x, middle_y = head.mean(axis=0)
        from_y = middle_y - max(HEAD_AT * side, close / 2)
        side = max(side, close)
    left, top = max(round(middle_x - side / 2), 0), max(round(from_y), 0)
    return np.ascontiguousarray(image[top : round(top + side), left : round(left + side)])


def _head(result: FrameResult, person: int) -> npt.NDArray[np.floating]:
    """(M, 2) the joints of somebody's head that are known, and lie where the person is."""
    joints = result.skeleton.head_index
    mine = result.tracks.ids == person
    points, scores = result.known_keypoints[mine][:, joints], result.smoothed.scores[mine][:, joints]
    boxes = result.tracks.boxes[mine][:, None]
    inside = (points >= boxes[..., :2]).all(axis=2) & (points <= boxes[..., 2:]).all(axis=2)  # nothing is known of NaN
    return points[inside & (scores > 0)]


def _look(image: npt.NDArray[np.uint8], result: FrameResult, person: int) -> npt.NDArray[np.float32]:
    """(D,) the colours of somebody's clothes."""
    rows = np.flatnonzero(result.tracks.ids == person)
    poses = Poses(result.smoothed.keypoints[rows], result.smoothed.scores[rows], result.skeleton)
    return np.asarray(describe(image, result.tracks.boxes[rows], poses)[0], np.float32)


def _suggestions(
    edited: EditedSession, stays: Mapping[int, Stay], looks: Mapping[int, npt.NDArray[np.float32]]
) -> tuple[SamePerson, ...]:
    """The likeliest first; nobody comes twice."""
    times, indices = edited.stored.frame_times(), edited.stored.frame_indices()

    @cache
    def moving(person: int, *, at_start: bool) -> Movement:
        stay = stays[person]
        first_s = stay.first_s if at_start else stay.last_s - movement.WHOLE_S
        last_s = stay.first_s + movement.WHOLE_S if at_start else stay.last_s
        frames = indices[(times >= first_s) & (times <= last_s)]
        track = person_track(edited, person, int(frames[0]), int(frames[-1]) + 1, keep_hidden=True)
        return Movement.of(Motion.of(person, track, edited.skeleton), at_start=at_start)

    found = []
    for lost, new in perhaps_the_same(stays):
        if lost in looks and new in looks:
            alike = float(similarity(looks[lost][None], looks[new][None])[0, 0])
            if alike < ALIKE:
                continue
            apart = movement.difference(moving(lost, at_start=False), moving(new, at_start=True))
            if apart <= movement.ALIKE:
                away_s = stays[new].first_s - stays[lost].last_s
                found.append(SamePerson(lost, new, away_s, alike * float(np.exp(-(apart**2) / 2))))
    found.sort(key=lambda one: (-one.alike, one.away_s))
    chosen: list[SamePerson] = []
    for one in found:
        if all(one.lost != other.lost and one.new != other.new for other in chosen):
            chosen.append(one)
    return tuple(chosen)
