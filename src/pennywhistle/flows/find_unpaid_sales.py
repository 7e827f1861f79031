"""Find what a licence opens and the floor price cannot pay, so that its operator hears it first.

The till refuses such a sale; without this its operator would learn of it from a listener.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pennywhistle.kit.territory import COUNTRIES
from pennywhistle.shop.catalogue.queries import (
    TrackFacts,
    get_track,
    list_releases_for_desk,
    list_tracks_of_releases,
)
from pennywhistle.shop.licensing.queries import get_licence, list_terms, track_ref
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    Repertoire,
    Use,
    cover,
)
from pennywhistle.shop.royalties.rules import RoyaltyError, divide_price
from pennywhistle.shop.sales.vat import vat_percent
from pennywhistle.shop.storefronts.queries import Shopfront, list_shopfronts

# Remarks of one grant; the newest releases that are looked at, where a licence speaks of more.
UNPAID_TOLD_MOST = 5
RELEASES_LOOKED_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class UnpaidSale:
    """Tracks under the same licences that a shop's floor price cannot pay for, and where.

    `track` is the first of `track_count`; `countries` are in order; `why` is of the first of them.
    """

    shop: str
    track: str
    track_count: int
    countries: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        others = f" and {self.track_count - 1} more" if self.track_count > 1 else ""
        more = len(self.countries) - 1
        elsewhere = f" and {more} other {'country' if more == 1 else 'countries'}" if more else ""
        return (
            f"{self.shop} cannot sell {self.track}{others} at its floor price in "
            f"{self.countries[0]}{elsewhere}: {self.why}"
        )


def find_unpaid_sales(*, licence_number: str, now: datetime) -> tuple[UnpaidSale, ...]:
    """Sales that this licence opens, now or when it starts, and no floor price pays.

    Of at most `RELEASES_LOOKED_AT_MOST` releases, at most `UNPAID_TOLD_MOST` answers, in a handful
    of queries. Raises `UnknownLicenceError`.
    """
    licence = get_licence(number=licence_number).terms
    instant = max(now, licence.starts_at)
    tracks = _tracks_of(licence.repertoire)
    terms = list_terms(tracks=[track_ref(track) for track in tracks]) if tracks else []
    alike: dict[frozenset[int], list[TrackFacts]] = defaultdict(list)
    for track in tracks:
        ref = track_ref(track)
        alike[frozenset(t.id for t in terms if ref.belongs_to(t.repertoire))].append(track)
    found = []
    for shop in list_shopfronts(now=now):
        for ids, group in alike.items():
            theirs = [t for t in terms if t.id in ids]
            if unpaid := _unpaid(shop, licence, theirs, group, instant):
                found.append(unpaid)
    return tuple(found[:UNPAID_TOLD_MOST])


def _tracks_of(repertoire: Repertoire) -> list[TrackFacts]:
    if repertoire.kind == "track" and repertoire.id is not None:
        return [get_track(track_id=repertoire.id)]
    if repertoire.kind == "release" and repertoire.id is not None:
        return list_tracks_of_releases(release_ids=[repertoire.id])
    labels = None if repertoire.id is None else [repertoire.id]
    drafts = list_releases_for_desk(label_ids=labels, limit=RELEASES_LOOKED_AT_MOST)
    return list_tracks_of_releases(release_ids=[draft.release.id for draft in drafts])


def _unpaid(
    shop: Shopfront,
    licence: LicenceTerms,
    licences: list[LicenceTerms],
    tracks: list[TrackFacts],
    instant: datetime,
) -> UnpaidSale | None:
    """Where this licence would speak for tracks under the same licences, and could not be paid."""
    reasons: dict[str, str] = {}
    for country in sorted(COUNTRIES):
        if country not in shop.territories or country not in licence.territories:
            continue
        answer = cover(
            track=track_ref(tracks[0]),
            use=Use.DOWNLOAD,
            territory=country,
            instant=instant,
            licences=licences,
        )
        if isinstance(answer, Covered) and licence.id in {answer.recording.id, answer.work.id}:
            percent = Decimal(0)
            if shop.collects_vat:
                percent = vat_percent(country=country, day=instant.date())
            if why := _why_unpaid(shop, percent, answer):
                reasons[country] = why
    if not reasons:
        return None
    first = next(iter(reasons))
    return UnpaidSale(shop.name, tracks[0].title, len(tracks), tuple(reasons), reasons[first])


def _why_unpaid(shop: Shopfront, percent: Decimal, covered: Covered) -> str:
    """Why the floor price of a track does not pay its tax and tariffs; empty where it does."""
    floor = shop.prices.floor_per_track
    try:
        divide_price(gross=floor, vat_percent=percent, covered=covered, tie_key="floor")
    except RoyaltyError as error:
        return str(error)
    return ""
