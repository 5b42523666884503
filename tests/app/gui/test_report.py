"""The report that people can copy: no names of their files, no addresses."""

from pathlib import Path

from app.gui.report import report

LOG = """2026-01-02 10:00:00 WARNING MainThread ppnet-live: Anna's own film.mp4 is damaged: 3 pieces
2026-01-02 10:00:01 ERROR worker app.engine.batch: batch: /home/anna/My videos/geheim
Traceback (most recent call last):
  File "/home/anna/venv/lib/python3.11/site-packages/app/engine/file.py", line 12, in run
av.error.FileNotFoundError: [Errno 2] No such file or directory: 'C:\\\\Users\\\\anna\\\\geheim'
tracking.video.file.VideoError: geheim_session.ppnet cannot be read (~/x/geheim)
2026-01-02 10:00:02 INFO capture app.engine.capture: the source is away: rtsp://anna:geheim@cam/1
"""


def test_a_report_holds_no_names_of_files(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(LOG)
    text = report({"detector": "nanodet"}, log=log)
    for secret in ("anna", "Anna", "geheim", "own film", "My videos", "cam/1"):
        assert secret not in text, secret
    assert 'File "app/engine/file.py", line 12' in text and "is damaged: 3 pieces" in text
    assert "FileNotFoundError" in text and "detector: nanodet" in text
