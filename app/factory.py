"""Settings to working parts: the only place that chooses detector, network, tracker and smoother."""

from pathlib import Path
from typing import TYPE_CHECKING

from ppnet.errors import CheckpointError
from tracking.run_settings import NetworkSettings, RunSettings

if TYPE_CHECKING:
    from ppnet.estimator import PoseEstimator
    from tracking.detection.detector import PersonDetector, SizedDetector
    from tracking.pipeline import Pipeline


def build_pipeline(settings: RunSettings) -> "Pipeline":
    """The whole chain, ready for its first frame. UserError when a model or the device is not there."""
    from tracking.pipeline import Pipeline

    estimator = build_estimator(settings.network)
    return Pipeline(build_detector(settings), estimator, settings=settings)


def build_detector(settings: RunSettings) -> "PersonDetector":
    """The person detector, looking at the region that is asked for. UserError when there is none of that name."""
    from tracking.detection.efficientdet import tflite_detector
    from tracking.detection.onnx_detector import OnnxDetector
    from tracking.detection.region import RegionDetector
    from tracking.detection.tiles import TiledDetector

    is_onnx = settings.detector.model.lower().endswith(".onnx")
    network: SizedDetector = OnnxDetector(settings.detector) if is_onnx else tflite_detector(settings.detector)
    detector: PersonDetector = network
    if settings.detector.tiles == "auto":
        detector = TiledDetector(network, max_detections=settings.detector.max_detections)
    return detector if settings.region is None else RegionDetector(detector, settings.region)


def build_estimator(settings: NetworkSettings) -> "PoseEstimator":
    """The network with its weights on the device. CheckpointError when the weights are of another variant."""
    path = find_weights(settings)  # first: who named a wrong file needn't wait for torch
    from ppnet.estimator import PoseEstimator

    estimator = PoseEstimator.from_file(path, backend=settings.backend, device=settings.device, flip=settings.flip)
    estimator.input_scale = settings.input_scale
    wanted, found = settings.variant, estimator.info.network
    if wanted is not None and wanted.lower() != found.lower():
        raise CheckpointError(
            f"{path.name} holds weights for {found}, not for {wanted}.", option="leave out --variant, or change it"
        )
    return estimator


def find_weights(settings: NetworkSettings) -> Path:
    """The weights file that is asked for, or the shipped one of the variant."""
    from ppnet import weights

    if settings.weights is not None:
        return weights.find_weights(settings.weights)
    return weights.shipped_weights(settings.variant)
