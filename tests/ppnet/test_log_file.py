"""The log file: everything that helps, and no login."""

import pytest

from ppnet.log_file import start_log, unexpected

LOGINS = {
    "rtsp://anna:geheim@cam.local:554/live": "rtsp://cam.local:554/live",
    "http://anna:geh@eim@cam/v.cgi": "http://cam/v.cgi",
    "http://cam/v.cgi?user=anna&pwd=geheim": "http://cam/v.cgi",
    "srt://cam:9000#geheim": "srt://cam:9000",
}


@pytest.mark.parametrize("address", LOGINS)
def test_no_login_in_an_address_reaches_the_log_or_the_sentence(tmp_path, monkeypatch, address):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(tmp_path))
    path = start_log()
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused", address)
        except ConnectionRefusedError as error:
            raise KeyError(f"no answer of '{address}', why?") from error
    except KeyError as error:
        sentence = unexpected(error, "the camera")
    for text in (sentence, path.read_text(encoding="utf-8")):
        assert LOGINS[address] in text and "why?" in text and "geh" not in text and "anna" not in text
    assert path.read_text(encoding="utf-8").count(LOGINS[address]) >= 2, "in every line of the traceback"
