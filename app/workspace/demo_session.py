"""The demo comes tracked: its session lies beside it and is copied to where it may be edited.

`python -m app.workspace.demo_session` makes it again; that is due whenever the shipped weights have changed.
"""

from dataclasses import replace
from pathlib import Path

from app.workspace.copied_session import copy_session
from ppnet.assets import ASSETS
from tracking.session.format import SessionHeader
from tracking.session.session import Session, session_path

DEMO = ASSETS / "demo.mp4"


def bring_demo_session(video: Path, place: Path, header: SessionHeader) -> None:
    """Copies the session that came with the demo to `place`, if `video` is the demo and it was made with the weights of
    `header`; else the video is tracked like any other. What lies beside another video may be of a third one."""
    shipped = session_path(video)
    if video.resolve() != DEMO.resolve() or not shipped.exists():
        return
    with Session.open(shipped) as session:
        if session.header.weights_sha256 != header.weights_sha256:
            return
    copy_session(shipped, place, header.source)


def make_demo_session() -> Path:
    """Tracks the demo with the settings and weights that ship; returns where the session lies."""
    from app.runs.file_run import FileRun
    from app.runs.session_header import run_header
    from app.runs.track_processor import build_processor
    from tracking.run_settings import RunSettings
    from tracking.video.factory import open_source

    settings, place = RunSettings(), session_path(DEMO)
    with open_source(DEMO) as source:
        header = run_header(replace(source.info, path=None), settings)
    with Session.create(place, header, overwrite=True) as session:
        run = FileRun(lambda: open_source(DEMO), build_processor, settings, session=session)
        run.start()
        run.wait()
    return place


if __name__ == "__main__":
    print(f"Tracked: {make_demo_session()}")
