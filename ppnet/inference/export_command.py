"""`python -m ppnet export`: write a network as an ONNX file, for other programs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ppnet.errors import UserError
from ppnet.output_files import refuse_existing, writing

if TYPE_CHECKING:
    from torch import nn

    from ppnet.checkpoint_info import CheckpointInfo

LARGEST_DIFFERENCE = 1e-3  # of heatmaps, about 0 to 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `export`."""
    parser.add_argument("--weights", required=True, metavar="FILE", help="a file, or a name from `weights list`")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the ONNX file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Write the file, compare its answers with PyTorch's; 0. UserError when it exists or the answers differ."""
    from ppnet.checkpoint import load_checkpoint
    from ppnet.weights import find_weights

    refuse_existing(arguments.out, overwrite=arguments.overwrite)
    network, info = load_checkpoint(find_weights(arguments.weights))
    difference = export(network, info, arguments.out)
    made = f"{info.network} {info.input_name}"
    print(f"{arguments.out}: {made}; heatmaps within {difference:.1g} of PyTorch")
    return 0


def export(network: "nn.Module", info: "CheckpointInfo", path: Path) -> float:
    """Write the network to an ONNX file; the largest difference of its heatmaps from PyTorch's, on the probe's people.

    Input `crops` (N, H, W, 3) uint8 RGB, output `heatmaps` (N, K, H/4, W/4); N is free, normalisation lies inside.
    The metadata tell the rest: how a person becomes a crop, what the heatmaps mean, the joints by name.
    """
    import copy
    import tempfile
    import warnings

    import torch

    from ppnet.inference.openvino_conversion import FromCrops
    from ppnet.inference.probe import probe
    from ppnet.networks.folded import fold_batch_norm
    from ppnet.openvino_runtime import compile_network, openvino_core

    try:
        import onnx
    except ImportError as error:
        raise UserError("Export needs onnx; install it with `pip install ppnet-live[export]`.") from error
    whole = FromCrops(fold_batch_norm(copy.deepcopy(network).cpu().float().eval()), info).eval()
    crops = probe(info.input_wh)
    with torch.no_grad(), warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        warnings.simplefilter("ignore")  # the exporter that needs no further packages is called an old one
        pixels = torch.from_numpy(crops)
        axes = {name: {0: "people"} for name in ("crops", "heatmaps")}
        torch.onnx.export(
            whole, (pixels[:2],), file, dynamo=False, input_names=["crops"], output_names=["heatmaps"],
            dynamic_axes=axes, opset_version=17,
        )  # fmt: skip
        wanted = whole(pixels).numpy()
        model = onnx.load(file)
    onnx.helper.set_model_props(model, _metadata(info))
    content = model.SerializeToString()
    found = compile_network(openvino_core().read_model(content, b""))(crops)[0]
    difference = float(abs(found - wanted).max())
    if difference > LARGEST_DIFFERENCE:
        raise UserError(
            f"The exported network's output differs from PyTorch's (by {difference:.1g}); nothing was written."
        )
    with writing(path):
        path.write_bytes(content)
    return difference


def _metadata(info: "CheckpointInfo") -> dict[str, str]:
    return {
        **info.to_metadata(),
        "keypoints": ",".join(info.keypoints.keypoints),
        "preprocessing": "8-bit RGB crops: the person's box at the input's shape, times 1.25; normalised inside",
        "heatmaps": "one per keypoint, a quarter of the input's size; the maximum is the confidence",
    }
