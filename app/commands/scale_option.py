"""The option `--scale` of commands whose results may be in metres."""

import argparse

from ppnet.errors import UserError
from tracking.session.edits import MAX_SCALE


def add_scale_option(parser: argparse.ArgumentParser) -> None:
    """Adds it; `scale_of` reads it."""
    words = "metres per pixel, instead of the length drawn in the picture"
    parser.add_argument("--scale", type=float, metavar="M", help=words)


def scale_of(arguments: argparse.Namespace) -> float | None:
    """Metres per pixel; None where none is given. UserError when it can't be one."""
    scale: float | None = arguments.scale
    if scale is not None and not 0 < scale < MAX_SCALE:
        raise UserError(f"--scale is the number of metres per pixel, above 0 and below {MAX_SCALE:g}, not {scale:g}.")
    return scale
