"""Files that libraries in C open (HDF5, ONNX, TFLite): a mutation of a real one gives a result or one sentence.

Inputs are tried one after another in a child process, as the program does with a single one; an input that brings it
down or stops it is counted, and the next ones go on in a new child. The long form (`-m slow`) is counted in
docs/robustness.md.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ppnet.errors import UserError
from tests.fuzzing import mutated
from tests.results import SOURCE
from tracking.child_process import MAX_PROCESSOR_S, limit_process
from tracking.detection import mediapipe_detector as tflite
from tracking.detection import onnx_detector as onnx_files
from tracking.detection.detector import model_path
from tracking.detection.settings import DetectorSettings
from tracking.export.formats import export
from tracking.importing import choice, hdf5
from tracking.importing.session import write_session
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session

ROOT = Path(__file__).parent.parent
OLD = ROOT / "tests" / "data" / "aisle_format1_session.ppnet"
SEED = 20261129
LONGEST_S = 20.0
"""Of the processor, for one input."""
PICTURE = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)


@cache
def hdf5_files(folder: Path) -> tuple[Path, ...]:
    """The same few people in each kind of file that is read in."""
    pandas = pytest.importorskip("pandas")
    with Session.open(OLD) as session:
        edited = EditedSession(session)
        edited.refresh()
        files = [
            export(edited, name, folder / f"good{ending}", overwrite=True)
            for name, ending in (("deeplabcut-h5", "_f.h5"), ("sleap-analysis", "_a.h5"), ("sleap", ".slp"))
        ]
    table = pandas.read_hdf(files[0]).iloc[:8, :12]
    table.columns = table.columns.remove_unused_levels()
    table.to_hdf(files[0], key="df_with_missing", mode="w")
    table.to_hdf(folder / "good_t.h5", key="df_with_missing", format="table", mode="w")
    return (*files, folder / "good_t.h5")


def read_hdf5_here(path: Path, *names: str) -> dict:
    try:
        return hdf5.found_in(path, *names)
    except hdf5.FAULTS as error:
        raise UserError(str(error)) from error


def read_table(path: Path) -> None:
    choice.read_hdf5 = read_hdf5_here  # in this process, which is a child itself
    words, found = choice.read_tracks(path)
    rows, skeleton, _ = found.on_skeleton()
    times_s = [index / 30 for index in range(100)]
    place = path.with_suffix(".ppnet")
    write_session(rows, skeleton, place, source=SOURCE, times_s=times_s, made_from=(path.name, words), overwrite=True)


def hdf5_bytes(folder: Path, rng: random.Random) -> None:
    good = rng.choice(hdf5_files(folder))
    data = good.read_bytes()
    (path := folder / f"x{good.suffix}").write_bytes(mutated(data, rng, first=rng.choice((0, 0, 512, len(data) // 2))))
    read_table(path)


def hdf5_parts(folder: Path, rng: random.Random) -> None:
    """One dataset or attribute replaced by an odd one."""
    import h5py

    good = rng.choice(hdf5_files(folder))
    (path := folder / f"x{good.suffix}").write_bytes(good.read_bytes())
    with h5py.File(path, "r+") as file:
        places: list[str] = []
        file.visititems(lambda name, at: places.append(name) if isinstance(at, h5py.Dataset) else None)
        name = rng.choice(sorted(places))
        old = file[name]
        shape = tuple(min(rng.choice((size, 0, 1, size + 1, 3)), 60) for size in old.shape)
        odd: list[Callable[[], object]] = [
            lambda: np.full(shape, rng.choice((np.nan, np.inf, -1, 0, 1e308, 4e4)), rng.choice(("f8", ">f8", "f2"))),
            lambda: np.full(shape, rng.choice((-1, 0, 127)), rng.choice(("i1", "i8", ">i4"))),
            lambda: np.full(shape, rng.choice((b"", b"\xff\xfe", b"x" * 300, b"left_knee"))),
            lambda: np.full(shape, "[" * rng.choice((1, 9999)), object).astype(h5py.string_dtype()),
            lambda: h5py.Empty("f8"),
            lambda: rng.choice((h5py.SoftLink("/" + rng.choice(places)), h5py.ExternalLink("/etc/passwd", "/"))),
            lambda: np.zeros(shape, [("x", "f8"), ("frame_id", "u8")]),
        ]
        made: object
        if old.dtype.names and rng.random() < 0.6:
            rows = old[()]
            field = rng.choice(rows.dtype.names)
            if rows.size and rows.dtype[field].kind in "iuf":
                rows[field][rng.randrange(rows.size)] = np.array(rng.choice((0, 1, 77, 2**31 - 1, 2**62))).astype(
                    rows.dtype[field]
                )
            made = rows
        elif rng.random() < 0.1:
            made = None
        else:
            made = rng.choice(odd)()
        attributes = dict(old.attrs)
        del file[name]
        if made is None:
            file.create_dataset(name, (2**40, *old.shape[1:]), "f8", chunks=(64, *old.shape[1:]), compression="gzip")
        else:
            file[name] = made
        if isinstance(made, np.ndarray):
            for key, value in attributes.items():
                file[name].attrs[key] = value if rng.random() < 0.8 else rng.choice((b"x", "[]", 3, np.zeros(5)))
    read_table(path)


@cache
def onnx_files_of(folder: Path) -> tuple[bytes, ...]:
    """Small networks that answer as two of the families do."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng, size, cells = np.random.default_rng(1), 64, 84

    def network(channels: int, shape: tuple[int, ...], *more: "onnx.NodeProto") -> bytes:
        weights = rng.normal(0, 1, (channels, 3, 3, 3)).astype(np.float32)
        made = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array(shape, np.int64), "shape")]
        nodes = [
            helper.make_node("Conv", ["in", "w"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
            helper.make_node("Relu", ["a"], ["b"]),
            helper.make_node("GlobalAveragePool", ["b"], ["c"]),
            helper.make_node("Reshape", ["c", "shape"], ["d"]),
            *more,
        ]
        inputs = [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, 3, size, size])]
        outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]
        graph = helper.make_graph(nodes, "g", inputs, outputs, made)
        opset = helper.make_opsetid("", 13)
        return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()

    heads = network(5 * cells, (1, 5, cells), helper.make_node("Sigmoid", ["d"], ["out"]))
    selected = network(60, (1, 10, 6), helper.make_node("Softmax", ["d"], ["out"], axis=2))
    return heads, selected


