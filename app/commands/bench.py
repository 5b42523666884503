"""`bench`: how fast this machine tracks a clip, stage by stage, in a table for bug reports."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.track import add_preset_option, preset_settings, settings_of
from app.packages import versions
from app.setting_options import add_setting_options
from ppnet.errors import UserError
from tracking.run_settings import RunSettings

if TYPE_CHECKING:
    from app.bench.rounds import Bench

MOST_MINUTES = 10_000
PACKAGES = ("torch", "openvino", "mediapipe")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `bench`."""
    add = parser.add_argument
    add("clip", metavar="CLIP", help="video or folder of images; --start and --end select a part of it")
    add_preset_option(parser)
    add_setting_options(parser)
    add(
        "--rounds", type=int, default=3, metavar="N", help="how many times everything is measured, in turn (default: 3)"
    )
    add("--against", type=Path, metavar="FILE.task", help="a MediaPipe PoseLandmarker, measured on the same frames")
    add("--no-live", dest="live", action="store_false", help="leave out the live engine, which plays the clip at its "
        "own rate")  # fmt: skip
    add("--outputs", action="store_true", help="the file engine also writes table and annotated video, as track does")
    add("--soak", type=float, metavar="MINUTES", help="run live for this long on the looped clip while recording, "
    "and report memory, threads, open files and delay")  # fmt: skip
    add("--plot", type=Path, metavar="FILE.png", help="with --soak: draw those figures over time")
    add("--json", type=Path, metavar="FILE", help="write every single measurement to a file")
    add("-q", "--quiet", action="store_true", help="no progress messages")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write what was asked for; 0."""
    settings = settings_of(arguments)
    if arguments.rounds < 1:
        raise UserError("--rounds must be at least 1.")
    from app.bench.report import as_json, as_text
    from app.bench.rounds import Bench
    from ppnet.output_files import write_json

    def tell(words: str) -> None:
        if not arguments.quiet:
            print(words, file=sys.stderr, flush=True)

    if arguments.plot is not None and arguments.soak is None:
        raise UserError("--plot draws what --soak measures; give both.")
    if arguments.soak is not None:
        return _soak(arguments, settings, tell)
    load = [_load()]
    with Bench(
        arguments.clip,
        settings,
        landmarker=arguments.against,
        with_live=arguments.live,
        with_outputs=arguments.outputs,
    ) as bench:
        rounds = bench.measure(arguments.rounds, tell)
        facts = {
            **_facts_of_run(bench, settings, arguments.preset),
            "frames": rounds[0].tracked,
            "rounds": arguments.rounds,
            "outputs": arguments.outputs,
            "against": None if arguments.against is None else arguments.against.name,
            "load": [value for value in (*load, _load()) if value is not None],
        }
    print(as_text(rounds, facts))
    if arguments.json is not None:
        write_json(arguments.json, as_json(rounds, facts))
    return 0


def _soak(arguments: argparse.Namespace, settings: RunSettings, tell: Callable[[str], object]) -> int:
    from app.bench.soak import soak
    from ppnet.output_files import write_json

    if not 0 < arguments.soak <= MOST_MINUTES:
        raise UserError(f"--soak must be more than 0 and at most {MOST_MINUTES:,} minutes, not {arguments.soak:g}.")
    done = soak(arguments.clip, settings, arguments.soak, tell)
    print(done.as_text())
    if arguments.json is not None:
        write_json(arguments.json, asdict(done))
    if arguments.plot is not None:
        from app.bench.soak_plot import plot_soak

        plot_soak(done, arguments.plot)
    return 0


def _facts_of_run(bench: "Bench", settings: RunSettings, preset: str) -> dict[str, Any]:
    """What the figures depend on."""
    from ppnet import __version__
    from ppnet.cpu import cpu_name

    begun = preset_settings(preset).to_plain()
    changed = {name: value for name, value in settings.to_plain().items() if begun[name] != value}
    rate = bench.info.frame_rate
    return {
        "clip": bench.info.name,
        "size_wh": bench.info.size_wh,
        "frame_rate": None if rate is None else round(float(rate), 2),
        "people": bench.people,
        "preset": preset,
        "changed_settings": changed,
        "settings": settings.to_plain(),
        "network": bench.header.network,
        "device": bench.device,
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "versions": {"PPNet Live": __version__, **versions(*PACKAGES)},
        "date": date.today().isoformat(),
    }


def _load() -> float | None:
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
