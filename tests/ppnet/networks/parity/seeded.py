"""Seeded weights and inputs for the parity fixture: the same numbers on every machine.

numpy's legacy RandomState is frozen, so nothing needs to be stored but the expected heatmaps.
"""

import numpy as np


def seeded_state_dict(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, np.ndarray]:
    """Fill a PPNet state dict, name by name in the order of `shapes` (float32 arrays; counters are int64 zeros)."""
    rng = np.random.RandomState(seed)
    filled = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            filled[name] = np.zeros(shape, np.int64)
            continue
        noise = rng.standard_normal(shape).astype(np.float32)
        if len(shape) == 4:  # convolution: (out, in, kernel, kernel)
            value = noise * np.float32(np.sqrt(1.2 / np.prod(shape[1:])))
        elif name.endswith("running_var"):
            value = 1 + np.float32(0.3) * np.abs(noise)
        elif name.endswith("running_mean"):
            value = np.float32(0.1) * noise
        elif name.endswith("weight"):  # batch-norm scale
            value = 1 + np.float32(0.2) * noise
        else:  # biases
            value = np.float32(0.05) * noise
        filled[name] = value.astype(np.float32)
    return filled


def seeded_input(height: int, width: int, seed: int) -> np.ndarray:
    """One normalised input image, (1, 3, height, width) float32."""
    return np.random.RandomState(seed).standard_normal((1, 3, height, width)).astype(np.float32)