def onnx_bytes(folder: Path, rng: random.Random) -> None:
    (path := folder / "x.onnx").write_bytes(mutated(rng.choice(onnx_files_of(folder)), rng))
    look_onnx(path)


def onnx_parts(folder: Path, rng: random.Random) -> None:
    """Sizes, numbers and operators of the graph replaced."""
    import onnx

    model = onnx.load_from_string(rng.choice(onnx_files_of(folder)))
    numbers = (-1, 0, 1, 2, 7, 255, 65_537, 2**31 - 1, 2**40, -(2**63))
    for _ in range(rng.choice((1, 1, 2, 4))):
        node = rng.choice(model.graph.node)
        attributes = [one for one in node.attribute if one.ints]
        kind = rng.randrange(6)
        if kind == 0 and attributes:
            ints = rng.choice(attributes).ints
            ints[rng.randrange(len(ints))] = rng.choice(numbers)
        elif kind == 1:
            node.op_type = rng.choice(
                ("Add", "Gather", "Resize", "NonMaxSuppression", "TopK", "Loop", "Einsum", "Tile")
            )
        elif kind == 2:
            tensor = rng.choice(model.graph.initializer)
            tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(numbers)
        elif kind == 3:
            dims = model.graph.input[0].type.tensor_type.shape.dim
            dims[rng.randrange(4)].dim_value = rng.choice(numbers)
        elif kind == 4:
            node.input[0] = rng.choice(("", "in", "nothing", "shape", "w"))  # circles: test_trial.py
        else:
            shape = model.graph.initializer[1]
            values = np.frombuffer(shape.raw_data, np.int64).copy()
            values[rng.randrange(len(values))] = rng.choice(numbers)
            shape.raw_data = values.tobytes()
    (path := folder / "x.onnx").write_bytes(model.SerializeToString())
    look_onnx(path)


