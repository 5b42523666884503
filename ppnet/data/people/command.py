"""`python -m ppnet render`: training samples, a sheet to look at, the demo, evaluation clips."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sub-commands of `render`."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    samples = kinds.add_parser("samples", help="training patches: COCO json and tar shards")
    sheet = kinds.add_parser("sheet", help="a picture of many samples with their joints")
    demo = kinds.add_parser("demo", help="demo.mp4 and its truth")
    clips = kinds.add_parser("clips", help="clips with exact ground truth for evaluating trackers")
    movements = kinds.add_parser(
        "movements", help="joints of walks, runs, squats and jumps with their true events, as JSON"
    )
    movements.add_argument("out", type=Path, help="JSON file to write")
    for command, where in ((samples, "folder"), (sheet, "PNG file"), (demo, "folder"), (clips, "folder")):
        command.add_argument("out", type=Path, help=f"{where} to write")
    for command, count in ((samples, 1000), (sheet, 48)):
        command.add_argument("--count", type=int, default=count, metavar="N", help="people (default %(default)s)")
        command.add_argument("--seed", type=int, default=0, help="another seed makes other people (default 0)")
        command.add_argument(
            "--backdrops", type=Path, nargs="+", default=[], metavar="PLACE",
            help="folders or tar files of images for the background (default: drawn places)",
        )  # fmt: skip
    samples.add_argument("--name", default="people", help="name of the json and its shards (default %(default)s)")
    samples.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default 1)")
    sheet.add_argument("--no-joints", action="store_true", help="only the pictures")
    clips.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only some clips of the table")
    clips.add_argument("--half", choices=("tune", "held-out"), help="only one half of the table")


def run(arguments: argparse.Namespace) -> int:
    """Render what was asked for; returns the exit code. UserError for what the user can mend."""
    commands = {"samples": _samples, "sheet": _sheet, "demo": _demo, "clips": _clips, "movements": _movements}
    commands[arguments.kind](arguments)
    return 0


def _samples(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ppnet.data.people.backdrop import Backdrops
    from ppnet.data.people.samples import make_patches, write_samples
    from ppnet.errors import UserError

    if arguments.count < 1 or arguments.workers < 1:
        raise UserError("--count and --workers must be at least 1.")
    backdrops = Backdrops.find(arguments.backdrops)
    patches = make_patches(arguments.count, seed=arguments.seed, backdrops=backdrops, workers=arguments.workers)
    path = write_samples(
        arguments.out, arguments.name, tqdm(patches, total=arguments.count, unit="person", disable=None)
    )
    print(f"{arguments.count} people in {path}")


def _sheet(arguments: argparse.Namespace) -> None:
    from ppnet.data.people.backdrop import Backdrops
    from ppnet.data.people.samples import make_patches
    from ppnet.data.people.sheet import contact_sheet
    from ppnet.errors import UserError
    from ppnet.output_files import write_png

    if arguments.count < 1:
        raise UserError("--count must be at least 1.")
    backdrops = Backdrops.find(arguments.backdrops)
    patches = list(make_patches(arguments.count, seed=arguments.seed, backdrops=backdrops))
    print(write_png(contact_sheet(patches, labels=not arguments.no_joints), arguments.out))


def _demo(arguments: argparse.Namespace) -> None:
    from ppnet.data.people.demo import write_demo

    print(*write_demo(arguments.out), sep="\n")


def _movements(arguments: argparse.Namespace) -> None:
    from ppnet.data.people.movements import write_movements

    print(write_movements(arguments.out))


def _clips(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ppnet.data.people.evaluation import EVALUATION_CLIPS, render_clip
    from ppnet.errors import UserError

    unknown = set(arguments.only) - {spec.name for spec in EVALUATION_CLIPS}
    if unknown:
        names = ", ".join(spec.name for spec in EVALUATION_CLIPS)
        raise UserError(f"There is no clip {sorted(unknown)[0]}; there are {names}.")
    chosen = [
        spec
        for spec in EVALUATION_CLIPS
        if (not arguments.only or spec.name in arguments.only) and arguments.half in (None, spec.half)
    ]
    for spec in tqdm(chosen, unit="clip", disable=None):
        render_clip(spec, arguments.out)
    print(f"{len(chosen)} clips in {arguments.out}")
