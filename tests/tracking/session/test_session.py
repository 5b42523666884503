"""The session file: what goes in comes out, also after a kill; damage is said in one sentence."""

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from contextlib import closing, suppress
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.skeleton import COCO_17
from tests.fakes import PATIENCE_S
from tests.results import assert_same, made_header, made_result, track_ids
from tracking.session.edited_session import EditedSession
from tracking.session.edits import (
    Anchor,
    ChooseSmoothing,
    DeletePerson,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    OnlyPerson,
    RemoveMark,
    RenamePerson,
    SetMark,
    SetScale,
    SetSpan,
    SplitId,
    SwapIds,
)
from tracking.session.format import SessionHeader, SessionInUseError, SettingChange
from tracking.session.opening import find_unfinished, limit_queries
from tracking.session.reading import in_picture
from tracking.session.session import Session, session_path
from tracking.session.writer_lock import WriterLock
from tracking.video.source import VideoInfo

ROOT = Path(__file__).parents[3]
OLD = Path(__file__).parents[2] / "data" / "aisle_format1_session.ppnet"
OLD_BOX = [230.0, 62.0, 320.0, 236.0]
OLD_EDITS = (
    SwapIds(1, 2, 5), MergeIds(1, 7), SplitId(1, 8, 9), DeletePerson(2, 3, None), HidePerson(4, True),
    RenamePerson(1, "Zoë"), MoveKeypoint(1, 0, 5, 1.5, -2.0),
    FillKeypoint(1, 0, Anchor(6, 0.2, 100, 50, 2, 0), Anchor(9, 0.3, 200, 90, -2, 8)),
    ChooseSmoothing("rts", 70.0, 0.3), OnlyPerson(2), OnlyPerson(None), SetMark(10, 0.4, "Absprung"), RemoveMark(10),
    SetSpan(None, 2.5), SetScale(0.005),
)  # fmt: skip
IDS = [(), (1,), (1, 2), (2, 1, 7), (7,)]


def written(path: Path, frames: int = 20, *, finish: bool = True) -> Path:
    with Session.create(path, made_header()) as session:
        for index in range(frames):
            session.append(made_result(index, IDS[index % len(IDS)]))
        if finish:
            session.finish()
    return path


def test_opened_again_equals_what_was_written(tmp_path: Path) -> None:
    path = written(tmp_path / "walk_session.ppnet", 600)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # one file, no log beside it
    assert path.read_bytes()[18:20] == b"\x01\x01"  # and none needed to read it (SQLite's file format, 1.3)
    with Session.open(path) as session:
        assert session.header == made_header(created_utc=session.header.created_utc)
        assert session.complete and session.frame_count == 600 and session.last_frame_index == 599
        assert session.last_track_id == 7 and track_ids(session) == (1, 2, 7)
        results = list(session.results())
        assert len(results) == 600
        for index, result in enumerate(results):
            assert_same(result, in_picture(made_result(index, IDS[index % len(IDS)])))  # who walks on walks out of it
        assert_same(session.result(101), made_result(101, IDS[1]))
        assert [r.frame_index for r in session.results(255, 258)] == [255, 256, 257]
        np.testing.assert_array_equal(session.frame_times(), [index / 30 for index in range(600)])
        assert session.result(600) is None and session.result(-1) is None


def test_frames_may_have_gaps_but_never_go_back(tmp_path: Path) -> None:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        session.append(made_result(5))
        session.append(made_result(9))
        with pytest.raises(ValueError, match="comes after"):
            session.append(made_result(9))
        assert session.result(7) is None and session.frame_count == 2


@pytest.mark.parametrize(("times", "first"), [([1, 2, 2, 3], None), ([1, 3, 2, 4, 3], 20), ([1], None), ([], None)])
def test_where_times_go_backward_is_known_across_frames_that_are_missing(
    tmp_path: Path, times: list[float], first: int | None
) -> None:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for number, time_s in enumerate(times):
            session.append(made_result(10 * number, time_s=float(time_s)))
        assert session.first_backward == first


