"""Packages that only some users need: loaded when they are asked for, or a sentence that says how to get them."""

import importlib
from typing import Any

from ppnet.errors import UserError


def load(module: str, extra: str) -> Any:
    """The module of an optional package. UserError when it is not there; extra: its name in pyproject.toml."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise UserError(
            f"This needs the package {package}, which is not installed: pip install 'ppnet-live[{extra}]'"
        ) from error
