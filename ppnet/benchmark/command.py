"""`python -m ppnet benchmark`: the paper's Table X on this machine, or the backends side by side."""

import argparse
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

from ppnet.errors import UserError
from ppnet.output_files import write_json, writing

ALL = (
    "M2-D2-W32", "M2-D2-W48", "M2-D3-W32", "M2-D3-W48", "M4-D2-W32", "M4-D2-W48", "M4-D3-W32", "M4-D3-W48",
    "simple-baseline-50", "simple-baseline-101", "simple-baseline-152", "hourglass-2", "hourglass-4", "hourglass-8",
    "hrnet-w32", "hrnet-w48",
)  # fmt: skip

TABLE_WORDS = (
    "± half the distance between the quartiles. "
    "Memory: tensors of one pass (features, gradients, the optimiser's), without the weights."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `benchmark`."""
    parser.add_argument(
        "--networks",
        nargs="+",
        metavar="NAME",
        help="which networks (default: PPNet's eight and all it is compared with)",
    )
    parser.add_argument("--input", metavar="HxW", default="256x192", help="input size, height first (default: 256x192)")
    parser.add_argument(
        "--batches", nargs="+", type=int, metavar="N", help="batch sizes (default: 1 32; with --backends 1 4)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each case (default: 7)")
    parser.add_argument(
        "--backends",
        action="store_true",
        help="measure the ways to run one network instead: PyTorch and OpenVINO in each number format",
    )
    parser.add_argument("--weights", metavar="FILE", help="the network for --backends (default: the shipped one)")
    parser.add_argument("--no-train", action="store_true", help="leave out the training step")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16 or fp16")
    parser.add_argument("--threads", type=int, help="threads on a CPU")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write benchmark.md and benchmark.png there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to a file")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress messages")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write what was asked for; 0."""
    from ppnet.benchmark.measure import case_name, limit_threads, measure
    from ppnet.benchmark.report import as_json, ratio_table, table
    from ppnet.benchmark.subject import Mode, Setting
    from ppnet.checkpoint_info import parse_size
    from ppnet.device import choose_device, choose_precision

    arguments.batches = arguments.batches or ([1, 4] if arguments.backends else [1, 32])
    _check(arguments)
    device = choose_device(arguments.device)
    if arguments.backends:
        return _run_backends(arguments, device)
    setting = Setting(device, choose_precision(device, arguments.precision), parse_size(arguments.input))
    threads = limit_threads(arguments.threads)
    names = _names(arguments, setting.input_wh)
    batches = sorted(set(arguments.batches))
    cases: list[tuple[Mode, int]] = [("forward", batch) for batch in batches]
    if not arguments.no_train:
        cases.append(("train", batches[-1]))
    progress = (lambda text: None) if arguments.quiet else (lambda text: print(f"  {text}", flush=True))
    results = measure(names, setting, cases, rounds=arguments.rounds, progress=progress)
    facts = machine_facts(setting, threads=threads, rounds=arguments.rounds)
    parts = (f"{describe_machine(facts)} {TABLE_WORDS}", table(results), ratio_table(results))
    text = "".join(f"{part}\n\n" for part in parts if part)
    print(f"\n{text}", end="")
    if arguments.json:
        write_json(arguments.json, as_json(results, facts))
        print(f"Written: {arguments.json}")
    if arguments.out:
        _write(arguments.out, text, results, case_name("forward", batches[-1]), facts)
    return 0


def _run_backends(arguments: argparse.Namespace, device: Any) -> int:
    import torch

    from ppnet.benchmark.backends import as_json, backend_table, measure_backends
    from ppnet.benchmark.measure import limit_threads
    from ppnet.benchmark.subject import Setting

    threads = limit_threads(arguments.threads)
    progress = (lambda text: None) if arguments.quiet else (lambda text: print(f"  {text}", flush=True))
    batches = sorted(set(arguments.batches))
    info, results = measure_backends(arguments.weights, device, batches, rounds=arguments.rounds, progress=progress)
    facts = machine_facts(Setting(device, torch.float32, info.input_wh), threads=threads, rounds=arguments.rounds)
    facts["precision"] = f"{info.network} in these number formats"
    print(f"\n{describe_machine(facts)}\n\n{backend_table(results)}\n")
    if arguments.json:
        write_json(arguments.json, as_json(results, facts))
        print(f"Written: {arguments.json}")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.rounds < 1 or min(arguments.batches) < 1 or (arguments.threads or 1) < 1:
        raise UserError("--rounds, --batches and --threads must be at least 1.")
    if arguments.out is not None:
        with writing(arguments.out):
            arguments.out.mkdir(parents=True, exist_ok=True)


def _names(arguments: argparse.Namespace, input_wh: tuple[int, int]) -> list[str]:
    """The networks to measure; of the default ones those that can take the input, said."""
    from ppnet.networks.cost import check_input

    if arguments.networks:
        return list(dict.fromkeys(arguments.networks))
    names = []
    for name in ALL:
        try:
            check_input(name, input_wh)
            names.append(name)
        except UserError:
            print(f"{name} cannot take an input of {arguments.input} and is left out.")
    if not names:
        raise UserError(f"No network can take an input of {arguments.input}; try 256x192.")
    return names


def machine_facts(setting: Any, *, threads: int, rounds: int) -> dict[str, Any]:
    """What the figures depend on."""
    import torch

    from ppnet.checkpoint_info import size_name
    from ppnet.cpu import cpu_name
    from ppnet.device import describe, precision_name

    return {
        "device": describe(setting.device),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": threads,
        "precision": precision_name(setting.dtype),
        "input": size_name(setting.input_wh),
        "rounds": rounds,
        "torch": torch.__version__,
        "system": platform.platform(terse=True),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "date": date.today().isoformat(),
    }


def describe_machine(facts: dict[str, Any]) -> str:
    """One paragraph for people."""
    load = "" if facts["load"] is None else f" Load average of the machine at the end: {facts['load']}."
    return (
        f"{facts['device']}, {facts['cpu']} (cores: {facts['cores']}, threads: {facts['threads']}), "
        f"{facts['precision']}, input {facts['input']}, torch {facts['torch']}, {facts['system']}, {facts['date']}. "
        f"Median of {facts['rounds']} interleaved rounds.{load}"
    )


def _write(folder: Path, text: str, results: Any, case: str, facts: dict[str, Any]) -> None:
    from ppnet.benchmark.plot import plot

    plot(
        results,
        case,
        folder / "benchmark.png",
        title=f"{case}, {facts['input']}, {facts['device']} {facts['precision']}",
    )
    with writing(folder / "benchmark.md"):
        (folder / "benchmark.md").write_text(
            f"# Benchmark\n\n{text}![People per second against cost](benchmark.png)\n", "utf-8"
        )
    print(f"Written: {folder / 'benchmark.md'}, {folder / 'benchmark.png'}")