def test_existing_file_is_kept_unless_overwriting_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a_session.ppnet", 3)
    with pytest.raises(UserError, match="already exists"):
        Session.create(path, made_header())
    with Session.create(path, made_header(), overwrite=True) as session:
        assert session.frame_count == 0
        with pytest.raises(UserError, match="in use"):
            Session.create(path, made_header(), overwrite=True)
        session.append(made_result(0))
    path.write_bytes(b"SQLite format 3\0 and then nothing of the kind" * 99)
    Session.create(path, made_header(), overwrite=True).close()
    with pytest.raises(UserError, match="cannot be written"):
        Session.create(tmp_path / "no such folder" / "a", made_header())


def test_a_path_that_is_too_long_for_sqlite_is_named_as_the_reason_and_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "/".join("a" * 200 for _ in range(3))
    folder.mkdir(parents=True)
    path = folder / "walk_session.ppnet"
    with pytest.raises(UserError, match=r"^The path of walk_session\.ppnet is longer than a session can have"):
        Session.create(path, made_header())
    assert not list(folder.iterdir())
    written(tmp_path / "short_session.ppnet", 3).rename(path)
    with pytest.raises(UserError, match=r"^The path of walk_session\.ppnet is longer"):
        Session.open(path)


WRITER = """
import sys, time
from pathlib import Path
from tests.results import made_header, made_result
from tracking.session.session import Session
session = Session.create(Path(sys.argv[1]), made_header())
for index in range(100000):
    session.append(made_result(index))
    print(index, flush=True)
    time.sleep(0.005)
"""


@pytest.mark.parametrize("frames", [3, 300])
def test_a_killed_writer_loses_at_most_the_last_second(tmp_path: Path, frames: int) -> None:
    path = tmp_path / "killed_session.ppnet"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            if int(line) >= frames:  # 300: more than a second, so some are folded in and some are in the log
                break
        for writable in (False, True):
            with pytest.raises(UserError, match=f"in use by process {writer.pid} "):
                Session.open(path, writable=writable)
        assert find_unfinished([tmp_path]) == ()
        writer.send_signal(signal.SIGKILL)
        last = max([frames, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    found = find_unfinished([tmp_path])
    assert [u.path for u in found] == [path] and found[0].frame_count >= last
    with Session.open(path) as session:
        assert not session.complete
        assert last - 5 <= session.last_frame_index <= last + 1
        for index, result in enumerate(session.results()):
            assert_same(result, in_picture(made_result(index)))
        count = session.frame_count
    with Session.open(path, writable=True) as session:  # and it can be gone on with
        session.append(made_result(count))
        session.finish()
    assert find_unfinished([tmp_path]) == ()


def test_the_writer_stays_alone_whatever_else_its_program_opens(tmp_path: Path) -> None:
    """POSIX drops a lock as soon as its program opens and closes the file elsewhere."""
    path = tmp_path / "a_session.ppnet"
    other = "import sys; from pathlib import Path; from tracking.session.session import Session\n{}"
    tries = [f"Session.open(Path(sys.argv[1]), writable={writable})" for writable in (False, True)]
    tries.append(
        "from tests.results import made_header; Session.create(Path(sys.argv[1]), made_header(), overwrite=True)"
    )
    alias = tmp_path / "alias_session.ppnet"
    alias.symlink_to(path)
    with Session.create(path, made_header()) as session:
        session.append(made_result(0))
        path.read_bytes()
        with suppress(UserError):
            Session.open(path)
        for number, attempt in enumerate(tries):
            name = alias if number else path
            done = subprocess.run([sys.executable, "-c", other.format(attempt), name], capture_output=True, text=True)
            words = f"{name} is in use by process {os.getpid()} on '{socket.gethostname()}' (since 2"
            assert done.returncode and words in done.stderr, attempt
        session.append(made_result(1))
    with Session.open(alias, writable=True) as session:
        assert session.frame_count == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, alias.name]


@pytest.mark.parametrize("begin", ["created", "opened", "opened after a kill"])
def test_whoever_holds_a_lock_and_for_which_video_is_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """Else somebody who looks in between would be told the one without the other."""
    path, lock, write = tmp_path / "a_session.ppnet", tmp_path / "a_session.ppnet.lock", Path.write_bytes
    if begin == "opened":
        Session.create(path, made_header()).close()
    elif begin != "created":
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
    names: list[Path] = []

    def see(file: Path, content: bytes) -> int:
        names.append(file)
        return write(file, content)

    monkeypatch.setattr(Path, "write_bytes", see)
    with Session.create(path, made_header()) if begin == "created" else Session.open(path, writable=True) as session:
        folds = begin == "opened after a kill"  # what lies in the log, which needs the lock for itself
        assert names.count(lock) == 1 + folds
        with pytest.raises(SessionInUseError, match=f"process {os.getpid()}") as told:
            Session.open(path)
        assert told.value.source == session.header.source.file_name


def test_a_lock_that_was_left_behind_keeps_nobody_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a_session.ppnet", 3, finish=False)
    lock = tmp_path / "a_session.ppnet.lock"
    for left in (b'{"host":"here","process_id":1,"since_utc":"2026-01-01T00:00:00Z"}', b"\xff" * 99, b""):
        lock.write_bytes(left)
        assert len(find_unfinished([tmp_path])) == 1
        lock.write_bytes(left)
        Session.open(path, writable=True).close()
        lock.write_bytes(left)
        with WriterLock(path):
            lock.write_bytes(left)  # nonsense about who it is
            with pytest.raises(UserError, match=r"in use by (another program|process 1 on 'here')"):
                Session.open(path)
    assert not lock.exists()


def test_overwritten_but_kept_under_another_name(tmp_path: Path) -> None:
    path, kept = tmp_path / "a_session.ppnet", tmp_path / "a_session_2.ppnet"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)  # so that a log lies beside it
    Session.create(path, made_header(), overwrite=True, keep_as=kept).close()
    with Session.open(path) as fresh, Session.open(kept) as old:
        assert fresh.frame_count == 0 and old.frame_count > 0
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, kept.name]


