"""Damaged and hostile files: any mutation of a real one gives a result or one clear sentence, never another error.

The short form runs with the quick tests; the long one (`-m slow`) is counted in docs/robustness.md.
"""

import io
import json
import os
import random
import re
import sqlite3
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save as save_tensors

from app.gui.preferences import parse as parse_preferences
from ppnet.checkpoint_info import CheckpointInfo, read_written_info
from ppnet.errors import UserError
from ppnet.untrusted_tensors import read_state_file
from tests.fuzzing import mutated
from tests.results import SOURCE, made_header, track_ids
from tests.tracking.session.test_edits import ALL as EDITS
from tracking.export.coco import write_coco_json
from tracking.export.csv_wide import write_wide_csv
from tracking.export.formats import export
from tracking.export.trc import write_trc_folder
from tracking.importing.choice import read_tracks
from tracking.importing.session import write_session
from tracking.session.edited_session import EditedSession
from tracking.session.edits import KINDS, edit_from_json, edit_to_json
from tracking.session.format import header_from_json, header_to_json
from tracking.session.person_tracks import exported_people, exported_track
from tracking.session.session import Session

OLD = Path(__file__).parent / "data" / "aisle_format1_session.ppnet"
SEED = 20261128


def read_session(path: Path) -> None:
    """All that a window or an export does with a session."""
    with Session.open(path) as session:
        _ = session.setting_changes, session.time_span, track_ids(session), session.frame_times()
        edited = EditedSession(session)
        edited.refresh()
        for _ in edited.results():
            pass
        for person in exported_people(edited):  # as answers are found
            exported_track(edited, person)
        write_coco_json(edited, path.with_suffix(".json"), lambda _: None)
        write_wide_csv(edited, path.with_suffix(".csv"), lambda _: None)
        folder = path.with_suffix(".trc")
        folder.mkdir(exist_ok=True)
        write_trc_folder(edited, folder, lambda _: None)


def session_bytes(path: Path, rng: random.Random) -> None:
    path.write_bytes(mutated(OLD.read_bytes(), rng, first=rng.choice((0, 72, 100))))
    read_session(path)


def session_cells(path: Path, rng: random.Random) -> None:
    """Odd values in cells of an otherwise sound database."""
    path.write_bytes(OLD.read_bytes())
    database = sqlite3.connect(path)
    table = rng.choice(("meta", "frames", "people", "edits"))
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    column = rng.choice(columns)
    odd = (1e308, -1e308, float("inf"), 0, -1, 2**62, 2**63 - 1, "", "x", b"", b"\xff" * 20, "[" * 5000, "{}", "1e9999")
    value = rng.choice(odd)
    where = f"rowid = {rng.randrange(1, 12)}" if table in ("frames", "edits") else "1"
    try:
        if rng.random() < 0.5:
            old = database.execute(f"SELECT {column} FROM {table} LIMIT 1 OFFSET ?", (rng.randrange(3),)).fetchone()
            if old and isinstance(old[0], str | bytes) and old[0]:
                text = old[0].encode() if isinstance(old[0], str) else old[0]
                value = mutated(text, rng)
                value = value.decode("utf-8", "replace") if isinstance(old[0], str) else value
        database.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {where}", (value,))
        database.commit()
    except sqlite3.Error:
        database.rollback()
    database.close()
    read_session(path)


