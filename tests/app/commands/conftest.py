"""Commands write their log into a folder of the test."""

import pytest


@pytest.fixture(autouse=True)
def own_log(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("log")
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_a: str(folder))
    return folder
