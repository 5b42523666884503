"""Kinovea's annotations (`.kva`): a trajectory for each joint, and the marks as key images."""

from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

import numpy as np
import numpy.typing as npt

from tracking.drawing.colors import SIDE_COLORS
from tracking.export.curves import curves, person_label
from tracking.export.elan import xml_text
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_kinovea(session: EditedSession, path: Path, tick: Tick) -> None:
    """Times are frames of the video, which Kinovea maps to its own. A trajectory has no gaps: after one a new one
    begins under the same name."""
    source, skeleton = session.header.source, session.skeleton
    root = Xml.Element("KinoveaVideoAnalysis")
    for name, text in (
        ("FormatVersion", "2.0"),
        ("Producer", "PPNet Live"),
        ("OriginalFilename", xml_text(source.name)),
        ("ImageSize", ";".join(map(str, source.size_wh))),
        ("AverageTimeStampsPerFrame", "1"),
        ("CaptureFramerate", f"{float(source.frame_rate or 30):.6g}"),
        ("UserFramerate", f"{float(source.frame_rate or 30):.6g}"),
        ("FirstTimeStamp", "0"),
        ("SelectionStart", "0"),
    ):
        Xml.SubElement(root, name).text = text
    _add_marks(Xml.SubElement(root, "Keyframes"), session)
    tracks = Xml.SubElement(root, "Tracks")
    for track_id, curve in curves(session, tick).items():
        for joint, name in enumerate(skeleton.keypoints):
            color = SIDE_COLORS[skeleton.side(joint)]
            for rows in _runs(curve.frames, np.isfinite(curve.points[:, joint].sum(axis=1))):
                track = _track(f"{person_label(track_id)} {name}", curve.frames[rows], curve.points[rows, joint], color)
                tracks.append(track)
    Xml.indent(root)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _runs(frames: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.intp]]:
    """Rows of frames one after another in which a joint is."""
    rows = np.flatnonzero(there)
    yield from (run for run in np.split(rows, np.flatnonzero(np.diff(frames[rows]) != 1) + 1) if len(run))


def _track(
    name: str, frames: npt.NDArray[np.int64], points: npt.NDArray[np.float32], color: tuple[int, int, int]
) -> Xml.Element:
    track = Xml.Element("Track", {"id": _identity(f"{name}/{frames[0]}"), "name": name})
    Xml.SubElement(track, "TimePosition").text = str(frames[0])
    Xml.SubElement(track, "Mode").text = "Complete"
    Xml.SubElement(track, "ExtraData").text = "None"
    listed = Xml.SubElement(track, "TrackPointList", {"Count": str(len(frames))})
    for frame, (x, y) in zip(frames.tolist(), points.tolist(), strict=True):
        Xml.SubElement(listed, "TrackPoint").text = f"{x:.3f};{y:.3f};{frame}"
    style = Xml.SubElement(track, "DrawingStyle")
    Xml.SubElement(Xml.SubElement(style, "Color", {"Key": "color"}), "Value").text = ";".join(map(str, (255, *color)))
    return track


def _add_marks(parent: Xml.Element, session: EditedSession) -> None:
    for mark in session.marks:
        if session.exported_span.contains(mark.time_s):
            keyframe = Xml.SubElement(parent, "Keyframe", {"id": _identity(f"mark/{mark.frame_index}")})
            Xml.SubElement(keyframe, "Position").text = str(mark.frame_index)
            Xml.SubElement(keyframe, "Title").text = xml_text(mark.name)


def _identity(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, text))
