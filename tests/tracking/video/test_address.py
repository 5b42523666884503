"""Names of sources: logins in an address are neither shown nor stored."""

from pathlib import Path

import pytest

from ppnet.errors import UserError
from tracking.session.format import SessionHeader
from tracking.session.session import Session
from tracking.stems import stem_of
from tracking.video.address import redacted
from tracking.video.factory import open_source
from tracking.video.source import VideoInfo

ADDRESSES = {
    "rtsp://anna:geheim@cam.local:554/stream1": "rtsp://cam.local:554/stream1",
    "http://cam/video.cgi?user=anna&pwd=geheim": "http://cam/video.cgi…",
    "http://cam/v?x=1#geheim": "http://cam/v…",
    "rtsp://10.0.0.2/user=anna_password=geheim_channel=1.sdp": "rtsp://10.0.0.2/…",
    "rtsp://anna:geh@eim@cam/1": "rtsp://cam/1",
    "rtsp://anna:geheim@cam?x": "rtsp://cam…",
    "srt://host:9000?passphrase=geheim": "srt://host:9000…",
    "my: film@home.mp4": "my: film@home.mp4",
    "camera:0": "camera:0",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_without_their_logins(address: str) -> None:
    assert redacted(address) == ADDRESSES[address] == VideoInfo(address, None, (1, 1)).name
    assert "geh" not in stem_of(address)


def test_a_camera_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(UserError) as told:
        open_source("rtsp://anna:geheim@127.0.0.1:9/live")
    assert "geheim" not in str(told.value) and "anna" not in str(told.value) and "127.0.0.1:9/live" in str(told.value)


def test_no_byte_of_a_password_lies_in_a_session(tmp_path: Path) -> None:
    source = VideoInfo("rtsp://anna:geheim@cam/1", None, (4, 4), is_live=True)
    Session.create(tmp_path / "a_session.ppnet", SessionHeader(source)).close()
    data = (tmp_path / "a_session.ppnet").read_bytes()
    assert b"rtsp://cam/1" in data and b"geheim" not in data and b"anna" not in data
