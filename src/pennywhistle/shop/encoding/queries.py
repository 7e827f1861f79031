"""Reads of renditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pennywhistle.shop.catalogue.queries import MasterFacts as CatalogueMaster
from pennywhistle.shop.encoding.models import Rendition
from pennywhistle.shop.encoding.rules import MasterFacts
from pennywhistle.shop.ledger.statements import run

# Corrections of one recording's tags that are looked through for audio that is there already.
SIBLINGS_MAX = 20
# Below what SQLite takes as parameters of one statement (32,766).
# https://www.sqlite.org/limits.html#max_variable_number
KEYS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class RenditionFacts:
    """A rendition as it was first made. `sha256`, `size_bytes` and `crc32` are of the whole file.

    `crc32` and `cpu_ms`, what the encoder took, are None where they were not counted.
    """

    key: str
    audio_key: str
    master_id: int
    recipe: str
    encoder_version: str
    sha256: str
    size_bytes: int
    crc32: int | None
    cpu_ms: int | None
    encoded_at: datetime


def find_rendition(*, key: str) -> RenditionFacts | None:
    """What was made under that identity, or None. One query."""
    row = Rendition.objects.filter(key=key).first()
    return None if row is None else _facts(row)


def find_renditions(*, keys: Iterable[str]) -> dict[str, RenditionFacts]:
    """What was made under these identities, by key. A query for every `KEYS_AT_ONCE` keys."""
    wanted = list(keys)
    made: dict[str, RenditionFacts] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        rows = Rendition.objects.filter(key__in=wanted[start : start + KEYS_AT_ONCE])
        made |= {row.key: _facts(row) for row in rows}
    return made


# Written out, in the order of `RenditionFacts`: a listener waits while Django would compose it.
_LIST_OF_AUDIO = """
    SELECT key, audio_key, master_id, recipe, encoder_version, sha256, size_bytes, crc32, cpu_ms,
        encoded_at
    FROM encoding_rendition WHERE audio_key = %s
    ORDER BY encoded_at DESC, id DESC LIMIT %s"""


def list_renditions_of_audio(*, audio_key: str) -> list[RenditionFacts]:
    """The newest `SIBLINGS_MAX` that share this audio and differ in their tags, newest first. One
    query."""
    rows = run(_LIST_OF_AUDIO, [audio_key, SIBLINGS_MAX])
    return [RenditionFacts(*(*told, _aware(encoded_at))) for *told, encoded_at in rows]


def list_newest_of_audio(*, audio_keys: Iterable[str]) -> dict[str, RenditionFacts]:
    """The rendition made last of each audio that was ever made, by audio key.

    A query for every `KEYS_AT_ONCE` keys.
    """
    wanted = list(audio_keys)
    newest: dict[str, RenditionFacts] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        rows = Rendition.objects.filter(audio_key__in=wanted[start : start + KEYS_AT_ONCE])
        newest |= {row.audio_key: _facts(row) for row in rows.order_by("encoded_at", "pk")}
    return newest


def list_encode_costs(*, keys: Iterable[str]) -> dict[str, int]:
    """Milliseconds of CPU that encoding each took, by key; without those that were not counted.

    A query for every `KEYS_AT_ONCE` keys.
    """
    wanted = list(keys)
    costs: dict[str, int] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        rows = Rendition.objects.filter(key__in=wanted[start : start + KEYS_AT_ONCE])
        pairs = rows.values_list("key", "cpu_ms")
        costs.update((key, cpu_ms) for key, cpu_ms in pairs if cpu_ms is not None)
    return costs


def facts_of(*, master: CatalogueMaster) -> MasterFacts:
    """A master of the catalogue as encoding knows it. No query."""
    return MasterFacts(
        frames=master.frames,
        sample_rate_hz=master.sample_rate_hz,
        bits_per_sample=master.bits_per_sample,
        channels=master.channels,
        flac_md5=master.flac_md5,
        measured=master.measured,
    )


def _facts(row: Rendition) -> RenditionFacts:
    return RenditionFacts(
        key=row.key,
        audio_key=row.audio_key,
        master_id=row.master_id,
        recipe=row.recipe,
        encoder_version=row.encoder_version,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        crc32=row.crc32,
        cpu_ms=row.cpu_ms,
        encoded_at=row.encoded_at,
    )


def _aware(stored: datetime) -> datetime:
    """SQLite keeps UTC without saying so."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)
