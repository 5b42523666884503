"""Pictures of people in plain tar files of a limited size, filled one after another."""

import io
import tarfile
from pathlib import Path
from typing import Self


class TarShards:
    """`<name>-000.tar` and so on in a folder, none of more than `limit` bytes unless a single member is larger.

    Use it in a `with` block. names: of the files so far.
    """

    def __init__(self, folder: Path, name: str, *, limit: int) -> None:
        self.names: list[str] = []
        self._folder, self._name, self._limit = folder, name, limit
        self._file: tarfile.TarFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def add(self, member: str, content: bytes) -> str:
        """Adds a member; returns the name of the tar file that holds it."""
        needed = 2 * tarfile.RECORDSIZE + len(content)
        if self._file is None or (self._file.offset and self._file.offset + needed > self._limit):
            self._close()
            self.names.append(f"{self._name}-{len(self.names):03d}.tar")
            self._file = tarfile.open(self._folder / self.names[-1], "w")  # noqa: SIM115 - closed when the block ends
        info = tarfile.TarInfo(member)
        info.size = len(content)
        self._file.addfile(info, io.BytesIO(content))
        return self.names[-1]

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
