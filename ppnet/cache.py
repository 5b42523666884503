"""Files in the user's cache folder: what was worked out once, and may be missing, damaged or impossible to write."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "PPNET_LIVE_CACHE"
DIGEST_BYTES = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """$PPNET_LIVE_CACHE or the user's cache folder; it need not exist."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(os.path.expanduser(chosen)) if chosen else user_cache_path("ppnet-live", appauthor=False)


def cached_file(kind: str, facts: object, *, suffix: str = "") -> Path:
    """Where something of a kind lies that is made of these facts, told apart by their `repr`."""
    return cache_folder() / kind / f"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}{suffix}"


def read_checked(path: Path) -> bytes | None:
    """What `write_checked` wrote; None where it isn't there or a byte of it has changed."""
    with suppress(OSError):
        written = path.read_bytes()
        content = written[DIGEST_BYTES:]
        if hashlib.sha256(content).digest() == written[:DIGEST_BYTES]:
            return content
    return None


def write_checked(path: Path, content: bytes) -> None:
    """For `read_checked`."""
    write_whole(path, hashlib.sha256(content).digest() + content)


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all; where it can't be written, it is worked out again next time and nothing else happens."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = Path(folder) / path.name
            fresh.write_bytes(content)
            fresh.replace(path)
