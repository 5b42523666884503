"""`cameras`: the cameras that `track camera:N` and the window can open."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(arguments: argparse.Namespace) -> int:
    """One line for each camera: what to write after `track`, and its name."""
    from tracking.video.camera import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        print(f"camera:{camera.index}  {camera.name}")
    if not cameras:
        print("No camera was found.")
    return 0
