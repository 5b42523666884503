"""What is kept in the user's cache folder is what was written, or it isn't there."""

import pytest

from ppnet.cache import cache_folder, cached_file, read_checked, write_checked


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_written_is_read_again_and_nothing_else_lies_there(folder):
    path = cached_file("things", ("a", 1))
    assert read_checked(path) is None
    write_checked(path, b"content")
    write_checked(path, b"newer content")
    assert read_checked(path) == b"newer content"
    assert list(folder.rglob("*")) == [folder / "things", path]


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"x" + b[41:], lambda b: b[1:]])
def test_a_damaged_file_counts_as_none(damage):
    path = cached_file("things", "a")
    write_checked(path, b"some content")
    path.write_bytes(damage(path.read_bytes()))
    assert read_checked(path) is None


def test_other_facts_have_another_file():
    paths = {cached_file("things", facts) for facts in (("a", 1), ("a", 2), ("b", 1), "a")}
    assert len(paths) == 4


def test_a_folder_that_cannot_be_written_is_no_failure(folder):
    folder.write_text("a file lies there")
    write_checked(cached_file("things", "a"), b"content")
    assert read_checked(cached_file("things", "a")) is None


def test_a_disk_that_fills_up_leaves_nothing_half_written(folder, monkeypatch):
    def full(path, _content):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    write_checked(cached_file("things", "a"), b"content")
    assert list((folder / "things").iterdir()) == []


def test_the_folder_may_lie_in_somebodys_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("PPNET_LIVE_CACHE", "~/kept")
    assert cache_folder().as_posix().endswith("/home/somebody/kept")
