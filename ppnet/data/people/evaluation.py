"""Clips with exact truth for judging trackers and smoothers, defined by a fixed table of scenes and seeds.

`EVALUATION_CLIPS` names them all; `render_clip` films one. Half of the clips are for tuning, half are held out:
thresholds are never chosen on the latter.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

RENDERING = 2  # raised when the same table would give other pictures, so that clips on disk are filmed again


@dataclass(frozen=True)
class ClipSpec:
    """One clip: its scene (`kind`, `seed`, `people`), how long, and how it is sampled in time.

    timing: `steady`; `variable` (steps between frames differ up to fivefold); `dropped` (single frames and runs of
    up to six are missing). half: `tune` or `held-out`.
    """

    name: str
    kind: str
    seed: int
    people: int
    half: str
    frames_per_s: int = 30
    duration_s: float = 6.0
    timing: str = "steady"

    def times_s(self) -> list[float]:
        """Presentation times of the frames, from 0."""
        count = round(self.duration_s * self.frames_per_s)
        steady = [number / self.frames_per_s for number in range(count)]
        rng = np.random.default_rng((self.seed, 17))
        if self.timing == "dropped":
            keep = np.ones(count, bool)
            keep[rng.random(count) < 0.08] = False
            for start in rng.integers(10, count - 10, 4):
                keep[start : start + rng.integers(2, 7)] = False
            keep[0] = True
            return [time for time, kept in zip(steady, keep, strict=True) if kept]
        if self.timing == "variable":
            steps = rng.uniform(0.4, 2.0, 2 * count) / self.frames_per_s
            times = np.concatenate([[0.0], np.cumsum(steps)])
            return [float(time) for time in times[times < self.duration_s]]
        return steady


EVALUATION_CLIPS: tuple[ClipSpec, ...] = (
    ClipSpec("crossing-1", "crossing", 101, 2, "tune"),
    ClipSpec("crossing-2", "crossing", 102, 2, "held-out"),
    ClipSpec("crossing-3", "crossing", 103, 2, "tune"),
    ClipSpec("crossing-4", "crossing", 104, 2, "held-out"),
    ClipSpec("crossing-5", "crossing", 105, 3, "tune"),
    ClipSpec("crossing-6", "crossing", 106, 3, "held-out"),
    ClipSpec("meeting-1", "meeting", 111, 2, "tune", duration_s=7.0),
    ClipSpec("meeting-2", "meeting", 112, 2, "held-out", duration_s=7.0),
    ClipSpec("group-1", "group", 121, 3, "tune"),
    ClipSpec("group-2", "group", 122, 4, "held-out"),
    ClipSpec("pillar-1", "pillar", 131, 2, "tune", duration_s=7.0),
    ClipSpec("pillar-2", "pillar", 132, 3, "held-out", duration_s=7.0),
    ClipSpec("pillar-3", "pillar", 133, 4, "tune", duration_s=7.0),
    ClipSpec("handover-1", "handover", 141, 2, "tune"),
    ClipSpec("handover-2", "handover", 142, 3, "held-out"),
    ClipSpec("nearfar-1", "nearfar", 151, 4, "tune"),
    ClipSpec("nearfar-2", "nearfar", 152, 5, "held-out"),
    ClipSpec("gestures-1", "gestures", 161, 2, "tune"),
    ClipSpec("gestures-2", "gestures", 162, 3, "held-out"),
    ClipSpec("crowd-1", "crowd", 171, 6, "tune"),
    ClipSpec("crowd-2", "crowd", 172, 8, "held-out", duration_s=5.0),
    ClipSpec("rates-24", "crowd", 181, 3, "tune", 24, 5.0),
    ClipSpec("rates-30", "crowd", 181, 3, "tune", 30, 5.0),
    ClipSpec("rates-60", "crowd", 181, 3, "tune", 60, 5.0),
    ClipSpec("rates-b24", "crossing", 182, 3, "held-out", 24, 5.0),
    ClipSpec("rates-b30", "crossing", 182, 3, "held-out", 30, 5.0),
    ClipSpec("rates-b60", "crossing", 182, 3, "held-out", 60, 5.0),
    ClipSpec("variable-1", "crossing", 191, 3, "tune", timing="variable"),
    ClipSpec("variable-2", "pillar", 192, 3, "held-out", timing="variable"),
    ClipSpec("dropped-1", "crowd", 193, 4, "tune", timing="dropped"),
    ClipSpec("dropped-2", "group", 194, 3, "held-out", timing="dropped"),
)


def render_clip(spec: ClipSpec, folder: Path) -> Path:
    """Film a clip into `folder/<name>/` (`clip.mp4`, `truth.json`) unless it lies there; returns that folder.

    UserError without the packages that render.
    """
    from ppnet.data.people.clip import write_clip
    from ppnet.data.people.scripts import stage_of

    place = folder / spec.name
    video, truth, stamp = place / "clip.mp4", place / "truth.json", place / "spec.json"
    wanted = json.dumps(asdict(spec) | {"rendering": RENDERING})
    if all(file.exists() for file in (video, truth, stamp)) and stamp.read_text(encoding="utf-8") == wanted:
        return place
    place.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    write_clip(stage_of(spec.kind, spec.seed, spec.people, spec.duration_s), spec.times_s(), video, truth, crf=20)
    stamp.write_text(wanted, encoding="utf-8")  # last: it says that the clip is whole
    return place
