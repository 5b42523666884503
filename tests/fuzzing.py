"""Real files damaged at random."""

import random

ODD = (b"\0", b"\xff", b"1e9999999", b"1/0", b"null", b"-1", b"9" * 30, b"[" * 3000, b"{", b'"', b"\\ud800", b"NaN")


def mutated(data: bytes, rng: random.Random, first: int = 0) -> bytes:
    """The data with some bytes changed, inserted, taken out, doubled or cut off; the first ones stay."""
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        at = rng.randrange(first, max(first + 1, len(result)))
        kind = rng.randrange(6)
        if kind < 3:
            result[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 3:
            result[at : at + rng.randrange(20)] = rng.choice(ODD)
        elif kind == 4:
            result[at:at] = result[at : at + rng.randrange(200)]
        elif rng.random() < 0.2:
            del result[at:]
    return bytes(result)
