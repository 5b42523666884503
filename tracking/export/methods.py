"""What the methods section of a paper has to say of a session, as plain text to paste and shorten."""

from collections import Counter
from pathlib import Path

from tracking.export.meta import facts
from tracking.number_words import listed
from tracking.progress import Tick
from tracking.rate_words import rate_words
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.edits import ChooseSmoothing

DETECTOR_WORDS = {
    "efficientdet-lite0": "EfficientDet-Lite0 (Tan et al., 2020)",
    "nanodet": "NanoDet-g (RangiLyu, 2020)",
}
SMOOTHER_WORDS = {
    "kalman": "a constant-velocity Kalman filter (strength {strength:g} of 100), which uses no later frames",
    "rts": "a Rauch-Tung-Striebel smoother (strength {strength:g} of 100), which uses later frames, too (no lag)",
    "one_euro": "a 1-euro filter (Casiez et al., 2012; strength {strength:g} of 100)",
}
REFERENCES = {
    "Zhao et al., 2021": "Zhao, L., Wang, N., Gong, C., Yang, J., Gao, X. (2021). Estimating Human Pose Efficiently by "
    "Parallel Pyramid Networks. IEEE Transactions on Image Processing 30, 6785-6800. "
    "https://doi.org/10.1109/TIP.2021.3097836.",
    "Tan et al., 2020": "Tan, M., Pang, R., Le, Q. V. (2020). EfficientDet: Scalable and Efficient Object Detection. "
    "CVPR.",
    "RangiLyu, 2020": "RangiLyu (2020). NanoDet. https://github.com/RangiLyu/nanodet.",
    "Casiez et al., 2012": "Casiez, G., Roussel, N., Vogel, D. (2012). 1-euro Filter: A Simple Speed-based Low-pass "
    "Filter for Noisy Input in Interactive Systems. CHI.",
}
SIDES = (
    "Left and right of a limb were swapped where the joints' motion and the network's confidence made that more likely."
)
# kinds of edits -> one of them, several of them
BY_HAND = {
    "swap": ("swap of two people's numbers", "swaps of two people's numbers"),
    "merge": ("pair of numbers joined into one person", "pairs of numbers joined into one person"),
    "split": ("track divided into two people", "tracks divided into two people"),
    "delete": ("removal of a person from some frames", "removals of people from some frames"),
    "move": ("keypoint set by hand", "keypoints set by hand"),
    "fill": ("stretch of a keypoint interpolated between two places set by hand",
             "stretches of a keypoint interpolated between two places set by hand"),
}  # fmt: skip
SMOOTHING = "smoothing"
NO_MATTER = ("only", "network.device", "network.backend")
"""Settings that change nothing about the keypoints of those who are read."""
MOST_CHANGES = 10  # a live run that can't keep up changes them again and again
ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def write_methods_text(session: EditedSession, path: Path, tick: Tick) -> None:
    """The paragraph and its references, UTF-8. `facts` (the JSON document) has every setting."""
    known = facts(session, tick)
    header, settings = session.header, session.header.run_settings
    edits = Counter(edit["kind"] for edit in known["edits"])
    tracked = (
        _detection(settings),
        f"{len(header.skeleton)} keypoints of each person ({header.skeleton.name}) were estimated by PPNet "
        f"{header.network} (Zhao et al., 2021; weights with the SHA-256 {header.weights_sha256[:12]})"
        f"{_reading(settings)}.",
    )
    sentences = (
        _source(session, [person["frames"] for person in known["people"]]),
        *(() if header.imported_from else tracked),
        _smoothing(session, settings),
        _changes(session),
        _scale(session),
        _by_hand(edits),
    )
    text = " ".join(filter(None, sentences))
    references = [words for name, words in REFERENCES.items() if name in text]
    path.write_text("\n\n".join((text, "References", *references)) + "\n", encoding="utf-8")


