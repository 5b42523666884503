"""Where the user's own files lie can be chosen for each kind, in somebody's home too."""

import pytest

from ppnet.cache import cached_file
from ppnet.user_folders import user_folder
from ppnet.weights import weights_folder

KINDS = ("data", "config", "cache")


def test_every_place_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    for kind in KINDS:
        monkeypatch.setenv(f"PPNET_LIVE_{kind.upper()}", f"~/kept/{kind}")
    places = (weights_folder(), cached_file("things", 1).parent, user_folder("config"))
    wanted = ("data/weights", "cache/things", "config")
    assert [place.as_posix() for place in places] == [f"/home/somebody/kept/{name}" for name in wanted]


def test_else_the_system_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        monkeypatch.delenv(f"PPNET_LIVE_{kind.upper()}", raising=False)
    assert all("ppnet-live" in user_folder(kind).as_posix() for kind in KINDS)
    assert len({user_folder(kind) for kind in KINDS}) > 1
