"""`check`: whether everything the program needs is here and works, part by part."""

import argparse

from ppnet.command_line import USER_ERROR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(arguments: argparse.Namespace) -> int:
    """A line for each part; 2 when something must be mended before files can be tracked."""
    from app.health import PARTS, findings

    width = max(len(part) for part, *_ in PARTS)
    faults = 0
    for found in findings():
        mark = "ok" if found.is_fine else "FAULT" if found.is_fault else "note"
        print(f"{mark:5}  {found.part:{width}}  {found.words}", flush=True)
        faults += found.is_fault
    if faults:
        print(f"{faults} {'thing needs' if faults == 1 else 'things need'} mending before videos can be tracked.")
        return USER_ERROR
    print("Everything needed to track videos is here and works.")
    return 0
