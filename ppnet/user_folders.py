"""Where the user's own files of this program lie."""

import os
from pathlib import Path
from typing import Literal

from platformdirs import PlatformDirs


def user_folder(kind: Literal["data", "config", "cache"]) -> Path:
    """$PPNET_LIVE_DATA, $PPNET_LIVE_CONFIG or $PPNET_LIVE_CACHE, else the system's place; it need not exist."""
    chosen = os.environ.get(f"PPNET_LIVE_{kind.upper()}")
    if chosen:
        return Path(os.path.expanduser(chosen))
    return Path(getattr(PlatformDirs("ppnet-live", appauthor=False), f"user_{kind}_dir"))
