"""What people wear: skin, hair, garments, shoes and small things, sampled at random."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.data.people.body import Phenotype

Rng = np.random.Generator
Colour = tuple[float, float, float]  # sRGB, 0 to 1

# Heights on the template body in metres above its origin (which lies at the upper hip).
WAIST, KNEE, ANKLE = 0.14, -0.37, -0.73

_SKIN_DARK = ((0.29, 0.18, 0.13), (0.45, 0.30, 0.21), (0.36, 0.24, 0.18))
_SKIN_MIDDLE = ((0.74, 0.54, 0.40), (0.82, 0.63, 0.49), (0.62, 0.44, 0.32))
_SKIN_LIGHT = ((0.86, 0.67, 0.57), (0.82, 0.61, 0.50), (0.89, 0.72, 0.63), (0.76, 0.55, 0.43))
_HAIR = ((0.06, 0.05, 0.05), (0.13, 0.09, 0.07), (0.25, 0.16, 0.10), (0.42, 0.28, 0.16), (0.68, 0.53, 0.32))
_HAIR_OLD = ((0.55, 0.54, 0.53), (0.78, 0.77, 0.75), (0.35, 0.33, 0.32))
_CLOTH = (
    (0.08, 0.08, 0.09), (0.12, 0.13, 0.18), (0.93, 0.93, 0.92), (0.82, 0.82, 0.80), (0.45, 0.46, 0.48),
    (0.25, 0.26, 0.28), (0.14, 0.20, 0.38), (0.22, 0.34, 0.58), (0.45, 0.62, 0.80), (0.62, 0.10, 0.12),
    (0.80, 0.16, 0.16), (0.45, 0.10, 0.18), (0.16, 0.30, 0.18), (0.30, 0.42, 0.22), (0.40, 0.40, 0.26),
    (0.62, 0.54, 0.40), (0.78, 0.70, 0.56), (0.36, 0.25, 0.18), (0.90, 0.78, 0.22), (0.90, 0.48, 0.14),
    (0.80, 0.50, 0.60), (0.50, 0.30, 0.52), (0.20, 0.52, 0.55), (0.66, 0.80, 0.30), (0.94, 0.88, 0.80),
)  # fmt: skip
_DENIM = ((0.16, 0.22, 0.34), (0.25, 0.34, 0.48), (0.42, 0.52, 0.64), (0.10, 0.11, 0.16))
_TROUSERS = ((0.08, 0.08, 0.09), (0.13, 0.14, 0.18), (0.30, 0.30, 0.32), (0.58, 0.50, 0.38), (0.30, 0.28, 0.20))
_SHOES = ((0.07, 0.07, 0.07), (0.90, 0.90, 0.90), (0.28, 0.18, 0.12), (0.40, 0.40, 0.42), (0.70, 0.15, 0.15))


@dataclass(frozen=True)
class Cloth:
    """A fabric: colours and pattern (`plain`, `stripes`, `bars`, `checks`, `dots`, `blotches`, `print`)."""

    colour: Colour
    second: Colour
    pattern: str = "plain"
    scale_m: float = 0.05
    wrinkle: float = 0.35


@dataclass(frozen=True)
class Outfit:
    """Everything painted on one body. Lengths are heights on the template; -1 sleeve: none."""

    skin: Colour
    hair: Colour
    hair_style: str  # bald, short, medium, bob, long, tail
    beard: float
    top: Cloth
    top_kind: str  # shirt, jacket (open over `inner`), bare, swim
    inner: Cloth
    sleeve: float  # arm coordinate: 0 shoulder, 1 elbow, 2 wrist
    hem_m: float
    neckline_m: float  # how much lower than the throat
    bottom: Cloth
    bottom_kind: str  # trousers, skirt
    bottom_hem_m: float
    top_loose_m: float
    bottom_loose_m: float
    shoe: Colour
    sole: Colour
    shoe_top_m: float  # ANKLE and lower: shoes, higher: boots; -0.9: barefoot
    sock: Colour
    sock_top_m: float
    head_wear: str  # none, cap, beanie, helmet
    head_wear_colour: Colour
    glasses: str  # none, clear, dark
    backpack: bool
    bag_colour: Colour
    seed: int = field(default=0)

    @classmethod
    def sample(cls, rng: Rng, who: Phenotype) -> "Outfit":
        """A plausible outfit for a person."""
        kind = rng.choice(
            ["street", "summer", "sport", "formal", "winter", "swim"], p=[0.4, 0.23, 0.2, 0.08, 0.07, 0.02]
        )
        values = {**_appearance(rng, who), **_top(rng, kind, who), **_bottom(rng, kind, who), **_feet(rng, kind)}
        values |= _accessories(rng, kind)
        return cls(seed=int(rng.integers(2**31)), **values)


def _pick(rng: Rng, colours: tuple[Colour, ...], spread: float = 0.05) -> Colour:
    colour = np.array(colours[rng.integers(len(colours))])
    colour = np.clip(colour * rng.uniform(0.85, 1.15) + rng.normal(0, spread, 3) * (0.3 + colour), 0.02, 0.97)
    return (float(colour[0]), float(colour[1]), float(colour[2]))


def _cloth_colour(rng: Rng) -> Colour:
    if rng.random() < 0.12:
        grey = rng.uniform(0.1, 0.9)
        red, green, blue = grey + (rng.uniform(0.05, 0.95, 3) - grey) * rng.uniform(0.3, 0.9)
        return (float(red), float(green), float(blue))
    return _pick(rng, _CLOTH if rng.random() < 0.6 else _CLOTH[:8])


def _cloth(rng: Rng, plain: float = 0.6) -> Cloth:
    patterns = ("stripes", "bars", "checks", "dots", "blotches", "print")
    pattern = "plain" if rng.random() < plain else str(rng.choice(patterns, p=[0.2, 0.08, 0.17, 0.06, 0.17, 0.32]))
    return Cloth(
        colour=_cloth_colour(rng),
        second=_cloth_colour(rng),
        pattern=pattern,
        scale_m=float(rng.uniform(0.015, 0.09)),
        wrinkle=float(rng.uniform(0.15, 0.6)),
    )


def _appearance(rng: Rng, who: Phenotype) -> dict[str, Any]:
    share = np.array([who.african, who.asian, who.caucasian])
    group = rng.choice(3, p=share / share.sum())
    skin = _pick(rng, (_SKIN_DARK, _SKIN_MIDDLE, _SKIN_LIGHT)[group], 0.02)
    old = who.age_years > rng.uniform(45, 75)
    colours = _HAIR_OLD if old else _HAIR[:2] if group < 2 else _HAIR
    woman = who.female > 0.5
    styles = ("bald", "short", "medium", "bob", "long", "tail")
    often = np.array([0.01, 0.1, 0.15, 0.2, 0.34, 0.2] if woman else [0.14, 0.56, 0.2, 0.05, 0.03, 0.02])
    adult_man = not woman and who.age_years > 18
    return {
        "skin": skin,
        "hair": _pick(rng, colours, 0.02),
        "hair_style": str(rng.choice(styles, p=often / often.sum())),
        "beard": float(rng.choice([0, rng.uniform(0.2, 1)], p=[0.6, 0.4])) if adult_man else 0.0,
    }


def _top(rng: Rng, kind: str, who: Phenotype) -> dict[str, Any]:
    sleeve = {
        "street": rng.choice([0.55, 0.8, 1.3, 1.95]), "summer": rng.choice([-0.3, 0.2, 0.5, 0.7]),
        "sport": rng.choice([-0.3, 0.5, 0.7, 1.95]), "formal": 1.95, "winter": 1.98, "swim": -0.3,
    }[kind]  # fmt: skip
    jacket = rng.random() < {"formal": 0.75, "winter": 0.6, "street": 0.25}.get(kind, 0.03)
    woman = who.female > 0.5
    top_kind = "jacket" if jacket else "shirt"
    if kind == "swim" or (kind == "sport" and not woman and rng.random() < 0.06):
        top_kind = "swim" if woman else "bare"
    cloth = _cloth(rng, 0.75 if jacket else 0.5)
    return {
        "top": cloth,
        "top_kind": top_kind,
        "inner": _cloth(rng, 0.7),
        "sleeve": float(1.95 if jacket else sleeve + rng.normal(0, 0.06)),
        "hem_m": float(rng.uniform(-0.07, 0.09) if rng.random() < 0.9 else rng.uniform(0.1, 0.2)),
        "neckline_m": float(abs(rng.normal(0.0, 0.05 if woman else 0.025))),
        "top_loose_m": float({"winter": 0.028, "sport": 0.007}.get(kind, 0.012) * rng.uniform(0.4, 1.6)),
    }


def _bottom(rng: Rng, kind: str, who: Phenotype) -> dict[str, Any]:
    woman = who.female > 0.5
    skirt = woman and kind in ("street", "summer", "formal") and rng.random() < 0.3
    short = rng.random() < {"summer": 0.6, "sport": 0.65, "swim": 1.0, "street": 0.12}.get(kind, 0.0)
    hem = ANKLE + rng.uniform(-0.03, 0.04)
    if skirt:
        hem = rng.uniform(-0.6, -0.16)
    elif kind == "swim":
        hem = rng.choice([-0.02, -0.2])
    elif short:
        hem = rng.uniform(-0.38, -0.1)
    elif rng.random() < 0.15:
        hem = rng.uniform(-0.65, -0.45)
    plain = rng.random()
    colour = _pick(rng, _DENIM) if plain < 0.4 else _pick(rng, _TROUSERS) if plain < 0.75 else _cloth_colour(rng)
    cloth = _cloth(rng, 0.8)
    cloth = Cloth(
        colour, cloth.second, cloth.pattern if skirt or rng.random() < 0.3 else "plain", cloth.scale_m, cloth.wrinkle
    )
    return {
        "bottom": cloth,
        "bottom_kind": "skirt" if skirt else "trousers",
        "bottom_hem_m": float(hem),
        "bottom_loose_m": float(rng.choice([0.002, 0.009, 0.02], p=[0.3, 0.45, 0.25]) * rng.uniform(0.6, 1.4)),
    }


def _feet(rng: Rng, kind: str) -> dict[str, Any]:
    bare = rng.random() < {"swim": 0.9, "summer": 0.15, "sport": 0.1}.get(kind, 0.01)
    boots = rng.random() < {"winter": 0.6, "street": 0.12}.get(kind, 0.02)
    sock_top = ANKLE + float(rng.choice([-0.05, 0.05, 0.28], p=[0.35, 0.45, 0.2]))
    return {
        "shoe": _pick(rng, _SHOES),
        "sole": _pick(rng, ((0.9, 0.9, 0.9), (0.1, 0.1, 0.1), (0.5, 0.4, 0.3))),
        "shoe_top_m": -0.9 if bare else float(rng.uniform(-0.6, -0.42)) if boots else ANKLE - 0.01,
        "sock": _pick(rng, _CLOTH[:6]),
        "sock_top_m": -0.9 if bare else sock_top,
    }


def _accessories(rng: Rng, kind: str) -> dict[str, Any]:
    wear = str(rng.choice(["none", "cap", "beanie", "helmet"], p=[0.8, 0.1, 0.05, 0.05]))
    if kind == "winter" and wear == "none" and rng.random() < 0.5:
        wear = "beanie"
    return {
        "head_wear": wear,
        "head_wear_colour": _cloth_colour(rng),
        "glasses": str(rng.choice(["none", "clear", "dark"], p=[0.78, 0.12, 0.10])),
        "backpack": bool(rng.random() < 0.1),
        "bag_colour": _cloth_colour(rng),
    }


def as_array(colour: Colour) -> npt.NDArray[np.float32]:
    """sRGB 0 to 1 as float32 (3,)."""
    return np.array(colour, np.float32)
