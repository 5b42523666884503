"""Settings to working parts: the only place that chooses detector, network, tracker and smoother."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import DEFAULT_VARIANT, TrackSettings
from ppnet.assets import asset
from ppnet.errors import CheckpointError

if TYPE_CHECKING:
    from ppnet.estimator import PoseEstimator
    from tracking.detection.detector import PersonDetector
    from tracking.pipeline import Pipeline, PipelineSettings


def build_pipeline(settings: TrackSettings) -> "Pipeline":
    """The whole chain, ready for its first frame. UserError when a model or the device is not there."""
    from tracking.pipeline import Pipeline

    estimator = build_estimator(settings)
    return Pipeline(build_detector(settings), estimator, settings=pipeline_settings(settings))


def build_detector(settings: TrackSettings) -> "PersonDetector":
    """The person detector, looking at the region that is asked for. UserError when there is none of that name."""
    from tracking.detection.detector import DetectorSettings, MediaPipeDetector
    from tracking.detection.region import RegionDetector

    wanted = DetectorSettings(model=settings.detector)
    detector: PersonDetector
    if settings.detector.lower().endswith(".onnx"):
        from tracking.detection.onnx_detector import OnnxDetector

        detector = OnnxDetector(wanted)
    else:
        detector = MediaPipeDetector(wanted)
    return detector if settings.region is None else RegionDetector(detector, settings.region)


def pipeline_settings(settings: TrackSettings) -> "PipelineSettings":
    """The part of the settings that can change between two frames."""
    from tracking.focus_person import PersonAt
    from tracking.pipeline import PipelineSettings
    from tracking.smoothing import SmoothingSettings
    from tracking.tracker.settings import TrackerSettings

    return PipelineSettings(
        detect_every=settings.detect_every,
        tracker=TrackerSettings(max_people=settings.max_persons),
        smoothing=SmoothingSettings(kind=settings.smooth, strength=settings.strength, min_score=settings.min_conf),
        only=None if settings.only is None else PersonAt(*settings.only),
    )


def build_estimator(settings: TrackSettings) -> "PoseEstimator":
    """The network with its weights on the device. CheckpointError when the weights are of another variant."""
    from ppnet.estimator import PoseEstimator

    path = find_weights(settings)
    estimator = PoseEstimator.from_file(path, device=settings.device, flip=settings.flip)
    estimator.input_scale = settings.input_scale
    wanted, found = settings.variant, estimator.info.network
    if wanted is not None and wanted.lower() != found.lower():
        raise CheckpointError(
            f"{path.name} holds weights of {found}, not of {wanted}; leave --variant away or change it."
        )
    return estimator


def find_weights(settings: TrackSettings) -> Path:
    """The weights file that is asked for, or the shipped one of the variant."""
    if settings.weights is not None:
        from ppnet import weights

        return weights.find_weights(settings.weights)
    variant = settings.variant or DEFAULT_VARIANT
    shipped = sorted(asset("weights").glob("*.safetensors"))
    for path in shipped:
        if path.name.lower().startswith(f"{variant.lower()}_"):
            return path
    names = ", ".join(path.stem for path in shipped)
    raise CheckpointError(
        f"No weights of {variant} come with the program (there are {names}); give some with --weights."
    )
