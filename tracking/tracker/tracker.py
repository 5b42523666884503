"""Who is who from frame to frame: tracking by detection, with the keypoints of the pose network as further evidence.

One frame is two calls, because the keypoints help to tell people apart:

    boxes = tracker.associate(detections, time_s, size_wh=...)   # where the pose network should look
    tracks, poses = tracker.update(estimator.estimate(image, boxes), image=image)

The matching stages are in `tracking.tracker.association`. Deterministic; one instance per stream.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.tracker import similarity
from tracking.tracker.association import assign, match, matching_stages
from tracking.tracker.frame_evidence import Candidates, FrameEvidence, usable_detections
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import Track
from tracking.types import Detections, Tracks

Floats = npt.NDArray[np.floating]


class Tracker:
    """Follows people over time. Ids begin at 1 and are never used again, not even after `reset`."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget everyone (another clip, a seek); ids go on counting."""
        self._tracks: list[Track] = []
        self._time_s = math.nan
        self._size_wh = (0, 0)
        self._has_detected = False
        self._candidates: Candidates | None = None

    @property
    def needs_detection(self) -> bool:
        """True when the next frame deserves the detector: nobody is known, or somebody is new or just lost."""
        return not self._tracks or any(track.needs_detection for track in self._tracks)

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
        predicted, settings = similarity.boxes_of(self._tracks), self.settings
        boxes, scores = usable_detections(detections, size_wh)
        iou = box_math.iou_matrix(predicted, boxes)
        useful = (scores >= settings.high_score) | (iou.max(axis=0, initial=-1) >= settings.low_min_iou)
        boxes, scores, iou = boxes[useful], scores[useful], iou[:, useful]
        claimed = {index for index, _ in assign(-iou, iou >= settings.low_min_iou)}
        inside = box_math.usable(predicted, size_wh)
        unclaimed = [
            index for index, track in enumerate(self._tracks)
            if index not in claimed and inside[index] and time_s - track.seen_s <= settings.shown_lost_s
        ]  # fmt: skip
        self._candidates = Candidates(
            boxes=np.concatenate([boxes, box_math.clip(predicted[unclaimed], size_wh)]),
            scores=scores,
            track_of=np.array([-1] * len(boxes) + unclaimed, np.int64),
            detected=detections is not None,
            first=detections is not None and not self._has_detected,
        )
        self._has_detected |= detections is not None
        return self._candidates.boxes.astype(np.float32)

    def update(self, poses: Poses, *, image: npt.NDArray[np.uint8] | None = None) -> tuple[Tracks, Poses]:
        """Finish the frame with the pose network's answer, row i for box i of `associate`.

        image: the RGB picture (H, W, 3); without it people are told apart by place and keypoints alone.
        Returns everyone with an id, by id, and their poses as the network gave them; people without evidence have
        state PREDICTED and no pose.
        """
        candidates, self._candidates = self._candidates, None
        if candidates is None:
            raise ValueError("associate() comes before update()")
        evidence = FrameEvidence.of(candidates, poses, image, self.settings)
        matches = self._match(evidence)
        self._suppress_duplicates(matches, evidence)
        boxes = similarity.boxes_of(self._tracks)
        for index, track in enumerate(self._tracks):
            covered = box_math.covered_share(track.box, boxes, but=index)
            self._update_track(track, matches.get(index), evidence, covered)
            boxes[index] = track.box
        self._start_tracks(set(range(candidates.detections)) - set(matches.values()), evidence)
        self._tracks = [t for t in self._tracks if t.id or t.row is not None or not candidates.detected]
        self._give_ids()
        return self._report(poses)

    def _predict(self, time_s: float, size_wh: tuple[int, int]) -> None:
        step_s = time_s - self._time_s
        if step_s < 0 or step_s > self.settings.lost_life_s or size_wh != self._size_wh:
            self.reset()
        for track in self._tracks:
            track.predict(step_s)
        self._time_s, self._size_wh = time_s, size_wh
        self._tracks = [track for track in self._tracks if not track.is_over(time_s, size_wh, self.settings)]

    def _match(self, evidence: FrameEvidence) -> dict[int, int]:
        """Track index -> candidate: detections by the matching stages, then each track's own predicted box."""
        matches: dict[int, int] = {}
        if self._tracks and evidence.candidates.detections:
            matches = match(matching_stages(self._tracks, evidence, self._time_s, self.settings))
        for row in range(evidence.candidates.detections, len(evidence.candidates.boxes)):
            index = int(evidence.candidates.track_of[row])
            if index not in matches and self._keypoints_suffice(self._tracks[index], row, evidence):
                matches[index] = row
        return matches

    def _keypoints_suffice(self, track: Track, row: int, evidence: FrameEvidence) -> bool:
        """Whether what the pose network found in a predicted box can stand for a detection."""
        if not evidence.candidates.detected and track.missed_since_s is None:
            return True
        missed_since_s = self._time_s if track.missed_since_s is None else track.missed_since_s
        good = bool(evidence.pose_scores[row] >= self.settings.pose_score)
        return good and self._time_s - missed_since_s <= self.settings.keypoints_only_s

    def _suppress_duplicates(self, matches: dict[int, int], evidence: FrameEvidence) -> None:
        """Of two tracks with the same pose one is hidden behind the other: the worse fit loses its match."""
        order = sorted(matches)
        rows = [matches[index] for index in order]
        oks = self._pose_oks(rows, evidence, box_math.areas(evidence.candidates.boxes[rows]))
        pairs = np.argwhere(np.triu(np.fmax(oks, oks.T) >= self.settings.duplicate_oks, 1)).tolist()
        involved = {order[i] for pair in pairs for i in pair}
        fits = {index: self._fit(index, matches[index], evidence) for index in involved}
        for a, b in pairs:
            if order[a] in matches and order[b] in matches:
                del matches[min(order[a], order[b], key=lambda index: fits[index])]

    def _fit(self, index: int, row: int, evidence: FrameEvidence) -> tuple[bool, float, int]:
        """How well a candidate fits a track; larger is better, detections and older tracks come first."""
        track, points = self._tracks[index], evidence.keypoints[[row]]
        oks = similarity.expected_oks([track], points, evidence.poses.skeleton, self.settings)
        descriptors = None if evidence.descriptors is None else evidence.descriptors[[row]]
        colours = similarity.appearance_similarity([track], descriptors, 1)
        affinity = float((np.nan_to_num(oks, nan=0.0) + similarity.appearance_affinity(colours, self.settings))[0, 0])
        if not np.isfinite(points).any():  # a box in which no pose was estimated
            points = track.box.reshape(1, 2, 2)
        extent = np.concatenate([np.nanmin(points, axis=1), np.nanmax(points, axis=1)], axis=1)
        iou = float(box_math.iou_matrix(track.box[None], extent)[0, 0])
        return row < evidence.candidates.detections, round(affinity + iou, 6), -index

    def _pose_oks(self, rows: list[int], evidence: FrameEvidence, areas: Floats) -> Floats:
        """(N, N) OKS of the poses of N candidates, left and right exchanged or not; 0 where unknown."""
        keypoints, settings = evidence.keypoints[rows], self.settings
        oks = similarity.oks_matrix(
            keypoints, keypoints, evidence.poses.skeleton, areas=areas, either_side=True,
            least=settings.min_common_keypoints, floor=settings.duplicate_oks,
        )  # fmt: skip
        return np.nan_to_num(oks, nan=0.0)

    def _update_track(self, track: Track, row: int | None, evidence: FrameEvidence, covered: float) -> None:
        candidates, settings, time_s = evidence.candidates, self.settings, self._time_s
        track.row = row
        if row is None:
            track.mark_missed(time_s, detected=candidates.detected)
            return
        keypoints = evidence.keypoints[row] if evidence.pose_scores[row] >= settings.pose_score else None
        noise = 1.0 + settings.motion.occlusion_noise * covered
        if row < candidates.detections:
            score = float(candidates.scores[row])
            track.update_from_detection(candidates.boxes[row], score, keypoints, time_s=time_s, noise=noise)
            track.hits += bool(evidence.counts[row])
            self._learn_appearance(track, row, evidence, covered)
        elif keypoints is not None:
            track.update_from_keypoints(keypoints, time_s=time_s, detected=candidates.detected, noise=noise)
        else:
            track.coast(time_s)

    def _learn_appearance(self, track: Track, row: int, evidence: FrameEvidence, covered: float) -> None:
        if evidence.descriptors is not None and covered < self.settings.appearance.max_covered:
            track.update_appearance(evidence.descriptors[row])

    def _start_tracks(self, unmatched: set[int], evidence: FrameEvidence) -> None:
        """Start a track for every unmatched high-score detection that shows nobody who is tracked already."""
        candidates, settings = evidence.candidates, self.settings
        rows = [row for row in sorted(unmatched) if candidates.scores[row] >= settings.high_score]
        if not rows:
            return
        matched = [track for track in self._tracks if track.row is not None]
        boxes = np.concatenate([similarity.boxes_of(matched), candidates.boxes[rows]])
        same = self._same_person(boxes, [*(track.row for track in matched if track.row is not None), *rows], evidence)
        taken, others = list(range(len(matched))), similarity.boxes_of(self._tracks)
        for new, row in enumerate(rows, start=len(matched)):
            if same[taken, new].any():
                continue
            score, counts = float(candidates.scores[row]), bool(evidence.counts[row])
            sure = counts and (candidates.first or score >= settings.sure_score)
            track = Track(
                candidates.boxes[row], score,
                evidence.keypoints[row] if evidence.pose_scores[row] >= settings.pose_score else None,
                time_s=self._time_s, row=row, hits=settings.confirm_hits if sure else int(counts), settings=settings,
            )  # fmt: skip
            self._learn_appearance(track, row, evidence, box_math.covered_share(track.box, others))
            self._tracks.append(track)
            taken.append(new)
            others = np.concatenate([others, track.box[None]])

    def _same_person(self, boxes: Floats, rows: list[int], evidence: FrameEvidence) -> npt.NDArray[np.bool_]:
        """(N, N) True where two boxes (N, 4) with the poses of candidates `rows` show the same person."""
        areas = box_math.areas(boxes)
        oks = self._pose_oks(rows, evidence, np.maximum(areas[:, None], areas[None]))
        same = (box_math.iou_matrix(boxes, boxes) >= self.settings.duplicate_iou) | (oks >= self.settings.duplicate_oks)
        return np.asarray(same)

    def _give_ids(self) -> None:
        """Give ids to tracks with enough hits, the largest first, up to `max_people`."""
        room = math.inf if self.settings.max_people is None else self.settings.max_people
        room -= sum(track.id > 0 and track.row is not None for track in self._tracks)
        waiting = [track for track in self._tracks if track.id == 0 and track.hits >= self.settings.confirm_hits]
        waiting.sort(key=lambda track: -box_math.areas(track.box[None])[0])
        for track in waiting[: int(max(min(room, len(waiting)), 0))]:
            track.id, self._next_id = self._next_id, self._next_id + 1

    def _report(self, poses: Poses) -> tuple[Tracks, Poses]:
        shown = [t for t in self._tracks if t.id and self._time_s - t.seen_s <= self.settings.shown_lost_s]
        shown.sort(key=lambda track: (track.row is None, track.id))
        shown = sorted(shown[: self.settings.max_people], key=lambda track: track.id)
        return _as_tracks(shown), _poses_of(shown, poses)


def _as_tracks(tracks: Sequence[Track]) -> Tracks:
    return Tracks(
        ids=np.array([track.id for track in tracks], np.int64),
        boxes=np.array([track.reported_box for track in tracks], np.float32).reshape(-1, 4),
        scores=np.array([track.score for track in tracks], np.float32),
        states=np.array([track.state for track in tracks], np.uint8),
    )


def _poses_of(tracks: Sequence[Track], poses: Poses) -> Poses:
    """Of each track its pose of this frame; without any answer where it has none."""
    rows = np.array([track.row for track in tracks if track.row is not None], np.intp)
    return poses.take(rows).spread(np.array([track.row is not None for track in tracks], np.bool_))
