"""Numbers and lists as people read them."""

from collections.abc import Sequence


def number_words(value: float, spec: str) -> str:
    """The number in a format such as `.1f`, with a true minus sign; no sign where it comes to 0."""
    words = format(value, spec)
    return (words.removeprefix("-") if float(words) == 0 else words).replace("-", "\N{MINUS SIGN}")


def listed(words: Sequence[str], *, at_most: int | None = None) -> str:
    """left hip, left knee and left ankle; beyond `at_most` only their number: nose, left eye and 9 more."""
    shown = list(words[:at_most])
    if len(words) > len(shown):
        return f"{', '.join(shown)} and {len(words) - len(shown)} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
