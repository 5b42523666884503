"""Files for users: written whole, or one sentence says why not."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.output_files import make_folder, save_figure, write_json, write_picture, write_png


def test_what_the_system_refuses_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"facts\.json could not be written: the folder does not exist\.$"):
        write_json(tmp_path / "nowhere" / "facts.json", {})
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"still\.png could not be written"):
        write_png(np.zeros((2, 2, 3), np.uint8), tmp_path / "file" / "still.png")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named_with_what_to_do() -> None:
    words = r"could not be written: the disk is full; free some space or choose another folder\.$"
    with pytest.raises(UserError, match=words):
        write_json(Path("/dev/full"), {})


def test_a_png_keeps_its_colours_and_makes_its_folder(tmp_path: Path) -> None:
    red = np.full((4, 6, 3), (200, 10, 20), np.uint8)
    path = write_png(red, tmp_path / "new" / "red.png")
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), red)


def test_a_picture_is_written_as_its_name_says_or_not_unheard(tmp_path: Path) -> None:
    red = np.full((16, 16, 3), (200, 10, 20), np.uint8)
    for name, head in (("red.jpg", b"\xff\xd8"), ("red.PNG", b"\x89PNG")):
        assert write_picture(red, tmp_path / "neu" / name).read_bytes().startswith(head)
    found = cv2.imread(str(tmp_path / "neu" / "red.jpg"), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_allclose(found, red, atol=4)
    with pytest.raises(UserError, match=r"is a \.png or a \.jpg, not \.txt"):
        write_picture(red, tmp_path / "red.txt")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"red\.jpg could not be written"):
        write_picture(red, tmp_path / "file" / "red.jpg")


def test_no_picture_goes_by_a_way_that_fails_unheard() -> None:
    root = Path(__file__).parents[2]
    code = [path for layer in ("app", "ppnet", "tracking") for path in (root / layer).rglob("*.py")]
    calls = re.compile(r"cv2\.im(read|write)\(")
    assert [path.name for path in code if calls.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("place", ["nowhere/plot.png", "plot.nonsense"])
def test_a_plot_that_cannot_be_written_is_said(tmp_path: Path, place: str) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="pip install 'ppnet-live[train]'").Figure()
    with pytest.raises(UserError, match="could not be written"):
        save_figure(figure, tmp_path / place, dpi=50)


def test_a_number_that_json_does_not_know_is_refused_where_it_must_be(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"AP": float("nan")}, allow_nan=False)
    assert not (tmp_path / "a.json").exists()


def test_what_is_no_folder_is_called_by_its_name(tmp_path):
    (tmp_path / "notes").write_text("")
    with pytest.raises(UserError, match="notes is a file; choose a folder"):
        make_folder(tmp_path / "notes")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="link is a broken link; choose a folder"):
        make_folder(tmp_path / "link")
    with pytest.raises(UserError, match=r"Nothing can be written to .*notes.out"):
        make_folder(tmp_path / "notes" / "out")
