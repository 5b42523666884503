"""docs/architecture.md is a map of what is there: it names nothing else, and leaves nothing out."""

import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

import app.cli
import ppnet.__main__
import tracking.__main__
from ppnet.command_line import run_command

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LAYERS = ("ppnet", "tracking", "app")
LISTED_ELSEWHERE = {Path("app/commands"), Path("ppnet/data/people"), Path("tracking/evaluate")}
LISTED_ELSEWHERE |= {Path("tracking/export")}  # in the docs of the window, or one file for each thing of a kind
COMMANDS = {
    "main.py": app.cli.COMMANDS,
    "-m ppnet": ppnet.__main__.COMMANDS,
    "-m tracking": tracking.__main__.COMMANDS,
}


def paths_of(line: str) -> list[str]:
    """Files and folders in backticks; a bare name lies in the folder of the one before it."""
    folder, paths = "", []
    for name in re.findall(r"`([\w.*/-]+(?:\.py|\.md|/))`", line):
        is_bare = "/" not in name.rstrip("/") and not (ROOT / name).exists()
        paths.append(folder + name if is_bare else name)
        folder = paths[-1] if name.endswith("/") else paths[-1].rpartition("/")[0] + "/"
    return paths


NAMED = sorted({path for line in PAGE.splitlines() for path in paths_of(line)})


def test_every_file_that_the_map_names_is_there():
    assert len(NAMED) > 100
    assert [path for path in NAMED if not list(ROOT.glob(path))] == []


def test_every_file_of_the_product_is_on_the_map():
    code = {path.relative_to(ROOT) for layer in LAYERS for path in (ROOT / layer).rglob("*.py")}
    missing = {path for path in code - {Path(path) for path in NAMED} if path.name != "__init__.py"}
    missing = {path for path in missing if path.parent not in LISTED_ELSEWHERE and "gui" not in path.parts}
    assert sorted(str(path) for path in missing) == []


def test_every_file_of_the_window_is_on_its_page():
    """`app/gui/...` in the head of a table is the folder of the files below it."""
    page = (ROOT / "docs" / "window.md").read_text(encoding="utf-8")
    tables = re.findall(r"\| `(app/gui/(?:\w+/)?)` \|.*\n\|---\|---\|\n((?:\|.*\n)+)", page)
    named = {folder + name for folder, rows in tables for name in re.findall(r"`(\w+\.py)`", rows)}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "app" / "gui").rglob("*.py")}
    assert named == {name for name in files if not name.endswith("/__init__.py")}


@pytest.mark.parametrize("program", COMMANDS)
def test_the_commands_of_the_map_are_those_there_are(program):
    words = re.findall(rf"`python {program} ([a-z, ]+)`", PAGE)
    assert {word for part in words for word in part.split(", ")} == set(COMMANDS[program])


def written_commands() -> list[tuple[str, str]]:
    """(program, words) of the commands that docs show in lines of their own, and of those that make runs."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "assets").rglob("*.md"), ROOT / "Makefile"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages).replace("$(PY)", "    python")
    lines = re.findall(r" {4}python (main\.py|-m ppnet|-m tracking) ([^;\n]+)", text.replace("\\\n", " "))
    return [(program, words) for program, words in lines if "..." not in words and "$(cat" not in words]


def test_commands_that_are_written_out_are_understood(monkeypatch):
    def understood(name):
        return SimpleNamespace(add_arguments=import_module(name).add_arguments, run=lambda _arguments: 0)

    monkeypatch.setattr("ppnet.command_line.import_module", understood)
    written = written_commands()
    assert len(written) > 20 and {program for program, _ in written} == set(COMMANDS)
    for program, words in written:
        assert run_command(program, "", COMMANDS[program], shlex.split(words, comments=True)) == 0


def test_every_dependency_was_looked_at():
    """docs/robustness.md says of each package, in the version that is pinned, what can open a connection."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pinned = {" ".join(name.split("==")) for name in wanted if not name.startswith("ppnet-live")}
    page = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[\w-]+ \d[\d.]*\d", page.partition("## Dependencies")[2].partition("\n## ")[0]))
    assert len(pinned) > 40
    assert sorted(pinned - told) == []
