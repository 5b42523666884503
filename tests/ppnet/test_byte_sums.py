"""Whether products of bytes are added up exactly is tried on the processor itself, and remembered."""

import os
import platform
import subprocess
import sys

import pytest
import torch

from ppnet import byte_sums
from ppnet.byte_sums import sums_of_bytes_are_exact


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    return tmp_path / "byte sums"


def tried_with(instructions, cache):
    """In a process whose OpenVINO leaves newer instructions alone."""
    told = subprocess.run(
        [sys.executable, "-c", "from ppnet.byte_sums import *; print(sums_of_bytes_are_exact())"],
        env=os.environ | {"ONEDNN_MAX_CPU_ISA": instructions, "PPNET_LIVE_CACHE": str(cache / instructions)},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip() == "True"


def test_processors_that_are_known_to_add_exactly_do():
    if torch.cpu._is_vnni_supported() or torch.cpu._is_amx_tile_supported():
        assert sums_of_bytes_are_exact()


@pytest.mark.skipif(platform.machine().lower() not in byte_sums.X86, reason="instructions of another processor")
def test_without_instructions_for_it_they_run_over(tmp_path):
    assert not tried_with("AVX2", tmp_path)
    if torch.cpu._is_vnni_supported():
        assert tried_with("AVX512_CORE_VNNI", tmp_path) and not tried_with("AVX512_CORE", tmp_path)


def test_on_arm_it_is_not_tried(monkeypatch, cache):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(byte_sums, "_is_exact", None)
    assert not sums_of_bytes_are_exact() and not cache.exists()


@pytest.mark.skipif(platform.machine().lower() not in byte_sums.X86, reason="instructions of another processor")
def test_it_is_tried_once_and_again_where_the_file_is_damaged(cache, monkeypatch):
    tried = []
    monkeypatch.setattr(byte_sums, "_is_exact", lambda: not tried.append(1))
    for _ in range(2):
        assert sums_of_bytes_are_exact()
    (kept,) = cache.iterdir()
    kept.write_bytes(b"exa")
    assert sums_of_bytes_are_exact() and len(tried) == 2
    monkeypatch.setattr(byte_sums, "_is_exact", lambda: False)
    monkeypatch.setattr(byte_sums, "cpu_facts", lambda: ("another",))
    for _ in range(2):
        assert not sums_of_bytes_are_exact()
