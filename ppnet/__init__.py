"""PPNet: parallel pyramid networks for human pose (Zhao et al., IEEE TIP 2021).

Networks, decoding, training, evaluation and benchmark. Knows nothing of videos, time or tracks.
"""

import os
from typing import TYPE_CHECKING, Any

# Torch's threads wait for each other after every layer. Where they spin instead of sleeping and other work wants the
# cores, a layer takes ten times as long (measured on 2 cores). OpenMP reads this once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from ppnet.checkpoint import load_checkpoint as load_checkpoint
    from ppnet.estimator import PoseEstimator as PoseEstimator
    from ppnet.networks.table import build as build

__version__ = "0.1.0"

_LAZY = {
    "load_checkpoint": "ppnet.checkpoint",
    "PoseEstimator": "ppnet.estimator",
    "build": "ppnet.networks.table",
}


def __getattr__(name: str) -> Any:
    """Public names that need torch are imported on first use, so that `--help` stays instant."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ppnet' has no attribute {name!r}")
