"""What a training run does, and the paper's recipes by name."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ppnet.codec import Codec
from ppnet.data.augment import GENTLE, PAPER_COCO, PAPER_MPII, STRONG, Augmentation
from ppnet.errors import UserError
from ppnet.skeleton import COCO_17
from ppnet.train.loss import LossSettings


@dataclass(frozen=True)
class TrainSettings:
    """One training run. Epochs count passes over all sources; `samples`, where given, replaces them.

    schedule: `steps` (times 0.1 after each of `milestones`, in epochs) or `cosine` (to 2 % at the end).
    precision: fp32, or bf16 autocast. clip_norm: gradient norm is cut there, 0 for never.
    ema: decay of the running mean of the weights that is evaluated and shipped, 0 for none.
    freeze_bn: batch norm keeps its statistics and acts as in evaluation.
    freeze_stem: the layers before the pyramid keep their weights and statistics, and cost no backward pass.
    freeze_init: what the initial weights give stays as it is; only layers that they don't have learn.
    more_inputs: further input sizes and how many batches have them, beside one share of `codec.input_wh`; sigma stays
        the same number of cells, so that one set of weights reads people at every size.
    distill: share of the loss against a teacher's heatmaps of the same crops; the rest is against the labels.
    mix: share of the crops that are mixed with others, about which only the teacher knows.
    """

    network: str = "M2-D2-W32"
    codec: Codec = field(default_factory=Codec)
    skeleton: str = "coco17"
    epochs: int = 210
    samples: int | None = None
    batch: int = 32
    optimizer: str = "rmsprop"
    learning_rate: float = 2.5e-4
    weight_decay: float = 0.0
    schedule: Literal["steps", "cosine"] = "steps"
    milestones: tuple[int, ...] = (170, 200)
    warm_up_steps: int = 0
    clip_norm: float = 0.0
    ema: float = 0.0
    precision: Literal["fp32", "bf16"] = "fp32"
    channels_last: bool = True
    compile: bool = False
    freeze_bn: bool = False
    freeze_stem: bool = False
    freeze_init: bool = False
    more_inputs: tuple[tuple[tuple[int, int], float], ...] = ()
    augmentation: Augmentation = PAPER_COCO
    loss: LossSettings = field(default_factory=LossSettings)
    distill: float = 0.0
    mix: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "--epochs must be at least 1": self.epochs >= 1,
            "--samples must be at least 1": self.samples is None or self.samples >= 1,
            "--batch must be at least 1": self.batch >= 1,
            "--lr must be above 0": self.learning_rate > 0,
            "--ema must lie in 0..1": 0 <= self.ema < 1,
            "--distill must lie in 0..1": 0 <= self.distill <= 1,
            "--mix must lie in 0..1, and needs --distill": 0 <= self.mix <= (1 if self.distill else 0),
            "the share of an --input size must be above 0": all(share > 0 for _, share in self.more_inputs),
            "--seed must not be below 0": self.seed >= 0,
            "--rotation must not be below 0": self.augmentation.rotation_deg >= 0,
        }
        for sentence, holds in checks.items():
            if not holds:
                raise UserError(f"{sentence}.")

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """One per input size, the main one first. UserError for a size that no heatmap fits."""
        try:
            return (self.codec, *(replace(self.codec, input_wh=size) for size, _ in self.more_inputs))
        except ValueError as error:
            raise UserError(f"These targets cannot be made: {error}.") from error

    @property
    def input_shares(self) -> tuple[float, ...]:
        """Of `codecs`, relative to each other."""
        return (1.0, *(share for _, share in self.more_inputs))

    def as_json(self) -> dict[str, Any]:
        """Plain values, for recipes and checkpoints."""
        return asdict(self)


COCO_PAPER = TrainSettings()
# Of 0.2 to 0.9 times the OKS sigmas, the whole range from 0.3 to 0.5 gives the most.
TOLERANCES = tuple(round(0.35 * sigma, 4) for sigma in COCO_17.sigmas)
AUGMENTATIONS = {"paper": PAPER_COCO, "gentle": GENTLE, "strong": STRONG}
PRESETS: dict[str, TrainSettings] = {
    # Table I-IV: RMSProp, 210 epochs, steps at 170 and 200, batch 32.
    "paper-coco": COCO_PAPER,
    # Section IV-C: 160 epochs, steps at 120 and 150, input 256x256, scale 0.25, rotation 30.
    "paper-mpii": replace(
        COCO_PAPER,
        codec=Codec(input_wh=(256, 256)),
        skeleton="mpii16",
        epochs=160,
        milestones=(120, 150),
        augmentation=PAPER_MPII,
    ),
    # SimpleBaseline and HRNet as their authors train them: Adam 1e-3.
    "adam-coco": replace(COCO_PAPER, optimizer="adam", learning_rate=1e-3),
    # Few and noisy labels, little compute: a loss that starts fast, strong augmentation, Muon, EMA, cosine.
    "small-data": replace(
        COCO_PAPER,
        codec=Codec(tolerances=TOLERANCES),
        optimizer="muon",
        learning_rate=1e-3,
        weight_decay=0.01,
        schedule="cosine",
        warm_up_steps=100,
        clip_norm=5.0,
        ema=0.998,
        precision="bf16",
        augmentation=STRONG,
        loss=LossSettings(squared=1000.0, cross_entropy=1.0, absent=0.2),
    ),
}
