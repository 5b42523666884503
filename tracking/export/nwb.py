"""Neurodata Without Borders with the extension ndx-pose: one file per person, at the times of the video."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import ppnet
from ppnet.extras import load
from tracking.export.curves import Curve, curves
from tracking.export.even_times import person_path
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_nwb_folder(session: EditedSession, path: Path, tick: Tick) -> None:
    """`<video>_person01.nwb` and so on: a `PoseEstimation` in the module `behavior`, one series for each joint."""
    pynwb = load("pynwb", "nwb")
    load("ndx_pose", "nwb")
    for track_id, curve in curves(session, tick).items():
        place = person_path(path, session, track_id, ".nwb")
        with pynwb.NWBHDF5IO(place, mode="w") as file:
            file.write(_document(session, place.stem, track_id, curve))


def _document(session: EditedSession, identifier: str, track_id: int, curve: Curve) -> Any:
    pynwb, ndx_pose = load("pynwb", "nwb"), load("ndx_pose", "nwb")
    source, imported_from = session.header.source, session.header.imported_from
    answered = f"as in {imported_from}" if imported_from else "peak of the network's heatmap"
    begun = datetime.fromisoformat(session.header.created_utc)
    document = pynwb.NWBFile(
        session_description=f"Poses in {source.name}", identifier=identifier, session_start_time=begun
    )
    document.subject = pynwb.file.Subject(
        subject_id=identifier, species="Homo sapiens", description=session.names.get(track_id, "") or identifier
    )
    skeleton = ndx_pose.Skeleton(
        name=session.skeleton.name,
        nodes=list(session.skeleton.keypoints),
        edges=np.array(session.skeleton.edges, np.uint8),
        subject=document.subject,
    )
    series: list[Any] = []
    for joint, name in enumerate(session.skeleton.keypoints):
        series.append(
            ndx_pose.PoseEstimationSeries(
                name=name,
                data=curve.points[:, joint],
                unit="pixels",
                reference_frame="(0, 0) is the middle of the top left pixel of the upright picture, y downwards",
                timestamps=curve.times_s if joint == 0 else series[0],
                confidence=curve.confidence[:, joint],
                confidence_definition=f"{answered}; 1: set by hand, NaN: none",
            )
        )
    poses = ndx_pose.PoseEstimation(
        name="PoseEstimation",
        pose_estimation_series=series,
        description=f"Smoothed keypoints in {source.name}",
        scorer=imported_from or session.header.network,
        source_software="PPNet Live",
        source_software_version=ppnet.__version__,
        skeleton=skeleton,
    )
    behavior = document.create_processing_module(name="behavior", description="poses of one person")
    behavior.add(ndx_pose.Skeletons(skeletons=[skeleton]))
    behavior.add(poses)
    return document