def test_a_killed_session_is_read_from_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    source, folder = tmp_path / "s_session.ppnet", tmp_path / "locked"
    folder.mkdir()
    session = Session.create(source, made_header())
    for index in range(50):
        session.append(made_result(index))
    for file in tmp_path.glob("s_session.ppnet*"):
        (folder / file.name).write_bytes(file.read_bytes())
    session.close()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        with Session.open(folder / source.name) as copy:
            assert copy.frame_count == 50
        if os.geteuid() != 0:  # the superuser writes anywhere
            assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    finally:
        folder.chmod(stat.S_IRWXU)


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "a_session.ppnet")
    before = path.read_bytes()
    with Session.open(path) as session:
        list(session.results())
        with pytest.raises(UserError, match="read-only"):
            session.append(made_result(1000))
        with pytest.raises(UserError, match="read-only"):
            session.add_edit(SwapIds(1, 2, 3))
    assert path.read_bytes() == before


def test_edits_undo_and_redo_survive_closing(tmp_path: Path) -> None:
    path = written(tmp_path / "a_session.ppnet")
    first, second, third = SwapIds(1, 2, 5), RenamePerson(1, "Zoë"), MergeIds(1, 7)
    with Session.open(path, writable=True) as session:
        assert session.undo() is None and session.redo() is None and session.newest_edit is None
        session.add_edit(first)
        session.add_edit(second)
        assert session.undo() == second and session.undone_edit == second
    with Session.open(path, writable=True) as session:
        assert session.edits() == (first,)
        assert session.redo() == second and session.edits() == (first, second)
        session.undo()
        session.add_edit(third)  # another branch: `second` cannot be redone any more
        assert session.edits() == (first, third) and session.undone_edit is None
        assert session.undo() == third and session.undo() == first and session.undo() is None
        assert session.edits() == () and session.redo() == first and session.redo() == third
    with Session.open(path) as session:
        assert session.edits() == (first, third)


def test_writers_and_readers_in_threads(tmp_path: Path) -> None:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        errors: list[BaseException] = []

        def read() -> None:
            try:
                while session.last_frame_index < 299:
                    newest = session.result(session.last_frame_index)
                    assert newest is None or len(newest) == 2
            except BaseException as error:  # noqa: BLE001 - handed to the test below
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for index in range(300):
            session.append(made_result(index))
        for reader in readers:
            reader.join(PATIENCE_S)
        assert not errors and session.frame_count == 300


