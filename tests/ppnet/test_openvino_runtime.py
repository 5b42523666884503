"""OpenVINO in one process with signals: its alternate signal stack must outlive whoever uses it."""

import subprocess
import sys


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
