"""The desktop entry and its icons."""

import configparser

import pytest

from app.desktop import install, start_command
from ppnet.errors import UserError


def test_entry_and_icons_are_written(tmp_path):
    written = install(tmp_path, command='"/opt/a b/ppnet-live"')
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(written[0], encoding="utf-8")
    section = entry["Desktop Entry"]
    assert section["Exec"] == '"/opt/a b/ppnet-live" %f' and section["Icon"] == "ppnet-live"
    assert "video/mp4" in section["MimeType"]
    assert all(path.stat().st_size > 0 for path in written) and len(written) == 5
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in written if path.suffix == ".png")


def test_place_that_cannot_be_written_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UserError, match="could not be written"):
        install(blocked)


def test_start_command_names_something_that_exists():
    assert "ppnet-live" in start_command() or "main.py" in start_command()