def damage(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM meta WHERE key = 'header'"],
        ["UPDATE meta SET value = '[1, 2' WHERE key = 'header'"],
        ["UPDATE meta SET value = '{}' WHERE key = 'header'"],
        ["UPDATE people SET raw = x'00'"],
        ["UPDATE people SET states = zeroblob(16) || x'09'"],
        ["UPDATE people SET track_id = -3"],
        ["UPDATE people SET state = 44"],
        ["UPDATE people SET score = 'many'"],
        ["UPDATE frames SET time_s = 'noon'"],
        ["UPDATE frames SET width = 0"],
        ["UPDATE frames SET width = 1e300"],
        ["DROP TABLE people"],
        ["CREATE TRIGGER t AFTER INSERT ON frames BEGIN DELETE FROM frames; END"],
        ["CREATE VIEW v AS SELECT * FROM frames"],
        ["INSERT INTO edits VALUES (1, 1, 'swap', '{}', '')", "INSERT INTO meta VALUES ('edits_head', '1')"],
        ["INSERT INTO edits VALUES (1, 0, 'run', '{}', '')", "INSERT INTO meta VALUES ('edits_head', '1')"],
        ["INSERT INTO edits VALUES (1, 0, 'swap', '[9]', '')", "INSERT INTO meta VALUES ('edits_head', '1')"],
        ["INSERT INTO meta VALUES ('edits_head', 'first')"],
        [f"UPDATE meta SET value = '{'[' * 100_000}' WHERE key = 'header'"],
        ["UPDATE meta SET value = CAST(x'ff00fe' AS TEXT) WHERE key = 'header'"],
        ["UPDATE meta SET value = x'7b7d' WHERE key = 'header'"],
        *(
            [f"UPDATE meta SET value = replace(value, '{good}', '{bad}') WHERE key = 'header'"]
            for good, bad in [
                ('"30/1"', '"1/0"'),
                ('"30/1"', '"1e9999999"'),
                ('"30/1"', "30"),
                ("640", "1e9"),
                ("640", "-640"),
                ("coco17", "bird9"),
                ('"kalman"', "{" * 3 + '"a":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]' + "}" * 3),
                ('"kalman"', "[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]"),
                ("walk.mp4", "a" * 5000),
                ("100", "1" * 5000),
                ('"is_live":false', '"is_live":"no"'),
                ("walk.mp4", "\\ud800"),
                ("walk.mp4", "\\u0000"),
            ]
        ),
        ["UPDATE people SET x1 = NULL"],
        ["UPDATE people SET y2 = 1e308"],
        ["UPDATE people SET score = 9e999"],
        ["UPDATE people SET track_id = 9223372036854775807"],
        ["UPDATE people SET smoothed = CAST(x'0000807f' || zeroblob(200) AS BLOB)"],
        ["UPDATE frames SET time_s = -9e999"],
        ["INSERT INTO meta VALUES ('setting_changes', '[{}]')"],
        [
            "INSERT INTO edits VALUES (1, 0, 'smooth', '{\"method\": \"magic\"}', '')",
            "INSERT INTO meta VALUES ('edits_head', '1')",
        ],
        [
            "INSERT INTO edits VALUES (1, 0, 'scale', '{\"metres_per_pixel\": 1e9999999}', '')",
            "INSERT INTO meta VALUES ('edits_head', '1')",
        ],
    ],
)
def test_damage_is_one_sentence(tmp_path: Path, statements: list[str]) -> None:
    path = written(tmp_path / "a_session.ppnet")
    damage(path, *statements)
    with pytest.raises(UserError, match="damaged"), Session.open(path) as session:
        list(session.results())
        session.edits()
        assert not session.setting_changes
    assert find_unfinished([tmp_path]) == ()


