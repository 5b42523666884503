"""Colours of a dressed body, pixel by pixel.

Every pixel knows which point of the template body it shows, so garments are drawn as regions of that body:
their edges stay sharp at any size, and fabric patterns move with the body.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ppnet.data.people.outfit import WAIST, Cloth, Outfit, as_array

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BODY, HAIR, SKIRT, BAG, BRIM, TAIL, SHOE = range(7)  # materials of meshes

_HAIR_LINE_Y = (-0.15, -0.10, -0.06, -0.04, 0.04)
_HAIR_LINE_Z = (0.792, 0.778, 0.735, 0.70, 0.652)


class Surface(NamedTuple):
    """Where on a person P pixels lie: template point (P, 3), arm coordinate, shares of arm and head, eye, material."""

    point: Floats
    arm: Floats
    arm_share: Floats
    head_share: Floats
    eye: Floats
    material: Floats


@dataclass(frozen=True)
class Painted:
    """Reflected colour (P, 3) in linear light, shine (P,) and how strongly fabric wrinkles there (P,)."""

    albedo: Floats
    shine: Floats
    wrinkle: Floats


def waves(points: Floats, seed: int, wavelength_m: float, count: int = 5) -> Floats:
    """Smooth noise about 0 with deviation 1 at (P, 3) points: a few sine waves of random direction."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(0, 1, (3, count))
    directions /= np.linalg.norm(directions, axis=0)
    frequency = 2 * np.pi / wavelength_m * rng.uniform(0.6, 1.6, count)
    phase = rng.uniform(0, 2 * np.pi, count)
    turns = points @ (directions * frequency).astype(np.float32)
    turns += phase.astype(np.float32)
    # A product instead of a sum: numpy adds along a short last axis slowly. Unused lanes may raise false alarms.
    with np.errstate(all="ignore"):
        return np.asarray(np.sin(turns, out=turns) @ np.full(count, np.sqrt(2 / count), np.float32), np.float32)


def top_mask(outfit: Outfit, on: Surface) -> Mask:
    """Where the upper garment lies."""
    x, y, z = on.point.T
    on_arm = on.arm_share > 0.5
    if outfit.top_kind == "bare":
        return np.zeros(len(z), bool)
    if outfit.top_kind == "swim":
        return ~on_arm & (z > -0.08) & (z < 0.44 + 0.1 * (np.abs(np.abs(x) - 0.09) < 0.02)) & (on.head_share < 0.5)
    side = np.abs(x)
    throat = 0.566 + 0.4 * y + 0.5 * np.maximum(side - 0.055, 0)
    throat = throat - outfit.neckline_m * np.maximum(0, 1 - side / 0.075) * (y < -0.02)
    if outfit.sleeve < 0:  # straps
        throat = np.where((side > 0.135) & (z > 0.42), 0.0, throat)
    torso = ~on_arm & (z > outfit.hem_m) & (z < throat)
    return torso | (on_arm & (on.arm < outfit.sleeve))


def bottom_mask(outfit: Outfit, on: Surface) -> Mask:
    """Where the lower garment lies."""
    z = on.point[:, 2]
    return (on.arm_share < 0.5) & (z < WAIST - 0.02) & (z > outfit.bottom_hem_m)


def foot_masks(outfit: Outfit, on: Surface) -> tuple[Mask, Mask]:
    """Where shoes and socks lie."""
    z = on.point[:, 2]
    legs = on.arm_share < 0.5
    foot = legs & (z < outfit.shoe_top_m) & ((z < -0.6) | (outfit.shoe_top_m > -0.7))
    return foot, legs & (z < outfit.sock_top_m)


def hair_mask(outfit: Outfit, on: Surface) -> Mask:
    """Where hair grows on the head."""
    x, y, z = on.point.T
    line = np.interp(y, _HAIR_LINE_Y, _HAIR_LINE_Z).astype(np.float32)
    ragged = 0.003 * waves(on.point, outfit.seed, 0.012)
    ear = (np.abs(x) > 0.0735) & (y < -0.028) & (z < 0.742)
    return (on.head_share > 0.5) & (z > line + ragged) & ~ear


