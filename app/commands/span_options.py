"""The options `--start` and `--end` of commands that work from a session."""

import argparse

from tracking.run_settings import RunSettings
from tracking.time_span import TimeSpan


def add_span_options(parser: argparse.ArgumentParser) -> None:
    """Adds them, called as for `track`; `span_of` reads them."""
    add = parser.add_argument
    add("--start", type=float, metavar="S", help="begin at this time, in seconds (default: the in point)")
    add("--end", type=float, metavar="S", help="stop before this time, in seconds (default: the out point)")


def span_of(arguments: argparse.Namespace) -> TimeSpan:
    """The part that is asked for. UserError when there can't be one, by the same rule as for `track`."""
    return RunSettings(start_s=arguments.start, end_s=arguments.end).span
