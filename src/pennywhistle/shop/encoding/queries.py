"""Reads of renditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.shop.encoding.models import Rendition


@dataclass(frozen=True, slots=True)
class RenditionFacts:
    """A rendition as it was first made. `sha256` and `size_bytes` are of the whole file."""

    key: str
    master_id: int
    recipe: str
    encoder_version: str
    sha256: str
    size_bytes: int
    encoded_at: datetime


def find_rendition(*, key: str) -> RenditionFacts | None:
    """What was made under that identity, or None. One query."""
    row = Rendition.objects.filter(key=key).first()
    if row is None:
        return None
    return RenditionFacts(
        key=row.key,
        master_id=row.master_id,
        recipe=row.recipe,
        encoder_version=row.encoder_version,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        encoded_at=row.encoded_at,
    )
