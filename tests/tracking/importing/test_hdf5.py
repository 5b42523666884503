"""HDF5 files can point into other files, ask for any memory or bring down who opens them: none of it gets through."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from ppnet.errors import UserError
from tracking.importing import hdf5
from tracking.importing.choice import read_tracks
from tracking.importing.hdf5 import found_in, read_hdf5

h5py = pytest.importorskip("h5py", reason="pip install 'ppnet-live[sleap]'")


def test_numbers_and_texts_come_as_they_are_and_what_is_missing_is_left_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/numbers"] = np.arange(6, dtype=np.int16).reshape(2, 3)
        file["fixed"] = np.array([b"a", b"K\xc3\xb6ln"])
        file["long"] = ["b", "Zoë"]
        file["rows"] = np.array([(1, True)], [("at", "u8"), ("seen", "?")])
        file["nothing"] = h5py.Empty("f4")
        file["long"].attrs["dims"], file["long"].attrs["raw"], file["group"].attrs["n"] = "[1]", np.bytes_(b"\xff"), 4
    names = (
        "group/numbers",
        "fixed",
        "long",
        "rows",
        "nothing",
        "long@dims",
        "long@raw",
        "group@n",
        "no",
        "no@x",
        "fixed/no",
    )
    found = read_hdf5(tmp_path / "a.h5", *names)
    assert set(found) == {*names[:4], *names[5:8]}
    assert found["group/numbers"].tolist() == [[0, 1, 2], [3, 4, 5]] and found["group/numbers"].dtype == np.int16
    assert (
        found["fixed"] == ["a", "Köln"] and found["long"] == ["b", "Zoë"] and found["rows"]["seen"].tolist() == [True]
    )
    assert found["long@dims"] == "[1]" and found["long@raw"].encode("utf-8", "surrogateescape") == b"\xff"
    assert int(found["group@n"]) == 4


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Another file of this machine, as HDF5 and as bytes."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["tracks"] = np.full((1, 2, 1, 3), 7.0)
    return tmp_path / "secret.h5"


def external_link(file: "h5py.File", secret: Path) -> None:
    file["tracks"] = h5py.ExternalLink(str(secret), "tracks")


def external_group(file: "h5py.File", secret: Path) -> None:
    file["df_with_missing"] = h5py.ExternalLink(str(secret), "/")


def soft_link_to_external(file: "h5py.File", secret: Path) -> None:
    file["away"] = h5py.ExternalLink(str(secret), "/")
    file["tracks"] = h5py.SoftLink("/away/tracks")


def virtual(file: "h5py.File", secret: Path) -> None:
    layout = h5py.VirtualLayout((1, 2, 1, 3), "f8")
    layout[...] = h5py.VirtualSource(str(secret), "tracks", (1, 2, 1, 3))
    file.create_virtual_dataset("tracks", layout)


def external_storage(file: "h5py.File", secret: Path) -> None:
    file.create_dataset("tracks", (1, 2, 1, 3), "f8", external=[(str(secret), 0, 48)])


def soft_loop(file: "h5py.File", secret: Path) -> None:
    file["tracks"] = h5py.SoftLink("/tracks")


@pytest.mark.parametrize(
    "point", [external_link, external_group, soft_link_to_external, virtual, external_storage, soft_loop]
)
def test_a_file_that_points_into_others_is_refused(tmp_path: Path, secret: Path, point) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        point(file, secret)
    secret.unlink()
    os.mkfifo(secret)  # whoever opens it waits for ever
    with pytest.raises(UserError, match=r"a\.h5 .*(somewhere else|other files)"):
        read_tracks(tmp_path / "a.h5")


def test_what_is_asked_for_is_limited_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "MAX_TEXT_BYTES", 1000)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("huge", (2**40,), "f8", chunks=(1024,), compression="gzip")
        file.create_dataset("chunk", (10,), "f8", chunks=(2**28,), maxshape=(None,))
        file.create_dataset("texts", (2**40,), h5py.string_dtype(), chunks=(1024,))
        file["long"] = ["x" * 900, "y" * 900]
        file["refs"] = np.array([file["long"].ref], h5py.ref_dtype)
        file["long"].attrs["many"] = np.zeros(9)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4,))
        plist.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(file.id, b"plugin", h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((4,)), plist)
    for name, words in {
        "huge": "larger than", "chunk": "larger than", "texts": "more than", "long": "too long", "refs": "neither",
        "long@many": "not a single value", "plugin": "unsupported way",
    }.items():  # fmt: skip
        with pytest.raises(ValueError, match=words):
            found_in(tmp_path / "a.h5", name)


def test_a_reader_that_does_not_come_to_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "LONGEST_S", 1e-3)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["tracks"] = np.zeros(3)
    with pytest.raises(UserError, match=r"a\.h5 could not be opened within"):
        read_hdf5(tmp_path / "a.h5", "tracks")


def brought_down(path: Path, *names: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def test_a_file_that_brings_its_reader_down_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.slp").write_bytes(b"x")
    monkeypatch.setattr(hdf5, "send", brought_down)
    with pytest.raises(UserError, match=r"a\.slp is damaged"):
        read_tracks(tmp_path / "a.slp")
