"""Writes of renditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pennywhistle.shop.encoding.models import Rendition


class RenditionChangedError(RuntimeError):
    """The same rendition came out as other bytes than before: law 5 is broken."""


@dataclass(frozen=True, slots=True)
class NewRendition:
    """A rendition that has just been encoded. `sha256` and `size_bytes` are of the whole file."""

    key: str
    master_id: int
    recipe: str
    encoder_version: str
    tags_digest: str
    sha256: str
    size_bytes: int


def record_rendition(*, rendition: NewRendition, now: datetime) -> None:
    """Remember what came out, or hold it against what came out before. Transaction: one insert.

    Raises `RenditionChangedError` where these are other bytes than the first time.
    """
    row, _ = Rendition.objects.get_or_create(
        key=rendition.key, defaults={**asdict(rendition), "encoded_at": now}
    )
    if (row.sha256, row.size_bytes) != (rendition.sha256, rendition.size_bytes):
        raise RenditionChangedError(
            f"rendition {rendition.key} ({rendition.recipe} of master {rendition.master_id}) had "
            f"the SHA-256 {row.sha256} and {row.size_bytes} bytes on {row.encoded_at:%Y-%m-%d}, and "
            f"now {rendition.sha256} and {rendition.size_bytes}; the master or the encoder has "
            "changed without its version: check the masters, and keep the old file"
        )
