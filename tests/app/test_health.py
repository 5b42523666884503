"""`check`: each part is tried by using it, and a fault in one is told without hiding the others."""

import shutil
from importlib.metadata import PackageNotFoundError

import app.packages
from app import health
from app.cli import main
from app.health import Finding, findings
from ppnet.assets import ASSETS
from ppnet.errors import UserError
from tracking.video.file import VideoFile

begin = VideoFile.__init__


def found(monkeypatch, part: str) -> Finding:
    """Only this part is tried."""
    monkeypatch.setattr(health, "PARTS", tuple(row for row in health.PARTS if row[0] == part))
    (finding,) = findings()
    return finding


def test_an_installation_that_is_whole(capsys, monkeypatch):
    opened = []
    monkeypatch.setattr(VideoFile, "__init__", lambda video, path: opened.append(path) or begin(video, path))
    assert main(["check"]) == 0
    assert [path.name for path in opened] == ["demo.mp4", "check.mp4"], "each is decoded once"
    said = capsys.readouterr().out
    assert "FAULT" not in said
    assert "3 people found in the demo" in said
    assert said.endswith("Everything needed to track videos is here and works.\n")


def test_pictures_of_the_demo_are_not_kept_although_nobody_wants_the_rest(monkeypatch):
    monkeypatch.setattr(health, "PARTS", (("demo", lambda: str(len(health._demo())), True), *health.PARTS))
    tried = findings()
    assert next(tried).is_fine and health._demo.cache_info().currsize == 1
    tried.close()
    assert health._demo.cache_info().currsize == 0


def test_a_fault_is_told_and_the_rest_is_tried(monkeypatch, capsys):
    def fails() -> str:
        raise UserError("It is broken; mend it.")

    def bursts() -> str:
        raise RuntimeError("no such symbol")

    parts = (("first", fails, True), ("second", bursts, True), ("third", fails, False), ("last", lambda: "here", True))
    monkeypatch.setattr(health, "PARTS", parts)
    assert main(["check"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["FAULT", "first"], ["FAULT", "second"], ["note", "third"], ["ok", "last"],
    ]  # fmt: skip
    assert "RuntimeError: no such symbol" in lines[1]
    assert lines[-1] == "2 things need mending before videos can be tracked."


def test_a_package_that_is_missing_and_one_of_another_version(monkeypatch):
    installed = {"av": "18.1.0", "torch": "2.13.0+cpu"}
    monkeypatch.setattr(
        app.packages, "requires", lambda _name: ["av==18.1.0", "torch==2.13.0", "anny==1; extra == 'render'"]
    )
    monkeypatch.setattr(app.packages, "version", installed.__getitem__)
    assert found(monkeypatch, "packages").is_fine
    installed["av"] = "17.0.0"
    (finding,) = findings()
    assert finding.is_fault
    assert "av 17.0.0 (tested with 18.1.0)" in finding.words

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(app.packages, "version", version)
    (finding,) = findings()
    assert finding.words.startswith("Not installed: av, torch; install PPNet Live again")


def test_weights_that_are_damaged(monkeypatch, tmp_path):
    shutil.copytree(ASSETS / "weights", tmp_path / "weights")
    (path,) = (tmp_path / "weights").glob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr("ppnet.weights.ASSETS", tmp_path)
    monkeypatch.setattr("ppnet.checkpoint_info.ASSETS", tmp_path)
    finding = found(monkeypatch, "tracking")
    assert finding.is_fault
    assert path.name in finding.words


def test_weights_that_are_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("ppnet.weights.ASSETS", tmp_path)
    words = found(monkeypatch, "tracking").words
    assert words == "The weights are missing from this installation; install PPNet Live again."


def test_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PPNET_LIVE_DATA", str(tmp_path / "file"))
    finding = found(monkeypatch, "folders")
    assert finding.is_fault
    assert "is a file; choose a folder" in finding.words


def test_a_disk_that_is_full(monkeypatch):
    monkeypatch.setattr(health, "LITTLE_SPACE_GB", 1e9)
    assert "are free on the disk" in found(monkeypatch, "folders").words


def test_a_card_that_pytorch_cannot_use_is_a_note(monkeypatch, tmp_path):
    monkeypatch.setattr("ppnet.torch_build.available_devices", lambda: ["cpu"])
    monkeypatch.setattr(health, "NVIDIA_DRIVER", tmp_path)
    finding = found(monkeypatch, "graphics card")
    assert not finding.is_fine
    assert not finding.is_fault
    assert "PyTorch's CUDA build" in finding.words