def look_onnx(path: Path) -> None:
    onnx_files.try_in_child = no_trial
    found = onnx_files.OnnxDetector(DetectorSettings(model=str(path)))
    found.detect(PICTURE)
    found.close()


def tflite_bytes(folder: Path, rng: random.Random) -> None:
    """Damage where the graph is, at the end of the file, rather than in the weights."""
    data = model_path("nanodet").read_bytes()
    first = rng.choice((0, len(data) - 40_000, len(data) - 12_000))
    changed = mutated(data, rng, first=first)
    if rng.random() < 0.3:  # the root of the graph
        changed = mutated(changed[:200], rng)[:200].ljust(200, b"\0") + changed[200:]
    (path := folder / "x.tflite").write_bytes(changed)
    tflite.try_in_child = no_trial
    found = tflite.MediaPipeDetector(DetectorSettings(model=str(path)))
    found.detect(PICTURE)
    found.close()


def no_trial(*_args: object, **_more: object) -> None:
    """This process is a child already."""


READERS: dict[str, Callable[[Path, random.Random], None]] = {
    "HDF5, bytes": hdf5_bytes,
    "HDF5, parts": hdf5_parts,
    "ONNX, bytes": onnx_bytes,
    "ONNX, parts": onnx_parts,
    "TFLite": tflite_bytes,
}


def batch(name: str, folder: Path, first: int, end: int, seed: int) -> None:
    """In the child: a line for each input, its number, processor time and what came of it."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    limit_process()
    resource.setrlimit(resource.RLIMIT_CPU, (resource.getrlimit(resource.RLIMIT_CPU)[1],) * 2)  # each has its own below
    for number in range(first, end):
        signal.setitimer(signal.ITIMER_PROF, MAX_PROCESSOR_S)
        begun_s = time.process_time()
        try:
            READERS[name](folder, random.Random(f"{name} {seed} {number}"))
            came = "read"
        except UserError:
            came = "refused"
        except Exception as error:  # noqa: BLE001
            came = f"error {error!r}"
        told.write(f"{number} {time.process_time() - begun_s:.3f} {' '.join(came.split())}\n")


def fuzzed(name: str, folder: Path, count: int, seed: int) -> Counter[str]:
    """How many inputs were read, refused, and brought their process down; an error of another kind fails the test."""
    counts: Counter[str] = Counter()
    number = 0
    while number < count:
        code = f"from {__name__} import batch; from pathlib import Path; "
        code += f"batch({name!r}, Path({str(folder)!r}), {number}, {count}, {seed})"
        child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
        for line in child.stdout.decode().splitlines():
            _, spent_s, came = line.split(" ", 2)
            assert not came.startswith("error"), f"{name}, seed {seed}, input {number}: {came}"
            assert float(spent_s) < LONGEST_S, f"{name}, seed {seed}, input {number} took {spent_s} s"
            counts[came] += 1
            number += 1
        if number < count:
            assert child.returncode < 0, child.stderr.decode()[-2000:]
            counts["stuck" if child.returncode == -signal.SIGPROF else "brought down"] += 1
            number += 1
    return counts


@pytest.mark.parametrize("name", READERS)
def test_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip("h5py" if name.startswith("HDF5") else "onnx", reason="pip install 'ppnet-live[dev]'")
    counts = fuzzed(name, tmp_path, 20, SEED)
    assert counts["read"] > 0 and counts["refused"] > 0 and counts["stuck"] == 0 and counts.total() == 20


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), zip(READERS, (3000, 3000, 2500, 2000, 600), strict=True))
def test_thousands_of_mutated_files(name: str, count: int, tmp_path: Path) -> None:
    pytest.importorskip("h5py" if name.startswith("HDF5") else "onnx", reason="pip install 'ppnet-live[dev]'")
    print(name, dict(fuzzed(name, tmp_path, count, SEED + 1)))
