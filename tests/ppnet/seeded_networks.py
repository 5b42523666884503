"""Networks with seeded weights: those of the parity fixture, and small random ones."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch

from ppnet.networks.name_from_tensors import expected_shapes

SMALL = "M1-D1-W8-2branches"
"""The smallest PPNet whose branches still mix, where any network does."""

PARITY = Path(__file__).parent / "networks" / "parity"
MANIFEST = json.loads((PARITY / "manifest.json").read_text())

_spec = importlib.util.spec_from_file_location("seeded", PARITY / "seeded.py")
seeded = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seeded)


def parity_state_dict(name):
    """State dict of one network of the fixture, in the published names."""
    entry = MANIFEST[name]
    shapes = expected_shapes(name.removesuffix("-mpii16"), entry["joints"])
    weights = seeded.seeded_state_dict(shapes, entry["seed"])
    return {key: torch.from_numpy(np.asarray(value)) for key, value in weights.items()}


def parity_error(name, network):
    """Largest difference from the authors' heatmaps, over their largest value."""
    entry = MANIFEST[name]
    with torch.inference_mode():
        heatmaps = network(torch.from_numpy(seeded.seeded_input(*entry["input"], entry["seed"] + 1)))
    expected = np.load(PARITY / "heatmaps.npz")[f"{name}__module{entry['modules']}"]
    return np.abs(heatmaps[-1].numpy() - expected).max() / np.abs(expected).max()


def small_state_dict(name="M1-D1-W8", keypoints=17, seed=0):
    """State dict of a small PPNet with seeded weights."""
    return {key: torch.tensor(value) for key, value in _small_arrays(name, keypoints, seed).items()}


@cache
def _small_arrays(name, keypoints, seed):
    return seeded.seeded_state_dict(expected_shapes(name, keypoints), seed)
