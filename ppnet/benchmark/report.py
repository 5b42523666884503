"""Results as a markdown table, as ratios to the networks of the paper's Table X, and as json."""

from collections.abc import Sequence
from typing import Any

from ppnet.benchmark.measure import Result

REFERENCES = ("simple-baseline-50", "hourglass-2", "hrnet-w32")
MIB = 2**20


def table(results: Sequence[Result]) -> str:
    """One line per network: cost, then medians with their spread, and memory."""
    cases = list(results[0].timings)
    heads = ["network", "parameters (M)", "MACs (G)", "GFLOPs (paper)"]
    for case in cases:
        heads += [f"{_title(case)}, ms", "people/s", "memory, MiB"]
    lines = [_row(heads), _row(["---", *["---:"] * (len(heads) - 1)])]
    for result in results:
        cells = [
            result.name,
            f"{result.parameters / 1e6:.1f}",
            f"{result.macs / 1e9:.2f}",
            f"{result.paper_gflops:.1f}",
        ]
        for case in cases:
            timing = result.timings[case]
            smaller = "" if case.endswith(f" {timing.batch}") else f" (batch {timing.batch})"
            cells += [
                f"{1000 * timing.median_s:.1f} ±{100 * timing.spread:.0f} %{smaller}",
                f"{timing.people_per_s:.1f}",
                f"{result.memory_bytes[case] / MIB:.0f}",
            ]
        lines.append(_row(cells))
    return "\n".join(lines)


def ratios(results: Sequence[Result]) -> dict[str, dict[str, dict[str, float]]]:
    """case -> network -> reference -> how many times as fast as the reference."""
    references = [result for result in results if result.name in REFERENCES]
    return {
        case: {
            result.name: {
                reference.name: result.timings[case].people_per_s / reference.timings[case].people_per_s
                for reference in references
            }
            for result in results
        }
        for case in results[0].timings
    }


def ratio_table(results: Sequence[Result]) -> str:
    """How many times as fast as each reference network, which is what holds across machines; empty without any."""
    references = [result.name for result in results if result.name in REFERENCES]
    if not references:
        return ""
    found = ratios(results)
    heads = ["times as fast as", *(f"{name}, {_title(case)}" for case in found for name in references)]
    lines = [_row(heads), _row(["---", *["---:"] * (len(heads) - 1)])]
    for result in results:
        cells = [f"{found[case][result.name][name]:.2f}" for case in found for name in references]
        lines.append(_row([result.name, *cells]))
    return "\n".join(lines)


def as_json(results: Sequence[Result], facts: dict[str, Any]) -> dict[str, Any]:
    """Everything measured, every round."""
    return {
        "machine": facts,
        "networks": [
            {
                "name": result.name,
                "group": result.group,
                "parameters": result.parameters,
                "macs": result.macs,
                "paper_gflops": result.paper_gflops,
                "cases": {
                    case: {
                        "batch": timing.batch,
                        "median_s": timing.median_s,
                        "spread": timing.spread,
                        "people_per_s": timing.people_per_s,
                        "seconds": list(timing.seconds),
                        "memory_bytes": result.memory_bytes[case],
                    }
                    for case, timing in result.timings.items()
                },
            }
            for result in results
        ],
        "times_as_fast_as": ratios(results),
    }


def _title(case: str) -> str:
    mode, batch = case.split()
    return f"{'training step' if mode == 'train' else mode} of {batch}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
