"""OpenVINO without its telemetry: importing the package as it is reports the import to its makers."""

import sys
from typing import Any


def load_openvino() -> Any:
    """The module `openvino`, which must never be imported in another way; nothing is sent, here or later.

    Its converter, which holds the telemetry and isn't needed to read and run models, is kept from being loaded.
    """
    for name in ("openvino_telemetry", "openvino.tools.ovc"):
        sys.modules[name] = None  # type: ignore[assignment]  # makes `import` raise ImportError
    import openvino

    return openvino
