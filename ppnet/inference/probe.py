"""The twelve people by whom backends are compared on the user's machine."""

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.assets import asset
from ppnet.inference.backend import Crops

PROBE_SIZE_WH = (192, 256)


def probe(input_wh: tuple[int, int]) -> Crops:
    """Crops (N, H, W, 3) uint8 RGB of the people that ship with the program for this purpose."""
    content = np.fromfile(asset("probe_people.jpg"), np.uint8)  # cv2.imread fails at some non-ASCII paths
    sheet = cv2.cvtColor(cv2.imdecode(content, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    people = np.split(sheet, sheet.shape[1] // PROBE_SIZE_WH[0], axis=1)
    crops: npt.NDArray[np.uint8] = np.stack([cv2.resize(person, input_wh) for person in people]).astype(np.uint8)
    return crops
