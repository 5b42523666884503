"""Settings of the process for training on a CPU."""

import subprocess
import sys

import pytest

STEPS = """
import resource, torch
from ppnet.device import denormals_as_zero, prepare_cpu_for_training
from torch import nn
stem = nn.Conv2d(3, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU()  # as all networks here begin
network = nn.Sequential(*stem, nn.Conv2d(64, 17, 1)).to(memory_format=torch.channels_last).train()
image = torch.randn(16, 3, 256, 192)
def step():
    network(image).square().mean().backward()
def pages():
    step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(2):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
usual = pages()
prepare_cpu_for_training()
prepared = pages()
tiny = lambda: float(torch.tensor([1e-40]) * 1)
with denormals_as_zero():
    zero = tiny()
print(usual, prepared, zero, tiny())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how glibc gives memory back")
def test_training_keeps_its_memory_and_takes_denormal_numbers_as_zero():
    """Pages that two training steps take anew, and what a denormal number becomes while such count as zero, and
    afterwards; in a process of its own."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    usual, prepared, zero, denormal = map(float, done.stdout.split())
    assert prepared < usual / 4
    assert denormal > 0 and zero == 0
