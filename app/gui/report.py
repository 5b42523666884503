"""What the window says of errors nobody expected, and the report that people can copy."""

import platform
import re
from pathlib import Path

import ppnet
from app.packages import versions
from ppnet.log_file import log_path

LOG_LINES = 60
WORDS = "Something went wrong ({}). Details are in the log; “Copy a problem report” in the Help menu helps us fix it."
_SOURCE_FILE = re.compile(r'File "([^"]+\.py)"')
_ADDRESS = re.compile(r"\w+://\S+")
_PATH = re.compile(r"(?:~|\b[A-Za-z]:|(?<![\w)])\.{0,2})[/\\][^\n:\"'“”]*(?=[:\"'“”]|$)")
_ENDINGS = (
    "mp4|mov|avi|mkv|webm|m4v|m?ts|mpe?g|wmv|flv|3gp|png|jpe?g|gif|webp|bmp|tiff?"
    "|ppnet|csv|json|pth|safetensors|tflite|onnx"
)
_FILE_NAME = re.compile(rf"(?i)[^\n:\"“”]*\.(?:{_ENDINGS})\b")
PACKAGES = ("torch", "openvino", "mediapipe", "numpy", "PySide6", "av", "opencv-python")


def report(facts: dict[str, str], *, log: Path | None = None) -> str:
    """Version, computer, packages, what runs, and the end of the log; no names of files of the user's."""
    lines = [f"PPNet Live {ppnet.__version__}", f"{platform.platform()}, Python {platform.python_version()}"]
    lines.append(", ".join(f"{name} {version}" for name, version in versions(*PACKAGES).items()))
    lines += [f"{name}: {value}" for name, value in facts.items()]
    path = log or log_path()
    if path.exists():
        lines += ["", "Log:", *path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]]
    return "\n".join(anonymous(line) for line in lines)


def anonymous(line: str) -> str:
    """A line of the log without names of files and addresses; of Python's files the end stays: it says where."""
    source = _SOURCE_FILE.search(line)
    if source is not None:
        return line[: source.start()] + f'File "{"/".join(Path(source[1]).parts[-3:])}"' + line[source.end() :]
    return _FILE_NAME.sub("<file>", _PATH.sub("<file>", _ADDRESS.sub("<address>", line)))
