"""What the command line makes of its first word."""

import pytest

from app.cli import COMMANDS, main


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("missing.mp4", "There is no file missing.mp4.\n"),
        ("videos/a film.MOV", "There is no file videos/a film.MOV.\n"),
        ("trak", "Argument COMMAND: invalid choice: 'trak'"),
    ],
)
def test_a_word_that_is_neither_a_command_nor_a_file(capsys, word, sentence):
    assert main([word]) == 2
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_part_of_a_recording_is_called_the_same_by_every_command(capsys, command):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    words = capsys.readouterr().out.split()
    parts = {"track", "bench", "share", "answers"}
    assert {word for word in words if word in ("--start", "--end", "--from", "--to", "--begin", "--until")} == (
        {"--start", "--end"} if command in parts else set()
    )
