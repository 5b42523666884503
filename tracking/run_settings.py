"""`RunSettings`: everything that can be chosen about a run, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from msgspec import Meta

from ppnet.errors import UserError
from tracking.checked_settings import Moment, SettingError, Settings, setting
from tracking.detection.settings import DetectorSettings
from tracking.pipeline_settings import PipelineSettings
from tracking.time_span import TimeSpan
from tracking.video.transformed import Adaptation

Region = tuple[float, float, float, float]
DEVICES = {
    "auto": "Fastest available",
    "cuda": "Graphics card (CUDA)",
    "mps": "Apple graphics (MPS)",
    "cpu": "Processor (CPU)",
}


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """Which network reads the joints, and how."""

    variant: str | None = setting(
        None, "Network", "the network, e.g. M2-D2-W32; if left out, the one the weights are for", option="--variant",
    )  # fmt: skip
    weights: str | None = setting(
        None, "Weights", "weights to use instead of the shipped ones: a file, or the name of imported ones",
        option="--weights", example="FILE", choices={None: "Built-in"}, open=True,
    )  # fmt: skip
    device: str = setting(
        "auto", "Runs on", "the device to run on: auto (the fastest there is), cpu, cuda, cuda:1 or mps",
        option="--device", choices=DEVICES, open=True,
    )  # fmt: skip
    backend: str = setting(
        "auto", "Engine", "what runs the network: auto (measured once: the fastest on this machine), torch or openvino",
        option="--backend", choices={"auto": "Fastest (measured once)", "torch": "PyTorch", "openvino": "OpenVINO"},
    )  # fmt: skip
    flip: bool = setting(
        False, "Read each person twice, once mirrored", "read each person twice, once mirrored: better joints for "
        "twice the work", option="--flip",
    )  # fmt: skip
    input_scale: Annotated[float, Meta(ge=0.25, le=1)] = setting(
        1.0, "Crop size", "size of the crops that people are read from, relative to those used in training; lower: "
        "faster, less exact", option="--input-scale", example="F",
    )  # fmt: skip


@dataclass(frozen=True)
class RunSettings(PipelineSettings):
    """The pipeline's settings, those of the models before it, and which part of the source it gets.

    Times (`start_s`, `end_s`, that of `only`) and pixels (`region`, `only`) are those after the `adaptation`. The
    detector sees only what lies within `region`: left, top, right, bottom.
    """

    network: NetworkSettings = field(default_factory=NetworkSettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    region: Region | None = setting(
        None, "Region", "look for people only within left, top, right, bottom (pixels)", option="--region",
        example=("X1", "Y1", "X2", "Y2"),
    )  # fmt: skip
    start_s: Moment | None = setting(
        None, "Begin at", "begin at this time of the video", option="--start", unit="s", example="S",
    )  # fmt: skip
    end_s: Moment | None = setting(
        None, "End before", "stop before this time of the video", option="--end", unit="s", example="S",
    )  # fmt: skip
    adaptation: Adaptation = field(default_factory=Adaptation)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.span.is_empty:
            raise UserError(f"The start ({self.start_s:g} s) must come before the end ({self.end_s:g} s).")
        if self.region is not None and not (self.region[0] < self.region[2] and self.region[1] < self.region[3]):
            raise UserError(
                "In a region left must be smaller than right, and top smaller than bottom.",
                option="write --region LEFT TOP RIGHT BOTTOM, in pixels",
            )

    @property
    def span(self) -> TimeSpan:
        """The part of the recording that is looked at."""
        return TimeSpan(self.start_s, self.end_s)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Settings as a session keeps them (`to_plain`, or as earlier versions wrote them). What is not known is passed
        over, what is missing has its default. UserError when a value makes no sense."""
        renamed = {EARLIER_NAMES.get(name, name): value for name, value in values.items()}
        if isinstance(place := renamed.get("only"), list | tuple):
            renamed["only"] = dict(zip(("x", "y", "time_s"), place, strict=False))
        try:
            return cls().changed({name: value for name, value in renamed.items() if name in cls.declared()})
        except UserError as error:
            why = error.by_label if isinstance(error, SettingError) else error
            raise UserError(f"The settings of the session are damaged: {why}") from None


EARLIER_NAMES = {
    "variant": "network.variant",
    "weights": "network.weights",
    "device": "network.device",
    "flip": "network.flip",
    "input_scale": "network.input_scale",
    "detector": "detector.model",
    "smooth": "smoothing.kind",
    "strength": "smoothing.strength",
    "min_conf": "smoothing.min_score",
    "max_persons": "tracker.max_people",
    "turn_deg": "adaptation.turn_deg",
    "mirror": "adaptation.mirror",
    "slow_motion": "adaptation.slow_motion",
}
"""How sessions of version 0.x named the settings that have another name now."""
