"""What some tests need beside the checkout: ../shared and FFmpeg's programs.

Where it is missing they skip; with REQUIRE_SHARED=1 in the environment they fail, so that nothing skips unseen.
"""

import os
import shutil
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
SHARED_CLIPS = SHARED / "clips"
IS_REQUIRED = os.environ.get("REQUIRE_SHARED") == "1"


def shared(path: Path) -> Path:
    """A file or folder that must be there for the test."""
    if not path.exists():
        missing(f"{path} is not there")
    return path


def needs_program(name: str) -> None:
    """The test calls a program like ffmpeg."""
    if shutil.which(name) is None:
        missing(f"{name} is not installed")


def needs_shared(*paths: Path) -> pytest.MarkDecorator:
    """A mark for tests that need files or folders."""
    absent = [path for path in paths if not path.exists()]
    return pytest.mark.skipif(bool(absent) and not IS_REQUIRED, reason=f"{absent} are not there")


def missing(what: str) -> None:
    """Skip the test, or fail it where everything is required."""
    if IS_REQUIRED:
        pytest.fail(f"{what}, and REQUIRE_SHARED=1 asks for it")
    pytest.skip(what)
