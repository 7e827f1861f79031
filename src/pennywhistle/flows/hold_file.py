"""Hold files open for the server below, which opens what it is to send a moment after it was told."""

from __future__ import annotations

from functools import cache

from pennywhistle.adapters.storage.held import CLOSED_AFTER_SECONDS, HELD_SECONDS, HeldFiles
from pennywhistle.flows.outfit import get_outfit

__all__ = ["CLOSED_AFTER_SECONDS", "HELD_SECONDS", "HeldFiles", "get_held_files"]


@cache
def get_held_files() -> HeldFiles:
    """Those of this process, for the thread of its event loop. To be closed when it ends."""
    return HeldFiles(get_outfit().working_folder)
