"""`python -m ppnet pack`: pack training people small enough to move to another machine."""

import argparse
from functools import partial
from pathlib import Path

from tqdm import tqdm

from ppnet.data.pack import ARGUMENTS, PackSettings, write_pack
from ppnet.data.sources import read_source

DEFAULTS = PackSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sources as for training, and how small."""
    parser.add_argument("--data", action="append", required=True, metavar="coco:FILE[@SHARE]", help="as for `train`")
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    parser.add_argument("--height", type=int, default=DEFAULTS.height, help="pixels of a crop (default: %(default)s)")
    parser.add_argument("--quality", type=int, default=DEFAULTS.quality, help="of WebP (default: %(default)s)")
    parser.add_argument("--piece", type=float, default=DEFAULTS.piece_bytes / 2**20, metavar="MIB",
                        help="largest tar file (default: %(default)g)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the pack and say how to train from it."""
    settings = PackSettings(arguments.height, arguments.quality, int(arguments.piece * 2**20))
    sources = [read_source(text) for text in arguments.data]
    pieces = write_pack(sources, arguments.out, settings, partial(tqdm, unit=" people", disable=None))
    size = sum(path.stat().st_size for path in arguments.out.iterdir()) / 2**20
    people = sum(len(samples) for samples, _ in sources)
    print(f"{people} people in {len(pieces)} tar files, {size:.0f} MiB with their index.")
    print(f"Train from it with: python -m ppnet train $(cat {arguments.out / ARGUMENTS}) ...")
    return 0
