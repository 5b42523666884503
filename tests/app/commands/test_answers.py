"""`answers` from the command line: a summary, a table, a page; mistakes are one sentence and exit code 2."""

import shutil

import cv2
import pandas
import pytest
from PySide6.QtPdf import QPdfDocument

from app.cli import main
from tests.tracking.answers.conftest import STRIDE_S, walk  # noqa: F401 - a fixture
from tracking.answers.report import PICTURES
from tracking.session import reading
from tracking.session.edits import HidePerson, RenamePerson, SplitId
from tracking.session.session import Session


@pytest.fixture
def session(walk, tmp_path):  # noqa: F811
    for path in walk.parent.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / walk.name


def test_summary_and_table(session, capsys):
    assert main(["answers", str(session), "--csv"]) == 0
    words = capsys.readouterr().out
    assert words.startswith("Person 1:\n  steps") and str(session.with_name("walk_answers.csv")) in words
    table = pandas.read_csv(session.with_name("walk_answers.csv"))
    cadence = table[(table.event == "summary") & (table.quantity == "cadence")].value.item()
    assert cadence == pytest.approx(120 / STRIDE_S, rel=0.005)
    steps = table[(table.event == "step") & (table.quantity == "step time")]
    assert len(steps) == 6 and steps.value.tolist() == pytest.approx([STRIDE_S / 2] * 6, abs=0.005)
    assert steps.side.tolist() in (["left", "right"] * 3, ["right", "left"] * 3)


def test_a_part_of_it(session, capsys):
    assert main(["answers", str(session), "--end", "0.2"]) == 0
    assert capsys.readouterr().out == "Person 1: no steps, jumps or repetitions\n"
    assert main(["answers", str(session), "--start", "99"]) == 0
    assert capsys.readouterr().out == "Nobody was seen in that part.\n"


@pytest.fixture
def three(session):
    """Person 1 walks up to frame 50, 2 from there on up to 100, 3 for the rest; the last one is hidden."""
    with Session.open(session, writable=True) as made:
        for edit in (SplitId(1, 50, 2), SplitId(2, 100, 3), RenamePerson(2, "Zoë"), HidePerson(3)):
            made.add_edit(edit)
    return session


def test_only_the_people_asked_for(three, capsys):
    assert main(["answers", str(three)]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line[0] != " "] == ["Person 1:", "Zoë:"]
    assert main(["answers", str(three), "--person", "2", "--csv", "--report", "png", "-q"]) == 0
    assert capsys.readouterr().out.startswith("Zoë:")
    table = pandas.read_csv(three.with_name("walk_answers.csv"))
    assert set(table.person_id) == {2} and set(table.person_name) == {"Zoë"}
    assert cv2.imread(str(three.with_name("walk_report.png"))).shape == (1754, 1240, 3)


def test_a_page_for_each(three):
    both = ["--person", "2", "--person", "1", "-q", "--report"]
    assert main(["answers", str(three), *both, "png"]) == main(["answers", str(three), *both, "pdf"]) == 0
    assert cv2.imread(str(three.with_name("walk_report.png"))).shape == (2 * 1754, 1240, 3)
    document = QPdfDocument()
    assert document.load(str(three.with_name("walk_report.pdf"))) == QPdfDocument.Error.None_
    assert document.pageCount() == 2


@pytest.mark.parametrize("form", ["pdf", "png"])
def test_the_page(session, form):
    assert main(["answers", str(session), "--report", form, "-q"]) == 0
    page = session.with_name(f"walk_report.{form}")
    if form == "pdf":
        content = page.read_bytes()
        assert content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n") and b"/DCTDecode" in content
    else:
        picture = cv2.imread(str(page))
        assert picture.shape == (1754, 1240, 3)
        assert (picture[1000:1600] < 128).any(axis=2).mean() > 0.2, "pictures of the walk"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--report", "pdf", "--person", "7"], "That part has no person 7"),
        (["--csv", "--person", "1", "--person", "7"], "That part has no person 7; it has 1."),
        (["--report", "pdf", "--end", "0.2"], "No steps, jumps or repetitions were found for Person 1"),
        (["--report", "pdf", "--start", "50"], "Nobody was seen"),
        (["--start", "-1"], "--start must be at least 0 seconds, not -1."),
        (["--scale", "-1"], "metres per pixel"),
        (["--report", "pdf", "--video", "/nowhere.mp4"], "is missing"),
        (["--csv", "--out", f"{__file__}/numbers"], "walk_answers.csv could not be written: Not a directory"),
    ],
)
def test_mistakes(session, capsys, words, sentence):
    before = sorted(session.parent.iterdir())
    assert main(["answers", str(session), *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert sorted(session.parent.iterdir()) == before


def test_for_a_page_whole_frames_are_read_where_its_pictures_are_and_nowhere_else(session, monkeypatch):
    read, frames = reading.results, []

    def counted(*args):
        found = read(*args)
        frames.extend(result.frame_index for result in found)
        return found

    monkeypatch.setattr(reading, "results", counted)
    assert main(["answers", str(session), "--report", "png", "-q"]) == 0
    assert 0 < len(frames) == len(set(frames)) <= PICTURES
