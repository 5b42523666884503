"""Packages that only some users need: loaded when they are asked for, or a sentence that says how to get them."""

import importlib
from typing import Any

from ppnet.errors import UserError


class MissingExtraError(UserError):
    """A format or an output needs a package that is not installed."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(f"This needs the package {module}, which is not installed: pip install 'ppnet-live[{extra}]'")


def load(module: str, extra: str) -> Any:
    """The module of an optional package. MissingExtraError when it is not there; extra: its name in pyproject.toml."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(module.partition(".")[0], extra) from error
