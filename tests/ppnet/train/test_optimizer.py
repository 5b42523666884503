"""Muon's updates, in whatever number format the machine is fast at."""

import pytest
import torch

from ppnet.train import optimizer
from ppnet.train.optimizer import orthogonalise


@pytest.mark.parametrize("has_bf16", [True, False])
@pytest.mark.parametrize("shape", [(32, 288), (288, 32), (64, 192)])
def test_updates_are_nearly_orthogonal_and_bf16_is_used_only_where_it_is_fast(monkeypatch, has_bf16, shape):
    monkeypatch.setattr(optimizer, "cpu_has_bf16", lambda: has_bf16)
    found = orthogonalise(torch.randn(3, *shape, generator=torch.Generator().manual_seed(0)))
    assert found.dtype == torch.float32 and found.shape == (3, *shape)
    assert torch.linalg.svdvals(found).min() > 0.4 and torch.linalg.svdvals(found).max() < 1.3
    assert torch.equal(found, found.bfloat16().float()) == has_bf16, "digits that bf16 does not have"
