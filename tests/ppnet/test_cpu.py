"""What the processor can is asked of PyTorch once, and kept."""

import json
import sys

import pytest
import torch

from ppnet import cpu


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    cpu._abilities.cache_clear()
    yield tmp_path
    cpu._abilities.cache_clear()


def said():
    cpu._abilities.cache_clear()
    return cpu.cpu_has_bf16(), cpu.cpu_has_amx()


def test_it_is_what_pytorch_says_also_when_pytorch_is_not_asked_again(monkeypatch):
    amx = torch.cpu._is_amx_tile_supported()
    wanted = (amx or torch.cpu._is_avx512_bf16_supported(), amx)
    assert said() == wanted
    monkeypatch.setitem(sys.modules, "torch", None)
    assert said() == wanted


def test_amx_multiplies_bf16_too(monkeypatch):
    for question, answer in (("_is_avx512_bf16_supported", False), ("_is_amx_tile_supported", True)):
        monkeypatch.setattr(torch.cpu, question, lambda answer=answer: answer)
    assert cpu.cpu_has_bf16()


def test_another_processor_and_a_damaged_file_are_asked_about_anew(cache, monkeypatch):
    said()
    (kept,) = (cache / "processors").iterdir()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: "asked")
    for damaged in ("{", "[]", json.dumps({"bf16": True})):
        kept.write_text(damaged)
        cpu._abilities.cache_clear()
        assert cpu.cpu_has_amx()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(cpu, "cpu_name", lambda: "another one")
    cpu._abilities.cache_clear()
    assert not cpu.cpu_has_amx() and len(list((cache / "processors").iterdir())) == 2


def test_a_question_that_pytorch_does_not_know_means_no(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert not cpu.cpu_has_amx()


def test_the_processor_has_a_name():
    assert cpu.cpu_name().strip()