def paint(outfit: Outfit, on: Surface) -> Painted:
    """Colour, shine and wrinkles of P pixels of one person."""
    count = len(on.material)
    colour = np.empty((count, 3), np.float32)
    shine = np.full(count, 0.06, np.float32)
    wrinkle = np.zeros(count, np.float32)
    material = np.rint(on.material).astype(np.int8)
    body = material == BODY
    if body.any():
        colour[body], shine[body], wrinkle[body] = _paint_body(outfit, Surface(*(part[body] for part in on)))
    hair = (material == HAIR) | (material == TAIL)
    colour[hair] = _hair_colour(outfit, on.point[hair])
    shine[hair] = 0.12
    skirt = material == SKIRT
    colour[skirt] = cloth_colour(outfit.bottom, on.point[skirt], outfit.seed + 1)
    wrinkle[skirt] = outfit.bottom.wrinkle
    colour[material == BAG] = (
        as_array(outfit.bag_colour) * (1 + 0.05 * waves(on.point[material == BAG], 5, 0.05))[:, None]
    )
    shoe = material == SHOE
    colour[shoe] = _shoe_colour(outfit, on.point[shoe])
    colour[material == BRIM] = as_array(outfit.head_wear_colour)
    return Painted(np.clip(colour, 0.01, 0.97) ** 2.2, shine, wrinkle)


def _paint_body(outfit: Outfit, on: Surface) -> tuple[Floats, Floats, Floats]:
    colour = _skin_colour(outfit, on)
    shine = np.full(len(colour), 0.10, np.float32)
    wrinkle = np.zeros(len(colour), np.float32)
    shoe, sock = foot_masks(outfit, on)
    colour[sock] = as_array(outfit.sock)
    colour[shoe] = _shoe_colour(outfit, on.point[shoe])
    bottom = bottom_mask(outfit, on)
    colour[bottom] = _bottom_colour(outfit, on.point[bottom])
    wrinkle[bottom] = outfit.bottom.wrinkle
    top = top_mask(outfit, on)
    colour[top] = _top_colour(outfit, Surface(*(part[top] for part in on)))
    wrinkle[top] = outfit.top.wrinkle
    shine[top | bottom] = 0.03
    head = on.head_share > 0.3
    if head.any():
        colour[head] = _paint_head(outfit, Surface(*(part[head] for part in on)), colour[head])
    return colour, shine, wrinkle


def _skin_colour(outfit: Outfit, on: Surface) -> Floats:
    tone = 1 + 0.03 * waves(on.point, outfit.seed + 7, 0.08) + 0.02 * waves(on.point, outfit.seed + 8, 0.01)
    colour = np.asarray(as_array(outfit.skin) * tone[:, None], np.float32)
    hand = (on.arm > 2.1) & (on.arm_share > 0.5)
    colour[hand] *= np.array([1.0, 0.93, 0.92], np.float32)
    return colour


def _shoe_colour(outfit: Outfit, point: Floats) -> Floats:
    colour = np.tile(as_array(outfit.shoe), (len(point), 1))
    colour[point[:, 2] < -0.797] = as_array(outfit.sole)
    laces = (np.abs(point[:, 2] + 0.765) < 0.02) & (np.sin(point[:, 1] * 500) > 0.3) & (point[:, 1] < -0.06)
    colour[laces] = as_array(outfit.sole)
    return colour


def _bottom_colour(outfit: Outfit, point: Floats) -> Floats:
    colour = cloth_colour(outfit.bottom, point, outfit.seed + 1)
    if outfit.bottom_kind == "trousers":
        seam = np.abs(point[:, 1] + 0.02) < 0.004
        colour[seam & (np.abs(point[:, 0]) > 0.1)] *= 0.75
        fly = (np.abs(point[:, 0]) < 0.004) & (point[:, 1] < 0)
        colour[fly] *= 0.7
        belt = np.abs(point[:, 2] - (WAIST - 0.035)) < 0.015
        colour[belt] *= 0.5
    return colour


