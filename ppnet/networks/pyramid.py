"""PPNet, the parallel pyramid network (Zhao et al., IEEE TIP 2021, section III), and its ablations.

Names of parameters are those of the authors' published checkpoints.
"""

import re
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from math import prod
from operator import add, mul

from torch import Tensor, nn
from torch.nn import functional

from ppnet.networks.blocks import BasicBlock, Bottleneck, conv, conv_bn_relu, initialise_normal

STEM_CHANNELS = 256
REGRESSOR_CHANNELS = 32
STEM = ("conv1", "bn1", "conv2", "bn2", "layer1")  # what `PPNet.stem` applies


@dataclass(frozen=True)
class PyramidSpec:
    """What a PPNet is made of.

    modules: how many parallel pyramid modules are stacked (`Mm`).
    depths: residual blocks of each branch (`Dn`: n, 2n, 4n).
    widths: channels of each branch's blocks (`WC`: C, 2C, 4C).
    strides: resolution ratio between neighbouring branches (2, 2: branches at 1/4, 1/8, 1/16 of the input).
    residual_modules: bottlenecks with 4 x width channels instead of residual blocks (Table VII).
    """

    modules: int
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    strides: tuple[int, ...] = (2, 2)
    residual_modules: bool = False

    def __post_init__(self) -> None:
        numbers = (self.modules, *self.depths, *self.widths, *self.strides)
        if not len(self.depths) == len(self.widths) == len(self.strides) + 1 or min(numbers) < 1:
            raise ValueError(
                f"a PPNet needs one depth and one width per branch, and a stride between neighbours: {self}"
            )

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels that leave each branch."""
        return tuple(width * (Bottleneck.expansion if self.residual_modules else 1) for width in self.widths)

    def strides_between(self, source: int, target: int) -> list[int]:
        """Strides of the convolutions from a finer branch to a coarser one, the larger stride first.

        That order is what Table VIII's costs for the ratios 2-3 and 3-2 come from.
        """
        return sorted(self.strides[source:target], reverse=True)

    def upsampling(self, source: int, target: int) -> int:
        """Factor from a coarser branch's size to a finer one's."""
        return prod(self.strides[target:source])


_NAME = re.compile(
    r"M(?P<modules>\d+)-D(?P<depth>\d+)-W(?P<width>\d+)"
    r"(?:-(?P<branches>\d+)branches)?"
    r"(?:-depth-(?P<depth_ratios>\d+-\d+))?"
    r"(?:-width-(?P<width_ratios>\d+-\d+))?"
    r"(?:-resolution-(?P<resolution_ratios>\d+-\d+))?"
    r"(?P<residual>-residual-modules)?"
)


def parse_name(name: str) -> PyramidSpec:
    """`M2-D2-W32` and its ablations -> spec.

    Suffixes, in this order: `-4branches` (Fig. 8), `-depth-2-3` (Fig. 10), `-width-3-2` (Fig. 11),
    `-resolution-2-3` (Table VIII), `-residual-modules` (Table VII). ValueError for any other name.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not a PPNet; names look like M2-D2-W32")
    branches = int(match["branches"] or 3)

    def ratios(group: str) -> tuple[int, ...]:
        if match[group] is None:
            return (2,) * (branches - 1)
        given = tuple(int(ratio) for ratio in match[group].split("-"))
        if len(given) != branches - 1:
            raise ValueError(f"{name!r}: {branches} branches need {branches - 1} ratios")
        return given

    return PyramidSpec(
        modules=int(match["modules"]),
        depths=tuple(accumulate((int(match["depth"]), *ratios("depth_ratios")), mul)),
        widths=tuple(accumulate((int(match["width"]), *ratios("width_ratios")), mul)),
        strides=ratios("resolution_ratios"),
        residual_modules=match["residual"] is not None,
    )


def _downsampling(channels_in: int, channels_out: int, strides: list[int], *, last_relu: bool) -> nn.Sequential:
    """3x3 strided convolutions; all but the last keep the source's channels; ReLU between, at the end if asked."""
    stages = []
    for position, stride in enumerate(strides):
        last = position == len(strides) - 1
        channels = channels_out if last else channels_in
        layers = list(conv_bn_relu(channels_in, channels, 3, stride=stride))
        stages.append(nn.Sequential(*(layers[:2] if last and not last_relu else layers)))
    return nn.Sequential(*stages)


