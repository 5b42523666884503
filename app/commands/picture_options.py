"""Options that say what is drawn over the picture of an annotated video."""

import argparse

from tracking.angles import ANGLES
from tracking.drawing.style import PictureLayers


def add_picture_options(parser: argparse.ArgumentParser, *, angles: str = "") -> None:
    """The options that `layers_of` reads. angles: drawn when nothing is said."""
    words = f"angles drawn in the video, with their degrees: {', '.join(ANGLES)} (default: {angles or 'none'})"
    parser.add_argument("--angles", default=angles, metavar="NAME,NAME", help=words)


def layers_of(arguments: argparse.Namespace) -> PictureLayers:
    """What lies over the picture. UserError for an angle that does not exist."""
    return PictureLayers(angles=tuple(name.strip() for name in arguments.angles.split(",") if name.strip()))
