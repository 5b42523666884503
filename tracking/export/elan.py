"""Marks for ELAN (`.eaf`): a tier of marks and one with the part between in and out point, over the video."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
MARK_MS = 40
"""ELAN's annotations have a length; a mark is as long as a picture at 25 a second."""


def write_elan(session: EditedSession, path: Path, tick: Tick) -> None:
    """Times in whole milliseconds from the beginning of the video."""
    span, times = session.exported_span, session.stored.frame_times()
    source = session.header.source
    marks = [(mark.time_s, None, mark.name) for mark in session.marks if span.contains(mark.time_s)]
    spans = []
    if len(times) and not (span.start_s is None and span.end_s is None):
        spans = [(span.clip(float(times[0])), span.clip(float(times[-1])), "in to out")]
    root = Xml.Element("ANNOTATION_DOCUMENT", {
        "AUTHOR": "PPNet Live", "DATE": session.header.created_utc, "FORMAT": "3.0", "VERSION": "3.0",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "xsi:noNamespaceSchemaLocation": SCHEMA,
    })  # fmt: skip
    header = Xml.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if source.path is not None:
        media = {"MEDIA_URL": source.path.absolute().as_uri(), "MIME_TYPE": "video/*"}
        Xml.SubElement(header, "MEDIA_DESCRIPTOR", media)
    slots = Xml.SubElement(root, "TIME_ORDER")
    for tier_id, annotations in (("marks", marks), ("span", spans)):
        tier = Xml.SubElement(root, "TIER", {"TIER_ID": tier_id, "LINGUISTIC_TYPE_REF": "default-lt"})
        for begin_s, end_s, words in annotations:
            begin_ms = round(1000 * begin_s)
            end_ms = begin_ms + MARK_MS if end_s is None else round(1000 * end_s)
            _annotate(tier, slots, (begin_ms, end_ms), words)
    kind = {"LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    Xml.SubElement(root, "LINGUISTIC_TYPE", kind)
    Xml.indent(root)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    tick(session.stored.frame_count)


def _annotate(tier: Xml.Element, slots: Xml.Element, ends_ms: tuple[int, int], words: str) -> None:
    names = [f"ts{len(slots) + 1}", f"ts{len(slots) + 2}"]
    for name, at_ms in zip(names, ends_ms, strict=True):
        Xml.SubElement(slots, "TIME_SLOT", {"TIME_SLOT_ID": name, "TIME_VALUE": str(max(0, at_ms))})
    refs = {"ANNOTATION_ID": f"a{len(slots) // 2}", "TIME_SLOT_REF1": names[0], "TIME_SLOT_REF2": names[1]}
    aligned = Xml.SubElement(Xml.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", refs)
    Xml.SubElement(aligned, "ANNOTATION_VALUE").text = xml_text(words)


def xml_text(words: str) -> str:
    """The words without what XML cannot hold: control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in words)
