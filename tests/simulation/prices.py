"""What everything must cost, counted apart from the store: the rules of `docs/money.md` once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from pennywhistle.shop.pricing.rules import BasketItem
from pennywhistle.shop.sales.queries import QuoteFacts, QuoteLineFacts
from tests.simulation.listeners import UNITS, VAT, Listener

KINDS = {"mp3-128": "lossy", "mp3-320": "lossy", "opus-128": "lossy", "flac": "lossless"}
ORDER = ("bundle", "upgrade", "tier", "promotion")
WORK_RATE = Fraction(15, 100)


@dataclass(frozen=True)
class PriceList:
    """Rates by the megabyte, floor and albums in micros; tiers as (spent, per cent), rising."""

    rates: Mapping[str, int]
    floor: int
    albums: Mapping[str, int] = field(default_factory=dict)
    tiers: Sequence[tuple[int, Fraction]] = ()


@dataclass(frozen=True)
class AskedFor:
    """What a label asks from an instant on; `kind` is `size`, `fixed` or `named`."""

    since: datetime
    currency: str
    scope: str
    release_id: int
    kind: str
    micros: int
    suggested: int


@dataclass(frozen=True)
class Code:
    """A promotion's code and its limits."""

    percent: Fraction | None = None
    micros: int = 0
    currency: str = ""
    labels: frozenset[str] = frozenset()
    uses_most: int = 10_000
    uses_per_person_most: int = 10_000


@dataclass(frozen=True)
class Recording:
    """What a label's licence asks: a rate of the net price, at the least a floor in euros."""

    rate: Fraction
    floor: int = 0


@dataclass(frozen=True)
class Owned:
    """A line that stands in a library: its document, and what it was sold for."""

    document: str
    micros: int
    size_bytes: int


@dataclass(frozen=True)
class Basket:
    """Who was offered what, when, and what they had bought by then."""

    listener: Listener
    items: Sequence[BasketItem]
    now: datetime
    spent: int
    owned: Mapping[tuple[int, str], Owned]


@dataclass
class Prices:
    """Everything that was ever set or asked, oldest first."""

    labels: Mapping[int, str]  # By release.
    tracks: Mapping[int, Sequence[int]]  # By release.
    recordings: Mapping[str, Recording]  # By label.
    codes: Mapping[str, Code] = field(default_factory=dict)
    lists: list[tuple[datetime, str, PriceList]] = field(default_factory=list)
    asked: list[AskedFor] = field(default_factory=list)

    def check_offer(self, offer: QuoteFacts, basket: Basket) -> None:
        """Every line costs what it must, and the sum of a whole release is its price."""
        _, _, prices = max(
            (one for one in self.lists if one[0] <= basket.now and one[1] == offer.total.currency),
            key=lambda one: one[0],
        )
        assert offer.total.currency == basket.listener.currency
        of_track = {track: release for release, all_ in self.tracks.items() for track in all_}
        for line in offer.lines:
            _Line(self, prices, basket, line, of_track[line.track_id]).check(offer.promotion_code)
        for item in basket.items:
            tracks = self.tracks.get(item.id, ()) if item.kind == "release" else ()
            if tracks and not any(track in tracks for track, _ in basket.owned):
                lines = [one for one in offer.lines if of_track[one.track_id] == item.id]
                self._check_whole(item, [one for one in lines if one.recipe == item.recipe], prices)
        code = self.codes.get(offer.promotion_code)
        if code is not None and code.micros:
            taken = sum(_taken(line, "promotion") for line in offer.lines)
            assert taken <= code.micros, f"{offer.promotion_code} took {taken} off"

    def _check_whole(
        self, item: BasketItem, lines: Sequence[QuoteLineFacts], prices: PriceList
    ) -> None:
        """What an album costs, where its label has priced it in no way."""
        most = prices.albums.get(KINDS[item.recipe])
        if most is None or any(line.price_kind not in ("size", "album") for line in lines):
            return
        assert len(lines) == len(self.tracks[item.id])
        singly = sum(line.list_price.micros for line in lines)
        asked = singly - sum(_taken(line, "bundle") for line in lines)
        assert asked == min(singly, most), f"an album for {asked} instead of {most} or {singly}"

    def ask_of(self, release_id: int, scope: str, currency: str, now: datetime) -> AskedFor | None:
        """What a label asked last."""
        fit = [
            one
            for one in self.asked
            if (one.release_id, one.scope, one.currency) == (release_id, scope, currency)
            and one.since <= now
        ]
        newest = max(fit, key=lambda one: one.since, default=None)
        return None if newest is None or newest.kind == "size" else newest

    def lowest(self, release_id: int, country: str, currency: str) -> int | None:
        """The least that pays its tax and both licences there, found by trying one after another."""
        terms = self.recordings[self.labels[release_id]]
        if terms.floor and currency != "EUR":
            return None
        unit = UNITS[currency]
        for price in range(unit, 10_000 * unit, unit):
            net = price * 100 / (100 + VAT[country])
            if net * WORK_RATE + max(net * terms.rate, Fraction(terms.floor)) <= net:
                return price
        return None


