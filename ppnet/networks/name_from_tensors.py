"""Which network a state dict belongs to, found from the names and shapes of its tensors alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ppnet.networks.blocks import Bottleneck
from ppnet.networks.pyramid import PyramidSpec
from ppnet.networks.simple_baseline import STAGES
from ppnet.networks.table import NETWORKS, build_bare

Shapes = Mapping[str, tuple[int, ...]]

BRANCH_LIMIT = 8


@dataclass(frozen=True)
class Recognised:
    """A network's name; its number of heatmaps, None for a backbone without heatmap layers."""

    network: str
    keypoints: int | None


def recognise(shapes: Shapes) -> Recognised | None:
    """The network whose layers these look like; None when no known network does. Says nothing of missing tensors.

    Resolution ratios (Table VIII) leave no trace in the shapes: such a network is taken for the one with ratios 2-2.
    """
    if any(name.startswith("ppnet.") for name in shapes):
        name = _pyramid_name(shapes)
        return None if name is None else Recognised(name, _outputs(shapes, r"heatmap_layer\.\d+\.2\.weight"))
    return _compared(shapes)


def expected_shapes(network: str, keypoints: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's state dict, made without memory for the weights."""
    return dict(_shapes(network, keypoints))


@lru_cache(maxsize=8)
def _shapes(network: str, keypoints: int) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in build_bare(network, keypoints).state_dict().items()}


def _outputs(shapes: Shapes, pattern: str) -> int | None:
    counts = {shape[0] for name, shape in shapes.items() if re.fullmatch(pattern, name) and len(shape) == 4}
    return counts.pop() if len(counts) == 1 else None


def _count(shapes: Shapes, pattern: str) -> int:
    """How many different numbers stand at the group of `pattern`."""
    found = (re.match(pattern, name) for name in shapes)
    return len({match[1] for match in found if match})


def _pyramid_name(shapes: Shapes) -> str | None:
    modules = _count(shapes, r"ppnet\.(\d+)\.")
    branches = _count(shapes, r"ppnet\.0\.branches\.(\d+)\.")
    if modules < 1 or not 1 <= branches <= BRANCH_LIMIT:
        return None
    residual_modules = "ppnet.0.branches.0.0.conv3.weight" in shapes
    depths = tuple(_count(shapes, rf"ppnet\.0\.branches\.{branch}\.(\d+)\.") for branch in range(branches))
    firsts = [shapes.get(f"ppnet.0.branches.{branch}.0.conv1.weight", ()) for branch in range(branches)]
    if min(depths) < 1 or modules * sum(depths) > len(shapes) or any(len(shape) != 4 for shape in firsts):
        return None  # far fewer tensors than such a network has
    widths = tuple(shape[0] for shape in firsts)
    channels = firsts[0][1]
    if min(widths) < 1 or channels != widths[0] * (Bottleneck.expansion if residual_modules else 1):
        return None
    return spec_name(
        PyramidSpec(modules, depths, widths, strides=(2,) * (branches - 1), residual_modules=residual_modules)
    )


def spec_name(spec: PyramidSpec) -> str | None:
    """The name that `parse_name` reads back as `spec`; None where depths or widths have no whole ratios."""
    parts = [f"M{spec.modules}-D{spec.depths[0]}-W{spec.widths[0]}"]
    if len(spec.widths) != 3:
        parts.append(f"{len(spec.widths)}branches")
    for word, values in (("depth", spec.depths), ("width", spec.widths)):
        ratios = [coarser / finer for finer, coarser in pairwise(values)]
        if any(ratio != int(ratio) or ratio < 1 for ratio in ratios):
            return None
        if any(ratio != 2 for ratio in ratios):
            parts.append(f"{word}-" + "-".join(str(int(ratio)) for ratio in ratios))
    if any(stride != 2 for stride in spec.strides):
        parts.append("resolution-" + "-".join(str(stride) for stride in spec.strides))
    if spec.residual_modules:
        parts.append("residual-modules")
    return "-".join(parts)


def _compared(shapes: Shapes) -> Recognised | None:
    keypoints = _outputs(shapes, r"(final_layer|score\.\d+\.2)\.weight")
    if "deconv_layers.0.weight" in shapes:
        blocks = tuple(_count(shapes, rf"layer{layer}\.(\d+)\.") for layer in (1, 2, 3, 4))
        name = next((f"simple-baseline-{layers}" for layers, known in STAGES.items() if known == blocks), "")
    elif "score.0.2.weight" in shapes:
        name = f"hourglass-{_count(shapes, r'score.([0-9]+).2.weight')}"
    else:
        width = shapes.get("stage4.0.branches.0.0.conv1.weight", ())[:1]
        name = f"hrnet-w{width[0]}" if width else ""
    return Recognised(name, keypoints) if name in NETWORKS and keypoints is not None else None
