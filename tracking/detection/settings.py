"""Settings of the person detector."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tracking.checked_settings import Count, Settings, setting

DETECTORS = {
    "efficientdet-lite0": "EfficientDet-Lite0 (fast)",
    "nanodet": "NanoDet (finds smaller people)",
}
"""The detectors that come with the program."""

TILES = {"off": "No extra search", "auto": "Search large pictures in parts"}
"""What the detector looks at."""


@dataclass(frozen=True)
class DetectorSettings(Settings):
    """Which detector, and how sure it must be.

    min_score lies below the tracker's own limit for new people on purpose: weak detections only help to keep who is
    known.
    """

    model: str = setting(
        "efficientdet-lite0", "Detector", "the network that finds people: efficientdet-lite0 (fast), nanodet (finds "
        "more small people, and more false ones), or a TFLite or ONNX file", option="--detector", choices=DETECTORS,
        open=True, example="NAME",
    )  # fmt: skip
    tiles: str = setting(
        "off", "Small people", "auto: look again at overlapping parts of large pictures, for small people; "
        "several times slower", option="--detect-tiles", choices=TILES,
    )  # fmt: skip
    min_score: Annotated[float, Meta(gt=0, lt=1)] = setting(
        0.15, "Minimum detection score", "weaker detections are dropped; higher: fewer false people, more misses",
    )  # fmt: skip
    max_detections: Count = setting(
        50, "Maximum detections", "keep at most this many detections in a frame, the best ones"
    )
