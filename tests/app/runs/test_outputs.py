"""Output folders that cannot be, said plainly."""

import pytest

from app.runs.outputs import make_folder
from ppnet.errors import UserError


def test_what_is_no_folder_is_called_by_its_name(tmp_path):
    (tmp_path / "notes").write_text("")
    with pytest.raises(UserError, match="notes is a file; choose a folder"):
        make_folder(tmp_path / "notes")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="link is a link that leads nowhere; choose a folder"):
        make_folder(tmp_path / "link")
    with pytest.raises(UserError, match=r"Nothing can be written to .*notes.out"):
        make_folder(tmp_path / "notes" / "out")