def _top_colour(outfit: Outfit, on: Surface) -> Floats:
    # On the arms the pattern runs along the arm, as sleeves are cut.
    cut = on.point.copy()
    sleeve = on.arm_share > 0.5
    cut[sleeve, 2] = 0.5 - 0.3 * on.arm[sleeve]
    cut[sleeve, 0] = on.point[sleeve, 1]
    colour = cloth_colour(outfit.top, cut, outfit.seed + 2)
    x, y, z = on.point.T
    if outfit.top_kind == "jacket":
        opening = (np.abs(x) < 0.03 + 0.09 * np.maximum(z - 0.15, 0)) & (y < 0.0) & ~sleeve
        colour[opening] = cloth_colour(outfit.inner, on.point[opening], outfit.seed + 3)
        edge = (np.abs(np.abs(x) - (0.03 + 0.09 * np.maximum(z - 0.15, 0))) < 0.004) & (y < 0) & ~sleeve
        colour[edge] *= 0.55
    elif outfit.top.pattern == "print":
        colour = _chest_print(outfit, on, sleeve, colour)
    trim = (np.abs(z - outfit.hem_m - 0.012) < 0.004) & ~sleeve | sleeve & (
        np.abs(on.arm - outfit.sleeve + 0.06) < 0.02
    )
    colour[trim] *= 0.8
    return colour


def _chest_print(outfit: Outfit, on: Surface, sleeve: Mask, colour: Floats) -> Floats:
    x, y, z = on.point.T
    rng = np.random.default_rng(outfit.seed)
    width, height, middle = rng.uniform(0.03, 0.11), rng.uniform(0.02, 0.1), rng.uniform(0.3, 0.42)
    faces = (y < -0.02) if rng.random() < 0.75 else (y > 0.0)
    inside = (np.abs(x) < width) & (np.abs(z - middle) < height) & faces & ~sleeve
    if rng.random() < 0.5:
        letters = waves(on.point[inside] * np.array([1, 0, 1], np.float32), outfit.seed + 4, 0.02) > 0.2
        print_colour = np.where(letters[:, None], as_array(outfit.top.second), colour[inside])
    else:
        print_colour = cloth_colour(
            Cloth(outfit.top.second, outfit.inner.colour, "blotches", 0.03), on.point[inside], 9
        )
    colour[inside] = print_colour
    return colour


def cloth_colour(cloth: Cloth, point: Floats, seed: int) -> Floats:
    """Colour of a fabric at points of the template (P, 3) -> (P, 3) sRGB."""
    first, second = as_array(cloth.colour), as_array(cloth.second)
    x, y, z = point.T
    around = 0.15 * np.arctan2(x, 0.0 - y)  # about the trunk, 0 in front
    turn = 2 * np.pi / cloth.scale_m
    if cloth.pattern == "stripes":
        share = (np.sin(z * turn) > 0.1).astype(np.float32)
    elif cloth.pattern == "bars":
        share = (np.sin(around * turn * 1.5) > 0.3).astype(np.float32)
    elif cloth.pattern == "checks":
        share = 0.5 * (np.sin(z * turn) > 0.2) + 0.5 * (np.sin(around * turn) > 0.2)
    elif cloth.pattern == "dots":
        share = (np.sin(z * turn * 1.5) * np.sin((x + y) * turn * 1.5) > 0.55).astype(np.float32)
    elif cloth.pattern == "blotches":
        share = np.clip(waves(point, seed, max(cloth.scale_m, 0.03) * 2) * 2 + 0.3, 0, 1)
    else:
        share = np.zeros(len(point), np.float32)
    weave = 1 + 0.03 * waves(point, seed + 1, 0.006, 4) + 0.04 * waves(point, seed + 2, 0.15, 4)
    return np.asarray((first + (second - first) * share[:, None]) * weave[:, None], np.float32)


def _hair_colour(outfit: Outfit, point: Floats) -> Floats:
    strands = waves(point * np.array([1, 1, 0.15], np.float32), outfit.seed + 5, 0.006, 6)
    locks = waves(point * np.array([1, 1, 0.3], np.float32), outfit.seed + 6, 0.03, 4)
    return np.asarray(as_array(outfit.hair) * (1 + 0.22 * strands + 0.18 * locks)[:, None], np.float32)


