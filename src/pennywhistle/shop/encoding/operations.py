"""Writes of renditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pennywhistle.shop.encoding.models import Rendition


class RenditionChangedError(RuntimeError):
    """The same rendition came out as other bytes than before: law 5 is broken."""


@dataclass(frozen=True, slots=True)
class NewRendition:
    """A rendition that has just been made. `sha256`, `size_bytes` and `crc32` are of the whole file.

    `cpu_ms` is what the encoder took, None where nothing was encoded.
    """

    key: str
    audio_key: str
    master_id: int
    recipe: str
    encoder_version: str
    tags_digest: str
    sha256: str
    size_bytes: int
    crc32: int | None = None
    cpu_ms: int | None = None


def record_rendition(*, rendition: NewRendition, now: datetime) -> None:
    """Remember what came out, or hold it against what came out before. Transaction: one insert.

    What was not counted the first time is filled in, by one update.
    Raises `RenditionChangedError` where these are other bytes than the first time.
    """
    row, is_new = Rendition.objects.get_or_create(
        key=rendition.key, defaults={**asdict(rendition), "encoded_at": now}
    )
    if (row.sha256, row.size_bytes) != (rendition.sha256, rendition.size_bytes):
        raise RenditionChangedError(
            f"rendition {rendition.key} ({rendition.recipe} of master {rendition.master_id}) had "
            f"the SHA-256 {row.sha256} and {row.size_bytes} bytes on {row.encoded_at:%Y-%m-%d}, and "
            f"now {rendition.sha256} and {rendition.size_bytes}; the master or the encoder has "
            "changed without its version: check the masters, and keep the old file"
        )
    if not is_new:
        _fill_in(row, rendition)


def _fill_in(row: Rendition, rendition: NewRendition) -> None:
    counted = {"crc32": rendition.crc32, "cpu_ms": rendition.cpu_ms}
    missing = {
        name: value
        for name, value in counted.items()
        if value is not None and getattr(row, name) is None
    }
    if missing:
        Rendition.objects.filter(pk=row.pk).update(**missing)
