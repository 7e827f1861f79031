"""Where covers are: the server hands them out as they lie, and their names never change."""

from __future__ import annotations

# Where `pennywhistle serve` mounts the covers' folder.
COVERS_PATH = "/covers"


def cover_url(sha256: str, size: str = "large") -> str:
    """The address of a cover as pages show it (`large` or `small`); empty for an empty hash.

    It follows the layout of `adapters/storage/covers.py`; `tests/browser/` looks at one.
    """
    if not sha256:
        return ""
    return f"{COVERS_PATH}/{sha256[:2]}/{sha256[2:4]}/{sha256}-{size}.jpg"
