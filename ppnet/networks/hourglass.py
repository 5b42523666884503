"""Stacked hourglass (Newell, Yang, Deng, ECCV 2016) as PPNet's authors built it for their comparison.

Bottlenecks of expansion 2 with batch norm after each convolution (not the pre-activation of the original), one per
position, depth 4; a regressor of two 1x1 convolutions to 32 channels and a 1x1 to the keypoints. Names of parameters
are those of the authors' `pose_hourglass`.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from ppnet.networks.blocks import Bottleneck, conv, conv_bn_relu, initialise_normal

DEPTH = 4
WIDTH = 128
REGRESSOR_CHANNELS = 32


class Residual(Bottleneck):
    """Bottleneck of expansion 2 whose shortcut, where channels change, is a 1x1 convolution alone."""

    expansion = 2

    def __init__(self, channels_in: int, width: int) -> None:
        super().__init__(channels_in, width)
        if self.downsample is not None:
            self.downsample = nn.Sequential(conv(channels_in, width * self.expansion, 1))


CHANNELS = WIDTH * Residual.expansion


def _residual(channels_in: int = CHANNELS, width: int = WIDTH) -> nn.Sequential:
    return nn.Sequential(Residual(channels_in, width))


class Hourglass(nn.Module):
    """Halves the size `DEPTH` times and comes back, adding a shortcut of each size on the way."""

    def __init__(self) -> None:
        super().__init__()
        # Per level: shortcut, way down, way up; the lowest level has one more between down and up.
        self.hg = nn.ModuleList(
            nn.ModuleList(_residual() for _ in range(4 if level == 0 else 3)) for level in range(DEPTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, 256, H, W) -> the same shape; H and W divisible by 16."""
        return self._descend(x, DEPTH - 1)

    def _descend(self, x: Tensor, level: int) -> Tensor:
        layers = cast(nn.ModuleList, self.hg[level])
        low = layers[1](functional.max_pool2d(x, 3, stride=2, padding=1))
        low = layers[3](low) if level == 0 else self._descend(low, level - 1)
        return cast(Tensor, layers[0](x) + functional.interpolate(layers[2](low), scale_factor=2.0))


class StackedHourglass(nn.Module):
    """2, 4 or 8 hourglasses, each with heatmaps of its own.

    Input (N, 3, H, W), normalised RGB, H and W divisible by 64. Output: one (N, K, H/4, W/4) tensor per stage.
    """

    def __init__(self, stages: int, keypoints: int = 17) -> None:
        super().__init__()
        self.keypoints = keypoints
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = _residual(64, 64)
        self.layer2 = _residual(128, WIDTH)
        self.layer3 = _residual(CHANNELS, WIDTH)
        self.hg = nn.ModuleList(Hourglass() for _ in range(stages))
        self.res = nn.ModuleList(_residual() for _ in range(stages))
        self.fc = nn.ModuleList(conv_bn_relu(CHANNELS, CHANNELS, 1) for _ in range(stages))
        self.score = nn.ModuleList(self._regressor(keypoints) for _ in range(stages))
        self.fc_ = nn.ModuleList(conv(CHANNELS, CHANNELS, 1, bias=True) for _ in range(stages - 1))
        self.score_ = nn.ModuleList(conv(keypoints, CHANNELS, 1, bias=True) for _ in range(stages - 1))
        initialise_normal(self)

    @staticmethod
    def _regressor(keypoints: int) -> nn.Sequential:
        return nn.Sequential(
            conv_bn_relu(CHANNELS, REGRESSOR_CHANNELS, 1),
            conv_bn_relu(REGRESSOR_CHANNELS, REGRESSOR_CHANNELS, 1),
            conv(REGRESSOR_CHANNELS, keypoints, 1, bias=True),
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> heatmaps of every stage, each (N, K, H/4, W/4)."""
        if x.shape[2] % 64 or x.shape[3] % 64:
            raise ValueError(f"an hourglass needs height and width divisible by 64, got {tuple(x.shape[2:])}")
        x = self.layer1(self.relu(self.bn1(self.conv1(x))))
        x = self.layer3(self.layer2(functional.max_pool2d(x, 3, stride=2, padding=1)))
        heatmaps: list[Tensor] = []
        for stage, hourglass in enumerate(self.hg):
            features = self.fc[stage](self.res[stage](hourglass(x)))
            heatmaps.append(self.score[stage](features))
            if stage < len(self.fc_):
                x = x + self.fc_[stage](features) + self.score_[stage](heatmaps[-1])
        return heatmaps
