"""`python -m ppnet weights list|import|show`."""

import argparse
import json
from pathlib import Path

from ppnet.checkpoint_info import CODEC_KINDS, CheckpointInfo, parse_size
from ppnet.errors import CheckpointError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list the weights that are available, and what they can be used for")
    show = actions.add_parser("show", help="show all that is known about one file")
    show.add_argument("weights", metavar="NAME|FILE")
    show.add_argument("--input", metavar="HxW", help="input size of a file whose name does not say it")
    show.add_argument("--json", type=Path, metavar="FILE", help="also write it to a file")
    take = actions.add_parser("import", help="import weights published by the authors, or trained elsewhere")
    take.add_argument("files", nargs="+", type=Path, metavar="FILE", help="e.g. pose_ppnet_M2-D2-W32_256x192.pth")
    take.add_argument("--input", metavar="HxW", help="input size, height first, if the name does not say it")
    take.add_argument(
        "--network", metavar="NAME", help="the network, for resolution ratios, which the tensors do not show"
    )
    take.add_argument("--decode", choices=CODEC_KINDS, default=None, help="what it was trained for (default: quarter)")
    take.add_argument("--sigma", type=float, default=2.0, help="of the training targets, in heatmap cells (default: 2)")


def run(arguments: argparse.Namespace) -> int:
    """Do the action; 0."""
    return {"list": _list, "import": _import, "show": _show}[arguments.action](arguments)


def _list(_arguments: argparse.Namespace) -> int:
    from ppnet.weights import list_weights, weights_folder

    print(f"{'name':<34}{'network':<28}{'input':<9}{'joints':<8}{'decode':<9}{'use':<14}origin")
    for entry in list_weights():
        info = entry.info
        if info is None:
            print(f"{entry.name:<34}{entry.problem}")
            continue
        size = info.input_name if info.kind == "pose" else "-"
        origin = "shipped" if entry.shipped else info.source
        columns = f"{info.network:<28}{size:<9}{info.skeleton:<8}{info.codec_kind:<9}{entry.use:<14}"
        print(f"{entry.name:<34}{columns}{origin}")
    print(f"\nImported weights lie in {weights_folder()}")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from ppnet.weights import import_weights

    size = parse_size(arguments.input) if arguments.input else None
    codec = None
    if arguments.decode is not None or arguments.sigma != 2.0:
        codec = (arguments.decode or "quarter", arguments.sigma)
    for path in arguments.files:
        report = import_weights(path, input_wh=size, network=arguments.network, codec=codec)
        info = report.entry.info
        if info is None:
            raise CheckpointError(report.entry.problem)
        what = (
            "backbone, for `train --init`"
            if info.kind == "backbone"
            else f"{len(info.keypoints)} joints, {report.entry.use}"
        )
        print(f"{path.name}: {info.network}, {what}; imported as {report.entry.name}")
        for remark in report.remarks:
            print(f"  {remark}")
        print(f"  {report.entry.path}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from ppnet.output_files import write_json
    from ppnet.weights import find_weights

    path = find_weights(arguments.weights)
    facts = _facts(path, _info(path, arguments.input))
    for name, value in facts.items():
        print(f"{name:<15}{value if not isinstance(value, dict) else json.dumps(value)}")
    if arguments.json:
        write_json(arguments.json, facts)
    return 0


def _info(path: Path, size: str | None) -> CheckpointInfo:
    """From the header where the file has one; else from the tensors."""
    from ppnet.checkpoint_info import FORMAT, read_header, read_written_info

    try:
        written = read_header(path).get("__metadata__", {}).get("format") == FORMAT
    except (OSError, ValueError):
        written = False
    if written:
        return read_written_info(path)
    from ppnet.checkpoint import read_info

    return read_info(path, input_wh=parse_size(size) if size else None)


def _facts(path: Path, info: CheckpointInfo) -> dict[str, object]:
    from ppnet.networks.cost import check_input

    cost = check_input(info.network, info.input_wh, len(info.keypoints))
    return {
        "file": str(path),
        "network": info.network,
        "kind": info.kind,
        "input": info.input_name,
        "joints": info.skeleton,
        "parameters": cost.parameters,
        "MACs": cost.macs,
        "mean": list(info.mean),
        "std": list(info.std),
        "decode": info.codec_kind,
        "tolerances": list(info.tolerances),
        "sigma": info.sigma,
        "scores": dict(info.scores),
        "source": info.source,
        "source_sha256": info.source_sha256,
        "terms": info.terms,
        "sha256": info.sha256,
    }
