"""The window's end, in a process of its own: requests to end, also several, and errors that nobody expected."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.fakes import PATIENCE_S, wait_for
from tracking.session.session import Session
from tracking.video.factory import open_source

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")
ROOT = Path(__file__).parents[3]
PROGRAM = """
    import sys, threading
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QWidget
    import ppnet.stop_signals
    from app.engine.recorder import RecordingStats
    from PySide6.QtWidgets import QProgressDialog, QPushButton
    from app.gui import application, discovery, finishing
    from app.workspace import background_work, recording
    from ppnet.command_line import exit_code
    from ppnet.log_file import log_path
    from tests.app.gui.conftest import Studio
    from tests.fakes import FakeCameraPort

    folder = Path(sys.argv[1])
    studio = Studio(FakeCameraPort(fps=20, size_wh=(64, 48)), folder)
    ppnet.stop_signals.TOGETHER_S = 0.0
    make_window = application.make_window
    write_span = recording.write_span

    def slow(*args, **kwargs):
        (folder / "writing").touch()
        while not (folder / "go on").exists():
            threading.Event().wait(0.02)
        return write_span(*args, **kwargs)

    recording.write_span = slow
    tell = background_work.Progress.tell

    def tell_slowly(progress, share):
        work = threading.current_thread().name
        while share > 0.5 and work in ("export", "write recording") and not (folder / "go on").exists():
            (folder / f"half of {{work}}").touch()
            threading.Event().wait(0.02)
        tell(progress, share)

    background_work.Progress.tell = tell_slowly
    if not {finds_devices}:
        discovery.look = lambda: discovery.Found(["cpu"], {{None: "M2-D2-W32"}})

    class Broken(QWidget):
        def paintEvent(self, event):
            raise KeyError("in a paint event")

    def steps(window):
        {steps}

    def made(app):
        window = make_window(app, factories=studio.factories())
        going = steps(window)
        timer = QTimer(window)
        waits = [lambda: True]

        def look():
            if waits[0]():
                waits[0] = next(going, None) or timer.stop() or bool

        timer.timeout.connect(look)
        timer.start(20)
        return window

    application.make_window = made
    if __name__ == "__main__":
        sys.exit(exit_code(application.run))
"""


def begun(folder, steps, *, finds_devices=False):
    """The program as a process; `steps`: a generator's body, which yields what is waited for. Where it `finds_devices`
    itself it loads PyTorch meanwhile."""
    script = folder / "program.py"
    steps = textwrap.indent(textwrap.dedent(steps), " " * 4).strip()
    script.write_text(textwrap.dedent(PROGRAM).format(steps=steps, finds_devices=finds_devices))
    places = {name: str(folder / "own") for name in ("PPNET_LIVE_CONFIG", "PPNET_LIVE_DATA", "XDG_STATE_HOME")}
    places |= {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder / "home")}
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)], env={**os.environ, **places}, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for(lambda: (folder / "ready").exists() or process.poll() is not None)
    except AssertionError:
        process.kill()
        raise
    return process


def ended(process, *numbers):
    """Sends signals one after the other; what was said on stderr."""
    for number in numbers:
        process.send_signal(number)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 0, said
    return said


RECORDS_LIVE = """
    window.workspace.open_camera("camera:0", folder=folder / "live")
    yield lambda: window.workspace.opened_camera is not None and window.view.picture is not None
    window.record_bar.toggle()
    status = window.workspace.run.feed.status
    yield lambda: dict((status().recording or RecordingStats()).frames).get("annotated", 0) > 10
    (folder / "ready").touch()
"""
RECORDS = """
    window.files.open_path(folder / "walk.mp4")
    yield lambda: window.workspace.opened_file is not None and window.workspace.run.session.complete
    window.workspace.run.player.pause()
    window.playback.seek_frame(10)
    yield lambda: window.view.picture is not None and window.view.picture.frame.index == 10
    window.record_bar.toggle()
    window.playback.seek_frame(40)
    yield lambda: window.view.picture.frame.index == 40
"""
RECORDS_A_FILE = f"""{RECORDS}
    (folder / "ready").touch()
