"""HDR pictures (HLG, PQ; BT.2100) as ordinary screens show them: BT.709, tone-mapped by a table that is made once."""

import functools
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
import numpy.typing as npt

from tracking.video.orientation import Image

HDR = {16: "PQ", 18: "HLG"}
"""Transfer characteristics of H.273 that need it."""
WHITE_NITS = {"PQ": 203.0, "HLG": 142.0}
"""Luminance, cd/m2, that becomes the screen's white: BT.2408's reference white; of HLG half way (geometrically) to the
100 of pictures that were made from ordinary ones."""
KNEE = 0.8
"""What is darker than this share of white (in light) stays as it is; all above is compressed into the rest."""
PEAK_NITS = 1000.0
SCREEN_GAMMA = 2.4
CUBE = 33
BT2020_TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593])

Values = npt.NDArray[np.float64]


class ToneMap:
    """Turns decoded HDR pictures into (H, W, 3) uint8 RGB; `name` is a value of `HDR`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._graph: Any = None
        self._for: tuple[Any, ...] | None = None

    def __call__(self, picture: Any) -> Image:
        """The picture for an ordinary screen."""
        kind = (picture.width, picture.height, picture.format.name)
        if kind != self._for:
            self._graph, self._for = self._built(picture), kind
        self._graph.push(picture)
        return np.asarray(self._graph.pull().to_ndarray(), np.uint8)

    def _built(self, picture: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "table.cube"
            table.write_text(_cube(self._name), encoding="ascii")
            graph = av.filter.Graph()
            steps = [
                graph.add_buffer(
                    width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
                ),
                graph.add("scale", "in_color_matrix=bt2020"),
                graph.add("format", "gbrp10le"),
                graph.add("lut3d", file=str(table)),
                graph.add("format", "rgb24"),
                graph.add("buffersink"),
            ]
            for before, after in pairwise(steps):
                before.link_to(after)
            graph.configure()
        return graph


@functools.cache
def _cube(name: str) -> str:
    """The table as a .cube file, red changing fastest."""
    axis = np.linspace(0, 1, CUBE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    rows = tone_mapped(np.stack([red, green, blue], -1).reshape(-1, 3), name)
    return f"LUT_3D_SIZE {CUBE}\n" + "\n".join(f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in rows) + "\n"


def tone_mapped(coded: Values, name: str) -> Values:
    """(N, 3) coded values of BT.2020, 0 to 1, as coded values of BT.709, 0 to 1."""
    nits = _nits_of_pq(coded) if name == "PQ" else _nits_of_hlg(coded)
    light = np.clip(nits / WHITE_NITS[name] @ BT2020_TO_BT709.T, 0, None)
    brightest = np.maximum(light.max(-1, keepdims=True), 1e-9)
    light = light * (_compressed(brightest, PEAK_NITS / WHITE_NITS[name]) / brightest)  # hue stays
    return np.asarray(np.clip(light, 0, 1) ** (1 / SCREEN_GAMMA), np.float64)


def _compressed(light: Values, peak: float) -> Values:
    """A curve that leaves the knee smoothly and comes to 1 at the peak."""
    reach = (np.minimum(light, peak) - KNEE) / (peak - KNEE)
    slope = (peak - KNEE) / (1 - KNEE)
    bent = KNEE + (1 - KNEE) * slope * reach / (1 + (slope - 1) * reach)
    return np.where(light <= KNEE, light, bent)


def _nits_of_pq(coded: Values) -> Values:
    """SMPTE ST 2084."""
    power = coded ** (1 / 78.84375)
    return np.asarray(
        10_000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    )


def _nits_of_hlg(coded: Values) -> Values:
    """ARIB STD-B67 on a screen of 1,000 cd/m2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    luma = np.maximum(scene @ BT2020_LUMA, 1e-9)[..., None]
    return np.asarray(PEAK_NITS * luma**0.2 * scene)
