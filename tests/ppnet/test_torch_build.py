"""PyTorch is looked at from outside, and imported only where there may be a graphics card."""

import sys

import pytest
import torch

from ppnet import torch_build
from ppnet.torch_build import available_devices, torch_version


def test_the_version_is_pytorchs():
    assert torch_version() == torch.__version__


@pytest.mark.parametrize(
    ("platform", "build", "has_driver", "asks"),
    [
        ("linux", {}, True, False),
        ("linux", {"cuda": "13.0"}, False, False),
        ("linux", {"cuda": "13.0"}, True, True),
        ("linux", {"hip": "7.0"}, True, True),
        ("win32", {"cuda": None, "hip": None}, False, False),
        ("win32", {"cuda": "13.0"}, False, True),
        ("darwin", {}, False, True),
    ],
)
def test_pytorch_is_asked_where_there_may_be_more_than_the_cpu(
    platform, build, has_driver, asks, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(torch_build, "_version_file", lambda: build)
    monkeypatch.setattr(torch_build, "GRAPHICS_DRIVERS", [tmp_path] if has_driver else [tmp_path / "none"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert available_devices() == (["cuda", "mps", "cpu"] if asks else ["cpu"])


def test_without_pytorch_the_error_names_it(monkeypatch):
    torch_build._version_file.cache_clear()
    monkeypatch.setattr(torch_build, "find_spec", lambda _name: None)
    with pytest.raises(ImportError) as error:
        torch_version()
    assert error.value.name == "torch"
