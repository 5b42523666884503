"""Numbers as people read them."""


def number_words(value: float, spec: str) -> str:
    """The number in a format such as `.1f`, with a true minus sign; no sign where it comes to 0."""
    words = format(value, spec)
    return (words.removeprefix("-") if float(words) == 0 else words).replace("-", "\N{MINUS SIGN}")
