"""SimpleBaseline (Xiao, Wu, Wei, ECCV 2018): a ResNet and three transposed convolutions.

Architecture and names of parameters follow the authors' `pose_resnet` (256 channels per transposed convolution, 4x4
kernels without bias, final 1x1 convolution), so published checkpoints load as they are.
"""

from typing import cast

from torch import Tensor, nn

from ppnet.networks.blocks import Bottleneck, conv, initialise_normal

STAGES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
HEAD_CHANNELS = 256


class SimpleBaseline(nn.Module):
    """ResNet-50, -101 or -152 (He et al., 2016; stride in the 3x3 convolution) with SimpleBaseline's head.

    Input (N, 3, H, W), normalised RGB, H and W divisible by 32. Output: a list of one tensor (N, K, H/4, W/4).
    """

    def __init__(self, layers: int, keypoints: int = 17) -> None:
        super().__init__()
        self.keypoints = keypoints
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        first, second, third, fourth = STAGES[layers]
        self.layer1 = _stage(64, 64, first, stride=1)
        self.layer2 = _stage(256, 128, second, stride=2)
        self.layer3 = _stage(512, 256, third, stride=2)
        self.layer4 = _stage(1024, 512, fourth, stride=2)
        head: list[nn.Module] = []
        for channels_in in (2048, HEAD_CHANNELS, HEAD_CHANNELS):
            head.append(nn.ConvTranspose2d(channels_in, HEAD_CHANNELS, 4, stride=2, padding=1, bias=False))
            head += [nn.BatchNorm2d(HEAD_CHANNELS), nn.ReLU(inplace=True)]
        self.deconv_layers = nn.Sequential(*head)
        self.final_layer = conv(HEAD_CHANNELS, keypoints, 1, bias=True)
        initialise_normal(self.deconv_layers)
        initialise_normal(self.final_layer)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> [heatmaps (N, K, H/4, W/4)]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return [cast(Tensor, self.final_layer(self.deconv_layers(x)))]


def _stage(channels_in: int, width: int, blocks: int, *, stride: int) -> nn.Sequential:
    rest = (Bottleneck(width * Bottleneck.expansion, width) for _ in range(blocks - 1))
    return nn.Sequential(Bottleneck(channels_in, width, stride=stride), *rest)
