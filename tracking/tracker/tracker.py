"""Who is who from frame to frame: tracking by detection, with the keypoints of the pose network as further evidence.

One frame is two calls, because the keypoints help to tell people apart:

    boxes = tracker.associate(detections, time_s, size_wh=...)   # where the pose network should look
    tracks, poses = tracker.update(estimator.estimate(image, boxes), image=image)

The matching stages are in `tracking.tracker.association`. Deterministic; one instance per stream.
"""

import math

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.tracker import appearance, similarity
from tracking.tracker.appearance import LENGTH
from tracking.tracker.association import assign, match, matching_stages
from tracking.tracker.frame_evidence import Candidates, FrameEvidence, usable_detections
from tracking.tracker.motion import Innovation
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import TrackStates
from tracking.types import Detections, Tracks, TrackState

Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


class Tracker:
    """Follows people over time. Ids begin at 1 and are never used again, not even after `reset`."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget everyone (another clip, a seek); ids go on counting."""
        self._people = TrackStates.empty(self.settings)
        self._time_s = math.nan
        self._size_wh = (0, 0)
        self._has_detected = False
        self._candidates: Candidates | None = None

    @property
    def needs_detection(self) -> bool:
        """True when the next frame deserves the detector: nobody is known, or somebody is new or just lost."""
        return not len(self._people) or bool(self._people.wanted.any())

    def associate(
        self, detections: Detections | None, time_s: float, *, size_wh: tuple[int, int]
    ) -> npt.NDArray[np.float32]:
        """Move everyone to `time_s` and say in which boxes (M, 4) the pose network should look.

        detections: None when the detector did not look at this frame (an empty one means it found nobody).
        time_s: seconds; going back, or a jump beyond the life of a lost person, forgets everyone.
        """
        if not math.isfinite(time_s):
            raise ValueError(f"time_s must be finite, not {time_s}")
        self._predict(time_s, size_wh)
        people, settings = self._people, self.settings
        predicted = people.boxes
        boxes, scores = usable_detections(detections, size_wh)
        iou: Floats = np.zeros((len(predicted), 0))
        unclaimed = box_math.usable(predicted, size_wh) & (time_s - people.seen_s <= settings.shown_lost_s)
        if len(boxes):
            iou = box_math.iou_matrix(predicted, boxes)
            useful = (scores >= settings.high_score) | (iou.max(axis=0, initial=-1) >= settings.low_min_iou)
            boxes, scores, iou = boxes[useful], scores[useful], iou[:, useful]
            unclaimed[[index for index, _ in assign(-iou, iou >= settings.low_min_iou)]] = False
        self._candidates = Candidates(
            boxes=np.concatenate([boxes, box_math.clip(predicted[unclaimed], size_wh)]),
            scores=scores,
            iou=iou,
            track_of=np.concatenate([np.full(len(boxes), -1), unclaimed.nonzero()[0]]),
            detected=detections is not None,
            first=detections is not None and not self._has_detected,
        )
        self._has_detected |= detections is not None
        return self._candidates.boxes.astype(np.float32)

    @property
    def sure_ids(self) -> npt.NDArray[np.int64]:
        """(M,) of each box of `associate` the number of the person whom the detector found there when it last looked,
        and who was in view in the frame before; 0 for everybody else, and for all in a frame at which it looks."""
        if self._candidates is None or self._candidates.detected:
            return np.zeros(0 if self._candidates is None else len(self._candidates.boxes), np.int64)
        people, at = self._people, self._candidates.track_of
        sure = np.isnan(people.missed_since_s) & ~people.lost & (people.states == TrackState.TRACKED.value)
        return np.asarray(np.where(sure, people.ids, 0)[at], np.int64)

    def update(
        self, poses: Poses, *, image: npt.NDArray[np.uint8] | None = None, left_out: Mask | None = None
    ) -> tuple[Tracks, Poses]:
        """Finish the frame with the pose network's answer, row i for box i of `associate`.

        image: the RGB picture (H, W, 3); without it people are told apart by place and keypoints alone. left_out: (M,)
        those of `sure_ids` whom the network was not asked about as they hold still; they stay in view.
        Returns everyone with an id, by id, and their poses as the network gave them; people without evidence have
        state PREDICTED and no pose.
        """
        candidates, self._candidates = self._candidates, None
        if candidates is None:
            raise ValueError("associate() comes before update()")
        evidence = FrameEvidence.of(candidates, poses, image, self.settings)
        self._people.fitted(keypoints=poses.keypoints.shape[1], colours=LENGTH)
        matches = self._match(evidence)
        self._suppress_duplicates(matches, evidence)
        left_out = np.zeros(len(poses), np.bool_) if left_out is None else left_out
        self._update(matches, evidence, held=_of_matches(left_out, matches))
        self._start(evidence)
        if candidates.detected:
            self._people = self._people.kept((self._people.ids > 0) | (self._people.rows >= 0))
        self._give_ids()
        return self._report(poses)

    def _predict(self, time_s: float, size_wh: tuple[int, int]) -> None:
        step_s = time_s - self._time_s
        if step_s < 0 or step_s > self.settings.lost_life_s or size_wh != self._size_wh:
            self.reset()
        self._people.predict(step_s, self.settings)
        self._time_s, self._size_wh = time_s, size_wh
        if self._people.lost.any():
            self._people = self._people.kept(~self._people.over(time_s, size_wh, self.settings))

    # -- who is who --------------------------------------------------------------------------------------------------

    def _match(self, evidence: FrameEvidence) -> Rows:
        """(T,) candidate of each track or -1: detections by the matching stages, then its own predicted box."""
        candidates, people = evidence.candidates, self._people
        matches = np.full(len(people), -1, np.intp)
        if len(people) and candidates.detections:
            stages = matching_stages(people, evidence, self._time_s, self.settings)
            found = match(stages, len(people), candidates.detections)
            matches[list(found)] = list(found.values())
        rows = np.arange(candidates.detections, len(candidates.boxes))
        tracks = candidates.track_of[rows]
        own = (matches[tracks] < 0) & self._keypoints_suffice(tracks, rows, evidence)
        matches[tracks[own]] = rows[own]
        return matches

    def _keypoints_suffice(self, tracks: Rows, rows: Rows, evidence: FrameEvidence) -> Mask:
        """(R,) whether what the pose network found in the boxes predicted for some tracks can stand for detections."""
        missed_s = self._time_s - self._people.missed_since_s[tracks]
        found = np.isnan(missed_s)  # the last time that the detector looked
        good = evidence.pose_scores[rows] >= self.settings.pose_score
        suffices = good & (found | (missed_s <= self.settings.keypoints_only_s))
        return np.asarray(suffices if evidence.candidates.detected else suffices | found)

    def _suppress_duplicates(self, matches: Rows, evidence: FrameEvidence) -> None:
        """Of two tracks with the same pose one is hidden behind the other: the worse fit loses its match. Detections
        come first, and of two that fit as well the older track."""
        people, tracks = self._people, (matches >= 0).nonzero()[0]
        if len(tracks) < 2:
            return
        rows = matches[tracks]
        first, second = self._same_poses(rows, box_math.areas(evidence.candidates.boxes[rows]), evidence)
        if not len(first):
            return
        first, second = tracks[first], tracks[second]
        detected = matches < evidence.candidates.detections
        open_ones = detected[first] == detected[second]  # else the detection wins, however well it fits
        fits, likeness = np.zeros(len(matches)), np.full(len(matches), np.nan, np.float32)
        involved = _members(len(matches), first[open_ones], second[open_ones]).nonzero()[0]
        fits[involved] = self._fits(involved, matches[involved], evidence)
        # Colours take long to describe, and add up to 1, or a half where a track's are unknown: only where that may
        # decide.
        known = np.isfinite(people.colours[:, 0])
        open_ones &= np.abs(fits[first] - fits[second]) < (1.0 * known[first] + known[second]) / 2 + 0.001
        asked = (known & _members(len(matches), first[open_ones], second[open_ones])).nonzero()[0]
        likeness[asked] = appearance.paired_similarity(people.colours[asked], evidence.colours(matches[asked]))
        fits = np.round(fits + similarity.appearance_affinity(likeness, self.settings), 6)
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            if matches[a] >= 0 and matches[b] >= 0:
                matches[min(a, b, key=lambda track: (detected[track], fits[track], -track))] = -1

    def _fits(self, tracks: Rows, rows: Rows, evidence: FrameEvidence) -> Floats:
        """(R,) how well candidates fit tracks, each in its row, by keypoints and place; larger is better."""
        people, points = self._people, evidence.keypoints[rows]
        oks = similarity.paired_expected_oks(people, tracks, points, evidence.poses.skeleton, self.settings)
        boxes = people.boxes[tracks]
        extents = box_math.around(points)
        extents = np.where(np.isnan(extents), boxes, extents)  # boxes in which no pose was estimated
        return np.asarray(np.fmax(oks, 0.0) + box_math.paired_iou(boxes, extents))

    def _same_poses(
        self, rows: Rows, areas: Floats, evidence: FrameEvidence, known: int = 0
    ) -> tuple[Rows, Rows]:  # fmt: skip
        """Pairs of candidates (N,), as places in `rows`, that show one pose; see `similarity.same_poses`."""
        return similarity.same_poses(evidence.keypoints[rows], areas, evidence.poses.skeleton, self.settings, known)

    # -- what the frame says of everybody ----------------------------------------------------------------------------

    def _update(self, matches: Rows, evidence: FrameEvidence, *, held: Mask) -> None:
        """held: (T,) people who stay where they are expected, as nobody looked."""
        candidates, people, settings, time_s = evidence.candidates, self._people, self.settings, self._time_s
        people.rows = matches
        found = matches >= 0
        by_detection = found & (matches < candidates.detections)
        read = _of_matches(evidence.read, matches)
        detected, missed = by_detection.nonzero()[0], (~found).nonzero()[0]
        by_keypoints = (read & ~by_detection).nonzero()[0]
        coasting = (found & ~read & ~by_detection).nonzero()[0]

        measured, factors = np.full((len(people), 4), np.nan), np.ones(len(people))
        people.measured[~held] = np.nan
        measured[detected] = people.measured[detected] = candidates.boxes[matches[detected]]
        keypoints = evidence.keypoints[matches[by_keypoints]]
        if len(by_keypoints):
            measured[by_keypoints], people.measured[by_keypoints] = people.boxes_from(by_keypoints, keypoints, settings)
            factors[by_keypoints] = settings.motion.keypoint_noise
        covered = self._move(measured, factors, lost=missed[~people.lost[missed]])

        people.mark_seen((by_detection | read).nonzero()[0], time_s, settings)
        people.mark_predicted((~by_detection & ~read & ~held).nonzero()[0])
        people.seen_s[coasting] = time_s
        if candidates.detected:
            people.mark_missed((~by_detection & (read | ~found)).nonzero()[0], time_s)
        people.keep_keypoints(by_keypoints, keypoints)
        if not len(detected):
            return
        rows = matches[detected]
        sure = np.where(read[detected, None, None], evidence.keypoints[rows], np.nan)
        people.keep_detected(detected, measured[detected], candidates.scores[rows], sure)
        people.hits[detected] += evidence.counts[rows]
        clear = covered[detected] < settings.appearance.max_covered
        if evidence.image is not None and clear.any():
            people.learn_colours(detected[clear], evidence.colours(rows[clear]), settings)

    def _move(self, measured: Floats, factors: Floats, *, lost: Rows) -> Floats:
        """Take measured boxes (T, 4), NaN where there is none, into the motion model, with noise `factors` (T,) times
        the usual; freeze those who are lost from now on. Gives (T,) which share of each box others cover.

        Whoever is covered is measured the less exactly. One after the other, as those before are known better by
        then; but all at once whom nobody in question overlaps.
        """
        people, settings = self._people, self.settings
        before = people.boxes.copy()
        if len(lost):
            people.mark_lost(lost)
        after = np.where(np.isnan(measured), people.boxes, measured)
        half = np.maximum(np.maximum(box_math.sizes(before), box_math.sizes(after)), 1.0) / 2
        middles = box_math.centers(before), box_math.centers(after)
        reach = np.concatenate([np.minimum(*middles) - half, np.maximum(*middles) + half], axis=1)
        near = box_math.near(before, reach)
        np.fill_diagonal(near, False)
        covered: Floats = np.zeros(len(people))
        noise, innovation = factors, people.motion.innovation(measured)
        if near.any():
            covered, noise = self._covered(before, near, innovation, factors)
        people.motion.update(np.isfinite(measured[:, 0]).nonzero()[0], innovation, noise, settings.motion)
        return covered

    def _covered(
        self, before: Floats, near: Mask, innovation: Innovation, factors: Floats
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """(T,) which share of each box (T, 4) those cover that are `near` (T, T), and the noise that comes of it."""
        people, settings = self._people, self.settings
        turns = np.arange(len(people))
        first = near & (turns < turns[:, None])  # whose turn comes before
        ahead = first.sum(axis=1)
        latest = before.copy()
        covered, areas = np.zeros(len(people)), np.maximum(box_math.areas(before), 1.0)
        noise, left = factors.copy(), len(people)
        while True:
            ready = (ahead == 0).nonzero()[0]
            below, above = near[ready].nonzero()
            if len(below):
                below = ready[below]
                shares = box_math.paired_intersections(before[below], latest[above]) / areas[below]
                np.maximum.at(covered, below, np.minimum(shares, 1.0))
            noise[ready] = (1.0 + settings.motion.occlusion_noise * covered[ready]) * factors[ready]
            ahead[ready] = -1
            left -= len(ready)
            if not left:
                return covered, noise
            moved = people.motion.updated_boxes(ready, innovation, noise, settings.motion)
            latest[ready] = np.where(np.isnan(moved), people.boxes[ready], moved)
            ahead -= first[:, ready].sum(axis=1)

    def _start(self, evidence: FrameEvidence) -> None:
        """Start a track for every unmatched high-score detection that shows nobody who is tracked already."""
        candidates, people, settings = evidence.candidates, self._people, self.settings
        if not candidates.detections:
            return
        unmatched = np.ones(len(candidates.boxes), np.bool_)
        unmatched[people.rows[people.rows >= 0]] = False
        rows = np.flatnonzero(unmatched[: candidates.detections] & (candidates.scores >= settings.high_score))
        if not len(rows):
            return
        matched = np.flatnonzero(people.rows >= 0)
        boxes = np.concatenate([people.boxes[matched], candidates.boxes[rows]])
        same = self._same_person(boxes, np.concatenate([people.rows[matched], rows]), len(rows), evidence)
        taken = np.arange(len(boxes)) < len(matched)
        for new, like_new in enumerate(same.T, start=len(matched)):
            taken[new] = not like_new[taken].any()
        rows = rows[taken[len(matched) :]]
        scores, counts = candidates.scores[rows], evidence.counts[rows]
        sure = counts & (candidates.first | (scores >= settings.sure_score))
        newcomers = TrackStates.start(
            candidates.boxes[rows], scores,
            np.where(evidence.read[rows, None, None], evidence.keypoints[rows], np.nan),
            np.full((len(rows), LENGTH), np.nan, np.float32),
            time_s=self._time_s, rows=rows, hits=np.where(sure, settings.confirm_hits, counts), settings=settings,
        )  # fmt: skip
        earlier = np.tril(box_math.intersections(newcomers.boxes, newcomers.boxes), -1).max(axis=1, initial=0.0)
        covered = box_math.intersections(newcomers.boxes, people.boxes).max(axis=1, initial=0.0)
        covered = np.maximum(covered, earlier) / np.maximum(box_math.areas(newcomers.boxes), 1.0)
        clear = np.flatnonzero(covered < settings.appearance.max_covered)
        if evidence.image is not None:
            newcomers.colours[clear] = evidence.colours(rows[clear])
        self._people = people.joined(newcomers)

    def _same_person(self, boxes: Floats, rows: Rows, newcomers: int, evidence: FrameEvidence) -> Mask:
        """(N, M) whether the last M, the `newcomers`, are somebody who comes before them, by their boxes (N, 4) and the
        poses of candidates `rows` (N,)."""
        known = len(boxes) - newcomers
        same = box_math.iou_matrix(boxes, boxes[known:]) >= self.settings.duplicate_iou
        first, second = self._same_poses(rows, box_math.areas(boxes), evidence, known)
        same[first, second - known] = True
        return np.asarray(same)

    # -- ids and report ----------------------------------------------------------------------------------------------

    def _give_ids(self) -> None:
        """Give ids to tracks with enough hits, the largest first, up to `max_people`."""
        people, most = self._people, self.settings.max_people
        waiting = ((people.ids == 0) & (people.hits >= self.settings.confirm_hits)).nonzero()[0]
        if not len(waiting):
            return
        waiting = waiting[np.argsort(-box_math.areas(people.boxes[waiting]), kind="stable")]
        if most is not None:
            waiting = waiting[: max(most - np.count_nonzero((people.ids > 0) & (people.rows >= 0)), 0)]
        people.ids[waiting] = np.arange(self._next_id, self._next_id + len(waiting))
        self._next_id += len(waiting)

    def _report(self, poses: Poses) -> tuple[Tracks, Poses]:
        people = self._people
        shown = ((people.ids > 0) & (self._time_s - people.seen_s <= self.settings.shown_lost_s)).nonzero()[0]
        if self.settings.max_people is not None:
            first = np.lexsort((people.ids[shown], people.rows[shown] < 0))
            shown = shown[first[: self.settings.max_people]]
        shown = shown[np.argsort(people.ids[shown])]
        tracks = Tracks(
            ids=people.ids[shown],
            boxes=people.reported_boxes(self.settings)[shown].astype(np.float32),
            scores=people.scores[shown].astype(np.float32),
            states=people.states[shown],
        )
        rows = people.rows[shown]
        found = rows >= 0
        return tracks, poses.take(rows) if found.all() else poses.take(rows[found]).spread(found)


def _members(count: int, *groups: Rows) -> Mask:
    """(T,) who of so many is in any of the groups of rows."""
    members = np.zeros(count, np.bool_)
    for rows in groups:
        members[rows] = True
    return members


def _of_matches(values: Mask, matches: Rows) -> Mask:
    """(T,) of each track the value (M,) of its candidate; False for -1, none."""
    return np.concatenate([values, [False]])[matches]
