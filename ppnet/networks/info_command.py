"""`python -m ppnet info [NAME]`: parameters and cost of the networks, in the paper's unit too."""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

from ppnet.errors import UserError
from ppnet.output_files import write_json

PAPER_SIZES = ((192, 256), (288, 384))


@dataclass(frozen=True)
class NetworkFacts:
    """One line of the table. Costs by input size (height first); a size that the network cannot take is left out."""

    name: str
    group: str
    place: str
    joints: int
    parameters: int
    macs: dict[str, int]
    paper_gflops: dict[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `info`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="one network, e.g. M2-D2-W32; without it, all of them")
    parser.add_argument("--input", metavar="HxW", help="input size, height first (default: 256x192 and 384x288)")
    parser.add_argument("--joints", type=int, default=17, help="number of joints (default: 17; MPII has 16)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")


def run(arguments: argparse.Namespace) -> int:
    """Print the table; 0."""
    from ppnet.checkpoint_info import parse_size
    from ppnet.networks.table import NETWORKS

    if not 1 <= arguments.joints <= 1000:
        raise UserError(f"A network has 1 to 1000 joints, not {arguments.joints}.")
    sizes = [parse_size(arguments.input)] if arguments.input else list(PAPER_SIZES)
    names = [arguments.name] if arguments.name else list(NETWORKS)
    rows: list[NetworkFacts] = []
    for name in names:
        facts = facts_of(name, sizes, arguments.joints)
        if arguments.name and not facts.macs:
            raise UserError(
                f"{name} cannot take an input of {arguments.input or 'these sizes'}; try 256x256 or 384x384."
            )
        if not rows:
            print(_header(sizes))
        rows.append(facts)
        print(_line(facts, sizes), flush=True)
    print(
        "\nMACs: multiply-accumulates of convolutions for one person. GFLOPs as in the paper: MACs / 2^30, transposed"
        "\nconvolutions counted at their output size. -: the network cannot take that size."
    )
    if arguments.json:
        write_json(arguments.json, [asdict(row) for row in rows])
    return 0


def facts_of(name: str, sizes: list[tuple[int, int]], joints: int = 17) -> NetworkFacts:
    """Parameters, and cost at each size (width, height). UserError for an unknown network."""
    from ppnet.checkpoint_info import size_name
    from ppnet.networks.cost import cost_of
    from ppnet.networks.table import NETWORKS, build_bare

    network = build_bare(name, joints)
    costs = {}
    for size in sizes:
        try:
            costs[size_name(size)] = cost_of(network, size)
        except (ValueError, RuntimeError):  # branches of sizes that do not fit each other
            continue
    entry = NETWORKS.get(name)
    return NetworkFacts(
        name=name,
        group=entry.group if entry else "PPNet",
        place=entry.place if entry else "",
        joints=joints,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        macs={size: cost.macs for size, cost in costs.items()},
        paper_gflops={size: cost.paper_gflops for size, cost in costs.items()},
    )


def _header(sizes: list[tuple[int, int]]) -> str:
    columns = "".join(f"{f'MACs {height}x{width}':>20}{'GFLOPs':>9}" for width, height in sizes)
    line = f"{'network':<28}{'parameters':>13}{columns}  in the paper"
    return f"{line}\n{'-' * len(line)}"


def _line(facts: NetworkFacts, sizes: list[tuple[int, int]]) -> str:
    columns = ""
    for width, height in sizes:
        size = f"{height}x{width}"
        macs, gflops = facts.macs.get(size), facts.paper_gflops.get(size)
        columns += f"{'-' if macs is None else f'{macs:,}':>20}{'-' if gflops is None else f'{gflops:.3f}':>9}"
    return f"{facts.name:<28}{facts.parameters:>13,}{columns}  {facts.place}"
