"""docs/settings.md says what the declarations say. `UPDATE_DOCS=1` writes its tables anew."""

import os
from pathlib import Path

from tracking.checked_settings import Setting
from tracking.run_settings import RunSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
BEGIN, END = "<!-- made from the declarations: begin -->", "<!-- end -->"


def table_of_settings() -> str:
    """Two tables: the settings with an option, and the others."""
    with_option = [one for one in RunSettings.declared().values() if one.option]
    without = [one for one in RunSettings.declared().values() if not one.option]
    lines = ["| option | setting | in the window | values | default | what it does |", "|---|---|---|---|---|---|"]
    lines += [f"| `{option_of(one)}` | `{one.name}` | {cells(one)} |" for one in with_option]
    lines += [
        "",
        "Without an option:",
        "",
        "| setting | in words | values | default | what it does |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| `{one.name}` | {cells(one)} |" for one in without)])


def option_of(one: Setting) -> str:
    return f"{one.option}, --no-{one.option[2:]}" if isinstance(one.default, bool) else one.option


def cells(one: Setting) -> str:
    default = one.choices.get(None, "").lower() if one.default is None else str(one.default)
    return f"{one.label} | {values_of(one)} | {default.replace('True', 'on').replace('False', 'off')} | {one.meaning}"


def values_of(one: Setting) -> str:
    low, high = one.limits
    if one.choices and not one.open:
        return ", ".join(str(choice) for choice in one.choices)
    if isinstance(one.default, bool):
        return "on, off"
    unit = f" {one.unit}" if one.unit else ""
    if low is None:
        return unit.strip()
    return f"{low:g} to {high:g}{unit}" if high is not None and high < 1e6 else f"{low:g} or more{unit}"


def test_every_setting_has_a_name_for_people() -> None:
    labels = [one.label for one in RunSettings.declared().values()]
    assert len(set(labels)) == len(labels) and all(label[:1].isupper() for label in labels)


def test_the_page_of_settings_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    fresh = f"{head}{BEGIN}\n{table_of_settings()}\n{END}{rest.partition(END)[2]}"
    if os.environ.get("UPDATE_DOCS") == "1":
        PAGE.write_text(fresh, encoding="utf-8")
    assert text == fresh, "run this test with UPDATE_DOCS=1"
