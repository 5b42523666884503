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


@cache
def _core() -> Any:
    return load_openvino().Core()
