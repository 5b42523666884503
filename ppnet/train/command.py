"""`python -m ppnet train`."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppnet.codec import Codec
from ppnet.errors import CheckpointError, UserError
from ppnet.train.settings import AUGMENTATIONS, PRESETS, TrainSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All options; those left out keep the preset's value."""
    parser.add_argument("--preset", choices=PRESETS, default="paper-coco", help="recipe to start from")
    parser.add_argument(
        "--data", action="append", required=True, metavar="KIND:FILE[@SHARE]",
        help="coco:FILE.json or mpii:FILE.json, several times for a mixture; @5 shows it five times per epoch",
    )  # fmt: skip
    parser.add_argument("--images", type=Path, help="folder of the images, if not beside the json")
    parser.add_argument("--val", metavar="coco:FILE", help="people to validate on while training")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run, e.g. runs/first")
    parser.add_argument("--resume", action="store_true", help="continue the run in that folder")
    parser.add_argument("--init", type=Path, help="weights to start from: a pose file or a backbone")
    parser.add_argument(
        "--teacher", type=Path, help="weights, or an .onnx or .xml network, whose heatmaps are learnt (with --distill)"
    )
    parser.add_argument(
        "--teacher-gain",
        type=float,
        default=1.0,
        metavar="TIMES",
        help="scale that makes a confident prediction's peak about 1",
    )
    parser.add_argument("--network", help="M2-D2-W32, ... (see `python -m ppnet info`)")
    parser.add_argument(
        "--input", nargs="+", metavar="HxW[@SHARE]",
        help="input size, height first: 256x192; more of them train one set of weights for several sizes, "
        "SHARE batches of each to one of the first",
    )  # fmt: skip
    parser.add_argument(
        "--codec", choices=("quarter", "dark", "udp"), help="targets and decoding, if not those of --init"
    )
    parser.add_argument("--sigma", type=float, help="of the targets, in heatmap cells, if not that of --init")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--samples", type=int, help="total number of people to train on, instead of --epochs")
    parser.add_argument("--batch", type=int, help="people per step and process")
    parser.add_argument("--optimizer", choices=("rmsprop", "adam", "adamw", "muon"))
    parser.add_argument("--lr", type=float, dest="learning_rate")
    parser.add_argument("--weight-decay", type=float)
    parser.add_argument("--schedule", choices=("steps", "cosine"))
    parser.add_argument("--warm-up", type=int, dest="warm_up_steps", metavar="STEPS")
    parser.add_argument("--ema", type=float, help="decay of the running mean of the weights, 0 for none")
    parser.add_argument("--precision", choices=("fp32", "bf16"))
    parser.add_argument("--compile", action="store_true", default=None, help="torch.compile")
    parser.add_argument("--freeze-bn", action="store_true", default=None)
    parser.add_argument("--freeze-stem", action="store_true", default=None, help="train only the pyramid and its heads")
    parser.add_argument(
        "--freeze-init", action="store_true", default=None, help="train only layers that --init does not have"
    )
    parser.add_argument("--augmentation", choices=AUGMENTATIONS, help="how strongly people are varied")
    parser.add_argument("--rotation", type=float, metavar="DEG", help="spread of the augmentation's rotation")
    parser.add_argument("--no-half-body", action="store_true")
    parser.add_argument("--distill", type=float, metavar="SHARE", help="share of the teacher in the loss, 0 to 1")
    parser.add_argument(
        "--mix", type=float, metavar="SHARE", help="share of crops mixed with others, for the teacher only"
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--workers", type=int, default=0, help="loading processes")
    parser.add_argument("--keep-images", action="store_true", help="keep decoded images in memory")
    parser.add_argument("--save-every", type=int, default=200, metavar="STEPS")
    parser.add_argument("--save-seconds", type=float, metavar="S", help="also save at least this often")
    parser.add_argument("--validate-every", type=int, default=1000, metavar="STEPS")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard files into the run's folder")
    parser.add_argument("--terms", default="", help="terms of use, written into the weights")
    parser.add_argument("-q", "--quiet", action="store_true")


def settings_of(arguments: argparse.Namespace) -> TrainSettings:
    """The preset with the given options on top."""
    settings = PRESETS[arguments.preset]
    plain = (
        "network", "epochs", "samples", "batch", "optimizer", "learning_rate", "weight_decay", "schedule",
        "warm_up_steps", "ema", "precision", "compile", "freeze_bn", "freeze_stem", "freeze_init", "distill", "mix",
        "seed",
    )  # fmt: skip
    changes: dict[str, Any] = {name: getattr(arguments, name) for name in plain if getattr(arguments, name) is not None}
    sizes = [_size_and_share(text) for text in arguments.input or ()]
    changes["more_inputs"] = tuple(sizes[1:])
    codec = {
        "input_wh": sizes[0][0] if sizes else None,
        "kind": arguments.codec,
        "sigma": arguments.sigma,
    }
    start = _codec_of(arguments.init, settings.codec)
    try:
        changes["codec"] = replace(start, **{name: value for name, value in codec.items() if value is not None})
    except ValueError as error:
        raise UserError(f"These targets cannot be made: {error}.") from error
    augmentation = AUGMENTATIONS.get(arguments.augmentation, settings.augmentation)
    if arguments.rotation is not None:
        augmentation = replace(augmentation, rotation_deg=arguments.rotation)
    if arguments.no_half_body:
        augmentation = replace(augmentation, half_body_share=0.0)
    return replace(settings, augmentation=augmentation, **changes)


def _codec_of(init: Path | None, codec: Codec) -> Codec:
    """`codec` with what the weights to start from were trained for, where their file tells."""
    from ppnet.checkpoint_info import read_written_info

    try:
        info = None if init is None else read_written_info(init)
    except CheckpointError:  # of another program, or none: whoever loads it will say so
        info = None
    if info is None or info.kind != "pose":
        return codec
    tolerances = info.tolerances or codec.tolerances
    return replace(codec, kind=info.codec_kind, sigma=info.sigma, tolerances=tolerances)


def _size_and_share(text: str) -> tuple[tuple[int, int], float]:
    from ppnet.checkpoint_info import parse_size

    size, at, share = text.partition("@")
    try:
        return parse_size(size), float(share) if at else 1.0
    except ValueError as error:
        raise UserError(f"{text!r} is not an input size; write 256x192, or 192x144@0.5 for a second one.") from error


def run(arguments: argparse.Namespace) -> int:
    """Train; returns the exit code."""
    from ppnet.cpu import cpu_has_bf16
    from ppnet.data.dataset import Source
    from ppnet.data.sources import read_source
    from ppnet.device import choose_device
    from ppnet.networks.cost import check_input
    from ppnet.skeleton import SKELETONS
    from ppnet.train.run import RunOptions, train

    settings = settings_of(arguments)
    if arguments.save_seconds is not None and not arguments.save_seconds > 0:
        raise UserError("--save-seconds must be above 0.")
    if min(arguments.save_every, arguments.validate_every) < 1 or arguments.workers < 0:
        raise UserError("--save-every and --validate-every must be at least 1, --workers at least 0.")
    if (arguments.teacher is None) != (settings.distill == 0):
        raise UserError(
            "Give --teacher and --distill together: whose heatmaps are learnt, and their share in the loss."
        )
    for codec in settings.codecs:
        check_input(settings.network, codec.input_wh, len(SKELETONS[settings.skeleton]))
    if not arguments.teacher_gain > 0:
        raise UserError("--teacher-gain must be above 0.")
    sources = [Source(*read_source(text, images=arguments.images)) for text in arguments.data]
    validation = read_source(arguments.val)[0] if arguments.val else None
    options = RunOptions(
        folder=arguments.out,
        init=arguments.init,
        resume=arguments.resume,
        teacher=arguments.teacher,
        teacher_gain=arguments.teacher_gain,
        save_every=arguments.save_every,
        save_seconds=arguments.save_seconds,
        validate_every=arguments.validate_every,
        workers=arguments.workers,
        keep_images=arguments.keep_images,
        quiet=arguments.quiet,
        tensorboard=arguments.tensorboard,
        terms=arguments.terms,
        description=arguments.data,
    )
    device = choose_device(arguments.device)
    if arguments.precision is None and device.type == "cpu" and not cpu_has_bf16():
        settings = replace(settings, precision="fp32")  # the preset's bf16 would take many times as long
    weights = train(settings, options, sources, device=device, validation=validation)
    print(f"Weights: {weights}")
    return 0
