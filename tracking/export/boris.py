"""Marks for BORIS (`.boris`): a project with one observation of the video, each mark a point event."""

import json
from pathlib import Path
from typing import Any

from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

PROJECT_FORMAT = "7.0"


def write_boris(session: EditedSession, path: Path, tick: Tick) -> None:
    """Behaviours `mark` (the name is the comment), `in` and `out`; times in seconds of the video."""
    source, span = session.header.source, session.exported_span
    events: list[tuple[float, str, str, int | str]] = [
        (mark.time_s, "mark", mark.name, mark.frame_index) for mark in session.marks if span.contains(mark.time_s)
    ]
    ends = (("in", span.start_s), ("out", span.end_s))
    events += [(time_s, code, "", "NA") for code, time_s in ends if time_s is not None]
    media = str(source.path or source.name)
    observation: dict[str, Any] = {
        "file": {"1": [media], **{str(player): [] for player in range(2, 9)}},
        "type": "MEDIA",
        "date": session.header.created_utc[:19],
        "description": "marks of PPNet Live",
        "time offset": 0.0,
        "events": [
            [round(time_s, 6), "", code, "", words, frame]
            for time_s, code, words, frame in sorted(events, key=lambda event: event[0])
        ],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {media: float(source.duration_s or 0)},
            "fps": {media: float(source.frame_rate or 0)},
            "hasVideo": {media: True},
            "hasAudio": {media: source.has_audio},
            "offset": {"1": 0.0},
        },
    }
    project = {
        "time_format": "hh:mm:ss",
        "project_date": session.header.created_utc[:19],
        "project_name": Path(source.name).stem,
        "project_description": "",
        "project_format_version": PROJECT_FORMAT,
        "subjects_conf": {},
        "behaviors_conf": {
            str(at): _behavior(key, code)
            for at, (key, code) in enumerate(zip("mio", ("mark", "in", "out"), strict=True))
        },
        "observations": {Path(source.name).stem or "video": observation},
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    path.write_text(json.dumps(project, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    tick(session.stored.frame_count)


def _behavior(key: str, code: str) -> dict[str, Any]:
    return {
        "type": "Point event", "key": key, "code": code, "description": "", "color": "", "category": "",
        "modifiers": "", "excluded": "", "coding map": "",
    }  # fmt: skip
