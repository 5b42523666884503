"""How a setting is declared, once, and the one place that checks what it is given.

A setting is a field of a frozen dataclass that inherits from `Settings`. Its annotation holds type and limits, which
msgspec checks; `setting` holds everything that people read. Options of the command line, the settings panel, the
session header and the table in docs/settings.md are made from these declarations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, Self, get_args, get_type_hints

import msgspec
from msgspec import Meta

from ppnet.errors import UserError

Share = Annotated[float, Meta(ge=0, le=1)]
"""A score, a likeness or an overlap."""
Seconds = Annotated[float, Meta(ge=0, lt=1e7)]
Moment = Annotated[float, Meta(ge=0, lt=1e11)]
"""A time of a recording; some count from 1970."""
Count = Annotated[int, Meta(ge=1)]
Amount = Annotated[float, Meta(ge=0, lt=1e9)]
"""Of anything that can't be negative."""
ENDLESS = 1e6
"""Limits from here on only keep numbers in reach of arithmetic; people hear of one when they go beyond it."""
LEAST = 1e-3
"""Of settings that something is divided by."""
ShareAboveZero = Annotated[float, Meta(ge=LEAST, le=1)]
SecondsAboveZero = Annotated[float, Meta(ge=LEAST, lt=1e7)]
AmountAboveZero = Annotated[float, Meta(ge=LEAST, lt=1e9)]


@dataclass(frozen=True)
class Setting:
    """One declared setting.

    label: its name for people, two or three words. meaning: a phrase that says what it does. option: of the command
    line, empty where it has none. unit: of its value. choices: its values in words (also what None means); with `open`,
    others are allowed. example: what stands for the value in the help of the command line. name: dotted from the
    outermost settings on, as in `smoothing.strength`; kind: its type with its limits.
    """

    default: Any
    label: str
    meaning: str
    option: str = ""
    unit: str = ""
    choices: Mapping[Any, str] = field(default_factory=dict)
    open: bool = False
    example: str | tuple[str, ...] = ""
    name: str = ""
    kind: Any = None

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Least and greatest value; None where there is no limit."""
        meta = _meta(self.kind)
        return (None, None) if meta is None else (_first(meta.ge, meta.gt), _first(meta.le, meta.lt))

    def checked(self, value: Any) -> Any:
        """The value in its own type (numbers from whole ones, tuples from lists). UserError when it is out of range."""
        try:
            value = msgspec.convert(value, self.kind)
        except msgspec.ValidationError:
            raise SettingError(self, value) from None
        if self.choices and not self.open and value not in self.choices:
            raise SettingError(self, value)
        return value

    def wanted(self, value: Any) -> str:
        """What a value must do in place of this one, for a sentence."""
        low, high = self.limits
        unit = " seconds" if self.unit == "s" else ""
        if self.choices and not self.open:
            return f"be one of {', '.join(str(choice) for choice in self.choices)}"
        if low is None:
            return "be of another type"
        if high is None or high < ENDLESS:
            return f"be at least {low:g}{unit}" if high is None else f"be between {low:g} and {high:,.10g}{unit}"
        is_beyond = isinstance(value, int | float) and value >= high
        return f"be less than {high:,.15g}{unit}" if is_beyond else f"be at least {low:g}{unit}"


class SettingError(UserError):
    """A value that a setting cannot have. The sentence calls it by its option, `by_label` as people know it."""

    def __init__(self, one: Setting, value: Any) -> None:
        given = f"{value:.15g}" if isinstance(value, float) else value
        super().__init__(f"{one.option or one.name} must {one.wanted(value)}, not {given}.")
        self.by_label = f"{one.label} must {one.wanted(value)}, not {given}."


def setting(default: Any, label: str, meaning: str, **words: Any) -> Any:
    """A field with this default; `words` are those of `Setting`."""
    return field(default=default, metadata={"setting": Setting(default, label, meaning, **words)})


class Settings:
    """Base of settings: frozen dataclasses whose fields are declared with `setting`, or are settings themselves.

    UserError when one is made with a value out of range.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, one in self._own().items():
            object.__setattr__(self, name, one.checked(getattr(self, name)))

    def changed(self, values: Mapping[str, Any]) -> Self:
        """With other values, by dotted name. KeyError when there is no such setting, UserError when out of range."""
        own: dict[str, Any] = {}
        inner: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            first, _, rest = name.partition(".")
            if rest:
                inner.setdefault(first, {})[rest] = value
            else:
                own[first] = value
        for part, changes in inner.items():
            own[part] = getattr(self, part).changed(changes)
        return replace(self, **own)  # type: ignore[type-var]  # every subclass is a dataclass

    def value(self, name: str) -> Any:
        """The value of a setting, by dotted name. AttributeError when there is no such setting."""
        value: Any = self
        for part in name.split("."):
            value = getattr(value, part)
        return value

    def to_plain(self) -> dict[str, Any]:
        """Plain values by dotted name, as sessions and meta files keep them."""
        return {name: _plain(self.value(name)) for name in self.declared()}

    @classmethod
    @cache
    def declared(cls) -> Mapping[str, Setting]:
        """Every setting by its dotted name, in order."""
        return dict(_walk(cls))

    @classmethod
    @cache
    def _own(cls) -> Mapping[str, Setting]:
        return {name: one for name, one in cls.declared().items() if "." not in name}


def _walk(kind: Any) -> Iterator[tuple[str, Setting]]:
    hints = get_type_hints(kind, include_extras=True)
    for entry in fields(kind):
        inner = hints[entry.name]
        if isinstance(inner, type) and issubclass(inner, Settings):
            for name, one in _walk(inner):
                yield f"{entry.name}.{name}", replace(one, name=f"{entry.name}.{name}")
        else:
            yield entry.name, replace(entry.metadata["setting"], name=entry.name, kind=inner)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _meta(kind: Any) -> Meta | None:
    """Limits of a type, also of one that may be None."""
    for part in get_args(kind):
        if isinstance(part, Meta):
            return part
        if (meta := _meta(part)) is not None:
            return meta
    return None


def _first(one: float | None, other: float | None) -> float | None:
    return other if one is None else one