def test_settings_that_make_no_sense_are_damage(tmp_path: Path) -> None:
    for number, strength in enumerate(["much", 1e300, -1, [], True]):
        path = tmp_path / f"{number}_session.ppnet"
        with Session.create(path, made_header(settings={"smooth": "rts", "strength": strength})) as session:
            session.append(made_result(0))
            session.finish()
            with pytest.raises(UserError, match="damaged"):
                EditedSession(session)


KILLED_AT_BIRTH = """
import os, random, signal, sys, time
from pathlib import Path
from tests.results import made_header, made_result
from tracking.session.session import Session
begun = time.monotonic()
for number in range(5):
    Session.create(Path(sys.argv[1]) / "a", made_header(), overwrite=True).close()
(Path(sys.argv[1]) / "a").unlink()
takes_s = (time.monotonic() - begun) / 5
number = -1
while (number := number + 1) < 24 or len(list(Path(sys.argv[1]).glob("*.ppnet"))) <= 3:
    child = os.fork()
    if child == 0:
        session = Session.create(Path(sys.argv[1]) / f"{number}_session.ppnet", made_header())
        for index in range(10**6):
            session.append(made_result(index))
    time.sleep(random.Random(number).uniform(0, 3 * takes_s * (1 + number // 24)))  # longer where nothing came of it
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(number)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs limits")
def test_a_session_that_may_not_grow_is_not_called_damaged(tmp_path: Path) -> None:
    """As on a disk whose file system takes no larger files."""
    code = """
        import resource, signal, sys
        from pathlib import Path
        from ppnet.errors import UserError
        from tests.results import made_header, made_result
        from tracking.session.session import Session
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        session = Session.create(Path(sys.argv[1]), made_header())
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        try:
            for index in range(3000):
                session.append(made_result(index, (1, 2)))
        except UserError as error:
            print(error)
    """
    path = tmp_path / "a_session.ppnet"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"The disk does not respond, or allows no larger file than {path} is")
    with Session.open(path) as session:
        assert session.frame_count > 0


def test_killed_at_birth_a_session_is_whole_or_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_AT_BIRTH, str(tmp_path)]
    begun = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    paths = sorted(tmp_path.glob("*.ppnet"))
    assert len(paths) > 3
    assert sorted(found.path for found in find_unfinished([tmp_path])) == paths
    for path in paths:
        with Session.open(path) as session:
            assert session.header.network == "M2-D2-W32"
    for number in range(begun):
        Session.create(tmp_path / f"{number}_session.ppnet", made_header(), overwrite=True).close()
    assert len(list(tmp_path.iterdir())) == begun, "nothing is left of the killed ones"


def test_the_search_for_unfinished_runs_never_fails(tmp_path: Path) -> None:
    written(tmp_path / "good_session.ppnet", 3, finish=False)
    os.mkfifo(tmp_path / "pipe_session.ppnet")
    (tmp_path / "folder_session.ppnet").mkdir()
    (tmp_path / "gone_session.ppnet").symlink_to(tmp_path / "nothing")
    (tmp_path / "empty_session.ppnet").touch()
    (tmp_path / os.fsdecode(b"\xff_session.ppnet")).write_bytes(b"SQLite format 3\0" + b"\xff" * 999)
    damage(written(tmp_path / "bad_session.ppnet", 3, finish=False), "DELETE FROM meta")
    places = [tmp_path, tmp_path / "no such folder", tmp_path / "empty_session.ppnet", Path("\0")]
    assert [found.path.name for found in find_unfinished(places)] == ["good_session.ppnet"]
    with pytest.raises(UserError, match="cannot be read"):
        Session.open(tmp_path / "pipe_session.ppnet")


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9_session.ppnet")
    video = VideoInfo(os.fsdecode(b"caf\xe9.mp4"), tmp_path / os.fsdecode(b"caf\xe9.mp4"), (640, 480))
    Session.create(path, made_header(source=video)).close()
    with Session.open(path) as session:
        assert session.header.source.path == video.path and session.header.source.name == "caf\ufffd.mp4"


def test_foreign_and_newer_files(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    damage(other, "CREATE TABLE a (b)")
    text = tmp_path / "text.ppnet"
    text.write_text("hello")
    newer = written(tmp_path / "newer_session.ppnet")
    damage(newer, "PRAGMA user_version=99")
    for path, words in [(other, "not a session"), (newer, "newer version")]:
        before = path.read_bytes()
        with pytest.raises(UserError, match=words):
            Session.open(path, writable=True)
        assert path.read_bytes() == before and [file.name for file in tmp_path.glob(f"{path.stem}*")] == [path.name]
    cases = [(other, "not a session"), (text, "not a session"), (tmp_path / "no", "no file"), (newer, "newer version")]
    for path, words in [*cases, (tmp_path, "cannot be read")]:
        with pytest.raises(UserError, match=words):
            Session.open(path)


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.9])
def test_a_cut_file_is_damaged_or_shorter_but_never_wrong(tmp_path: Path, keep: float) -> None:
    path = written(tmp_path / "a_session.ppnet", 300)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UserError), Session.open(path) as session:
        list(session.results())


def test_random_bytes_in_the_middle(tmp_path: Path) -> None:
    path = written(tmp_path / "a_session.ppnet", 60)
    good = path.read_bytes()
    rng = np.random.default_rng(4)
    for _ in range(24):
        data = bytearray(good)
        for place in rng.integers(100, len(data), 40):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            with Session.open(path) as session:
                list(session.results())
                session.edits()
        except UserError:
            pass  # any other error would be a traceback for the user


def test_a_session_of_the_first_release_is_read_as_it_was_written() -> None:
    with Session.open(OLD) as session:
        source, header = session.header.source, session.header
        assert (source.name, source.path, source.size_wh) == (
            "aisle_crossing.mp4", Path("/videos/aisle_crossing.mp4"), (480, 270),
        )  # fmt: skip
        assert (source.frame_rate, source.time_base, source.frame_count) == (Fraction(15), Fraction(1, 15360), 67)
        assert header.skeleton is COCO_17 and header.network == "M2-D2-W32" and header.settings["min_conf"] == 0.4
        assert header.versions == {"ppnet-live": "0.1.0"} and header.created_utc == "2026-11-28T21:44:17+00:00"
        assert session.setting_changes == (
            SettingChange(0.1, "flip", False, True), SettingChange(0.2, "only", None, [10.0, 20.0, 0.5]),
        )  # fmt: skip
        assert session.edits() == OLD_EDITS
        results = list(session.results())
        assert [result.tracks.ids.tolist() for result in results] == [[1, 2]] * 12
        np.testing.assert_allclose(results[0].tracks.boxes[0], OLD_BOX, atol=1e-3)


def test_everything_known_of_a_source_comes_back(tmp_path: Path) -> None:
    full = VideoInfo("a", Path("/a b/ü.mp4"), (4, 6), 7, 1.25, Fraction(30000, 1001), 90, True, True, "hevc", True,
                     Fraction(1, 90000), Fraction(4, 3), 0.5, False, 5_000_000_000)  # fmt: skip
    bare = VideoInfo("b", None, (4, 6))
    assert all(getattr(full, f.name) != f.default for f in fields(full)), "a new field: give it a value here"
    for source in (full, bare):
        path = tmp_path / f"{source.name}_session.ppnet"
        Session.create(path, SessionHeader(source, {"a": {"b": [1, 2.5, None, "x"]}}, notes={"c": True})).close()
        with Session.open(path) as session:
            assert session.header.source == source and session.header.notes == {"c": True}
            assert session.header.settings == {"a": {"b": [1, 2.5, None, "x"]}}


def test_session_path() -> None:
    assert session_path(Path("a/b c.mp4")) == Path("a/b c_session.ppnet")
    assert session_path(Path("a/b.mp4"), Path("out")) == Path("out/b_session.ppnet")


def test_a_query_in_circles_is_broken_off_but_not_by_a_computer_that_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n{}) SELECT count(*) FROM n"
        limit_queries(database, PATIENCE_S)
        monkeypatch.setattr("time.monotonic", lambda: 1e9)
        assert database.execute(numbers.format(" LIMIT 100000")).fetchone() == (100_000,)
        limit_queries(database, 0.01)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            database.execute(numbers.format(""))
