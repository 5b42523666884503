"""`answers` from the command line: a summary, a table, a page; mistakes are one sentence and exit code 2."""

import shutil

import cv2
import pandas
import pytest

from app.cli import main
from tests.tracking.answers.conftest import STRIDE_S, walk  # noqa: F401 - a fixture


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
    assert main(["answers", str(session), "--to", "0.2"]) == 0
    assert capsys.readouterr().out == "Person 1: no steps, jumps or repetitions\n"


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
        (["--report", "pdf", "--person", "7"], "There is no person 7"),
        (["--report", "pdf", "--to", "0.2"], "No steps, jumps or repetitions were found of Person 1"),
        (["--report", "pdf", "--from", "50"], "Nobody was seen"),
        (["--scale", "-1"], "metres a pixel"),
        (["--report", "pdf", "--video", "/nowhere.mp4"], "is not there"),
    ],
)
def test_mistakes(session, capsys, words, sentence):
    before = sorted(session.parent.iterdir())
    assert main(["answers", str(session), *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert sorted(session.parent.iterdir()) == before
