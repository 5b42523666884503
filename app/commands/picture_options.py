"""Options that say what is drawn over the picture of an annotated video."""

import argparse

from tracking.angles import ANGLES
from tracking.drawing.style import PictureLayers


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """The options that `layers_of` reads."""
    parser.add_argument("--angles", default="", metavar="NAME,NAME",
        help=f"angles drawn in the video, with their degrees: {', '.join(ANGLES)}")  # fmt: skip


def layers_of(arguments: argparse.Namespace) -> PictureLayers:
    """What lies over the picture. UserError for an angle that does not exist."""
    return PictureLayers(angles=tuple(name.strip() for name in arguments.angles.split(",") if name.strip()))
