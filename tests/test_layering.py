"""The house rules that a machine can check: imports point one way, Qt stays in the window, files stay small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("ppnet", "tracking", "app")
FILES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
QT = ("PySide6", "shiboken6", "pyqtgraph")
BAD_NAMES = {"utils.py", "common.py", "helpers.py", "misc.py"}
MAX_LINES = 400


def imports_of(path: Path) -> set[str]:
    """Every module a file imports, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_there_are_files_to_check():
    assert len(FILES) > 30


def faults_of(path: Path) -> list[str]:
    """What is wrong with a file."""
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    tops = {name.split(".")[0] for name in imports_of(path)}
    lines = len(path.read_text(encoding="utf-8").splitlines())
    faults = {
        f"{layer} must not import {tops & above}": bool(tops & above),
        "tracking must not import torch": layer == "tracking" and "torch" in tops,
        "a name that says nothing": path.name in BAD_NAMES,
        f"{lines} lines": lines > MAX_LINES,
    }
    return [f"{path.relative_to(ROOT)}: {words}" for words, is_so in faults.items() if is_so]


def test_every_file_keeps_the_rules():
    faults = [fault for path in FILES for fault in faults_of(path)]
    assert not faults, "\n".join(faults)


FOR_BOTH = [ROOT / name for name in ("app/factory.py", "ppnet/device.py", "ppnet/inference/backend_choice.py")]
"""What the window asks of them, the command line asks, too."""


def errors_with_options(path: Path) -> list[str]:
    """The sentences of a file's errors and notices that name an option of the command line, but for their `option`."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    told = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    told += [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_notice")]
    words = [ast.unparse(one) for call in told if isinstance(call, ast.Call) for one in call.args]
    return [sentence for sentence in words if re.search("--[a-z]", sentence)]


def test_what_the_window_tells_names_no_option():
    told = [path for path in FILES if path.is_relative_to(ROOT / "tracking") or path in FOR_BOTH]
    faults = [f"{path.name}: {sentence}" for path in told for sentence in errors_with_options(path)]
    assert not faults, "\n".join(faults)


def test_nothing_outside_the_window_loads_qt():
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES if "gui" not in path.parts]
    modules = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    code = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\nprint(*sys.modules)"
    code = f"import app.commands.track, app.workspace.workspace, sys\nprint(*sys.modules)\n{code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    at_first, whole = (set(line.split()) for line in done.stdout.splitlines())
    assert not [name for name in whole if name.split(".")[0] in QT]
    assert not {"torch", "mediapipe", "openvino", "scipy.optimize"} & at_first, "a run loads them once it needs them"


def test_help_is_instant():
    """Heavy packages are imported by what needs them, never by the command line itself."""
    code = "import sys; import app.cli, ppnet.__main__, tracking; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"torch", "mediapipe", "PySide6", "cv2"} & set(loaded.split())
