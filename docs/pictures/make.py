"""Makes the README's pictures of the window and of what leaves it, with the demo:
`xvfb-run -a python docs/pictures/make.py [FOLDER]`.

The settings of whoever runs it are left alone: everything is kept in a temporary folder.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
SIZE_WH = (1400, 880)
WIDE = {"share.jpg": 960, "compare.png": 1080, "report.png": 744}
FRAME = 110  # two people cross
STRIDE = 98  # one of them is in the middle of a step
DRAWN = (
    ("draw-line", ("right_ankle", "above"), "ShiftModifier"),
    ("draw-angle", ("left_hip", "left_knee", "left_ankle"), "NoModifier"),
    ("draw-distance", ("left_ankle", "right_ankle"), "NoModifier"),
)
MARKS = ((60, "Heel strike"), (110, "Toe off"), (190, "Crossing, look again"))


def draw(window: Any) -> None:
    """A plumb line, an angle and a distance, tied to joints of person 3."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    result = window.view.picture.result
    body = result.smoothed.keypoints[result.tracks.ids.tolist().index(3)]
    joints = {name: body[result.skeleton.index(name)] for name in result.skeleton.keypoints}
    joints["above"] = joints["right_ankle"] - (0, 150)
    for tool, names, key in DRAWN:
        window.commands[tool].trigger()
        for name in names:
            x, y = window.view.transform.to_widget(joints[name]).round().astype(int).tolist()
            QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier[key], QPoint(x, y))


def is_under_way(window: Any) -> bool:
    """Whether some frames are tracked, and not all."""
    session = window.workspace.run.session
    return session.frame_count > 0 and not session.complete


def make_others(session: Path, home: Path, folder: Path) -> None:
    """Writes share, compare and report, of a session."""
    import cv2
    import numpy as np

    from app.cli import main as command
    from ppnet.assets import asset
    from tracking.comparison import Attempt, Comparison, Reel
    from tracking.session.edited_session import EditedSession
    from tracking.session.session import Session

    shared, report, video = home / "share.png", home / "report.png", asset("demo.mp4")
    of_it = [str(session), "--video", str(video)]
    command(["share", *of_it, "--still", f"{STRIDE / 30:.3f}", "--out", str(shared)])
    command(["answers", *of_it, "--person", "1", "--end", "4", "--report", "png", "--out", str(home), "-q"])
    next(home.glob("*_report.png")).rename(report)
    panes = []
    with Session.open(session) as opened:
        edited = EditedSession(opened)
        for people, ghost, time_s in (((1, 3), False, 1.733), ((3, 1), True, 2.5)):
            comparison = Comparison(*(Attempt(edited, person, 0.0, video) for person in people), ghost=ghost)
            first, second = (Reel(side.attempt) for side in comparison.sides)
            panes.append(comparison.picture(time_s, (first.at(time_s), second.at(time_s))))
            first.close()
            second.close()
    pictures = {
        "share.jpg": cv2.imread(str(shared)),
        "compare.png": cv2.cvtColor(np.concatenate(panes, axis=1), cv2.COLOR_RGB2BGR),
        "report.png": cv2.imread(str(report)),
    }
    for name, picture in pictures.items():
        size = WIDE[name], round(picture.shape[0] * WIDE[name] / picture.shape[1])
        cv2.imwrite(str(folder / name), cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        print(folder / name)


def main() -> None:
    """Writes window, first_page, drawings, curves, answers, inside, speed, marks, share, compare and report."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    home = tempfile.mkdtemp()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        os.environ[name] = home

    from app.gui.application import make_application, make_window

    app = make_application(["ppnet-live"])
    window = make_window(app)
    window.resize(*SIZE_WH)
    window.show()

    def wait(done: Callable[[], bool], at_least_s: float = 0.7) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < at_least_s or not done():
            app.processEvents()
            time.sleep(0.01)
            if time.monotonic() - begun > 120:
                raise SystemExit("The window did not get there.")

    def go(frame: int) -> None:
        window.playback.pause()
        window.playback.seek_frame(frame)
        wait(lambda: window.view.picture is not None and window.view.picture.frame.index == frame)

    def save(name: str) -> None:
        wait(lambda: True)
        window.grab().save(str(folder / f"{name}.png"))
        print(folder / f"{name}.png")

    save("first_page")
    window.commands["demo"].trigger()
    wait(lambda: window.workspace.run is not None and window.workspace.run.session.complete, 3)
    session = Path(shutil.copy(window.workspace.run.session.path, Path(home) / "demo_session.ppnet"))
    go(FRAME)
    save("window")
    go(STRIDE)
    draw(window)
    window.workspace.choose(3)
    window.below.setCurrentWidget(window.curves)
    window.curves.quantity.setCurrentIndex(window.curves.quantity.findText("Drawing: distance 3"))
    window.banner.hide()
    wait(lambda: True, 3)
    save("drawings")
    window.commands["drawings"].trigger()
    go(FRAME)
    window.workspace.choose(3)
    window.commands["angles"].trigger()
    window.side.setCurrentWidget(window.people)
    window.below.setCurrentWidget(window.curves)
    wait(lambda: True, 3)
    save("curves")
    window.below.setCurrentWidget(window.answers)
    wait(lambda: True, 4)
    save("answers")
    window.below.setCurrentWidget(window.network_view)
    window.commands["feature-maps"].trigger()
    window.commands["heatmap"].trigger()
    wait(lambda: True, 40)  # the network is loaded first
    save("inside")
    window.commands["feature-maps"].trigger()
    window.commands["heatmap"].trigger()
    window.commands["angles"].trigger()
    window.below.setCurrentWidget(window.timeline)
    window.side.setCurrentWidget(window.controls)
    window.workspace.choose(2)
    for frame, name in MARKS:
        go(frame)
        window.commands["mark"].trigger()
        wait(lambda: True)
        mark = max(window.workspace.run.edited.marks, key=lambda one: one.frame_index)
        window.marks.name(mark, name)
    for frame, point in ((45, "in-point"), (240, "out-point")):
        go(frame)
        window.commands[point].trigger()
    go(FRAME)
    save("marks")
    window.below.setCurrentWidget(window.performance)
    window.commands["clear-points"].trigger()
    window.commands["track-again"].trigger()
    wait(lambda: is_under_way(window))  # the network is loaded first
    wait(lambda: True, 12)
    save("speed")
    window.close()
    wait(lambda: True, 1)
    make_others(session, Path(home), folder)
    os._exit(0)


if __name__ == "__main__":
    main()
