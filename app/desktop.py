"""Puts the program into the desktop's menu: `python -m app.desktop` (Linux; docs/desktop.md has the others)."""

import os
import shutil
import sys
from pathlib import Path

from ppnet.assets import ASSETS
from ppnet.command_line import exit_code
from ppnet.output_files import writing

SIZES = (64, 128, 256)


def data_folder() -> Path:
    """Where the desktop looks for entries and icons of this user."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def start_command() -> str:
    """How this installation is started: its console script, else Python with main.py of the checkout."""
    script = Path(sys.executable).parent / "ppnet-live"
    if script.exists():
        return f'"{script}"'
    return f'"{sys.executable}" "{ASSETS.parent / "main.py"}"'


def install(folder: Path | None = None, *, command: str | None = None) -> tuple[Path, ...]:
    """Writes the desktop entry and the icons; the files written. UserError when the place can't be written."""
    folder = folder or data_folder()
    entry = folder / "applications" / "ppnet-live.desktop"
    icons = folder / "icons" / "hicolor"
    text = (ASSETS / "icons" / "ppnet-live.desktop").read_text(encoding="utf-8")
    text = text.replace("Exec=ppnet-live", f"Exec={command or start_command()} %f")
    pictures = {icons / "scalable" / "apps" / "ppnet-live.svg": ASSETS / "icons" / "ppnet-live.svg"}
    for size in SIZES:
        pictures[icons / f"{size}x{size}" / "apps" / "ppnet-live.png"] = ASSETS / "icons" / f"ppnet-live-{size}.png"
    with writing(entry):
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text(text, encoding="utf-8")
        for target, source in pictures.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return (entry, *pictures)


def main() -> int:
    """Installs and says what was written; the exit code."""

    def work() -> int:
        print(f"PPNet Live is in the menu now ({install()[0]}).")
        return 0

    return exit_code(work)


if __name__ == "__main__":
    raise SystemExit(main())
