"""What is kept in the user's cache folder is what was written, or it isn't there."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ppnet.cache import LONGEST_UNUSED_S, cached_file, clean, read_checked, replacing, write_checked


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


def used(path, ago_s):
    moment_s = time.time() - ago_s
    os.utime(path, (moment_s, moment_s))


def test_what_nobody_used_for_long_goes_when_something_new_comes(folder):
    old, young = cached_file("things", "old"), cached_file("things", "young")
    with replacing(old) as fresh:
        fresh.mkdir()
        (fresh / "part").write_bytes(b"content")
    write_checked(young, b"content")
    left_by_a_crash, somebodys = old.parent / "fresh-abcd1234", old.parent / "holiday"
    for made in (left_by_a_crash, somebodys):
        made.mkdir()
    for path in (old, young, left_by_a_crash, somebodys):
        used(path, LONGEST_UNUSED_S + 60)
    assert cached_file("things", "young") == young, "asked for, so in use"
    write_checked(new := cached_file("things", "new"), b"content")
    assert set((folder / "things").iterdir()) == {young, new, somebodys}


def test_what_was_used_longest_ago_goes_when_there_is_too_much(folder):
    paths = [cached_file("things", number) for number in range(5)]
    for number, path in enumerate(paths):
        write_checked(path, bytes(1000))
        used(path, 1000 - number)
    cached_file("things", 0)
    clean(folder / "things", most_bytes=2500)
    assert set((folder / "things").iterdir()) == {paths[0], paths[4]}


def test_many_that_write_and_clean_at_once_do_not_disturb_each_other(folder):
    def work(first):
        for number in range(first, first + 40):
            with suppress(OSError), replacing(cached_file("things", number % 50)) as fresh:
                fresh.mkdir()
                (fresh / "part").write_bytes(bytes(1000))
            clean(folder / "things", most_bytes=9000)

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, (0, 10, 20, 30)))
    clean(folder / "things", most_bytes=30_000)
    left = list((folder / "things").iterdir())
    assert left and all((path / "part").stat().st_size == 1000 for path in left)
