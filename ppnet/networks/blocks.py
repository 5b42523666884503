"""Building blocks shared by the networks: convolution + batch norm, residual block, residual module."""

from typing import cast

from torch import Tensor, nn


def conv(channels_in: int, channels_out: int, kernel: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """Convolution that keeps the size at stride 1 (padding kernel // 2)."""
    return nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=bias)


def conv_bn_relu(channels_in: int, channels_out: int, kernel: int, *, stride: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU."""
    return nn.Sequential(
        conv(channels_in, channels_out, kernel, stride=stride),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class BasicBlock(nn.Module):
    """Residual block: two 3x3 convolutions, batch norm, ReLU (He et al., 2016). Keeps its channels and size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels, 3)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = conv(channels, channels, 3)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same shape."""
        y = self.relu(self.bn1(self.conv1(x)))
        return cast(Tensor, self.relu(self.bn2(self.conv2(y)) + x))


class Bottleneck(nn.Module):
    """Residual module: 1x1, 3x3, 1x1 convolutions, batch norm, ReLU (He et al., 2016); output `4 * width` channels.

    The shortcut is a 1x1 convolution with batch norm where the channels or the size change, named as in the
    published checkpoints (`downsample`).
    """

    expansion = 4

    def __init__(self, channels_in: int, width: int, *, stride: int = 1) -> None:
        super().__init__()
        channels_out = width * self.expansion
        self.conv1 = conv(channels_in, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride=stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, channels_out, 1)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels_in != channels_out:
            self.downsample = nn.Sequential(
                conv(channels_in, channels_out, 1, stride=stride), nn.BatchNorm2d(channels_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels_in, H, W) -> (N, 4 width, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return cast(Tensor, self.relu(y + shortcut))


def initialise_normal(network: nn.Module) -> None:
    """Convolutions normal with std 0.001, biases 0 (published code); batch norm keeps PyTorch's 1 and 0.

    Weights on the meta device are left alone: they hold nothing, and the first such drawing costs PyTorch two seconds.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and not module.weight.is_meta:
            nn.init.normal_(module.weight, std=0.001)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
