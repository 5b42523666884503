"""Options that say what is drawn over the picture of an annotated video."""

import argparse

from tracking.angles import ANGLES
from tracking.drawing.style import PictureLayers


def add_picture_options(parser: argparse.ArgumentParser, *, angles: str = "") -> None:
    """The options that `layers_of` reads. angles: drawn when nothing is said."""
    words = f"angles to draw, in degrees: {', '.join(ANGLES)} (default: {angles or 'none'})"
    parser.add_argument("--angles", default=angles, metavar="NAME,NAME", help=words)
    add_privacy_option(parser)


def add_privacy_option(parser: argparse.ArgumentParser) -> None:
    """The option alone that says whether people may be recognised."""
    parser.add_argument("--blur-faces", action="store_true", help="blur faces in all pictures")


def layers_of(arguments: argparse.Namespace) -> PictureLayers:
    """What lies over the picture. UserError for an angle that does not exist."""
    angles: str = getattr(arguments, "angles", "")
    names = tuple(name.strip() for name in angles.split(",") if name.strip())
    return PictureLayers(angles=names, blur_faces=arguments.blur_faces)
