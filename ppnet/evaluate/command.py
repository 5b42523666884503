"""`python -m ppnet evaluate`."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppnet.checkpoint_info import CODEC_KINDS
from ppnet.errors import DatasetError, UserError

if TYPE_CHECKING:
    from ppnet.checkpoint_info import CheckpointInfo
    from ppnet.data.samples import SampleSet
    from ppnet.estimator import PoseEstimator
    from ppnet.evaluate.coco import CocoEvaluation
    from ppnet.evaluate.reliability import Reliability
    from ppnet.evaluate.report import Row

Json = dict[str, Any]

FLIPS = {"on": (True,), "off": (False,), "both": (True, False)}
FLIP_NAMES = {True: "flip", False: "no flip"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All options of the command."""
    parser.add_argument("--weights", metavar="FILE", help="weights to evaluate: a file, or a name from `weights list`")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="evaluate this COCO results json, made by any program"
    )
    parser.add_argument("--data", required=True, metavar="KIND:FILE", help="coco:FILE.json or mpii:FILE.json")
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder of the images, if not beside the json")
    parser.add_argument(
        "--detections", type=Path, metavar="FILE",
        help="COCO results json with person boxes to use instead of the ground-truth boxes",
    )  # fmt: skip
    parser.add_argument("--head-sizes", type=Path, metavar="FILE", help="MPII's gt_valid.mat, if not beside the json")
    parser.add_argument(
        "--flip", choices=FLIPS, default="on", help="average with the prediction for the mirrored crop (default on)"
    )
    parser.add_argument("--input", metavar="HxW", help="input size, height first (256x192), if the weights do not say")
    parser.add_argument("--decode", choices=CODEC_KINDS, help="a published rule instead of the weights' own")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--backend", choices=("auto", "torch", "openvino"), default="torch", help="(default torch)")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16", "int8"), default="auto")
    parser.add_argument("--batch", type=int, default=32, help="people per forward pass (default 32)")
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="ROUNDS", help="resamples for AP's interval, 0 for none"
    )
    parser.add_argument(
        "--groups", action="store_true", help="also report crowded, cut-off and small people, and the kinds of mistakes"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the answers as a COCO results json")
    parser.add_argument("--failures", type=Path, metavar="JPG", help="picture of its most confident mistakes")
    parser.add_argument("--reliability", type=Path, metavar="PNG", help="plot how reliable the scores are")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, print the table, write what was asked for; returns the exit code."""
    if (arguments.weights is None) == (arguments.answers is None):
        raise UserError("Give either --weights FILE or --answers FILE.")
    if arguments.batch < 1 or arguments.bootstrap < 0:
        raise UserError("--batch must be at least 1 and --bootstrap at least 0.")
    report = _judge_answers(arguments) if arguments.answers else _judge_weights(arguments)
    report.show()
    if arguments.json:
        from ppnet.output_files import write_json

        write_json(arguments.json, report.to_json(), allow_nan=False)
    written = (arguments.json, arguments.results, arguments.failures, arguments.reliability)
    if any(written):
        print(f"Written: {', '.join(str(path) for path in written if path)}")
    return 0


@dataclass(frozen=True)
class Report:
    """What there is to say: headings, rows of figures, reliability, and the facts for the json file."""

    heading: str
    rows: "Sequence[Row]"
    facts: Json
    reliability: "Reliability | None" = None
    groups: "Sequence[Row]" = ()
    mistakes: "Mapping[str, float]" = field(default_factory=dict)

    def show(self) -> None:
        """Print it."""
        from ppnet.evaluate.groups import mistakes_text
        from ppnet.evaluate.report import reliability_text, table

        print(self.heading)
        print(table(self.rows))
        if self.groups:
            print(table(self.groups))
            print(mistakes_text(self.mistakes))
        if self.reliability is not None:
            print(reliability_text(self.reliability))

    def to_json(self) -> Json:
        """Everything as plain values, figures as fractions."""
        from ppnet.evaluate.report import row_json

        content = {**self.facts, "figures": {row.name: row_json(row) for row in self.rows}}
        if self.groups:
            content["groups"] = {row.name: row_json(row) for row in self.groups}
            content["mistakes"] = dict(self.mistakes)
        if self.reliability is not None:
            content["reliability"] = self.reliability.to_json()
        return content


def _judge_answers(arguments: argparse.Namespace) -> Report:
    """Score a results file."""
    from ppnet.evaluate.coco import read_results, read_truth, score_results
    from ppnet.evaluate.report import coco_row

    path = _data_path(arguments.data, "coco", "--answers")
    if arguments.reliability or arguments.results or arguments.groups or arguments.failures:
        raise UserError("--reliability, --results, --groups and --failures need --weights.")
    if arguments.detections or arguments.decode or arguments.input:
        raise UserError("Answers are scored as they are; leave out --detections, --decode and --input.")
    scores = score_results(read_truth(path), read_results(arguments.answers), bootstrap=arguments.bootstrap)
    heading = f"{arguments.answers}: {scores.persons} persons in {scores.images} images of {path}"
    facts = {
        "answers": str(arguments.answers),
        "data": arguments.data,
        "persons": scores.persons,
        "images": scores.images,
    }
    return Report(heading, [coco_row("answers", scores)], facts)


def _data_path(data: str, kind: str, option: str) -> Path:
    """The file of `--data`, which must be of that kind."""
    given, _, path = data.partition(":")
    if given != kind:
        raise UserError(f"{option} goes with --data {kind}:FILE.json.")
    return Path(path)


def _judge_weights(arguments: argparse.Namespace) -> Report:
    from ppnet.checkpoint import load_checkpoint
    from ppnet.checkpoint_info import parse_size
    from ppnet.data.sources import read_source
    from ppnet.estimator import PoseEstimator
    from ppnet.networks.cost import check_input
    from ppnet.weights import find_weights

    input_wh = parse_size(arguments.input) if arguments.input else None
    people = read_source(arguments.data, images=arguments.images)[0]
    if arguments.head_sizes and people.skeleton.name != "mpii16":
        raise UserError("--head-sizes belongs to MPII's PCKh; leave it out with COCO's data.")
    network, info = load_checkpoint(find_weights(arguments.weights), input_wh=input_wh)
    check_input(info.network, info.input_wh, len(info.keypoints))
    if arguments.decode:
        info = replace(info, codec_kind=arguments.decode, tolerances=())
    _check_joints(arguments, info, people)
    estimators = {
        flip: PoseEstimator.from_network(
            network,
            info,
            backend=arguments.backend,
            device=arguments.device,
            precision=arguments.precision,
            flip=flip,
            max_batch=arguments.batch * (2 if flip else 1),
        )
        for flip in FLIPS[arguments.flip]
    }
    judge = _judge_mpii if people.skeleton.name == "mpii16" else _judge_coco
    return judge(arguments, people, estimators)


def _check_joints(arguments: argparse.Namespace, info: "CheckpointInfo", people: "SampleSet") -> None:
    if info.skeleton != people.skeleton.name:
        raise DatasetError(
            f"The weights {arguments.weights} predict the joints of {info.skeleton}, but {arguments.data} "
            f"is labelled with those of {people.skeleton.name}; give data with the weights' joint set."
        )


def _rule(info: "CheckpointInfo") -> str:
    return f"{info.codec_kind}, most expected similarity" if info.tolerances else info.codec_kind


def _facts(arguments: argparse.Namespace, estimator: "PoseEstimator", people: "SampleSet") -> tuple[str, Json]:
    """First line of the report, and the same for the json file."""
    from ppnet.evaluate.report import info_json

    info, boxes = estimator.info, str(arguments.detections or "ground truth")
    facts = {
        "weights": str(arguments.weights),
        **info_json(info),
        "data": arguments.data,
        "boxes": boxes,
        "persons": len(people),
        "device": estimator.device_name,
        "precision": estimator.precision,
    }
    heading = (
        f"{info.network} {info.input_name}, decode {_rule(info)}, {estimator.precision} on "
        f"{estimator.device_name}; boxes: {boxes}"
    )
    return heading, facts


def _judge_coco(arguments: argparse.Namespace, people: "SampleSet", estimators: "dict[bool, PoseEstimator]") -> Report:
    from ppnet.data.coco import read_coco
    from ppnet.evaluate.coco import evaluate_coco, read_truth
    from ppnet.evaluate.groups import group_rows, mistakes
    from ppnet.evaluate.pictures import save_failures
    from ppnet.evaluate.report import coco_row

    path = _data_path(arguments.data, "coco", "COCO joints")
    detected = arguments.detections is not None
    truth = read_truth(path, complete_only=detected)
    if detected:
        if arguments.reliability or arguments.groups or arguments.failures:
            raise UserError("--reliability, --groups and --failures need ground-truth boxes; leave out --detections.")
        people = _within(read_coco(path, images=arguments.images, detections=arguments.detections), truth)
    evaluations = {}
    for flip, estimator in estimators.items():
        evaluations[flip] = evaluate_coco(
            estimator,
            people,
            truth=truth,
            detected=detected,
            batch_size=arguments.batch,
            bootstrap=arguments.bootstrap,
            progress=None,
        )
    first = next(iter(evaluations.values()))
    heading, facts = _facts(arguments, next(iter(estimators.values())), people)
    heading += f"\n{first.scores.persons} persons in {first.scores.images} images of {path}"
    facts |= {"persons": first.scores.persons, "images": first.scores.images}
    rows = [coco_row(FLIP_NAMES[flip], evaluation.scores) for flip, evaluation in evaluations.items()]
    reliability = _coco_files(arguments, people, first)
    if arguments.failures:
        save_failures(arguments.failures, people, first.poses, next(iter(estimators.values())).codec)
    if not arguments.groups:
        return Report(heading, rows, facts, reliability)
    kinds = group_rows(first.poses, people.samples, people.skeleton)
    return Report(heading, rows, facts, reliability, kinds, mistakes(first.poses, people.samples, people.skeleton))


def _within(people: "SampleSet", truth: Json) -> "SampleSet":
    """Those in images of the truth."""
    images = {image["id"] for image in truth["images"]}
    samples = tuple(sample for sample in people.samples if sample.image_id in images)
    if not samples:
        raise DatasetError(
            "None of the detections lies in an image that can be judged; check that the files belong together."
        )
    return replace(people, samples=samples)


def _coco_files(
    arguments: argparse.Namespace, people: "SampleSet", evaluation: "CocoEvaluation"
) -> "Reliability | None":
    """Write the results file and the reliability plot, as asked for."""
    from ppnet.evaluate.reliability import measure_reliability, plot_reliability
    from ppnet.output_files import write_json

    if arguments.results:
        write_json(arguments.results, evaluation.results, allow_nan=False)
    if not arguments.reliability:
        return None
    reliability = measure_reliability(evaluation.poses, people.samples, people.skeleton)
    plot_reliability(reliability, arguments.reliability)
    return reliability


def _judge_mpii(arguments: argparse.Namespace, people: "SampleSet", estimators: "dict[bool, PoseEstimator]") -> Report:
    from ppnet.data.mpii import read_head_sizes
    from ppnet.evaluate.pck import evaluate_mpii
    from ppnet.evaluate.report import pckh_rows

    path = _data_path(arguments.data, "mpii", "MPII joints")
    given = (arguments.detections, arguments.reliability, arguments.results, arguments.groups, arguments.failures)
    if any(given):
        raise UserError("--detections, --reliability, --results, --groups and --failures are for COCO data.")
    beside = path.with_name("gt_valid.mat")
    head_file = arguments.head_sizes or (beside if path.name == "valid.json" and beside.exists() else None)
    head_sizes = read_head_sizes(head_file) if head_file else None
    rows = []
    for flip, estimator in estimators.items():
        scores, _ = evaluate_mpii(
            estimator,
            people,
            head_sizes=head_sizes,
            batch_size=arguments.batch,
            progress=None,
        )
        rows += pckh_rows(FLIP_NAMES[flip], scores)
    heading, facts = _facts(arguments, next(iter(estimators.values())), people)
    source = str(head_file) if head_file else "estimated from upper neck to head top (no gt_valid.mat)"
    heading += f"\nPCKh of {scores.persons} persons of {path}; head sizes: {source}"
    return Report(heading, rows, facts | {"persons": scores.persons, "head_sizes": source})
