"""Masters on local disk, byte for byte, each under its hash; see `hashed.py`."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import BinaryIO

from pennywhistle.adapters.storage.arriving import arriving
from pennywhistle.adapters.storage.hashed import HashedStore

_PIECE_BYTES = 1 << 20
# A file that was found whole is not read for it again for so long, unless it was touched since.
TRUSTED_SECONDS = 3600.0


class MasterMissingError(LookupError):
    """The store holds no file of this hash."""


class MasterChangedError(ValueError):
    """The bytes are not those that the hash was taken of."""


class MasterDamagedError(MasterMissingError):
    """The file of this hash is not any more what it was taken of."""


class MasterStore(HashedStore):
    """Keeps masters. `path` raises `MasterMissingError`."""

    noun, missing, remedy = "master", MasterMissingError, "ingest it again"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        # What each file looked like when it was last found whole, and when that was.
        self._found_whole: dict[str, tuple[tuple[int, int, int], float]] = {}

    def keep(self, *, source: Path, sha256: str) -> None:
        """Copy the file at `source`, whose hash is `sha256`; what is kept and whole stays as it is.

        Raises `MasterChangedError` where `source` has another hash by now, OSError where it cannot
        be read or the disk is full. In both cases nothing is left behind.
        """
        with source.open("rb") as file:
            self._keep(file, sha256)

    def check(self, *, sha256: str) -> None:
        """Hold the file against its hash, if that was not done within `TRUSTED_SECONDS`.

        Raises `MasterDamagedError`, `MasterMissingError`.
        """
        path = self.path(sha256=sha256)
        about = path.stat()
        looks, now = (about.st_ino, about.st_size, about.st_mtime_ns), time.monotonic()
        looked, found_at = self._found_whole.get(sha256, (None, now))
        if looked == looks and now - found_at < TRUSTED_SECONDS:
            return
        if not _is_whole(path, sha256):
            self._found_whole.pop(sha256, None)
            raise MasterDamagedError(
                f"the master {path} is damaged: its bytes are not those that were ingested; restore it "
                "from a backup, or delete it and ingest it again"
            )
        self._found_whole[sha256] = (looks, now)

    def _keep(self, source: BinaryIO, sha256: str) -> None:
        final = self._place(sha256)
        if final.exists() and _is_whole(final, sha256):
            return
        digest = hashlib.sha256()
        with arriving(final) as file:
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
            if digest.hexdigest() != sha256:
                raise MasterChangedError(
                    f"the file's hash is {digest.hexdigest()} and was {sha256}: it was changed "
                    "while it was read; deliver it again once it is written"
                )


def _is_whole(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