def _source(session: EditedSession, frames: list[int]) -> str:
    header, source = session.header, session.header.source
    program = f"PPNet Live {header.versions.get('ppnet-live', '')}"
    width, height = source.size_wh
    rate = rate_words(source, session.stored, "frames per second")
    picture = f"{width} × {height} pixels" + (f", {rate}" if rate else "")
    kind = "camera" if source.is_live else "video"
    people = f"{_count(len(frames))} {'person was' if len(frames) == 1 else 'people were'} tracked"
    seen = f", seen in {min(frames)} to {max(frames)} frames each" if len(frames) > 1 else ""
    seen = f", seen in {frames[0]} frame{'s' * (frames[0] > 1)}" if len(frames) == 1 else seen
    came = (
        f"read by {program} from {header.imported_from}, made" if header.imported_from else f"estimated with {program}"
    )
    begin = f"Poses were {came} from the {kind} {source.name}"
    return f"{begin} ({picture}){_part(session)}. {people}{seen}."


def _part(session: EditedSession) -> str:
    """The part between in and out point, where there is one: tables hold nothing else."""
    start_s, end_s = session.plan.span.start_s, session.plan.span.end_s
    if start_s is None and end_s is None:
        return ""
    if end_s is None:
        return f", from {start_s:.3f} s on"
    return f", between {start_s or 0:.3f} s and {end_s:.3f} s"


def _detection(settings: RunSettings) -> str:
    model = settings.detector.model
    name = DETECTOR_WORDS.get(model, f"the detector {Path(model).name}")
    tiles = ", which searched large frames in parts as well" if settings.detector.tiles == "auto" else ""
    if settings.detect_interval_s is not None:
        when = f"every {settings.detect_interval_s:g} s"
    elif settings.detect_every == 1:
        when = "in every frame"
    else:
        number = settings.detect_every
        when = f"in every {ORDINALS[number]} frame" if number in ORDINALS else f"once in {number} frames"
    links = "boxes, keypoints and the colours of their clothes"
    return f"People were found by {name}{tiles} {when} and linked from frame to frame by {links}."


def _reading(settings: RunSettings) -> str:
    network = settings.network
    mirrored = (
        ", averaged with the prediction for the mirrored image"
        if network.flip
        else ", without averaging over the mirrored image"
    )
    scaled = "" if network.input_scale == 1 else f", at {network.input_scale:g} of its input size"
    still = ", people who held still in every second frame only" if settings.skip_still else ""
    return f"{mirrored}{scaled}{still}"


def _smoothing(session: EditedSession, settings: RunSettings) -> str:
    tracked = settings.smoothing
    as_tracked = ChooseSmoothing.of(tracked)
    chosen = session.plan.smoothing or as_tracked
    chosen = chosen if chosen.method else as_tracked
    if session.header.imported_from and chosen is as_tracked:
        return "Positions are those of that file."
    left_out = f"Keypoints with a confidence below {chosen.min_score:g} count as not seen"
    if chosen.method == "off":
        return f"{left_out}; positions were not smoothed."
    how = SMOOTHER_WORDS[chosen.method].format(strength=chosen.strength)
    gap = f"gaps of up to {tracked.max_gap_s:g} s were filled"
    sides = f" {SIDES}" if tracked.undo_swaps and chosen.method in ("kalman", "rts") else ""
    return f"{left_out}; {gap}, and positions were smoothed by {how}.{sides}"


def _changes(session: EditedSession) -> str:
    """What was set otherwise on the way: the sentences before tell of the beginning, but for chosen smoothing."""
    made_again = (f"{SMOOTHING}.",) if session.plan.smoothing is not None else ()
    declared = RunSettings.declared()
    words = [
        f"{declared[change.name].label if change.name in declared else change.name} from {change.before} to "
        f"{change.after} at {change.time_s:.1f} s"
        for change in session.stored.setting_changes
        if not change.name.startswith((*made_again, *NO_MATTER))
    ]
    if not words:
        return ""
    return f"This is how the run began; settings were changed in its course: {listed(words, at_most=MOST_CHANGES)}."


def _scale(session: EditedSession) -> str:
    scale = session.metres_per_pixel
    if scale is None:
        return "Positions are in pixels of the video."
    return f"Lengths in metres follow from one scale for the whole frame, {scale:.4g} m per pixel (one plane)."


def _by_hand(edits: Counter[str]) -> str:
    done = [f"{edits[kind]} {words[edits[kind] > 1]}" for kind, words in BY_HAND.items() if edits[kind]]
    return f"Corrections by hand: {', '.join(done)}." if done else "Nothing was corrected by hand."


def _count(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)
