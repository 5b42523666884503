"""The paragraph for a paper says what was done, and names what it used."""

from dataclasses import replace

from tests.results import made_header
from tracking.detection import settings as detection
from tracking.export.formats import export
from tracking.export.methods import BY_HAND, DETECTOR_WORDS, SMOOTHER_WORDS
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.edits import KINDS, ChooseSmoothing, SetScale, SetSpan
from tracking.session.format import SettingChange
from tracking.session.session import Session
from tracking.smoothing import settings


def methods(session, folder):
    path = export(EditedSession(session), "methods", folder / "methods.txt")
    text, heading, *references = path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    assert heading == "References"
    return text, references


def test_source_people_keypoints_and_corrections_are_counted(session, tmp_path):
    text, references = methods(session, tmp_path)
    assert "from the video walk.mp4 (640 × 480 pixels, 30 frames per second)" in text
    assert "Three people were tracked, seen in 9 to 37 frames each." in text
    assert "17 keypoints of each person (coco17) were estimated by PPNet M2-D2-W32 (Zhao et al., 2021" in text
    assert "1 swap of two people's numbers, 1 keypoint set by hand." in text
    assert "Positions are in pixels" in text
    assert len(references) == 2 and all(words.startswith(("Zhao, L.", "Tan, M.")) for words in references)


def test_every_smoother_detector_and_correction_has_its_words():
    assert set(SMOOTHER_WORDS) == set(settings.SMOOTHERS) - {"off"}
    assert set(DETECTOR_WORDS) == set(detection.DETECTORS)
    about_joints_and_people = {"swap", "merge", "split", "delete", "move", "fill"}
    elsewhere = {"hide", "rename", "smooth", "only", "mark", "unmark", "span", "scale", "draw", "erase"}
    assert set(BY_HAND) == about_joints_and_people == set(KINDS) - elsewhere


def test_what_was_chosen_afterwards_counts(session, tmp_path):
    session.add_edit(ChooseSmoothing("one_euro", 30, 0.25))
    session.add_edit(SetScale(0.0042))
    text, references = methods(session, tmp_path)
    assert "confidence below 0.25" in text and "1-euro filter (Casiez et al., 2012; strength 30 of 100)" in text
    assert "0.0042 m per pixel" in text
    assert any(words.startswith("Casiez") for words in references)
    assert "Left and right" not in text


def test_the_part_between_in_and_out_point_and_the_strength_of_each_smoother_are_told(session, tmp_path):
    session.add_edit(SetSpan(0.2, 0.5))
    session.add_edit(ChooseSmoothing("rts", 30, 0.4))
    text, _ = methods(session, tmp_path)
    assert "30 frames per second), between 0.200 s and 0.500 s. " in text
    assert (
        "(no lag). Left and right of a limb were swapped where the joints' motion and the network's confidence" in text
    )
    assert "Rauch-Tung-Striebel smoother (strength 30 of 100)" in text and "in every third frame" in text


def test_other_settings_have_other_words(tmp_path):
    usual = RunSettings()
    run = replace(
        usual,
        detect_every=1,
        detector=replace(usual.detector, model="nets/mine.onnx", tiles="auto"),
        skip_still=True,
        network=replace(usual.network, flip=True, input_scale=0.75),
        smoothing=usual.smoothing.named("off"),
    )
    with Session.create(tmp_path / "x_session.ppnet", made_header(settings=run.to_plain())) as session:
        session.finish()
        text, references = methods(session, tmp_path)
    assert "the detector mine.onnx, which searched large frames in parts as well in every frame" in text
    assert (
        "averaged with the prediction for the mirrored image, at 0.75 of its input size, people who held still in "
        "every "
        "second frame only."
    ) in text
    assert "positions were not smoothed" in text and "No people were tracked." in text
    assert "Nothing was corrected by hand." in text and len(references) == 1


def test_nothing_is_said_of_networks_that_others_have_used(session, tmp_path):
    notes = {"imported_from": "walk.csv", "imported_as": "DeepLabCut table"}
    session.set_header(replace(session.header, network="", weights_sha256="", notes=notes))
    text, references = methods(session, tmp_path)
    assert " from walk.csv (DeepLabCut table), made from the video walk.mp4 (640 × 480 pixels" in text
    assert "Positions are those of that file." in text and "swap of two people's numbers" in text
    assert not references and "PPNet M2" not in text and "SHA-256" not in text and "found by" not in text
    session.add_edit(ChooseSmoothing("kalman", 30, 0.4))
    assert "constant-velocity Kalman filter (strength 30 of 100)" in methods(session, tmp_path / "again")[0]


def test_what_was_set_otherwise_on_the_way_is_told(session, tmp_path):
    assert "settings were changed" not in methods(session, tmp_path)[0]
    changes = [("detect_every", 3, 1), ("smoothing.strength", 50, 80), ("network.device", "cpu", "cuda")]
    session.log_changes([SettingChange(2.04, name, before, after) for name, before, after in changes])
    told = "settings were changed in its course: Look for people every from 3 to 1 at 2.0 s"
    assert f"{told} and Smoothing from 50 to 80 at 2.0 s." in methods(session, tmp_path / "changed")[0]
    session.add_edit(ChooseSmoothing("kalman", 80, 0.4))
    assert f"{told}." in methods(session, tmp_path / "smoothed")[0], "all of it is smoothed alike"
