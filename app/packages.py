"""The packages that the program needs: the versions it was tested with, and those that are installed."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

DISTRIBUTION = "ppnet-live"


@dataclass(frozen=True, slots=True)
class Package:
    """installed: the version that is here; None: none."""

    name: str
    tested: str
    installed: str | None


def packages() -> tuple[Package, ...]:
    """All that the program needs, without those of extras. PackageNotFoundError where it is not installed itself."""
    found = []
    for requirement in requires(DISTRIBUTION) or ():
        pinned, _, condition = requirement.partition(";")
        if not condition:  # what is conditional belongs to an extra
            name, _, tested = pinned.strip().partition("==")
            found.append(Package(name, tested, _installed(name)))
    return tuple(found)


def versions(*names: str) -> dict[str, str]:
    """What is installed of these, for reports."""
    return {name: _installed(name) or "not installed" for name in names}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