@dataclass(frozen=True)
class _Line:
    prices: Prices
    list_: PriceList
    basket: Basket
    line: QuoteLineFacts
    release_id: int

    def check(self, promotion: str) -> None:
        """From the list price down, one reduction after another."""
        line, currency = self.line, self.basket.listener.currency
        lowest = self.prices.lowest(self.release_id, self.basket.listener.country, currency)
        assert lowest is not None, f"{line.title} cannot pay its licences in {currency}"
        assert line.gross.micros >= min(lowest, line.list_price.micros)
        assert line.gross.micros % UNITS[currency] == 0
        assert _is_ordered(one.kind for one in line.reductions)
        off = sum(one.amount.micros for one in line.reductions)
        assert line.gross.micros == line.list_price.micros - off
        asked, is_whole = self._asked(), self._is_whole()
        whole = self.prices.ask_of(self.release_id, "whole", currency, self.basket.now)
        if asked is not None and asked.kind == "named" and not is_whole:
            self._check_named(asked, lowest)
            return
        if (asked is not None and asked.kind == "named") or (
            is_whole and whole is not None and whole.kind == "named"
        ):
            assert not _taken(line, "tier"), "a price that was named is not lowered"
            assert not _taken(line, "promotion")
            return
        listed = self._listed(line.recipe, line.size_bytes)
        assert line.list_price.micros == listed, f"{line.title}: {line.list_price}, not {listed}"
        price = listed - _taken(line, "bundle")
        assert is_whole or price == listed
        is_fixed = (asked is not None) or (line.price_kind == "fixed")
        if price != listed and whole is not None and whole.kind == "fixed":
            is_fixed = True
        self._check_rest(price, min(lowest, listed), promotion, is_fixed=is_fixed)

    def _check_rest(self, price: int, least: int, promotion: str, *, is_fixed: bool) -> None:
        """Upgrade, tier and percentage, from what a track pays of its release on."""
        for worth in self._worths():
            price = min(price, max(price - worth, least))
        assert price == self._left("upgrade"), f"{self.line.title}: {price} with its upgrade"
        tier = max((one for one in self.list_.tiers if one[0] <= self.basket.spent), default=None)
        if tier is not None and not is_fixed:
            price = self._less(price, tier[1], least)
        assert price == self._left("tier"), f"{self.line.title}: {price} with its tier"
        code = self.prices.codes.get(promotion)
        if code is None or code.percent is None:
            return
        is_meant = self.prices.labels[self.release_id] in code.labels
        if is_meant or not (is_fixed or code.labels):
            price = self._less(price, code.percent, least)
        assert price == self.line.gross.micros, f"{self.line.title}: {price} with {promotion}"

    def _check_named(self, asked: AskedFor, lowest: int) -> None:
        """What the listener named, or what is suggested, and never below the least."""
        (item,) = [
            one
            for one in self.basket.items
            if (one.kind, one.id, one.recipe) == ("track", self.line.track_id, self.line.recipe)
        ]
        assert not _taken(self.line, "tier")
        assert not _taken(self.line, "promotion")
        if self._worths():
            return
        least = max(asked.micros, min(lowest, asked.micros))
        named = max(asked.suggested, least) if item.named is None else item.named.micros
        assert self.line.gross.micros == max(named, least)

    def _asked(self) -> AskedFor | None:
        currency = self.basket.listener.currency
        return self.prices.ask_of(self.release_id, "each", currency, self.basket.now)

    def _is_whole(self) -> bool:
        wholes = {(one.id, one.recipe) for one in self.basket.items if one.kind == "release"}
        return (self.release_id, self.line.recipe) in wholes

    def _listed(self, recipe: str, size_bytes: int) -> int:
        asked = self._asked()
        if asked is not None:
            return asked.micros
        unit = UNITS[self.basket.listener.currency]
        exact = Fraction(self.list_.rates[KINDS[recipe]] * size_bytes, 1_000_000)
        return max(_half_up(exact, unit), self.list_.floor)

    def _worths(self) -> list[int]:
        """What each file of the same track counts for, the best first; nothing for a worse one."""
        mine = sorted(
            (
                (_rank(recipe, owned.size_bytes), self._listed(recipe, owned.size_bytes), owned)
                for (track, recipe), owned in self.basket.owned.items()
                if track == self.line.track_id
            ),
            key=lambda one: one[0],
            reverse=True,
        )
        if not mine or mine[0][0] >= _rank(self.line.recipe, self.line.size_bytes):
            return []
        left, worths = mine[0][1], []
        for _, _, owned in mine:
            worths.append(min(left, owned.micros))
            left -= worths[-1]
        return worths

    def _left(self, kind: str) -> int:
        """The price after the reductions up to that kind."""
        upto = ORDER[: ORDER.index(kind) + 1]
        return self.line.list_price.micros - sum(_taken(self.line, one) for one in upto)

    def _less(self, price: int, percent: Fraction, least: int) -> int:
        unit = UNITS[self.basket.listener.currency]
        return min(price, max(_half_up(price * (100 - percent) / 100, unit), least))


def _taken(line: QuoteLineFacts, kind: str) -> int:
    return sum(one.amount.micros for one in line.reductions if one.kind == kind)


def _is_ordered(kinds: Iterable[str]) -> bool:
    places = [ORDER.index(kind) for kind in kinds]
    return places == sorted(places)


def _half_up(exact: Fraction, unit: int) -> int:
    return int(exact / unit + Fraction(1, 2)) * unit


def _rank(recipe: str, size_bytes: int) -> tuple[int, int]:
    return ("lossy", "lossless").index(KINDS[recipe]), size_bytes
