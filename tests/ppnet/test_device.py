"""Settings of the process for training on a CPU."""

import subprocess
import sys

import pytest

STEPS = """
import resource, torch
from ppnet.device import prepare_cpu_for_training
from ppnet.networks.table import build
{prepare}
network = build("M1-D1-W8").to(memory_format=torch.channels_last).train()
image = torch.randn(16, 3, 256, 192)
def step():
    network(image)[-1].square().mean().backward()
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, float(torch.tensor([1e-40]) * 1))
"""


def run(prepare: str) -> tuple[int, float]:
    """Pages that three training steps took anew, and what a denormal number became."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS.format(prepare=prepare)], capture_output=True, text=True, check=True
    )
    pages, tiny = done.stdout.split()
    return int(pages), float(tiny)


@pytest.mark.skipif(sys.platform != "linux", reason="how glibc gives memory back")
def test_training_keeps_its_memory_and_takes_denormal_numbers_as_zero():
    usual, denormal = run("")
    prepared, zero = run("prepare_cpu_for_training()")
    assert prepared < usual / 4
    assert denormal > 0 and zero == 0
    print(usual, prepared)
