"""CUDA graphs: the hundreds of kernels of a network are captured once for a batch size, then started by one call."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

SIZES = (1, 2, 4, 8, 16, 32)  # crops; other batches are filled up to the next one, and larger ones run as they are
WARM_UPS = 3  # before a capture, which must not meet what libraries do when they run first
MOST_APART = 1e-3  # of heatmaps, about 0 to 1, between a graph and the calls it stands for

log = logging.getLogger(__name__)

Forward = Callable[[Tensor], Tensor]


class Graph(Protocol):
    """A captured forward pass: `replay` reads `inputs` and writes `outputs`, which stay the same memory."""

    inputs: Tensor
    outputs: Tensor

    def replay(self) -> None:
        """What was captured, once more."""
        ...


class GraphedForward:
    """A forward pass from crops (N, ...) on any device to heatmaps (N, ...) on its own one, run by graphs.

    Crops are independent of each other, so that a batch may be filled up. A size is captured when it first comes, and
    compared with what it stands for. If one can't be captured or answers otherwise, all runs without graphs from then
    on, and the log says so.
    """

    def __init__(self, forward: Forward, capture: Callable[[Forward, Tensor], Graph] | None = None) -> None:
        self._forward = forward
        self._capture = capture or CudaGraph
        self._graphs: dict[tuple[int, ...], Graph] = {}
        self._is_off = False
        self._lock = threading.Lock()  # inputs and outputs are the same for whoever calls

    def __call__(self, crops: Tensor) -> Tensor:
        """Heatmaps of the crops, the caller's own. Raises what the forward pass raises."""
        size = next((size for size in SIZES if size >= len(crops)), None)
        if size is None or self._is_off:
            return self._forward(crops)
        key = (size, *crops.shape[1:])
        with self._lock:
            if key not in self._graphs:
                return self._first(key, crops)
            graph = self._graphs[key]
            graph.inputs[: len(crops)].copy_(crops)
            graph.replay()
            return graph.outputs[: len(crops)].clone()

    def _first(self, key: tuple[int, ...], crops: Tensor) -> Tensor:
        """The heatmaps without a graph, and the graph for the next time."""
        batch = crops.new_zeros(key)
        batch[: len(crops)] = crops
        heatmaps = self._forward(batch)
        try:
            # Other pictures, so that a graph which doesn't look at its inputs shows.
            graph = self._capture(self._forward, (255 - batch).to(heatmaps.device))
            graph.inputs.copy_(batch)
            graph.replay()
            if not torch.allclose(graph.outputs, heatmaps, rtol=0, atol=MOST_APART, equal_nan=True):
                raise RuntimeError("a graph's output differs from the network's")
        except RuntimeError as error:
            self._is_off = True
            self._graphs.clear()
            log.warning("the network runs without CUDA graphs: %s", error)
        else:
            self._graphs[key] = graph
        return heatmaps[: len(crops)].clone()


class CudaGraph:
    """PyTorch's graph of a forward pass on `inputs`, on a CUDA device. RuntimeError where there can't be one."""

    def __init__(self, forward: Forward, inputs: Tensor) -> None:
        self.inputs = inputs
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(inputs.device):
            calling, own = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
            own.wait_stream(calling)
            with torch.cuda.stream(own):  # is left even where a capture ends in an error
                for _ in range(WARM_UPS):
                    forward(inputs)
                # What other threads do on the device meanwhile is none of its business.
                with torch.cuda.graph(self._graph, stream=own, capture_error_mode="thread_local"):
                    self.outputs = forward(inputs)
            calling.wait_stream(own)

    def replay(self) -> None:
        """See `Graph`."""
        self._graph.replay()
