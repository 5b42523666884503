"""Batches of any size run by few graphs, their answers are the network's, and without graphs all goes on."""

import logging

import numpy as np
import pytest
import torch

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.inference import torch_backend
from ppnet.inference.cuda_graphs import SIZES, GraphedForward
from ppnet.inference.probe import probe
from ppnet.inference.torch_backend import TorchBackend
from ppnet.networks.table import build
from tests.ppnet.seeded_networks import SMALL, small_state_dict

INFO = CheckpointInfo(SMALL, (64, 96))
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


class StandIn:
    """A graph on the CPU: it works on its own memory, as CUDA's do."""

    def __init__(self, forward, inputs):
        self.inputs, self.outputs, self._forward, self.replays = inputs, forward(inputs).clone(), forward, 0

    def replay(self):
        self.replays += 1
        self.outputs.copy_(self._forward(self.inputs))


@pytest.fixture
def made():
    return []


@pytest.fixture
def graphed(made):
    def capture(forward, inputs):
        made.append(StandIn(forward, inputs))
        return made[-1]

    return GraphedForward(forward, capture)


def forward(crops):
    """(N, 4, 4, 3) -> (N, 2): what each crop gives depends on it alone."""
    sums = crops.float().sum(dim=(1, 2, 3))
    return torch.stack([sums, crops[:, 0, 0, 0] - 1.0], dim=1)


def crops(count, first=1, side=4):
    return torch.arange(first, first + count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, side, side, 3).clone()


def test_every_batch_has_its_own_answers_from_the_graph_of_the_next_size(graphed, made):
    for count in (*range(1, 33), *range(32, 0, -1)):
        given = crops(count, first=count)
        assert torch.equal(graphed(given), forward(given))
    assert [len(graph.inputs) for graph in made] == list(SIZES)
    assert sum(graph.replays for graph in made) == 64, "one to compare for each size, then no call without a graph"


def test_larger_batches_run_as_they_are(graphed, made):
    given = crops(33)
    assert torch.equal(graphed(given), forward(given)) and made == []


def test_crops_of_another_size_have_a_graph_of_their_own(graphed, made):
    for side in (4, 6, 4, 6):
        assert torch.equal(graphed(crops(3, side=side)), forward(crops(3, side=side)))
    assert [graph.inputs.shape for graph in made] == [(4, 4, 4, 3), (4, 6, 6, 3)]


def test_the_next_batch_leaves_the_answers_of_the_last_one_alone(graphed):
    graphed(crops(4))
    for first in (10, 90):
        before = graphed(crops(4, first))
        kept = before.clone()
        graphed(crops(4, first + 40))
        assert torch.equal(before, kept)


def fails_to_capture(_forward, _inputs):
    raise RuntimeError("operation not permitted when stream is capturing")


class Deaf(StandIn):
    def replay(self):
        """Gives what it gave before."""


@pytest.mark.parametrize(("capture", "why"), [(fails_to_capture, "not permitted"), (Deaf, "output differs")])
def test_without_graphs_all_goes_on_and_one_line_is_logged(capture, why, caplog):
    tries = []
    graphed = GraphedForward(forward, lambda *given: tries.append(1) or capture(*given))
    with caplog.at_level(logging.WARNING):
        for given in (crops(3), crops(3, 50), crops(1), crops(20)):
            assert torch.equal(graphed(given), forward(given))
    assert len(tries) == 1
    (line,) = caplog.messages
    assert why in line and "without CUDA graphs" in line


def test_crops_that_the_network_cannot_take_are_not_the_graphs_fault(made):
    def wants_even_sides(given):
        if given.shape[1] % 2:
            raise RuntimeError("sizes of branches don't match")
        return forward(given)

    graphed = GraphedForward(wants_even_sides, lambda *given: made.append(StandIn(*given)) or made[-1])
    with pytest.raises(RuntimeError, match="branches"):
        graphed(crops(2, side=5))
    graphed(crops(2))
    assert len(made) == 1, "and the next ones have a graph"


def test_the_backend_gives_the_same_heatmaps_by_graphs(monkeypatch):
    network = build(SMALL)
    network.load_state_dict(small_state_dict(SMALL))
    backend = TorchBackend(network, INFO, device="cpu", precision="fp32")
    people = probe(INFO.input_wh)
    wanted = [backend.heatmaps(people[:count]) for count in (5, 3, 8)]
    backend._run = GraphedForward(backend._last_heatmaps, StandIn)
    for _ in range(2):
        for count, heatmaps in zip((5, 3, 8), wanted, strict=True):
            np.testing.assert_allclose(backend.heatmaps(people[:count]), heatmaps, atol=1e-5)


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_on_cuda_graphs_answer_as_the_network_does(precision, caplog):
    network = build(SMALL)
    network.load_state_dict(small_state_dict(SMALL))
    backend = TorchBackend(network, INFO, device="cuda", precision=precision)
    assert isinstance(backend._run, torch_backend.GraphedForward)
    people = probe(INFO.input_wh)
    with torch.inference_mode():
        wanted = backend._last_heatmaps(torch.from_numpy(people)).cpu().numpy()
    for _ in range(2):
        for count in (1, 2, 3, 5, 12):
            np.testing.assert_allclose(backend.heatmaps(people[:count]), wanted[:count], atol=5e-3)
    assert len(backend._run._graphs) == 5 and caplog.messages == []
