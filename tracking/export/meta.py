"""How a session came to be, for the methods section of a paper: source, settings and their changes, people, edits."""

import json
from pathlib import Path
from typing import Any

import msgspec

from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.session.edits import KIND_OF
from tracking.session.format import header_to_json


def write_meta_json(session: EditedSession, path: Path, tick: Tick) -> None:
    """Everything but the joints, as one JSON document."""
    path.write_text(json.dumps(facts(session, tick), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def facts(session: EditedSession, tick: Tick) -> dict[str, Any]:
    """The document. Times in seconds; positions in pixels of the upright picture."""
    stored, span = session.stored, session.plan.span
    people: dict[int, dict[str, Any]] = {}
    for edited in session.exported(tick):
        result = edited.result
        for track_id in result.tracks.ids.tolist():
            known = people.setdefault(track_id, {"id": track_id, "name": session.names.get(track_id, ""), "frames": 0})
            known["frames"] += 1
            known.setdefault("first_time_s", result.time_s)
            known["last_time_s"] = result.time_s
    return {
        **json.loads(header_to_json(session.header)),
        "complete": stored.complete,
        "frames": stored.frame_count,
        "setting_changes": msgspec.to_builtins(stored.setting_changes),
        "people": [people[track_id] for track_id in sorted(people)],
        "only_person": session.plan.only,
        "in_point_s": span.start_s,
        "out_point_s": span.end_s,
        "marks": [msgspec.to_builtins(mark) for mark in session.marks],
        "metres_per_pixel": session.metres_per_pixel,
        "edits": [{"kind": KIND_OF[type(edit)], "data": msgspec.to_builtins(edit)} for edit in stored.edits()],
    }
