"""Results are received on the loopback as other programs receive them; nothing is opened without being asked for."""

import contextlib
import json
import os
import socket
import threading

import numpy as np
import pytest

from app import cli
from app.runs.sinks import Sink
from app.streams.target import Target
from app.streams.targets import NOWHERE, Targets
from ppnet.errors import UserError
from ppnet.skeleton import COCO_17
from tests.clips import make_clip
from tests.fakes import PATIENCE_S
from tests.results import made_result
from tests.walkers import PLATE_WH, FakeDetector, FakeEstimator, paint_walkers
from tracking.export.confidence import confidences
from tracking.pipeline import Pipeline
from tracking.types import Frame

RESULT = made_result(7, (3, 1), time_s=0.25)
FRAME = Frame(7, 0.25, np.zeros((480, 640, 3), np.uint8))


def opened_websocket() -> tuple[Sink, int]:
    """A sink, and the port it serves: one that was free, unless somebody else took it in between."""
    for _ in range(20):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        with contextlib.suppress(UserError):
            (sink,) = Targets(websocket=Target.parsed(str(port), "--websocket")).opened(COCO_17)
            return sink, port
    raise AssertionError("no port is free")


def check(track_id: int, joints: list) -> None:
    """joints: x, y, confidence of each, None where missing."""
    row = RESULT.tracks.ids.tolist().index(track_id)
    wanted, confidence = RESULT.known_keypoints[row], confidences(RESULT)[row]
    for joint, place, score in zip(joints, wanted, confidence, strict=True):
        assert (joint is None) == np.isnan(place).any()
        if joint is not None:
            np.testing.assert_allclose(joint, [*place, score], atol=1e-4)


def test_osc() -> None:
    packets = pytest.importorskip("pythonosc.osc_packet", reason="pip install 'ppnet-live[live]'")
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        (sink,) = Targets(osc=Target("127.0.0.1", receiver.getsockname()[1])).opened(COCO_17)
        sink.write(FRAME, RESULT)
        sink.close(complete=True)
        received = [packets.OscPacket(receiver.recv(65536)).messages for _ in range(3)]
    (first,), *people = [[timed.message for timed in messages] for messages in received]
    assert (first.address, first.params) == ("/ppnet/frame", [7, 0.25, 2])
    for track_id, messages in zip((1, 3), people, strict=True):
        got = {message.address: message.params for message in messages}
        check(track_id, [got.get(f"/ppnet/{track_id}/{name}") for name in COCO_17.keypoints])
        assert len(got) == (16 if track_id == 3 else 17)


def test_lsl() -> None:
    pylsl = pytest.importorskip("pylsl", reason="pip install 'ppnet-live[live]'")
    name = f"ppnet-test-{os.getpid()}"
    (sink,) = Targets(lsl=name).opened(COCO_17)
    try:
        found = pylsl.resolve_byprop("name", name, 1, 20.0)
        if not found:
            pytest.skip("this machine passes no multicast on, by which LSL streams are found")
        inlet = pylsl.StreamInlet(found[0])
        channel = inlet.info(PATIENCE_S).desc().child("channels").child("channel")
        labels = []
        for _ in range(52):
            labels.append(channel.child_value("label"))
            channel = channel.next_sibling()
        assert labels[:4] == ["person_id", "nose_x", "nose_y", "nose_conf"] and labels[-1] == "right_ankle_conf"
        inlet.open_stream(PATIENCE_S)
        sink.write(FRAME, RESULT)
        for track_id in (1, 3):
            sample, time_s = inlet.pull_sample(PATIENCE_S)
            joints = np.array(sample[1:]).reshape(17, 3)
            assert (
                sample[0] == track_id
                and abs(time_s + inlet.time_correction(PATIENCE_S) - pylsl.local_clock()) < PATIENCE_S
            )
            check(track_id, [joint if np.isfinite(joint[0]) else None for joint in joints])
        inlet.close_stream()
    finally:
        sink.close(complete=True)


