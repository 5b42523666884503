"""`python -m tracking`: how good tracks and curves are."""

from collections.abc import Sequence

from ppnet.command_line import run_package

COMMANDS = {"evaluate": ("tracking.evaluate.command", "ID switches, jitter and lag against exact ground truth")}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run_package("tracking", __doc__, COMMANDS, argv)


if __name__ == "__main__":
    raise SystemExit(main())
