"""`python -m tracking evaluate`: tracks and curves against the exact truth of rendered clips."""

import argparse
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ppnet
from ppnet.output_files import write_json
from tracking.evaluate.clips import HALVES, Parts, chosen_clips, clip_results, clip_truth
from tracking.evaluate.report import Figures, Run, curve_table, figures_of, identity_table, plot, rate_difference
from tracking.evaluate.run import smoothed_again
from tracking.pipeline_settings import PipelineSettings
from tracking.smoothing import SmoothingSettings

RATES = (("rates-24", "rates-30", "rates-60"), ("rates-b24", "rates-b30", "rates-b60"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add = parser.add_argument
    add("--clips", type=Path, default=Path("runs/evaluation"), metavar="DIR", help="folder for clips and runs")
    add("--half", choices=(*HALVES, "all"), default="tune", help="which clips (thresholds are chosen on tune only)")
    add("--only", nargs="+", default=[], metavar="NAME", help="only these clips")
    add(
        "--detector",
        choices=("true", "shipped"),
        default="shipped",
        help="boxes from the ground truth, or from a detector",
    )
    add(
        "--network",
        choices=("ppnet", "simulated"),
        default="ppnet",
        help="PPNet, or ground truth with a network's errors",
    )
    add("--weights", type=Path, metavar="FILE", help="other weights than the shipped ones")
    add("--no-flip", action="store_true", help="one pass of the network instead of two")
    add("--detect-every", type=int, default=3, metavar="N", help="the detector looks at every N-th frame")
    add("--strength", type=float, default=SmoothingSettings().strength, help="the smoothing slider, 0 to 100")
    add("--again", action="store_true", help="track again, ignoring what an earlier run kept")
    add("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    add("--plot", type=Path, metavar="FILE", help="draw jitter against lag (PNG)")


def run(arguments: argparse.Namespace) -> int:
    """Track, score, print."""
    smoothing = SmoothingSettings(strength=arguments.strength)
    settings = PipelineSettings(detect_every=arguments.detect_every)  # tracks don't depend on how joints are smoothed
    specs = chosen_clips(half=arguments.half, names=arguments.only)
    parts = _parts(arguments)
    runs: dict[str, Run] = {}
    try:
        for spec in specs:
            place, truth = clip_truth(spec, arguments.clips)
            print(f"{spec.name}: {len(truth.frames)} frames", flush=True)
            results = clip_results(place, truth, parts, settings=settings, again=arguments.again)
            runs[spec.name] = truth, smoothed_again(results, smoothing)
    finally:
        if parts.detector is not None:
            parts.detector.close()
    figures = figures_of(runs, smoothing=smoothing, with_trade=arguments.plot is not None)
    differences = _rate_differences(runs)
    print(_text(figures, differences))
    if arguments.json is not None:
        _write_json(arguments.json, arguments, figures, differences)
    if arguments.plot is not None and figures.curves:
        plot(figures, arguments.plot)
    return 0


def _parts(arguments: argparse.Namespace) -> Parts:
    detector, estimator, network = None, None, "simulated"
    if arguments.network == "ppnet":
        from ppnet.assets import asset
        from ppnet.estimator import PoseEstimator

        path = arguments.weights or asset("weights") / "M2-D2-W32_256x192.safetensors"
        estimator = PoseEstimator.from_file(path, backend="auto", flip=not arguments.no_flip)
        network = f"{path.stem}-{estimator.info.sha256[:8]}{'-noflip' if arguments.no_flip else ''}"
    if arguments.detector == "shipped":
        from tracking.detection.efficientdet import tflite_detector
        from tracking.detection.settings import DetectorSettings

        detector = tflite_detector(DetectorSettings())
    return Parts(detector, estimator, f"{arguments.detector}-{network}")


def _rate_differences(runs: dict[str, Run]) -> dict[str, float]:
    """Median difference of joints between each two rates of one scene."""
    differences = {}
    for names in RATES:
        present = [name for name in names if name in runs]
        for i, first in enumerate(present):
            for second in present[i + 1 :]:
                differences[f"{first} / {second}"] = rate_difference(runs[first], runs[second])
    return differences


def _text(figures: Figures, differences: dict[str, float]) -> str:
    lines = [identity_table(figures.identity), "", curve_table(figures.curves), ""]
    lines += [f"{name}: joints differ by {100 * share:.2f} % of the box height" for name, share in differences.items()]
    return "\n".join(lines)


def _write_json(path: Path, arguments: argparse.Namespace, figures: Figures, differences: dict[str, float]) -> None:
    options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    content: dict[str, Any] = {"version": ppnet.__version__, "options": options, **asdict(figures)}
    content["rate_differences"] = {name: share if math.isfinite(share) else None for name, share in differences.items()}
    write_json(path, content)