def test_websocket() -> None:
    client = pytest.importorskip("websockets.sync.client", reason="pip install 'ppnet-live[live]'")
    exceptions = pytest.importorskip("websockets.exceptions")
    sink, port = opened_websocket()
    address = f"ws://127.0.0.1:{port}"
    with pytest.raises(UserError, match="cannot be used"):
        Targets(websocket=Target("127.0.0.1", port)).opened(COCO_17)
    with pytest.raises(exceptions.InvalidStatus):
        client.connect(address, origin="https://elsewhere.example")
    with client.connect(address, origin="http://localhost:8000") as page, client.connect(address) as program:
        for receiver in (page, program):
            assert json.loads(receiver.recv(PATIENCE_S))["joints"] == list(COCO_17.keypoints)
        sink.write(FRAME, RESULT)
        for receiver in (page, program):
            message = json.loads(receiver.recv(PATIENCE_S))
            assert (message["frame"], message["time_s"], message["size_wh"]) == (7, 0.25, [640, 480])
            assert [person["id"] for person in message["people"]] == [1, 3]
            for person in message["people"]:
                check(person["id"], person["joints"])
        sink.close(complete=True)
        with pytest.raises(exceptions.ConnectionClosed):
            program.recv(PATIENCE_S)


def test_who_is_slow_gets_the_newest() -> None:
    client = pytest.importorskip("websockets.sync.client", reason="pip install 'ppnet-live[live]'")
    sink, port = opened_websocket()
    with client.connect(f"ws://127.0.0.1:{port}") as slow:
        slow.recv(PATIENCE_S)
        for index in range(50):
            sink.write(FRAME, made_result(index))
        frames = [json.loads(slow.recv(PATIENCE_S))["frame"]]
        while frames[-1] != 49:
            frames.append(json.loads(slow.recv(PATIENCE_S))["frame"])
        assert frames == sorted(set(frames))
        sink.close(complete=True)


@pytest.mark.parametrize("text", ["", "host", "host:", "host:0", "host:99999", "host:x"])
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(UserError, match="--osc is PORT or HOST:PORT"):
        Target.parsed(text, "--osc")


def test_nothing_is_opened_without_being_asked_for() -> None:
    before = set(threading.enumerate())
    assert NOWHERE.opened(COCO_17) == [] and set(threading.enumerate()) == before
    assert Target.parsed("9000", "--osc") == Target("127.0.0.1", 9000)


def test_a_missing_package_is_one_sentence(monkeypatch) -> None:
    def missing(name: str):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("ppnet.extras.importlib.import_module", missing)
    for targets in (Targets(osc=Target("127.0.0.1", 9)), Targets(lsl="a"), Targets(websocket=Target("127.0.0.1", 9))):
        with pytest.raises(UserError, match=r"pip install 'ppnet-live\[live\]'"):
            targets.opened(COCO_17)


def test_track_sends_what_it_finds(monkeypatch, tmp_path) -> None:
    packets = pytest.importorskip("pythonosc.osc_packet", reason="pip install 'ppnet-live[live]'")
    build = lambda settings: Pipeline(FakeDetector(), FakeEstimator(), settings=settings)
    monkeypatch.setattr("app.factory.build_pipeline", build)
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path / "log"))
    clip = make_clip(tmp_path / "walk.mp4", 5, size_wh=PLATE_WH, painter=paint_walkers)
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        words = ["track", str(clip), "--out", str(tmp_path), "--no-video", "-q"]
        assert cli.main([*words, "--osc", f"127.0.0.1:{receiver.getsockname()[1]}"]) == 0
        frames, others = [], 0
        while len(frames) < 5:
            message = packets.OscPacket(receiver.recv(65536)).messages[0].message
            if message.address == "/ppnet/frame":
                frames.append(message.params[0])
            else:
                others += 1
    assert frames == list(range(5)) and others
    assert cli.main([*words, "--overwrite", "--osc", "nonsense"]) == 2
