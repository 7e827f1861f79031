"""Reads of quotes and purchases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import MasterFacts as CatalogueMaster
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe, size_of
from pennywhistle.shop.licensing.queries import list_coverage
from pennywhistle.shop.licensing.rules import Coverage, Covered, TrackRef, Use
from pennywhistle.shop.sales.models import Purchase, Quote, SaleLine
from pennywhistle.shop.sales.rules import QuoteNotYoursError
from pennywhistle.shop.storefronts.rules import Prices, price_of

PURCHASES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line of a sale, with the names that a receipt prints."""

    id: int
    number: int
    document: str
    person_id: int
    track_id: int
    title: str
    artist: str
    release: str
    isrc: str
    recipe: str
    size_bytes: int
    gross: Money
    vat_percent: Decimal
    tax: Money
    recording_licence_id: int
    recording: Money
    work_licence_id: int
    work: Money
    territory: str
    purchased_at: datetime

    @property
    def left_to_store(self) -> Money:
        """What remains when tax and both rights are paid."""
        return self.gross - self.tax - self.recording - self.work


@dataclass(frozen=True, slots=True)
class QuoteLineFacts:
    """One line of an offer as the checkout shows it."""

    number: int
    track_id: int
    title: str
    artist: str
    release: str
    recipe: str
    size_bytes: int
    size_is_exact: bool
    gross: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """An offer as the checkout shows it."""

    id: UUID
    total: Money
    tax: Money
    territory: str
    expires_at: datetime
    is_consumed: bool
    lines: tuple[QuoteLineFacts, ...]


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """A purchase as a receipt shows it."""

    id: int
    quote_id: UUID
    purchased_at: datetime
    territory: str
    total: Money
    tax: Money
    lines: tuple[LineFacts, ...]


def get_quote(*, quote_id: UUID, person_id: int) -> QuoteFacts:
    """A person's own offer, or `QuoteNotYoursError`. Three queries."""
    quote = (
        Quote.objects.filter(pk=quote_id, person_id=person_id).select_related("purchase").first()
    )
    if quote is None:
        raise QuoteNotYoursError("This offer is not one of yours. Look into your basket again.")
    rows = quote.lines.select_related("track__artist", "track__release")
    lines = tuple(
        QuoteLineFacts(
            number=row.number,
            track_id=row.track_id,
            title=row.track.title,
            artist=row.track.artist.name,
            release=row.track.release.title,
            recipe=row.recipe,
            size_bytes=row.size_bytes,
            size_is_exact=row.size_is_exact,
            gross=Money(row.gross_micros, quote.currency),
            tax=Money(row.tax_micros, quote.currency),
        )
        for row in rows
    )
    return QuoteFacts(
        id=quote.pk,
        total=Money(quote.total_micros, quote.currency),
        tax=Money.total((line.tax for line in lines), quote.currency),
        territory=quote.territory,
        expires_at=quote.expires_at,
        is_consumed=hasattr(quote, "purchase"),
        lines=lines,
    )


def find_purchase(*, purchase_id: int, person_id: int) -> PurchaseFacts | None:
    """A person's own purchase, or None. Two queries."""
    row = Purchase.objects.filter(pk=purchase_id, person_id=person_id).first()
    return _purchase(row) if row else None


def find_purchase_of_quote(*, quote_id: UUID) -> PurchaseFacts | None:
    """The purchase that consumed a quote, or None. Two queries."""
    row = Purchase.objects.filter(quote_id=quote_id).first()
    return _purchase(row) if row else None


def list_purchases(*, person_id: int) -> list[PurchaseFacts]:
    """A person's newest purchases."""
    rows = Purchase.objects.filter(person_id=person_id).order_by("-id")[:PURCHASES_SHOWN]
    return [_purchase(row) for row in rows]


