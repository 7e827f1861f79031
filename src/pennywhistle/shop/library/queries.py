"""Reads of what listeners own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import (
    NOT_OF_TRACKS,
    TRACK_PARTS,
    TrackFacts,
    facts_of_tracks,
)
from pennywhistle.shop.catalogue.statements import TRACK_COLUMNS, TRACK_TABLES, track_of
from pennywhistle.shop.ledger.statements import run
from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.library.rules import NotInLibraryError
from pennywhistle.shop.pricing.rules import Held
from pennywhistle.shop.sales.models import SaleLine

ITEMS_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class OwnedFacts:
    """One thing in a library."""

    id: int
    person_id: int
    recipe: str
    size_bytes: int
    purchase_id: int
    sale_line_id: int
    acquired_at: datetime
    track: TrackFacts


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """What a file of somebody's library is made of. The track is without its waveform."""

    person_id: int
    recipe: str
    track: TrackFacts


# Written out, since a listener waits for it: to have it composed took six times as long as it takes.
_FIND_FILE = """
    SELECT item.person_id, item.recipe, {columns}
    FROM {tables} JOIN library_owneditem AS item ON item.track_id = track.id
    WHERE item.id = %s"""


def get_owned_file(*, item_id: int) -> OwnedFile:
    """What a library item is a file of, or `NotInLibraryError`. One query."""
    statement = _FIND_FILE.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES)
    for person_id, recipe, *track in run(statement, [item_id]):
        return OwnedFile(person_id, recipe, track_of(track))
    raise NotInLibraryError(f"no library holds an item {item_id}")


def find_owned_by(*, item_id: int, person_id: int) -> OwnedFacts | None:
    """A person's own library item, or None. Two queries."""
    return next(iter(_facts(OwnedItem.objects.filter(pk=item_id, person_id=person_id))), None)


def list_owned(*, person_id: int) -> list[OwnedFacts]:
    """A person's library, newest first. Two queries."""
    rows = OwnedItem.objects.filter(person_id=person_id).order_by("-id")
    return _facts(rows[:ITEMS_SHOWN])


def list_owned_of_release(*, person_id: int, release_id: int, recipe: str) -> list[OwnedFacts]:
    """What a person owns of a release in one recipe, in the release's order. Two queries."""
    rows = OwnedItem.objects.filter(
        person_id=person_id, track__release_id=release_id, recipe=recipe
    )
    in_order = rows.order_by("track__disc_number", "track__track_number", "id")
    return _facts(in_order[:ITEMS_SHOWN])


def list_owned_pairs(*, person_id: int, track_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Which of these tracks a person owns: (track id, recipe). One query."""
    rows = OwnedItem.objects.filter(person_id=person_id, track_id__in=list(track_ids))
    return set(rows.values_list("track_id", "recipe"))


def list_held(*, person_id: int, track_ids: Iterable[int]) -> dict[int, dict[str, Held]]:
    """What a person owns of these tracks, by track id and then by recipe. One query."""
    rows = OwnedItem.objects.filter(person_id=person_id, track_id__in=list(track_ids))
    owned: dict[int, dict[str, Held]] = {}
    for track_id, recipe, document, micros, currency in rows.values_list(
        "track_id",
        "recipe",
        "sale_line__document",
        "sale_line__gross_micros",
        "sale_line__currency",
    ).order_by("id"):
        owned.setdefault(track_id, {})[recipe] = Held(document, Money(micros, currency))
    return owned


def iterate_sold_but_not_owned() -> Iterator[str]:
    """Documents of sale lines, not given back, that their buyer's library lacks. One query."""
    as_sold = OwnedItem.objects.filter(
        sale_line_id=OuterRef("pk"),
        person_id=OuterRef("purchase__person_id"),
        track_id=OuterRef("track_id"),
        recipe=OuterRef("recipe"),
        acquired_at=OuterRef("purchase__purchased_at"),
    )
    rows = SaleLine.objects.filter(~Exists(as_sold), refund=None).order_by("id")
    yield from rows.values_list("document", flat=True).iterator(chunk_size=2_000)


def iterate_given_back_but_owned() -> Iterator[str]:
    """Documents of sale lines that were given back and are in a library still. One query."""
    rows = OwnedItem.objects.filter(sale_line__refund__isnull=False).order_by("id")
    yield from rows.values_list("sale_line__document", flat=True).iterator(chunk_size=2_000)


def _facts(rows: QuerySet[OwnedItem]) -> list[OwnedFacts]:
    parts = (f"track__{part}" for part in TRACK_PARTS)
    items = list(rows.select_related("sale_line", *parts).defer(f"track__{NOT_OF_TRACKS}"))
    tracks = facts_of_tracks(rows=[row.track for row in items])
    return [
        OwnedFacts(
            id=row.pk,
            person_id=row.person_id,
            recipe=row.recipe,
            size_bytes=row.sale_line.size_bytes,
            purchase_id=row.sale_line.purchase_id,
            sale_line_id=row.sale_line_id,
            acquired_at=row.acquired_at,
            track=track,
        )
        for row, track in zip(items, tracks, strict=True)
    ]
