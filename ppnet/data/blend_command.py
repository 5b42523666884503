"""`python -m ppnet blend`: average labels with a teacher's answers where they agree."""

import argparse
import json
from pathlib import Path
from typing import Any

from ppnet.data.blend import blend_labels, keep_uncertain_answers
from ppnet.data.coco import NOT_COCO, load_json
from ppnet.errors import DatasetError
from ppnet.output_files import writing
from ppnet.skeleton import COCO_17

BODY = COCO_17.keypoints[5:]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two files in, one out."""
    parser.add_argument("labels", type=Path, help="COCO keypoint file")
    parser.add_argument("answers", type=Path, help="json: annotation id -> 17 x [x, y, score, spread]")
    parser.add_argument("out", type=Path, help="the file to write; put it beside the images")
    parser.add_argument("--keypoints", nargs="+", choices=COCO_17.keypoints, default=BODY, metavar="NAME",
                        help="joints to move (default: all but the face)")  # fmt: skip
    parser.add_argument("--keep-uncertain", action="store_true",
                        help="the labels are this teacher's: also use its uncertain answers, at a lower "
                        "weight")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the blended file and say what was done."""
    if arguments.out.exists():
        raise DatasetError(f"{arguments.out} exists; name another file.")
    labels, answers = load_json(arguments.labels), load_json(arguments.answers)
    try:
        blended, summary = _blend(labels, answers, arguments)
    except NOT_COCO as error:
        raise DatasetError(
            f"{arguments.labels} is not a COCO keypoint file, "
            f"or {arguments.answers} holds no answers for it ({error!r})."
        ) from error
    unfinished = arguments.out.with_suffix(".part")
    with writing(arguments.out):
        unfinished.write_text(json.dumps(blended), encoding="utf-8")
        unfinished.replace(arguments.out)
    print(summary)
    return 0


def _blend(labels: Any, answers: Any, arguments: argparse.Namespace) -> tuple[Any, str]:
    """The new labels, and what was done in a sentence."""
    if arguments.keep_uncertain:
        kept, changes = keep_uncertain_answers(labels, answers)
        return kept, (
            f"{changes.added} joints added, {changes.raised} weigh more; "
            f"{changes.turned} people labelled in a rotated image left as they were."
        )
    blended, counts = blend_labels(labels, answers, tuple(arguments.keypoints))
    rest = f"{counts.doubted} doubted, {counts.kept} kept as they were, {counts.absent} absent"
    return blended, f"{counts.blended} joints averaged, {rest}."