def iterate_lines(*, within: Period | None = None) -> Iterator[LineFacts]:
    """Every line sold, from the first on, or those sold within a period."""
    rows = SaleLine.objects.select_related("purchase", "track__artist", "track__release")
    if within is not None:
        rows = rows.filter(purchase__purchased_at__gte=within.starts_at)
        if within.ends_at is not None:
            rows = rows.filter(purchase__purchased_at__lt=within.ends_at)
    for row in rows.order_by("id").iterator(chunk_size=2_000):
        yield line_facts(row)


def line_facts(row: SaleLine) -> LineFacts:
    """A stored line as a value. Costs three queries unless its relations are loaded."""

    def money(micros: int) -> Money:
        return Money(micros, row.currency)

    return LineFacts(
        id=row.pk,
        number=row.number,
        document=row.document,
        person_id=row.purchase.person_id,
        track_id=row.track_id,
        title=row.track.title,
        artist=row.track.artist.name,
        release=row.track.release.title,
        isrc=row.track.isrc,
        recipe=row.recipe,
        size_bytes=row.size_bytes,
        gross=money(row.gross_micros),
        vat_percent=row.vat_percent,
        tax=money(row.tax_micros),
        recording_licence_id=row.recording_licence_id,
        recording=money(row.recording_micros),
        work_licence_id=row.work_licence_id,
        work=money(row.work_micros),
        territory=row.territory,
        purchased_at=row.purchase.purchased_at,
    )


def _purchase(row: Purchase) -> PurchaseFacts:
    stored = row.lines.select_related("purchase", "track__artist", "track__release")
    lines = tuple(line_facts(line) for line in stored)
    currency = lines[0].gross.currency
    return PurchaseFacts(
        id=row.pk,
        quote_id=row.quote_id,
        purchased_at=row.purchased_at,
        territory=lines[0].territory,
        total=Money.total((line.gross for line in lines), currency),
        tax=Money.total((line.tax for line in lines), currency),
        lines=lines,
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """One track in one recipe, as a shop window shows it: size, price, and whether it may be sold.

    The one place where prices for pages and for quotes come from, so that they are the same.
    """

    track_id: int
    recipe: str
    size_bytes: int
    size_is_exact: bool
    price: Money
    coverage: Coverage

    @property
    def is_for_sale(self) -> bool:
        """True where both rights are licensed for a download there and then."""
        return isinstance(self.coverage, Covered)


def list_tickets(
    *,
    tracks: Sequence[TrackFacts],
    recipe_code: str,
    prices: Prices,
    territory: str | None,
    instant: datetime,
) -> dict[int, Ticket]:
    """Tickets by track id. One query, however many tracks. Raises `UnknownRecipeError`."""
    recipe = get_recipe(code=recipe_code)
    coverage = list_coverage(
        tracks=[track_ref(track) for track in tracks],
        use=Use.DOWNLOAD,
        territory=territory,
        instant=instant,
    )
    return {track.id: _ticket(track, recipe, prices, coverage[track.id]) for track in tracks}


def price_release(tickets: Iterable[Ticket], *, currency: str) -> Money:
    """What the tracks that are for sale cost together."""
    return Money.total((ticket.price for ticket in tickets if ticket.is_for_sale), currency)


def track_ref(track: TrackFacts) -> TrackRef:
    """A track as licensing knows it."""
    return TrackRef(track.id, track.release.id, track.release.label_id)


def encoding_facts(master: CatalogueMaster) -> MasterFacts:
    """A master as encoding knows it."""
    return MasterFacts(
        frames=master.frames,
        sample_rate_hz=master.sample_rate_hz,
        bits_per_sample=master.bits_per_sample,
        channels=master.channels,
        flac_md5=master.flac_md5,
        measured_bytes=master.measured_bytes,
    )


def _ticket(track: TrackFacts, recipe: Recipe, prices: Prices, coverage: Coverage) -> Ticket:
    size = size_of(recipe=recipe, master=encoding_facts(track.master))
    price = price_of(size_bytes=size.bytes, kind=recipe.kind.value, prices=prices)
    return Ticket(track.id, recipe.code, size.bytes, size.is_exact, price, coverage)
