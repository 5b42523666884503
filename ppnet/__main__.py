"""`python -m ppnet`: networks, weights, training, evaluation, benchmark, labels, rendered people."""

from collections.abc import Sequence

from ppnet.command_line import run_package

COMMANDS = {
    "info": ("ppnet.networks.info_command", "show the parameters and cost of every network"),
    "weights": ("ppnet.weights_command", "import, list and show weights"),
    "train": ("ppnet.train.command", "train a network"),
    "evaluate": ("ppnet.evaluate.command", "measure accuracy on COCO or MPII"),
    "export": ("ppnet.inference.export_command", "write a network as an ONNX file, for other programs"),
    "benchmark": ("ppnet.benchmark.command", "measure the speed of all networks side by side"),
    "blend": ("ppnet.data.blend_command", "average labels with a teacher's answers where they agree"),
    "pack": ("ppnet.data.pack_command", "pack training people small enough to move to another machine"),
    "render": ("ppnet.data.people.command", "render people with exact joints"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run_package("ppnet", __doc__, COMMANDS, argv)


if __name__ == "__main__":
    raise SystemExit(main())
