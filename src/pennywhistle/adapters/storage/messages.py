"""Release messages on local disk, byte for byte, under the identifiers of the releases they speak of.

What holds of a release follows from all messages about it, so they are kept for good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from pennywhistle.adapters.storage.hashed import keep_content

# The newest of a release decides; a sender that sends more has a machine that is broken.
MESSAGES_MOST = 2_000


class TooManyMessagesError(RuntimeError):
    """More messages about one release than are kept."""


class MessageStore:
    """Keeps messages. Any number of processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, *, content: bytes, ids: Iterable[str]) -> None:
        """Keep a message under each identifier. May be repeated. Raises OSError, and
        `TooManyMessagesError`.
        """
        name = f"{hashlib.sha256(content).hexdigest()}.xml"
        for release_id in ids:
            folder = self._folder(release_id)
            if len(self._paths(folder)) >= MESSAGES_MOST and not (folder / name).exists():
                raise TooManyMessagesError(
                    f"{folder} holds {MESSAGES_MOST:,} messages about one release: ask its sender "
                    "why, and move old ones away"
                )
            keep_content(folder / name, content)

    def list_about(self, *, release_id: str) -> list[bytes]:
        """Every message about a release, by its hash. Raises OSError."""
        return [path.read_bytes() for path in self._paths(self._folder(release_id))]

    def _folder(self, release_id: str) -> Path:
        if not re.fullmatch(r"[0-9A-Za-z]{1,60}", release_id):
            raise ValueError(f"{release_id!r} is no identifier to keep messages under")
        return self._root / release_id.upper()

    def _paths(self, folder: Path) -> list[Path]:
        return sorted(folder.glob("*.xml"))