class PyramidModule(nn.Module):
    """One parallel pyramid module: branches side by side, then fusion (section III-B).

    Fusion: Y_i = ReLU(sum_j f(X_j, i)); f is the identity for j = i, 1x1 + BN + nearest upsampling from a coarser
    branch, 3x3 strided convolutions from a finer one. The last module of a network fuses into branch 1 only.
    """

    def __init__(self, spec: PyramidSpec, *, last: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(self._block(spec, width) for _ in range(depth)))
            for depth, width in zip(spec.depths, spec.widths, strict=True)
        )
        targets = range(1 if last else len(spec.widths))
        sources = range(len(spec.widths))
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._fusion(spec, source, target) for source in sources) for target in targets
        )

    @staticmethod
    def _block(spec: PyramidSpec, width: int) -> nn.Module:
        return Bottleneck(width * Bottleneck.expansion, width) if spec.residual_modules else BasicBlock(width)

    @staticmethod
    def _fusion(spec: PyramidSpec, source: int, target: int) -> nn.Module:
        channels_in, channels_out = spec.channels[source], spec.channels[target]
        if source == target:
            return nn.Identity()
        if source < target:
            return _downsampling(channels_in, channels_out, spec.strides_between(source, target), last_relu=False)
        return nn.Sequential(
            conv(channels_in, channels_out, 1),
            nn.BatchNorm2d(channels_out),
            nn.Upsample(scale_factor=float(spec.upsampling(source, target)), mode="nearest"),
        )

    def forward(self, inputs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """One tensor per branch -> (branch outputs before fusion, fused outputs)."""
        outputs = [branch(x) for branch, x in zip(self.branches, inputs, strict=True)]
        fused = []
        for layers in self.fuse_layers:
            parts = [layer(output) for layer, output in zip(layers, outputs, strict=True)]  # type: ignore[call-overload]
            fused.append(functional.relu(reduce(add, parts)))
        return outputs, fused


class PPNet(nn.Module):
    """The whole network (section III-A).

    Input (N, 3, H, W), normalised RGB, H and W divisible by the coarsest branch's stride. Output: one (N, K, H/4, W/4)
    heatmap tensor per module; the last one is the answer, the others are there for intermediate supervision.

    The features added to a module's fused output to make the next module's input are that module's *branch outputs*
    before fusion, not its input: the published code overwrites the list it is given, and the published weights were
    trained that way.
    """

    def __init__(self, spec: PyramidSpec, keypoints: int = 17) -> None:
        super().__init__()
        self.spec = spec
        self.keypoints = keypoints
        channels = spec.channels[0]
        self.conv1 = conv(3, 64, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = conv(64, 64, 3, stride=2)
        self.bn2 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *(Bottleneck(STEM_CHANNELS, 64) for _ in range(3)))
        self.input_layer = nn.ModuleList(self._input_layer(spec, branch) for branch in range(len(spec.widths)))
        self.ppnet = nn.ModuleList(
            PyramidModule(spec, last=module == spec.modules - 1) for module in range(spec.modules)
        )
        self.fc = nn.ModuleList(conv_bn_relu(channels, channels, 1) for _ in range(spec.modules))
        self.heatmap_layer = nn.ModuleList(self._regressor(channels, keypoints) for _ in range(spec.modules))
        self.fc_ = nn.ModuleList(conv(channels, channels, 1, bias=True) for _ in range(spec.modules - 1))
        self.heatmap_layer_ = nn.ModuleList(conv(keypoints, channels, 1, bias=True) for _ in range(spec.modules - 1))
        initialise_normal(self)

    @staticmethod
    def _input_layer(spec: PyramidSpec, branch: int) -> nn.Sequential:
        if branch == 0:
            return conv_bn_relu(STEM_CHANNELS, spec.channels[0], 3)
        return _downsampling(STEM_CHANNELS, spec.channels[branch], spec.strides_between(0, branch), last_relu=True)

    @staticmethod
    def _regressor(channels: int, keypoints: int) -> nn.Sequential:
        return nn.Sequential(
            conv_bn_relu(channels, REGRESSOR_CHANNELS, 3),
            conv_bn_relu(REGRESSOR_CHANNELS, REGRESSOR_CHANNELS, 3),
            conv(REGRESSOR_CHANNELS, keypoints, 1, bias=True),
        )

    def stem(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 256, H/4, W/4)."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.relu(self.bn2(self.conv2(x)), inplace=True)
        return self.layer1(x)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> heatmaps of every module, each (N, K, H/4, W/4)."""
        return self.inspect(x)[0]

    def inspect(self, x: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Heatmaps of every module, and every module's fused features, one tensor per branch (Fig. 12)."""
        features = self.stem(x)
        inputs = [layer(features) for layer in self.input_layer]
        heatmaps, pyramid = [], []
        for index, module in enumerate(self.ppnet):
            outputs, fused = module(inputs)
            pyramid.append(fused)
            regressed = self.fc[index](fused[0])
            heatmap = self.heatmap_layer[index](regressed)
            heatmaps.append(heatmap)
            if index < len(self.fc_):
                reintegrated = self.fc_[index](regressed) + self.heatmap_layer_[index](heatmap)
                inputs = [output + y for output, y in zip(outputs, [reintegrated, *fused[1:]], strict=True)]
        return heatmaps, pyramid