def _paint_head(outfit: Outfit, on: Surface, colour: Floats) -> Floats:
    x, y, z = on.point.T
    side = np.abs(x)
    skin = as_array(outfit.skin)
    front = y < -0.09
    cheek = np.exp(-((side - 0.045) ** 2 + (z - 0.685) ** 2) / 0.0004) * front
    colour *= 1 - cheek[:, None] * np.array([0.0, 0.10, 0.09], np.float32)
    if outfit.beard > 0:
        jaw = front & (z < 0.69 - 0.2 * np.maximum(0.05 - side, 0)) & (z > 0.6) | (y < -0.045) & (z < 0.70) & (z > 0.61)
        cheeks = np.clip((0.692 - z) / 0.02, 0, 1) * jaw * outfit.beard
        colour += cheeks[:, None] * 0.85 * (as_array(outfit.hair) * 0.9 - colour)
    socket = np.exp(-((((side - 0.031) / 0.021) ** 2 + ((z - 0.731) / 0.011) ** 2) ** 2)) * front
    colour *= 1 - 0.33 * socket[:, None]
    lips = (((x / 0.026) ** 2 + ((z - 0.660) / 0.0095) ** 2) < 1) & (y < -0.13)
    colour[lips] = skin * np.array([0.84, 0.56, 0.56], np.float32)
    colour[lips & (np.abs(z - 0.6605) < 0.0012)] *= 0.5
    brow_height = 0.7495 - 0.12 * np.maximum(side - 0.035, 0) - 0.06 * np.maximum(0.03 - side, 0)
    brow = (np.abs(z - brow_height) < 0.0038) & (side > 0.012) & (side < 0.052) & front
    colour[brow] = 0.35 * colour[brow] + 0.65 * as_array(outfit.hair) * 0.8
    colour = _paint_eyes(outfit, on, colour)
    if outfit.hair_style != "bald" or outfit.head_wear == "none":
        hair = hair_mask(outfit, on)
        if outfit.hair_style == "bald":
            colour[hair] = 0.75 * colour[hair] + 0.25 * as_array(outfit.hair)
        else:
            colour[hair] = _hair_colour(outfit, on.point[hair])
    return _paint_head_wear(outfit, on, colour)


def _paint_eyes(outfit: Outfit, on: Surface, colour: Floats) -> Floats:
    x, y, z = on.point.T
    eye = on.eye > 0.5
    from_pupil = np.hypot(np.abs(x) - 0.0312, z - 0.7285)
    front = y < -0.11
    lash = (from_pupil < 0.019) & (np.abs(z - 0.7365 + 0.25 * (np.abs(x) - 0.031) ** 2 / 0.02) < 0.0022) & front & ~eye
    colour[lash] *= 0.3
    colour[eye] = (0.86, 0.84, 0.82)
    iris = np.random.default_rng(outfit.seed).choice([0.09, 0.16, 0.3], p=[0.6, 0.25, 0.15])
    colour[eye & (from_pupil < 0.0068)] = (iris, iris * 0.8, iris * (0.7 if iris < 0.2 else 1.2))
    colour[eye & (from_pupil < 0.003)] = 0.02
    if outfit.glasses == "none":
        return colour
    frame = np.hypot((np.abs(x) - 0.031) / 1.15, z - 0.728)
    lens = (frame < 0.0235) & front
    if outfit.glasses == "dark":
        colour[lens] = 0.05
    rim = (np.abs(frame - 0.0225) < 0.0022) & front
    rim |= (np.abs(z - 0.733) < 0.0022) & (np.abs(x) > 0.05) & (y < -0.05) & (on.head_share > 0.5)
    rim |= (np.abs(z - 0.733) < 0.002) & (np.abs(x) < 0.01) & front
    colour[rim] = 0.08
    return colour


def _paint_head_wear(outfit: Outfit, on: Surface, colour: Floats) -> Floats:
    if outfit.head_wear == "none":
        return colour
    _, y, z = on.point.T
    line = {"cap": 0.772, "beanie": 0.762, "helmet": 0.765}[outfit.head_wear] - 0.12 * np.maximum(y + 0.1, 0)
    worn = (z > line) & (on.head_share > 0.5)
    shade = as_array(outfit.head_wear_colour)
    colour[worn] = shade * (1 + 0.04 * waves(on.point[worn], outfit.seed, 0.01))[:, None]
    colour[worn & (np.abs(z - line - 0.012) < 0.012) & (outfit.head_wear == "beanie")] *= 0.8
    return colour
