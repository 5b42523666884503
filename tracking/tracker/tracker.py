"""Who is who from frame to frame: boxes first, keypoints for what is left, numbers never used again.

One frame is two calls, because the network's keypoints help to tell people apart:

    boxes = tracker.associate(detections, time_s, size_wh=...)   # what the estimator should look at
    tracks, poses = tracker.update(estimator.estimate(image, boxes), image=image)

Deterministic; one instance per stream.
"""

import math

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.tracker.appearance import resemblance
from tracking.tracker.association import best_pairs, keypoint_similarity
from tracking.tracker.frame_evidence import Look, Seen, within
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import Track
from tracking.types import Detections, Tracks

__all__ = ["Tracker", "TrackerSettings"]

Floats = npt.NDArray[np.floating]

SWING = 2.0  # limbs swing between two looks: likeness to expected keypoints forgives twice COCO's distances
MOST_HEIGHT_CHANGE = 1.7  # nobody found again is so many times higher or lower than expected
HIDDEN_DOUBT = 4.0  # how much less a half-hidden person's box is trusted (it shrinks on the hidden side)
REACH = 0.15  # standard deviation, in sides, of where a person comes out of hiding, besides unseen motion
OPEN_VIEW = 0.3  # clothes are learnt while no more than this share of the person's box lies under others
LIGHT_CHANGE = 0.06  # by how much the likeness of one person's clothes usually falls short of 1
LONG_UNSEEN_S = 0.25  # who is unseen for longer is looked for after the others, by clothes rather than by place
CLOTHES_WEIGHT = 2.0
SAME_BOX = 0.8  # overlap from which a second box is the same person, whatever the joints say


