"""Bring the licences of a release in line with the deals that hold of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.rate_cards import RateCard, RateCardError
from pennywhistle.kit.lines import clean_line
from pennywhistle.kit.live_deals import SaleWindow, Standing, track_windows
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.release_messages import ReleaseMessage
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.queries import ReleaseFacts, TrackFacts, list_tracks_of_release
from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.queries import LicenceFacts, list_licences_for_desk
from pennywhistle.shop.licensing.rules import Repertoire, Right, TariffTerms

_DIGEST_LETTERS = 12
# A licence that was ended is not opened again: the next that says the same gets the next number.
_NUMBERS_MOST = 1_000


@dataclass(frozen=True, slots=True)
class LicencesBrought:
    """Numbers of the licences that were granted, and of those that were ended."""

    granted: tuple[str, ...]
    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    track_id: int
    code: str
    starts_at: datetime
    ends_at: datetime | None
    countries: tuple[str, ...]
    card: RateCard

    def digest(self) -> str:
        terms = (self.track_id, self.code, self.starts_at, self.ends_at, self.countries)
        agreed = (
            self.card.sender,
            str(self.card.codes[self.code]),
            self.card.base,
            self.card.document,
        )
        said = repr((terms, agreed, self.card.licensor, sorted(self.card.uses)))
        return hashlib.sha256(said.encode()).hexdigest()[:_DIGEST_LETTERS]


def license_deals(
    *, release: ReleaseFacts, standing: Standing, cards: Mapping[str, RateCard], now: datetime
) -> LicencesBrought:
    """Grant what the deals open and is not granted, end what they open no more, in one transaction.

    Only licences that messages about this release made are touched: their numbers begin with `ERN-`
    and its UPC. Run again, it changes nothing. Raises `RateCardError`, `LicensingError`.
    """
    prefix = f"ERN-{release.upc}-"
    with transaction.atomic():
        known = {
            licence.terms.number: licence
            for licence in list_licences_for_desk(query=prefix, limit=None)
            if licence.terms.number.startswith(prefix)
        }
        wanted = _wanted(list_tracks_of_release(release_id=release.id), standing, cards, now)
        numbers = {_number(prefix, one, known, now): one for one in wanted}
        granted = [number for number in numbers if number not in known]
        for number in granted:
            operations.grant(
                terms=_terms(number, numbers[number], standing), granted_by=None, now=now
            )
        ended = [
            number
            for number, licence in known.items()
            if number not in numbers and _runs_on(licence, now)
        ]
        for number in ended:
            end_licence(number=number, reason=_why_ended(standing), now=now)
    return LicencesBrought(tuple(granted), tuple(ended))


def _wanted(
    tracks: Sequence[TrackFacts],
    standing: Standing,
    cards: Mapping[str, RateCard],
    now: datetime,
) -> list[_Wanted]:
    """A licence for each song, price and period, with the countries that have them all in common."""
    if standing.release is None or standing.message is None:
        return []
    if (card := cards.get(standing.message.sender)) is None:
        raise RateCardError(
            f"{standing.message.sender}, whose deals hold, has no rate card any more: put it back, "
            "or end its licences by hand"
        )
    by_isrc = {track.isrc: track.id for track in tracks if track.isrc}
    places: dict[tuple[int, str, datetime, datetime | None], set[str]] = defaultdict(set)
    for told in standing.release.tracks:
        if (track_id := by_isrc.get((told.isrc or "").replace("-", "").upper())) is None:
            continue
        for country, windows in track_windows(release=standing.release, track=told).items():
            for window in windows:
                if not _is_over(window, now):
                    code = card.code_of(window.deal)
                    places[track_id, code, window.starts_at, window.ends_at].add(country)
    return [_Wanted(*terms, tuple(sorted(there)), card) for terms, there in places.items()]


def _is_over(window: SaleWindow, now: datetime) -> bool:
    return window.ends_at is not None and window.ends_at <= now


def _runs_on(licence: LicenceFacts, now: datetime) -> bool:
    return licence.terms.ends_at is None or licence.terms.ends_at > now


def _number(prefix: str, one: _Wanted, known: Mapping[str, LicenceFacts], now: datetime) -> str:
    base = prefix + one.digest()
    for count in range(1, _NUMBERS_MOST):
        number = base if count == 1 else f"{base}.{count}"
        if number not in known or _runs_on(known[number], now):
            return number
    raise OverflowError(f"{base} was granted and ended {_NUMBERS_MOST:,} times")


def _terms(number: str, one: _Wanted, standing: Standing) -> operations.Grant:
    assert standing.message is not None
    message, rate = standing.message, one.card.codes[one.code]
    sent = f"ERN {message.version} {_number_of(message)} of {message.created_at[:35]}"
    return operations.Grant(
        number=number,
        licensor=one.card.licensor,
        licensor_kind=one.card.kind,
        right=Right.RECORDING,
        repertoire=Repertoire("track", one.track_id),
        uses=one.card.uses,
        territories=TerritorySet.only(one.countries),
        starts=LocalTime.of(one.starts_at),
        ends=LocalTime.of(one.ends_at) if one.ends_at else None,
        tariff=TariffTerms(
            code=f"{one.card.sender[:20]} {one.code} {rate_digest(one.card, one.code)}",
            version=1,
            rate=rate.rate,
            base=one.card.base,
            floor_per_track=rate.floor,
        ),
        document_reference=f"{one.card.document[:100]}; {sent}",
    )


def rate_digest(card: RateCard, code: str) -> str:
    """Tells apart what a code meant before its card was changed, and after."""
    said = f"{card.codes[code]} {card.base}"
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _number_of(message: ReleaseMessage) -> str:
    return clean_line(message.message_id)[:40] or "without a number"


def _why_ended(standing: Standing) -> str:
    if standing.message is None:
        return "its sender purged the release"
    message = standing.message
    return f"message {_number_of(message)} of {message.created_at} does not open it any more"
