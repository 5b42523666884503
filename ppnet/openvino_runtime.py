"""OpenVINO without its telemetry: importing the package as it is reports the import to its makers."""

import sys
import threading
from functools import cache
from typing import Any

_MAKING = threading.Lock()


def load_openvino() -> Any:
    """The module `openvino`, which must never be imported in another way; nothing is sent, here or later.

    Its converter, which holds the telemetry and isn't needed to read and run models, is kept from being loaded.
    """
    for name in ("openvino_telemetry", "openvino.tools.ovc"):
        sys.modules[name] = None  # type: ignore[assignment]  # makes `import` raise ImportError
    import openvino

    return openvino


def openvino_core() -> Any:
    """OpenVINO's one `Core` of this process, from which every network is read and compiled.

    Its CPU plugin gives the thread that makes it an alternate signal stack of its own. Of two plugins the one that goes
    first frees a stack that the other one puts back, and the next signal ends the process; so there is only ever one.
    """
    with _MAKING:
        return _core()


def compile_network(
    model: Any, precision: str | None = "f32", *, threads: int | None = None, streams: int | None = None
) -> Any:
    """An OpenVINO model made ready for this machine's CPU.

    precision: `f32`, `bf16`, or None for the fastest that the CPU has. threads, streams: None leaves them to OpenVINO.
    """
    return openvino_core().compile_model(model, "CPU", cpu_options(precision, threads=threads, streams=streams))


def cpu_options(
    precision: str | None = "f32", *, threads: int | None = None, streams: int | None = None
) -> dict[str, str | int | bool]:
    """What `compile_network` asks for. Threads are never tied to cores: other parts of the program compute as well."""
    options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams}
    return {name: value for name, value in options.items() if value is not None} | {"ENABLE_CPU_PINNING": False}


@cache
def _core() -> Any:
    return load_openvino().Core()