class Tracker:
    """Follows people over time. Ids begin at 1 and are never used again, not even after `reset`."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget everyone (another clip, a seek); numbers go on counting."""
        self._tracks: list[Track] = []
        self._time_s = math.nan
        self._size_wh = (0, 0)
        self._looked = False
        self._look: Look | None = None

    @property
    def needs_detection(self) -> bool:
        """True when the next frame deserves the detector: nobody is known, or somebody is new or just lost."""
        return not self._tracks or any(track.is_unsure for track in self._tracks)

    def associate(
        self, detections: Detections | None, time_s: float, *, size_wh: tuple[int, int]
    ) -> npt.NDArray[np.float32]:
        """Move everyone to `time_s` and say which boxes (M, 4) the estimator should look at.

        detections: None when the detector did not look at this frame (an empty one means it found nobody).
        time_s: seconds; going back, or a jump beyond the life of a lost person, forgets everyone.
        """
        if not math.isfinite(time_s):
            raise ValueError(f"time_s must be finite, not {time_s}")
        self._advance(time_s, size_wh)
        found, scores = within(detections, size_wh)
        predicted = self._boxes()
        useful = scores >= self.settings.new_score
        if len(predicted) and len(found):
            useful |= box_math.iou_matrix(found, predicted).max(axis=1) >= self.settings.weak_min_iou
        found, scores = found[useful], scores[useful]
        alone = self._looking_alone(found, predicted)
        self._look = Look(
            boxes=np.concatenate([found, box_math.clip(predicted[alone], size_wh)]),
            scores=scores,
            track_of=np.array([-1] * len(found) + alone, np.int64),
            detected=detections is not None,
            first=detections is not None and not self._looked,
        )
        self._looked |= detections is not None
        return self._look.boxes.astype(np.float32)

    def update(self, poses: Poses, *, image: npt.NDArray[np.uint8] | None = None) -> tuple[Tracks, Poses]:
        """Settle the frame with the estimator's answer, row i for box i of `associate`.

        image: the RGB picture (H, W, 3); without it people are told apart by place and joints alone.
        Returns everyone with a number, by id, and their poses as the network gave them; people of whom
        nothing shows have state PREDICTED and no pose.
        """
        look, self._look = self._look, None
        if look is None:
            raise ValueError("associate() comes before update()")
        seen = Seen.of(look, poses, image)
        taken = self._match(seen)
        self._drop_duplicates(taken, seen)
        for index, track in enumerate(self._tracks):
            self._settle(track, taken.get(index), seen)
        self._begin(seen, set(taken.values()))
        self._tracks = [track for track in self._tracks if not track.is_over]
        self._number()
        return self._report(poses)

    def _advance(self, time_s: float, size_wh: tuple[int, int]) -> None:
        step_s = time_s - self._time_s
        if step_s < 0 or step_s > self.settings.lost_life_s or size_wh != self._size_wh:
            self.reset()
        else:
            for track in self._tracks:
                track.predict(step_s)
        self._time_s, self._size_wh = time_s, size_wh
        life_s = self.settings.lost_life_s
        self._tracks = [track for track in self._tracks if not track.is_gone(time_s, size_wh, life_s=life_s)]

    def _boxes(self) -> Floats:
        return np.array([track.box for track in self._tracks], np.float64).reshape(-1, 4)

    def _looking_alone(self, found: Floats, predicted: Floats) -> list[int]:
        """Tracks that no detection claims clearly, so the network looks at their predicted boxes."""
        overlap = box_math.iou_matrix(predicted, found)
        claimed = {row for row, _ in best_pairs(overlap, overlap >= self.settings.weak_min_iou)}
        inside = box_math.usable(predicted, self._size_wh)
        recent = [self._time_s - track.seen_s <= self.settings.shown_lost_s for track in self._tracks]
        return [i for i in range(len(self._tracks)) if i not in claimed and inside[i] and recent[i]]

    def _match(self, seen: Seen) -> dict[int, int]:
        """Track index -> row: strong detections by overlap and likeness, then by likeness alone, both unless the
        clothes are another's; then by overlap in spite of the clothes; then by some overlap together with some
        likeness; then weak detections by overlap, then the boxes that tracks predicted themselves."""
        taken: dict[int, int] = {}
        look, settings = seen.look, self.settings
        if look.detections and self._tracks:
            overlap = box_math.iou_matrix(self._boxes(), look.boxes[: look.detections])
            likeness = self._likeness(seen.keypoints[: look.detections])
            alike = np.nan_to_num(likeness, nan=0.0)
            worn = self._resemblance(seen)[:, : look.detections]
            strong = np.broadcast_to(look.scores >= settings.new_score, overlap.shape)
            familiar = _familiarity(worn)
            both = overlap + np.where(np.isnan(likeness), overlap, alike) + familiar
            recent = np.array([self._time_s - track.seen_s <= LONG_UNSEEN_S for track in self._tracks])[:, None]
            close = strong & (overlap >= settings.min_iou) & recent
            strange = worn < settings.min_resemblance
            _take(taken, both, close & ~strange)
            near = np.fmax(alike, self._closeness(look))
            likely = (near >= settings.min_similarity) & ~strange & self._like_sizes(look)
            _take(taken, near + CLOTHES_WEIGHT * familiar, strong & likely)
            _take(taken, both, close)
            partly = overlap / settings.min_iou + alike / settings.min_similarity >= 1.0
            _take(taken, both, strong & recent & partly & ~strange)
            believed = ~seen.denied(settings.pose_score)[: look.detections]
            _take(taken, overlap, ~strong & believed & (overlap >= settings.weak_min_iou))
        for row in range(look.detections, len(look.boxes)):
            index = int(look.track_of[row])
            if index not in taken and self._joints_hold(self._tracks[index], seen, row=row):
                taken[index] = row
        return taken

    def _resemblance(self, seen: Seen) -> Floats:
        """(tracks, M) likeness of what people wear; NaN where it is not known."""
        unknown = np.full((len(self._tracks), len(seen.look.boxes)), np.nan)
        clothes = seen.clothes
        if clothes is None:
            return unknown
        for row, track in enumerate(self._tracks):
            if track.clothes is not None:
                unknown[row] = resemblance(track.clothes[None], clothes)[0]
        return unknown

    def _likeness(self, keypoints: Floats) -> Floats:
        """(tracks, M) OKS with the keypoints expected now, forgiving as far as a person may have moved unseen."""
        shape = keypoints.shape[1:]
        expected = np.array([track.expected_keypoints(shape[0]) for track in self._tracks]).reshape(-1, *shape)
        variances = np.array([track.unseen_variance for track in self._tracks])
        areas = box_math.areas(self._boxes())
        return keypoint_similarity(expected, keypoints, areas=areas, variances=variances, tolerance=SWING)

    def _closeness(self, look: Look) -> Floats:
        """(tracks, M) likelihood of the distance from where unseen people may be, 1 at no distance; 0 for others.

        They may have gone on or have stopped: anywhere from where they were lost to where they would be now.
        """
        middles = box_math.centers(look.boxes[: look.detections])
        lost_at = np.array([track.lost_at for track in self._tracks])
        away = box_math.squared_distances(lost_at, box_math.centers(self._boxes()), middles)
        sides = box_math.sizes(self._boxes()).max(axis=1)
        spread = np.array([track.unseen_variance for track in self._tracks]) + (REACH * sides) ** 2
        lost = np.array([track.is_lost for track in self._tracks])
        return np.asarray(np.where(lost[:, None], np.exp(-away / (2 * spread[:, None])), 0.0))

    def _like_sizes(self, look: Look) -> npt.NDArray[np.bool_]:
        # Heights: widths change with every stride, and with what hides a part.
        own = box_math.sizes(self._boxes())[:, None, 1]
        other = box_math.sizes(look.boxes[: look.detections])[None, :, 1]
        return np.asarray((other > own / MOST_HEIGHT_CHANGE) & (other < own * MOST_HEIGHT_CHANGE))

    def _joints_hold(self, track: Track, seen: Seen, *, row: int) -> bool:
        """Whether what the network found in the predicted box can stand for a detection."""
        if not seen.look.detected and track.missed_since_s is None:
            return True
        if seen.quality[row] < self.settings.pose_score:
            return False
        missed_since_s = self._time_s if track.missed_since_s is None else track.missed_since_s
        return self._time_s - missed_since_s <= self.settings.joints_alone_s

    def _drop_duplicates(self, taken: dict[int, int], seen: Seen) -> None:
        """Of two people with the same joints one is hidden behind the other: who fits worse counts as unseen."""
        order = sorted(taken)
        rows = [taken[index] for index in order]
        kept = seen.keypoints[rows]
        same = keypoint_similarity(kept, kept, areas=box_math.areas(seen.look.boxes[rows]), either_side=True)
        doubled = np.nan_to_num(np.fmax(same, same.T), nan=0.0) >= self.settings.duplicate_similarity
        if not np.triu(doubled, 1).any():
            return
        expected = np.nan_to_num(self._likeness(kept), nan=0.0) + _familiarity(self._resemblance(seen))[:, rows]
        claims = [self._claim(index, rows[i], seen, expected[index, i]) for i, index in enumerate(order)]
        for a, b in np.argwhere(np.triu(doubled, 1)):
            if order[a] in taken and order[b] in taken:
                del taken[order[min(a, b, key=lambda i: claims[i])]]

    def _claim(self, index: int, row: int, seen: Seen, likeness: float) -> tuple[bool, float, int]:
        """How good a track's claim to an answer is; larger is better."""
        track, points = self._tracks[index], seen.keypoints[row]
        if not np.isfinite(points).any():  # boxes that nobody read
            points = track.box.reshape(2, 2)
        extent = np.concatenate([np.nanmin(points, axis=0), np.nanmax(points, axis=0)])
        overlap = float(box_math.iou_matrix(track.box[None], extent[None])[0, 0])
        return row < seen.look.detections, round(likeness + overlap, 6), -track.order

    def _settle(self, track: Track, row: int | None, seen: Seen) -> None:
        track.row = row
        if row is None:
            track.miss(self._time_s, detected=seen.look.detected)
            return
        good = seen.quality[row] >= self.settings.pose_score
        covered = self._covered(track)
        doubt = 1.0 + HIDDEN_DOUBT * covered
        if row < seen.look.detections:
            box, score = seen.look.boxes[row], float(seen.look.scores[row])
            keypoints = seen.keypoints[row] if good else None
            track.see(box, score, time_s=self._time_s, keypoints=keypoints, doubt=doubt)
            track.hits += self._counts(row, seen)
            if seen.clothes is not None and covered < OPEN_VIEW:
                track.wear(seen.clothes[row])
        elif good:
            track.follow(seen.keypoints[row], time_s=self._time_s, detected=seen.look.detected, doubt=doubt)
        else:
            track.carry(self._time_s)

    def _covered(self, track: Track) -> float:
        """Largest share of the person's box under someone else's."""
        others = [other.box for other in self._tracks if other is not track]
        if not others:
            return 0.0
        common = box_math.intersections(track.box[None], np.array(others)).max()
        return float(min(common / max(box_math.areas(track.box[None])[0], 1.0), 1.0))

    def _begin(self, seen: Seen, used: set[int]) -> None:
        look, settings = seen.look, self.settings
        for row in range(look.detections):
            score = float(look.scores[row])
            if row in used or score < settings.new_score or self._known(row, seen):
                continue
            track = Track(look.boxes[row], score, time_s=self._time_s, order=self._next_order())
            good = seen.quality[row] >= settings.pose_score
            counts = self._counts(row, seen)
            sure = counts and (look.first or score >= settings.sure_score)
            hits = settings.confirm_hits if sure else int(counts)
            track.begin(seen.keypoints[row] if good else None, row=row, hits=hits)
            if seen.clothes is not None and self._covered(track) < OPEN_VIEW:
                track.wear(seen.clothes[row])
            self._tracks.append(track)

    def _counts(self, row: int, seen: Seen) -> bool:
        """Whether a detection speaks for a person: a sure one does, others unless the network found nobody there."""
        sure = seen.look.scores[row] >= self.settings.sure_score
        return bool(sure or not seen.denied(self.settings.new_pose_score)[row])

    def _next_order(self) -> int:
        return 1 + max((track.order for track in self._tracks), default=0)

    def _known(self, row: int, seen: Seen) -> bool:
        """Whether a detection shows somebody who is followed already (a second box on the same person)."""
        others = [track for track in self._tracks if track.row is not None]
        if not others:
            return False
        boxes, box = np.array([track.box for track in others]), seen.look.boxes[row : row + 1]
        if box_math.iou_matrix(boxes, box).max() >= SAME_BOX:
            return True
        areas = np.maximum(box_math.areas(boxes), box_math.areas(box))
        rows = [track.row for track in others if track.row is not None]
        same = keypoint_similarity(seen.keypoints[rows], seen.keypoints[[row]], areas=areas, either_side=True)
        return bool(np.nan_to_num(same, nan=0.0).max() >= self.settings.duplicate_similarity)

    def _number(self) -> None:
        """Give numbers to those who were seen often enough, the largest first, up to `max_people`."""
        room = math.inf if self.settings.max_people is None else self.settings.max_people
        room -= sum(track.id > 0 and track.row is not None for track in self._tracks)
        waiting = [t for t in self._tracks if t.id == 0 and t.hits >= self.settings.confirm_hits]
        for track in sorted(waiting, key=lambda t: (-box_math.areas(t.box[None])[0], t.order)):
            if room <= 0:
                break
            track.id, self._next_id = self._next_id, self._next_id + 1
            room -= 1

    def _report(self, poses: Poses) -> tuple[Tracks, Poses]:
        shown = [t for t in self._tracks if t.id and self._time_s - t.seen_s <= self.settings.shown_lost_s]
        shown.sort(key=lambda t: (t.row is None, t.id))
        shown = sorted(shown[: self.settings.max_people], key=lambda t: t.id)
        keypoints = np.full((len(shown), *poses.keypoints.shape[1:]), np.nan, np.float32)
        scores = np.zeros((len(shown), poses.scores.shape[1]), np.float32)
        for i, track in enumerate(shown):
            if track.row is not None:
                keypoints[i], scores[i] = poses.keypoints[track.row], poses.scores[track.row]
        tracks = Tracks(
            ids=np.array([t.id for t in shown], np.int64),
            boxes=np.array([t.shown_box for t in shown], np.float32).reshape(-1, 4),
            scores=np.array([t.score for t in shown], np.float32),
            states=np.array([t.state for t in shown], np.uint8),
        )
        return tracks, Poses(keypoints, scores)


def _familiarity(worn: Floats) -> Floats:
    """Weight of clothes in matching, 0 to 1; unknown ones speak neither for nor against."""
    return np.where(np.isnan(worn), 0.5, np.exp(-(1 - worn) / LIGHT_CHANGE))


def _take(taken: dict[int, int], similarity: Floats, allowed: npt.NDArray[np.bool_]) -> None:
    """Match what is still free on both sides."""
    free = np.array(allowed, bool)
    free[list(taken), :] = False
    free[:, list(taken.values())] = False
    taken.update(best_pairs(similarity, free))
