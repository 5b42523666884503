"""Who comes out of hiding: newcomers of whom several lost people could be the one are decided upon a moment later,
when more of them and of their clothes can be seen."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.appearance import resemblance
from tracking.association import best_pairs
from tracking.track import Track

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

REACH = 0.15  # standard deviation, in sides, of where a person comes out of hiding, besides unseen motion
MOST_HEIGHT_CHANGE = 1.7  # nobody found again is so many times higher or lower than expected
LIGHT_CHANGE = 0.06  # by how much the likeness of one person's clothes usually falls short of 1
CLOTHES_WEIGHT = 2.0


def closeness(tracks: Sequence[Track], middles: Floats) -> Floats:
    """(T, M) likelihood of the distance of points (M, 2) from where lost people may be, 1 at no distance.

    They may have gone on or have stopped: anywhere from where they were lost to where they would be now.
    """
    starts = np.array([track.lost_at for track in tracks]).reshape(-1, 2)
    boxes = np.array([track.box for track in tracks]).reshape(-1, 4)
    way = box_math.centers(boxes) - starts
    length = np.maximum((way**2).sum(axis=1), 1e-9)[:, None]
    share = np.clip(((middles[None] - starts[:, None]) * way[:, None]).sum(axis=2) / length, 0, 1)
    away = ((middles[None] - starts[:, None] - share[..., None] * way[:, None]) ** 2).sum(axis=2)
    variances = np.array([track.unseen_variance for track in tracks])
    spread = variances + (REACH * box_math.sizes(boxes).max(axis=1, initial=0)) ** 2
    return np.asarray(np.exp(-away / (2 * np.maximum(spread, 1.0)[:, None])))


def like_heights(tracks: Sequence[Track], boxes: Floats) -> Mask:
    """(T, M) whether heights agree; widths change with every stride, and with what hides a part."""
    own = box_math.sizes(np.array([track.box for track in tracks]).reshape(-1, 4))[:, None, 1]
    other = box_math.sizes(boxes)[None, :, 1]
    return np.asarray((other > own / MOST_HEIGHT_CHANGE) & (other < own * MOST_HEIGHT_CHANGE))


def familiarity(worn: Floats) -> Floats:
    """Weight of clothes in matching, 0 to 1; unknown ones (NaN) speak neither for nor against."""
    return np.where(np.isnan(worn), 0.5, np.exp(-(1 - worn) / LIGHT_CHANGE))


def reunions(
    lost: Sequence[Track], newcomers: Sequence[Track], *, min_similarity: float, min_resemblance: float
) -> list[tuple[Track, Track]]:
    """Pairs (lost, newcomer) that are one person: near, of one height, and dressed alike."""
    dressed = [track for track in lost if track.clothes is not None]
    found = [track for track in newcomers if track.clothes is not None]
    if not dressed or not found:
        return []
    near = closeness(dressed, np.array([track.lost_at for track in found]))
    worn = resemblance(np.array([t.clothes for t in dressed]), np.array([t.clothes for t in found]))
    heights = like_heights(dressed, np.array([track.box for track in found]))
    likely = (near >= min_similarity) & (worn >= min_resemblance) & heights
    pairs = best_pairs(near + CLOTHES_WEIGHT * familiarity(worn), likely)
    return [(dressed[row], found[column]) for row, column in pairs]
