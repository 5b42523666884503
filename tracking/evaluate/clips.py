"""Clips with truth, and their runs: rendered, tracked and kept, so that a second evaluation costs nothing."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ppnet.data.people.evaluation import EVALUATION_CLIPS, ClipSpec
from ppnet.errors import UserError
from tracking.detection.detector import PersonDetector
from tracking.evaluate.run import FollowsClip, track_clip
from tracking.evaluate.simulate import SimulatedNetwork, TrueBoxes
from tracking.evaluate.truth import Truth, read_truth
from tracking.pipeline import Estimator, Pipeline
from tracking.pipeline_settings import PipelineSettings
from tracking.session.format import SessionError, SessionHeader
from tracking.session.session import Session
from tracking.types import FrameResult
from tracking.video.factory import open_source

HALVES = ("tune", "held-out")


@dataclass(frozen=True)
class Parts:
    """What tracks the clips. `detector` None: the truth's own boxes; `estimator` None: a simulated network.

    label: names both, for the file in which a run is kept.
    """

    detector: PersonDetector | None
    estimator: Estimator | None
    label: str


def chosen_clips(*, half: str, names: Sequence[str]) -> list[ClipSpec]:
    """Clips of a half (`tune`, `held-out` or `all`), or those named. UserError for unknown names."""
    known = {spec.name: spec for spec in EVALUATION_CLIPS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"There is no clip {unknown[0]}; there are {', '.join(known)}.")
    if names:
        return [known[name] for name in names]
    return [spec for spec in EVALUATION_CLIPS if half in ("all", spec.half)]


def clip_truth(spec: ClipSpec, folder: Path) -> tuple[Path, Truth]:
    """The clip's own folder and its truth; it is rendered first if it is not there. UserError without the renderer."""
    try:
        from ppnet.data.people.evaluation import render_clip

        place = render_clip(spec, folder)
    except ImportError as error:
        raise UserError(f"The clips are rendered with anny: install ppnet-live[render] ({error}).") from error
    return place, read_truth(place / "truth.json")


def clip_results(
    place: Path, truth: Truth, parts: Parts, *, settings: PipelineSettings, again: bool = False
) -> list[FrameResult]:
    """Results of a clip by these parts and settings; from the file of an earlier run if there is one."""
    kept = place / f"{parts.label}-{_mark(settings)}_session.ppnet"
    if not again and (results := _earlier(kept, len(truth.frames))) is not None:
        return results
    detector = parts.detector or TrueBoxes(truth)
    estimator = parts.estimator or SimulatedNetwork(truth)
    stand_ins: list[FollowsClip] = [part for part in (detector, estimator) if isinstance(part, FollowsClip)]
    pipeline = Pipeline(detector, estimator, settings=settings)
    with open_source(place / "clip.mp4") as source:
        images = (frame.image for frame in source)
        results = track_clip(truth, pipeline, images=images, stand_ins=stand_ins)
        header = SessionHeader(source.info, settings=settings.to_plain(), network=parts.label)
    with Session.create(kept, header, overwrite=True) as session:
        for result in results:
            session.append(result)
        session.finish()
    return results


def _mark(settings: PipelineSettings) -> str:
    """A short name for settings: other settings, another file."""
    text = json.dumps(asdict(settings), sort_keys=True)
    return f"every{settings.detect_every}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _earlier(kept: Path, frames: int) -> list[FrameResult] | None:
    if not kept.exists():
        return None
    try:
        with Session.open(kept) as session:
            results = list(session.results()) if session.complete else []
    except SessionError:
        return None
    return results if len(results) == frames else None