def header_text(path: Path, rng: random.Random) -> None:
    data = mutated(header_to_json(made_header()).encode(), rng)
    try:
        header_from_json(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:  # as `explained` takes them
        raise UserError("damaged") from error


GOOD_INFO = CheckpointInfo("M2-D2-W32", (192, 256)).to_metadata()


def checkpoint(path: Path, rng: random.Random) -> None:
    path = path.with_suffix(".safetensors")
    path.write_bytes(mutated(save_tensors({"a": np.zeros(3, np.float32)}, metadata=GOOD_INFO), rng))
    read_written_info(path)


PREFERENCES = json.dumps(
    {
        "version": 1, "look": "dark", "recent": ["/a/b.mp4", "C:\\\\d"], "keys": {"open": ["Ctrl+O"]},
        "layers": {"boxes": False}, "angles": ["left_knee"], "record_folder": "/videos",
        "settings": {"detect_every": 2, "smoothing.kind": "rts", "region": [1, 2, 3, 4]},
    }
).encode()  # fmt: skip


def preferences(path: Path, rng: random.Random) -> None:
    try:
        value = parse_preferences(mutated(PREFERENCES, rng))
    except (ValueError, RecursionError, UserError) as error:  # as the window takes them: set aside, and said
        raise UserError("damaged") from error
    _ = Path(value.record_folder).exists(), [Path(recent).exists() for recent in value.recent]


def pickled(*, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save({"state_dict": {"a": torch.zeros(3)}, "epoch": 3}, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


GOOD_PICKLES = pickled(zipped=True), pickled(zipped=False)


def pickle_checkpoint(path: Path, rng: random.Random) -> None:
    """PyTorch's files of both kinds; in the zip also the pickle alone, its checksum made anew."""
    path = path.with_suffix(".pth")
    if rng.random() < 0.7:
        path.write_bytes(mutated(rng.choice(GOOD_PICKLES), rng))
    else:
        with zipfile.ZipFile(io.BytesIO(GOOD_PICKLES[0])) as good, zipfile.ZipFile(path, "w") as bad:
            for name in good.namelist():
                data = good.read(name)
                bad.writestr(name, mutated(data, rng) if name.endswith("data.pkl") else data)
    read_state_file(path)


@cache
def good_tables() -> dict[str, bytes]:
    """The same few frames in every text format that is read in."""
    tables = {}
    with tempfile.TemporaryDirectory() as folder, Session.open(OLD) as session:
        edited = EditedSession(session)
        edited.refresh()
        for name, ending in (("csv", "csv"), ("coco", "json"), ("deeplabcut", "csv"), ("openpose", "")):
            path = export(edited, name, Path(folder) / (f"{name}.{ending}" if ending else name))
            some = min(path.iterdir()) if path.is_dir() else path
            text = some.read_bytes()
            if name == "coco":
                text = json.dumps(json.loads(text)[:8]).encode()
            if ending == "csv":
                text = text[: text.rfind(b"\n", 0, 12_000) + 1]
            tables[f"{name}.{ending}" if ending else some.name] = text
    return tables


ODD_CELLS = b",-1,0,nan,inf,1e308,1e400,99999999999999999999,x,null,[],1.5".split(b",")


def with_odd_numbers(data: bytes, rng: random.Random) -> bytes:
    """The text with a few of its numbers replaced."""
    places = [match.span() for match in re.finditer(rb"-?[0-9]+(?:\.[0-9]+)?", data)]
    for begin, end in sorted(rng.sample(places, rng.choice((1, 1, 3))), reverse=True):
        data = data[:begin] + rng.choice(ODD_CELLS) + data[end:]
    return data


def table(path: Path, rng: random.Random) -> None:
    """A table that is read in, and becomes a session."""
    name, data = rng.choice(sorted(good_tables().items()))
    folder = path.with_suffix(".tables")
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(rng.choice((mutated, with_odd_numbers))(data, rng))
    try:
        words, found = read_tracks(file)
        rows, skeleton, _ = found.on_skeleton()
        times_s = [index / 30 for index in range(100)]
        write_session(rows, skeleton, path, source=SOURCE, times_s=times_s, made_from=(name, words), overwrite=True)
    finally:
        file.unlink()


READERS: dict[str, Callable[[Path, random.Random], None]] = {
    "session, bytes": session_bytes,
    "session, cells": session_cells,
    "header": header_text,
    "checkpoint": checkpoint,
    "pickle": pickle_checkpoint,
    "preferences": preferences,
    "table": table,
}
LONGEST_S = 20.0
"""Of the processor, for one input on any machine; the slowest ones smooth and export what they could read."""


def fuzzed(name: str, folder: Path, count: int, seed: int) -> Counter[str]:
    """How many inputs were read and refused; an error of another kind fails the test and names its seed."""
    counts: Counter[str] = Counter()
    for number in range(count):
        path = folder / f"x{os.getpid()}.ppnet"
        begun_s = time.process_time()
        try:
            READERS[name](path, random.Random(f"{name} {seed} {number}"))
            counts["read"] += 1
        except UserError:
            counts["refused"] += 1
        except Exception as error:
            raise AssertionError(f"{name}, seed {seed}, input {number}: {error!r}") from error
        assert time.process_time() - begun_s < LONGEST_S, f"{name}, seed {seed}, input {number} takes long"
        for left in folder.glob(f"{path.name}-*"):
            left.unlink()
    return counts


@pytest.mark.parametrize("name", READERS)
def test_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    counts = fuzzed(name, tmp_path, 60, SEED)
    assert counts["refused"] > 0 and counts.total() == 60


@pytest.mark.parametrize(("name", "number"), [("session, cells", 60), ("session, bytes", 529)])
def test_what_the_long_form_found_stays_mended(name: str, number: int, tmp_path: Path) -> None:
    """A time that is text, or missing, in the first or last frame."""
    with pytest.raises(UserError, match="damaged"):
        READERS[name](tmp_path / "x.ppnet", random.Random(f"{name} {SEED + 1} {number}"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE frames SET time_s = 'now' WHERE frame_index = (SELECT max(frame_index) - 3 FROM frames)", "no time"),
        ("UPDATE frames SET time_s = 1e300 WHERE frame_index = (SELECT max(frame_index) - 3 FROM frames)", "no time"),
        ("UPDATE people SET track_id = (SELECT min(track_id) FROM people)", "twice in a frame"),
    ],
)
def test_whatever_reads_columns_of_a_session_sees_damage_in_their_middle(
    tmp_path: Path, change: str, words: str
) -> None:
    path = tmp_path / "a.ppnet"
    path.write_bytes(OLD.read_bytes())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(change)
    with Session.open(path) as session:
        edited = EditedSession(session)
        reads = [lambda: exported_people(edited), lambda: exported_track(edited, 1)]
        reads += [session.frame_times] if words == "no time" else [lambda: session.sightings()]
        for read in reads:
            with pytest.raises(UserError, match=f"a.ppnet is damaged.*{words}"):
                read()


@pytest.mark.slow
def test_a_hundred_thousand_mutated_files(tmp_path: Path) -> None:
    shares = {
        "session, bytes": 4_000, "session, cells": 4_000, "header": 60_000, "checkpoint": 16_000, "pickle": 4_000,
        "preferences": 14_000, "table": 4_000,
    }  # fmt: skip
    for name, count in shares.items():
        begun = time.monotonic()
        print(name, dict(fuzzed(name, tmp_path, count, SEED + 1)), f"{time.monotonic() - begun:.0f} s")


ODD = (None, True, False, 0, -1, 7, 2**31, 2**63, -(2**70), 0.5, -0.0, 1e308, float("nan"), float("-inf"), "", "x",
       "1", "rts", "a" * 300, "\0", "\ud800", "\u202e", "Zoë \U0001f600", [], {}, [[]], [None], {"": {}})  # fmt: skip


def odd_json(rng: random.Random, depth: int = 3) -> object:
    """Any JSON value, and what Python adds to them."""
    kind = rng.randrange(4) if depth else 3
    inner = [odd_json(rng, depth - 1) for _ in range(rng.randrange(4))] if kind < 2 else []
    if kind == 0:
        return inner
    return {str(rng.choice(ODD)): value for value in inner} if kind == 1 else rng.choice(ODD)


def test_any_json_is_an_edit_or_none() -> None:
    """Edits of every kind with some of their values replaced, left out or in excess, and anything else."""
    rng, counts = random.Random(SEED), Counter[str]()
    for edit in EDITS:
        kind, good = edit_to_json(edit)
        for _ in range(100):
            values = json.loads(good)
            for _ in range(rng.choice((1, 1, 2))):
                name = rng.choice(sorted(values)) if rng.random() < 0.9 else "another"
                values[name] = rng.choice(ODD) if rng.random() < 0.8 else odd_json(rng)
            if rng.random() < 0.1:
                values.pop(rng.choice(sorted(values)))
            for text in (json.dumps(values), json.dumps(odd_json(rng)), str(odd_json(rng))):
                try:
                    read = edit_from_json(kind, text)
                except ValueError:
                    counts["none"] += 1
                    continue
                assert isinstance(read, KINDS[kind])
                assert edit_from_json(*edit_to_json(read)) == read
                counts["an edit"] += 1
    assert counts["none"] > 1000 and counts["an edit"] > 100


@pytest.mark.parametrize(
    "entry", ['"record_folder": 7', f'"record_folder": "{"a" * 300}"', '"record_folder": "\\u0000"', '"keys": [' * 9999]
)
def test_preferences_that_would_stop_the_window_are_refused(entry: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_preferences(f'{{"version": 1, {entry}}}'.encode())
