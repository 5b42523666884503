"""Files in the user's cache folder: what was worked out once, and may be missing, damaged or impossible to write.

Nobody has to remove anything: what is used least goes when there is too much of it, or when it is old.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ppnet.user_folders import user_folder

DIGEST_BYTES = hashlib.sha256().digest_size
NAME_DIGITS = 32
MOST_BYTES = 2**29
"""Of each kind; one network takes 30 MB."""
LONGEST_UNUSED_S = 90 * 86400.0
"""What nobody asked for in so many seconds belongs to old versions, or to weights that are gone."""
_FRESH = "fresh-"
_ENTRY = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}(\.\w+)?|{_FRESH}\w{{8}}")


def cached_file(kind: str, facts: object, *, suffix: str = "") -> Path:
    """Where something of a kind lies that is made of these facts, told apart by their `repr`; it counts as used now."""
    digits = hashlib.sha256(repr(facts).encode()).hexdigest()[:NAME_DIGITS]
    path = user_folder("cache") / kind / f"{digits}{suffix}"
    with suppress(OSError):
        os.utime(path)
    return path


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
    with suppress(OSError), replacing(path) as fresh:
        fresh.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write a file or folder that then takes the path's place whole; after that the cache is cleaned."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_FRESH, dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        yield fresh
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        fresh.replace(path)
    clean(path.parent)


def clean(folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Removes what was not used for long, then what was used longest ago, until the rest has `most_bytes` at most.

    folder: of one kind. Other programs may be at work in it: what one of them misses then, it works out again.
    """
    entries = []
    for path in folder.iterdir():
        if _ENTRY.fullmatch(path.name):  # the place is the user's choice: only what we wrote
            with suppress(OSError):
                entries.append((path.stat().st_mtime, path))
    total, now = 0, time.time()
    for used_s, path in sorted(entries, reverse=True):
        total += _size(path)
        if total > most_bytes or now - used_s > LONGEST_UNUSED_S:
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _size(path: Path) -> int:
    """Bytes of a file or of all files in a folder; 0 when somebody removes it just now."""
    with suppress(OSError):
        return sum(file.stat().st_size for file in (path, *path.rglob("*")))
    return 0
