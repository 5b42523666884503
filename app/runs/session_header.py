"""What a session remembers of the run that filled it."""

from pathlib import Path

from app.factory import find_weights
from ppnet.checkpoint_info import CheckpointInfo, read_written_info
from tracking.run_settings import RunSettings
from tracking.session.format import SessionHeader
from tracking.video.source import VideoInfo


def run_header(source: VideoInfo, settings: RunSettings, network: CheckpointInfo | None = None) -> SessionHeader:
    """The header of a new session. network: facts of the weights where they are loaded already; else they are read from
    the weights file, CheckpointError when that can't be done."""
    network = network or weights_info(settings)
    return SessionHeader(
        source=source,
        settings=settings.to_plain(),
        network=network.network,
        weights_sha256=network.sha256,
        skeleton=network.keypoints,
    )


def weights_info(settings: RunSettings) -> CheckpointInfo:
    """Facts of the weights that `settings` ask for, with their SHA-256. CheckpointError when they can't be read."""
    path = find_weights(settings.network)
    if path.suffix == ".safetensors":
        return read_written_info(path)
    return _other_info(path)


def _other_info(path: Path) -> CheckpointInfo:
    from ppnet.checkpoint import read_info

    return read_info(path)
