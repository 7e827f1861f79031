"""See what was sold and given back, and count whom each penny of it belongs to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.sales.models import Purchase, Refund, SaleLine
from pennywhistle.shop.sales.queries import QuoteFacts
from tests.simulation.expected import Expected, Move
from tests.simulation.listeners import UNITS, VAT, Listener
from tests.simulation.prices import Basket, Owned, Prices

# What may come back at once on a listener's word (`docs/money.md`, written down apart).
AT_ONCE_WITHIN = timedelta(days=60)
COUNTED_WITHIN = timedelta(days=30)
# Offers that expired so long ago are looked at no longer: the store has swept them too.
FORGOTTEN_AFTER = timedelta(days=2)
CREDITS_MOST, CREDITED_MOST_MINOR_UNITS, BOUGHT_FOR_EACH = 3, 1_000, 5


@dataclass(frozen=True)
class Granted:
    """What the simulation granted: whom a licence pays, and how much of the net price, at the least
    `floor` micros; and until when."""

    licensor_id: int
    rate: Fraction
    floor: int = 0

    def due(self, net: Fraction) -> Fraction:
        """Exactly what it is owed of a line."""
        return max(net * self.rate, Fraction(self.floor))


@dataclass
class Line:
    """A sale line as it was seen; `month` is when it was sold."""

    id: int
    purchase_id: int
    listener: Listener
    track: tuple[int, str]
    owned: Owned
    moves: tuple[Move, ...]
    dues: Counter[int]
    sold_at: datetime
    is_back: bool = False


@dataclass
class SeenSales:
    """Offers that stand, what was bought of them, and what stands of that."""

    expected: Expected
    prices: Prices
    licences: dict[int, Granted] = field(default_factory=dict)
    ended: dict[int, datetime] = field(default_factory=dict)  # Licences, and from when on.
    sold_under: dict[int, datetime] = field(default_factory=dict)  # When last, by licence.
    offers: dict[UUID, tuple[Listener, QuoteFacts]] = field(default_factory=dict)
    purchases: dict[int, list[Line]] = field(default_factory=dict)
    owned: dict[int, dict[tuple[int, str], Owned]] = field(default_factory=dict)
    spent: Counter[int] = field(default_factory=Counter)
    accrued: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    uses: Counter[tuple[str, int]] = field(default_factory=Counter)
    credits: dict[int, list[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def offer(self, offer: QuoteFacts, basket: Basket) -> None:
        """Hold an offer against what it must cost, the first time it is seen."""
        if offer.id not in self.offers and not offer.is_consumed:
            self.prices.check_offer(offer, basket)
            self.offers[offer.id] = (basket.listener, offer)

    def look(self, now: datetime, touched: Collection[int]) -> None:
        """See everything that may have changed; `touched` are purchases that may have gone back."""
        for quote_id in [
            pk for pk, (_, offer) in self.offers.items() if offer.expires_at < now - FORGOTTEN_AFTER
        ]:
            del self.offers[quote_id]
        for purchase in Purchase.objects.filter(quote_id__in=[*self.offers]):
            self._purchase(purchase)
        self._refunds(touched)

    def _purchase(self, purchase: Purchase) -> None:
        listener, offer = self.offers.pop(purchase.quote_id)
        assert purchase.person_id == listener.id
        assert purchase.purchased_at < offer.expires_at, "an offer was taken that had expired"
        rows = list(SaleLine.objects.filter(purchase=purchase).order_by("number"))
        frozen = [
            (line.track_id, line.recipe, line.gross.micros, line.tax.micros) for line in offer.lines
        ]
        assert [(r.track_id, r.recipe, r.gross_micros, r.tax_micros) for r in rows] == frozen
        self.purchases[purchase.pk] = [
            self._line(row, listener, purchase.purchased_at) for row in rows
        ]
        self.expected.seen["purchase"] += 1
        if offer.promotion_code:
            self._use(offer.promotion_code, listener.id)

    def _use(self, code: str, person_id: int) -> None:
        self.uses[(code, person_id)] += 1
        terms = self.prices.codes[code]
        assert self.uses[(code, person_id)] <= terms.uses_per_person_most, f"{code} too often"
        used = sum(count for (other, _), count in self.uses.items() if other == code)
        assert used <= terms.uses_most, f"{code} was used {used} times"
        self.expected.seen["promotion used"] += 1

    def _line(self, row: SaleLine, listener: Listener, at: datetime) -> Line:
        country, currency = listener.country, listener.currency
        net = row.gross_micros * 100 / (100 + VAT[country])
        recording = self.licences[row.recording_licence_id]
        work = self.licences[row.work_licence_id]
        for licence_id in (row.recording_licence_id, row.work_licence_id):
            assert at < self.ended.get(licence_id, at + AT_ONCE_WITHIN), "sold without a licence"
            self.sold_under[licence_id] = max(at, self.newest_under(licence_id))
        for frozen, exact in (
            (row.tax_micros, row.gross_micros - net),
            (row.recording_micros, recording.due(net)),
            (row.work_micros, work.due(net)),
        ):
            assert abs(frozen - exact) < 1, f"{row.document}: {frozen} instead of {float(exact)}"
        dues = Counter({recording.licensor_id: row.recording_micros})
        dues[work.licensor_id] += row.work_micros
        sales = f"sales/{currency}"
        moves = (
            (listener.wallet, sales, row.gross_micros),
            (sales, f"vat/{country}/{currency}", row.tax_micros),
            (sales, f"royalties/{recording.licensor_id}/{currency}", row.recording_micros),
            (sales, f"royalties/{work.licensor_id}/{currency}", row.work_micros),
        )
        for move in moves:
            self.expected.move(*move)
        for licensor_id, micros in dues.items():
            self.accrued[(licensor_id, f"{at:%Y-%m}", currency)] += micros
        self.spent[listener.id] += row.gross_micros
        track, mine = (row.track_id, row.recipe), self.owned.setdefault(listener.id, {})
        assert track not in mine, f"{track} was sold twice"
        mine[track] = Owned(row.document, row.gross_micros, row.size_bytes)
        return Line(row.pk, row.purchase_id, listener, track, mine[track], moves, dues, at)

    def newest_under(self, licence_id: int) -> datetime:
        """When something was last sold under a licence; long ago where nothing was."""
        return self.sold_under.get(licence_id, datetime(2026, 1, 1, tzinfo=UTC))

    def _refunds(self, touched: Collection[int]) -> None:
        standing = {
            line.id: line
            for purchase_id in touched
            for line in self.purchases.get(purchase_id, [])
            if not line.is_back
        }
        for row in Refund.objects.filter(sale_line_id__in=[*standing]).order_by("pk"):
            line = standing[row.sale_line_id]
            if row.refunded_by_id is None:
                self._credited(line, row.refunded_at)
            line.is_back = True
            for debit, credit, micros in line.moves:
                self.expected.move(credit, debit, micros)
            month = f"{row.refunded_at:%Y-%m}"
            for licensor_id, micros in line.dues.items():
                self.accrued[(licensor_id, month, line.listener.currency)] -= micros
            self.spent[line.listener.id] -= line.owned.micros
            del self.owned[line.listener.id][line.track]
            self.expected.seen["refund"] += 1

    def _credited(self, line: Line, at: datetime) -> None:
        """Given back on a listener's word alone: within the limits against abuse."""
        listener, before = line.listener, self.credits[line.listener.id]
        recent = [micros for then, micros in before if then > at - COUNTED_WITHIN]
        bought = sum(one.listener == listener for lines in self.purchases.values() for one in lines)
        most = CREDITED_MOST_MINOR_UNITS * UNITS[listener.currency]
        assert at < line.sold_at + AT_ONCE_WITHIN, "credited too late"
        assert len(recent) < CREDITS_MOST, "credited too often"
        assert sum(recent) + line.owned.micros <= most, "credited too much"
        assert len(before) < max(1, bought // BOUGHT_FOR_EACH), "credited too large a share"
        before.append((at, line.owned.micros))
        self.expected.seen["credited at once"] += 1

    def check_library(self, person_id: int) -> None:
        """What stands of what a person bought is theirs, and nothing else."""
        rows = OwnedItem.objects.filter(person_id=person_id).values_list("track_id", "recipe")
        assert set(rows) == set(self.owned.get(person_id, {})), f"the library of {person_id}"
        assert len(rows) == len(set(rows))
