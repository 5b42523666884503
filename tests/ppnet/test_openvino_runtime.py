"""OpenVINO in one process with signals: its alternate signal stack must outlive whoever uses it."""

import subprocess
import sys

import numpy as np

from ppnet.openvino_runtime import compile_network, load_openvino


def after_two_networks() -> int:
    """Exit code of a process that compiles two networks, lets go of one after the other, and gets a signal."""
    code = """
import gc, signal
from ppnet.openvino_runtime import openvino_core
import openvino.opset13 as ops, numpy as np, openvino
def network():
    x = ops.parameter([1, 8], np.float32)
    c = openvino_core()
    return c, c.compile_model(openvino.Model([ops.relu(x)], [x], "m"), "CPU")
first, second = network(), network()
del first; gc.collect()
del second; gc.collect()
signal.signal(signal.SIGINT, lambda *_: print("told", flush=True))
signal.raise_signal(signal.SIGINT)
"""
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True)
    return done.returncode if done.returncode or "told" in done.stdout else 1


def test_a_signal_after_two_networks_are_let_go_of_is_heard():
    assert after_two_networks() == 0


def test_networks_are_compiled_with_what_is_asked_for_and_no_thread_is_tied_to_a_core():
    load_openvino()
    import openvino.opset13 as ops
    from openvino import Model

    pixels = ops.parameter([1, 8], np.float32)
    compiled = compile_network(Model([ops.relu(pixels)], [pixels], "relu"), threads=1, streams=1)
    names = ("INFERENCE_PRECISION_HINT", "INFERENCE_NUM_THREADS", "NUM_STREAMS", "ENABLE_CPU_PINNING")
    found = {name: compiled.get_property(name) for name in names}
    assert str(found.pop("INFERENCE_PRECISION_HINT")) == "<Type: 'float32'>" and not found.pop("ENABLE_CPU_PINNING")
    assert {name: int(value) for name, value in found.items()} == {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    assert compiled(np.array([[-1, 2, 0, 0, 0, 0, 0, 0]], np.float32))[0][0, :2].tolist() == [0, 2]
