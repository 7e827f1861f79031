"""Reads of renditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.shop.catalogue.queries import MasterFacts as CatalogueMaster
from pennywhistle.shop.encoding.models import Rendition
from pennywhistle.shop.encoding.rules import MasterFacts


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


def facts_of(*, master: CatalogueMaster) -> MasterFacts:
    """A master of the catalogue as encoding knows it. No query."""
    return MasterFacts(
        frames=master.frames,
        sample_rate_hz=master.sample_rate_hz,
        bits_per_sample=master.bits_per_sample,
        channels=master.channels,
        flac_md5=master.flac_md5,
        measured_bytes=master.measured_bytes,
    )
