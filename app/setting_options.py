"""Options of the command line, made from the declarations of the settings."""

import argparse
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

from tracking.checked_settings import Setting
from tracking.focus_person import PersonAt
from tracking.run_settings import RunSettings

SETTINGS = RunSettings.declared()


def add_setting_options(parser: argparse.ArgumentParser, names: Iterable[str] = SETTINGS) -> None:
    """The options of those of the settings, by name, that have one. What is not given is not in the namespace."""
    for name in names:
        if (setting := SETTINGS[name]).option:
            parser.add_argument(
                setting.option, dest=name, default=argparse.SUPPRESS, help=_help(setting), **_shape(setting)
            )


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Values of the options that were given, by name of the setting."""
    return {name: value for name, value in vars(arguments).items() if name in SETTINGS}


def _help(setting: Setting) -> str:
    default = setting.choices.get(None, "").lower() if setting.default is None else setting.default
    default = f" (default: {default})" if default else ""
    return (setting.meaning + default).replace("%", "%%")


def _shape(setting: Setting) -> dict[str, Any]:
    """How argparse reads the value."""
    kinds = _plain_kinds(setting.kind)
    if bool in kinds:
        return {"action": argparse.BooleanOptionalAction}
    example = setting.example or setting.option.rpartition("-")[2].upper()
    shape: dict[str, Any] = {"type": _reader(kinds), "metavar": example}
    if isinstance(setting.example, tuple):
        shape["nargs"] = len(setting.example)
    if setting.choices and not setting.open:
        return {"type": shape["type"], "choices": list(setting.choices)}
    return shape


def _reader(kinds: set[Any]) -> Callable[[str], Any]:
    """Turns the words of an option into a value; whether it is in range is checked by the settings."""
    for kind, read in ((PersonAt, PersonAt.parse), (int, int), (float, float)):
        if kind in kinds:
            return read
    return str


def _plain_kinds(kind: Any) -> set[Any]:
    """The types in an annotation, without limits, tuples and None."""
    if not get_args(kind):
        return {kind}
    inner = get_args(kind)[:1] if hasattr(kind, "__metadata__") or get_origin(kind) is tuple else get_args(kind)
    return set().union(*map(_plain_kinds, inner))
