"""HRNet (Sun, Xiao, Liu, Wang, CVPR 2019), as published by its authors.

Architecture and names of parameters follow the authors' `pose_hrnet`, so published checkpoints load as they are. Its
modules are those of PPNet with branches of equal depth: parallel branches, then fusion of all into all.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from ppnet.networks.blocks import Bottleneck, conv, conv_bn_relu, initialise_normal
from ppnet.networks.pyramid import PyramidModule, PyramidSpec

STEM_CHANNELS = 256
BLOCKS = 4
MODULES = {2: 1, 3: 4, 4: 3}  # modules of the stage with that many branches


class HRNet(nn.Module):
    """HRNet-W32 or -W48: stages of 2, 3 and 4 parallel branches at 1/4, 1/8, 1/16, 1/32 of the input.

    Input (N, 3, H, W), normalised RGB, H and W divisible by 32. Output: a list of one tensor (N, K, H/4, W/4).
    """

    def __init__(self, width: int, keypoints: int = 17) -> None:
        super().__init__()
        self.keypoints = keypoints
        self.conv1 = conv(3, 64, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = conv(64, 64, 3, stride=2)
        self.bn2 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *(Bottleneck(STEM_CHANNELS, 64) for _ in range(3)))
        self.transition1 = nn.ModuleList(
            [conv_bn_relu(STEM_CHANNELS, width, 3), nn.Sequential(conv_bn_relu(STEM_CHANNELS, 2 * width, 3, stride=2))]
        )
        self.stage2 = _stage(width, branches=2)
        self.transition2 = _new_branch(width, existing=2)
        self.stage3 = _stage(width, branches=3)
        self.transition3 = _new_branch(width, existing=3)
        self.stage4 = _stage(width, branches=4)
        self.final_layer = conv(width, keypoints, 1, bias=True)
        initialise_normal(self)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> [heatmaps (N, K, H/4, W/4)]."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.relu(self.bn2(self.conv2(x)), inplace=True)
        x = self.layer1(x)
        branches = [layer(x) for layer in self.transition1]
        branches = _run(self.stage2, branches)
        branches = _run(self.stage3, [*branches, self.transition2[-1](branches[-1])])
        branches = _run(self.stage4, [*branches, self.transition3[-1](branches[-1])])
        return [cast(Tensor, self.final_layer(branches[0]))]


def _stage(width: int, *, branches: int) -> nn.ModuleList:
    modules = MODULES[branches]
    spec = PyramidSpec(
        modules=modules,
        depths=(BLOCKS,) * branches,
        widths=tuple(width * 2**branch for branch in range(branches)),
        strides=(2,) * (branches - 1),
    )
    # The very last module of the network is asked for its finest branch only.
    return nn.ModuleList(
        PyramidModule(spec, last=branches == max(MODULES) and index == modules - 1) for index in range(modules)
    )


def _new_branch(width: int, *, existing: int) -> nn.ModuleList:
    """Existing branches go on as they are; the new one comes from the coarsest."""
    coarsest = width * 2 ** (existing - 1)
    added = nn.Sequential(conv_bn_relu(coarsest, 2 * coarsest, 3, stride=2))
    return nn.ModuleList([*(nn.Identity() for _ in range(existing)), added])


def _run(stage: nn.ModuleList, branches: list[Tensor]) -> list[Tensor]:
    for module in stage:
        _, branches = module(branches)
    return branches