"""
DISCARDS_A_RECORDING = f"""
    finishing.GIVEN_UP_S = 0.1
    (folder / "go on").touch()  # of the writing: it stands still half-way
{RECORDS}
    (folder / "go on").unlink()
    recording.write_span = write_span
    QTimer.singleShot(0, window.close)
    yield lambda: (folder / "half of write recording").exists() and window.findChild(QProgressDialog) is not None
    (folder / "ready").touch()
    window.findChild(QProgressDialog).findChild(QPushButton).click()
"""
EXPORTS = """
    finishing.LAST_S = 0.5
    window.files.open_path(folder / "walk.mp4")
    yield lambda: window.workspace.opened_file is not None and window.workspace.run.session.complete
    window.exports.export("video", folder / "export.mp4")
    yield lambda: (folder / "half of export").exists()
    (folder / "ready").touch()
"""
BREAKS = """
    (folder / "ready").touch()
    threading.Thread(target=lambda: {}["in a thread"]).start()
    for _ in range(3):
        QTimer.singleShot(0, lambda: {}["in a slot"])
    broken = Broken()
    broken.show()
    yield lambda: window.banner.text and log_path().read_text().count("Traceback") >= 5
    yield lambda: (folder / "told").write_text(window.banner.text)
"""


def test_several_requests_while_a_camera_is_recorded_leave_whole_files(tmp_path):
    said = ended(begun(tmp_path, RECORDS_LIVE, finds_devices=True), signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    assert said == ""
    (session,) = tmp_path.rglob("*_session.ppnet")
    with Session.open(session) as read:
        assert read.complete and read.frame_count > 0
    videos = list(tmp_path.rglob("*_annotated*.mp4"))  # several where the machine is too slow for the camera
    assert videos and not [path for path in tmp_path.rglob("*") if ".partial" in path.name or path.suffix == ".lock"]
    for video in videos:
        with open_source(video) as pictures:
            assert len(list(pictures)) > 0


def test_requests_while_a_recording_is_written_wait_for_it(tmp_path):
    make_clip(tmp_path / "walk.mp4", 60)
    process = begun(tmp_path, RECORDS_A_FILE)
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: (tmp_path / "writing").exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    (tmp_path / "go on").touch()
    assert ended(process) == ""
    (video,) = tmp_path.rglob("walk_*.mp4")
    with open_source(video) as pictures:
        assert len(list(pictures)) == 31


def test_a_discarded_recording_is_gone_at_the_end_however_late_its_writer_leaves_off(tmp_path):
    make_clip(tmp_path / "walk.mp4", 60)
    process = begun(tmp_path, DISCARDS_A_RECORDING)
    (written,) = tmp_path.rglob("walk_*.partial.mp4")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.0)
    (tmp_path / "go on").touch()
    assert ended(process) == "" and not written.exists() and not list(tmp_path.rglob("walk_*.mp4"))


def test_an_export_that_does_not_leave_off_is_left_marked_as_unfinished(tmp_path):
    make_clip(tmp_path / "walk.mp4", 60)
    assert ended(begun(tmp_path, EXPORTS), signal.SIGTERM, signal.SIGINT, signal.SIGTERM) == ""
    left = [path.name for path in tmp_path.glob("*export*")]
    assert sorted(left) == ["export.exporting.partial.mp4", "half of export"]
    (session,) = tmp_path.rglob("*_session.ppnet")
    with Session.open(session) as read:
        assert read.complete and read.frame_count == 60


def test_errors_that_nobody_expected_are_told_in_the_window_and_once_on_stderr(tmp_path):
    process = begun(tmp_path, BREAKS)
    wait_for(lambda: (tmp_path / "told").exists() or process.poll() is not None)
    said = ended(process, signal.SIGTERM)
    (log,) = tmp_path.rglob("ppnet-live.log")
    assert sorted(said.splitlines()) == [
        f"Something went wrong (KeyError: 'in a {where}'); details are in {log}."
        for where in ("paint event", "slot", "thread")
    ]
    assert log.read_text().count("Traceback") >= 5
    assert "Details are in the log" in (tmp_path / "told").read_text()
