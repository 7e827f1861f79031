"""See what became of everything that was asked for, and count the money that it must have moved.

The store's documents are believed only as far as the world bears them out: a top-up may have
succeeded where the gateway's own memory says so, a sale line says what its offer said. What they must
have moved is counted in `Expected`, by rules written down here anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from pennywhistle.adapters.gateways.sandbox_cards import dispute_state, fee_of, state_of
from pennywhistle.adapters.gateways.sandbox_memory import SandboxMemory
from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.payments.codes.models import Gift, Voucher
from pennywhistle.shop.payments.codes.rules import code_sha256
from pennywhistle.shop.payments.going_back.models import Dispute, PayBack
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.royalties.models import Payout
from pennywhistle.shop.sales.models import Purchase, Refund, SaleLine
from pennywhistle.shop.sales.queries import QuoteFacts
from tests.simulation.expected import Expected

# Per cent of the net price, from the same public tables as the store's, written down apart.
VAT = {
    "DE": Fraction(19),
    "AT": Fraction(20),
    "HU": Fraction(27),
    "FI": Fraction(51, 2),
    "US": Fraction(0),
}


@dataclass(frozen=True)
class Granted:
    """What the simulation granted: whom a licence pays, and how much of the net price."""

    licensor_id: int
    rate: Fraction


@dataclass(frozen=True)
class Charged:
    """A top-up that was asked for."""

    person_id: int
    micros: int
    bonus: int


@dataclass
class Line:
    """A sale line as it was seen; `month` is when it was sold."""

    id: int
    purchase_id: int
    person_id: int
    track: tuple[int, str]
    moves: tuple[tuple[str, str, int], ...]
    dues: Counter[int]
    month: str
    is_back: bool = False


@dataclass
class Sights:
    """What was asked for and is not at its end, and what has been seen."""

    memory: SandboxMemory
    expected: Expected
    licences: dict[int, Granted] = field(default_factory=dict)
    asked: dict[UUID, Charged] = field(default_factory=dict)  # Every top-up.
    top_ups: dict[UUID, Charged] = field(default_factory=dict)  # Whose end or fee is not known.
    credited: set[UUID] = field(default_factory=set)
    offers: dict[UUID, tuple[int, str, QuoteFacts]] = field(default_factory=dict)
    purchases: dict[int, list[Line]] = field(default_factory=dict)
    pay_backs: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    pay_back_states: dict[UUID, str] = field(default_factory=dict)
    disputes: dict[int, Any] = field(default_factory=dict)
    vouchers: dict[str, tuple[int, bool]] = field(default_factory=dict)
    gifts: dict[UUID, tuple[int, int, str]] = field(default_factory=dict)
    payouts: dict[UUID, int] = field(default_factory=dict)  # Whose licensor each is for.
    payouts_made: set[UUID] = field(default_factory=set)
    on_the_way: Counter[int] = field(default_factory=Counter)  # Of payouts, by licensor.
    owned: dict[int, set[tuple[int, str]]] = field(default_factory=dict)
    accrued: Counter[tuple[int, str]] = field(default_factory=Counter)  # By licensor and month.
    seen: Counter[str] = field(default_factory=Counter)

    def look(self, now: datetime, touched: set[int]) -> None:
        """See everything that may have changed; `touched` are purchases that may have gone back."""
        self._top_ups(now)
        self._vouchers()
        self._gifts()
        self._purchases()
        self._refunds(touched)
        self._pay_backs()
        self._disputes(now)
        self._payouts()

    def _top_ups(self, now: datetime) -> None:
        for row in TopUp.objects.filter(pk__in=[*self.top_ups]):
            asked, charge = self.top_ups[row.pk], self.memory.find_charge(str(row.pk))
            told = (row.person_id, row.amount_micros, row.bonus_micros)
            assert told == (asked.person_id, asked.micros, asked.bonus), row
            truth = state_of(charge, now)[0] if charge else "declined"
            clearing, wallet = "clearing/sandbox/EUR", _wallet(asked.person_id)
            if row.state == "succeeded" and row.pk not in self.credited:
                assert truth == "succeeded", f"top-up {row.pk} succeeded, and the gateway: {truth}"
                self.credited.add(row.pk)
                self.expected.move(clearing, wallet, asked.micros)
                self.expected.move("promotions/EUR", wallet, asked.bonus)
                self.seen["top-up"] += 1
            if row.fee_micros is not None:
                assert charge is not None
                assert row.fee_micros == fee_of(charge).micros
                self.expected.move("fees/sandbox/EUR", clearing, row.fee_micros)
                del self.top_ups[row.pk]
            elif row.state == "declined":
                assert truth in ("declined", "begun"), f"{row.pk} was declined, and is {truth}"
                del self.top_ups[row.pk]
                self.seen["top-up declined"] += 1

    def _vouchers(self) -> None:
        hashes = {code_sha256(code): code for code in self.vouchers}
        rows = Voucher.objects.filter(code_sha256__in=[*hashes], redeemed_by__isnull=False)
        for row in rows:
            micros, is_free = self.vouchers.pop(hashes[row.code_sha256])
            giver = "promotions/EUR" if is_free else "clearing/voucher/EUR"
            self.expected.move(giver, _wallet(row.redeemed_by_id or 0), micros)
            self.seen["voucher"] += 1

    def _gifts(self) -> None:
        for row in Gift.objects.filter(pk__in=[*self.gifts]):
            buyer, micros, state = self.gifts[row.pk]
            assert (row.buyer_id, row.amount_micros) == (buyer, micros)
            if state == "asked":
                self.expected.move(_wallet(buyer), "gifts/EUR", micros)
                self.gifts[row.pk] = (buyer, micros, "open")
                self.seen["gift"] += 1
            if (owner := row.redeemed_by_id or (buyer if row.taken_back_at else None)) is not None:
                self.expected.move("gifts/EUR", _wallet(owner), micros)
                del self.gifts[row.pk]
                self.seen["gift redeemed" if row.redeemed_by_id else "gift taken back"] += 1

    def _purchases(self) -> None:
        for purchase in Purchase.objects.filter(quote_id__in=[*self.offers]):
            person_id, country, offer = self.offers.pop(purchase.quote_id)
            assert purchase.person_id == person_id
            rows = list(SaleLine.objects.filter(purchase=purchase).order_by("number"))
            frozen = [
                (line.track_id, line.recipe, line.gross.micros, line.tax.micros)
                for line in offer.lines
            ]
            assert [(r.track_id, r.recipe, r.gross_micros, r.tax_micros) for r in rows] == frozen
            self.purchases[purchase.pk] = [
                self._line(row, person_id, country, f"{purchase.purchased_at:%Y-%m}")
                for row in rows
            ]
            self.seen["purchase"] += 1

    def _line(self, row: SaleLine, person_id: int, country: str, month: str) -> Line:
        net = row.gross_micros * 100 / (100 + VAT[country])
        recording, work = (
            self.licences[row.recording_licence_id],
            self.licences[row.work_licence_id],
        )
        for frozen, exact in (
            (row.tax_micros, row.gross_micros - net),
            (row.recording_micros, net * recording.rate),
            (row.work_micros, net * work.rate),
        ):
            assert abs(frozen - exact) < 1, f"{row.document}: {frozen} instead of {float(exact)}"
        dues = Counter({recording.licensor_id: row.recording_micros})
        dues[work.licensor_id] += row.work_micros
        moves = (
            (_wallet(person_id), "sales/EUR", row.gross_micros),
            ("sales/EUR", f"vat/{country}/EUR", row.tax_micros),
            ("sales/EUR", f"royalties/{recording.licensor_id}/EUR", row.recording_micros),
            ("sales/EUR", f"royalties/{work.licensor_id}/EUR", row.work_micros),
        )
        for move in moves:
            self.expected.move(*move)
        for licensor_id, micros in dues.items():
            self.accrued[(licensor_id, month)] += micros
        track = (row.track_id, row.recipe)
        assert track not in self.owned.setdefault(person_id, set()), f"{track} was sold twice"
        self.owned[person_id].add(track)
        return Line(row.pk, row.purchase_id, person_id, track, moves, dues, month)

    def _refunds(self, touched: set[int]) -> None:
        standing = {
            line.id: line
            for purchase_id in touched
            for line in self.purchases.get(purchase_id, [])
            if not line.is_back
        }
        for row in Refund.objects.filter(sale_line_id__in=[*standing]):
            line = standing[row.sale_line_id]
            line.is_back = True
            for debit, credit, micros in line.moves:
                self.expected.move(credit, debit, micros)
            for licensor_id, micros in line.dues.items():
                self.accrued[(licensor_id, f"{row.refunded_at:%Y-%m}")] -= micros
            self.owned[line.person_id].discard(line.track)
            self.seen["refund"] += 1

    def _pay_backs(self) -> None:
        for row in PayBack.objects.filter(pk__in=[*self.pay_backs]):
            top_up_id, micros = self.pay_backs[row.pk]
            assert (row.top_up_id, row.amount_micros) == (top_up_id, micros)
            asked, state = self.asked[top_up_id], self.pay_back_states.get(row.pk, "")
            wallet, both = _wallet(asked.person_id), micros + row.bonus_micros
            assert 0 <= row.bonus_micros <= asked.bonus
            if not state:
                self.expected.reserved[wallet] += both
                state = "pending"
            gone = (
                (wallet, "clearing/sandbox/EUR", micros),
                (wallet, "promotions/EUR", row.bonus_micros),
            )
            if state == "pending" and row.state != "pending":
                self.expected.reserved[wallet] -= both
                state = "declined"
                if row.state != "declined":
                    assert self.memory.find_refund(str(row.pk)) is not None
                    for move in gone:
                        self.expected.move(*move)
                    state = "succeeded"
                self.seen[f"pay-back {state}"] += 1
            if state == "succeeded" and row.state == "returned":
                for debit, credit, amount in gone:
                    self.expected.move(credit, debit, amount)
                state = "returned"
                self.seen["pay-back returned"] += 1
            self.pay_back_states[row.pk] = state
            if state in ("declined", "returned"):
                del self.pay_backs[row.pk]

    def _disputes(self, now: datetime) -> None:
        still_open = [pk for pk, row in self.disputes.items() if row.closed_at is None]
        new = Dispute.objects.filter(pk__gt=max(self.disputes, default=0))
        for row in (new | Dispute.objects.filter(pk__in=still_open)).order_by("pk"):
            charge = self.memory.find_charge(str(row.top_up_id))
            assert charge is not None
            truth = dispute_state(charge, now)
            asked = self.asked[row.top_up_id]
            assert (row.person_id, row.amount_micros) == (asked.person_id, asked.micros)
            before = self.disputes.get(row.pk)
            if row.opened_at is not None and (before is None or before.opened_at is None):
                assert truth in ("open", "won", "lost")
                self._open(row)
            if row.closed_at is not None:
                assert truth == row.stage
                self._close(row)
            self.disputes[row.pk] = row

    def _open(self, row: Dispute) -> None:
        wallet = _wallet(row.person_id)
        assert row.frozen_micros == min(row.amount_micros, self.expected.spendable(wallet))
        self.expected.move(wallet, _held(row.person_id), row.frozen_micros)
        self.expected.move("losses/EUR", "clearing/sandbox/EUR", row.amount_micros)
        self.expected.move("fees/sandbox/EUR", "clearing/sandbox/EUR", row.fee_micros)
        assert row.fee_micros == 20_000_000
        self.seen["dispute"] += 1

    def _close(self, row: Dispute) -> None:
        wallet, held = _wallet(row.person_id), _held(row.person_id)
        assert row.later_fee_micros == 0
        self.seen[f"dispute {row.stage}"] += 1
        if row.stage == "won":
            self.expected.move(held, wallet, row.frozen_micros)
            self.expected.move("clearing/sandbox/EUR", "losses/EUR", row.amount_micros)
            return
        short = row.amount_micros - row.frozen_micros
        assert row.made_good_micros == min(short, self.expected.spendable(wallet))
        assert 0 <= row.bonus_micros <= self.asked[row.top_up_id].bonus
        self.expected.move(held, "losses/EUR", row.frozen_micros)
        self.expected.move(wallet, "losses/EUR", row.made_good_micros)
        self.expected.move(wallet, "promotions/EUR", row.bonus_micros)

    def _payouts(self) -> None:
        for row in Payout.objects.filter(pk__in=[*self.payouts]).select_related("end"):
            licensor_id = self.payouts[row.pk]
            payable = f"royalties/{licensor_id}/EUR"
            if row.pk not in self.payouts_made:
                free = self.expected.balances[payable] - self.on_the_way[licensor_id]
                assert row.amount_micros == free // 10_000 * 10_000, (
                    "a payout leaves a cent or more"
                )
                self.on_the_way[licensor_id] += row.amount_micros
                self.payouts_made.add(row.pk)
            end = getattr(row, "end", None)
            if end is not None:
                if end.is_paid:
                    self.expected.move(payable, "clearing/bank/EUR", row.amount_micros)
                self.on_the_way[licensor_id] -= row.amount_micros
                del self.payouts[row.pk]
                self.seen["payout" if end.is_paid else "payout called off"] += 1

    def shortage(self, person_id: int) -> bool:
        """Whether a dispute has left that wallet short."""
        return any(
            row.person_id == person_id
            and row.stage in ("open", "lost")
            and row.forgiven_at is None
            and row.amount_micros > row.frozen_micros + row.made_good_micros
            for row in self.disputes.values()
        )

    def check_library(self, person_id: int) -> None:
        """What stands of what a person bought is theirs, and nothing else."""
        rows = OwnedItem.objects.filter(person_id=person_id).values_list("track_id", "recipe")
        assert set(rows) == self.owned.get(person_id, set()), f"the library of {person_id}"
        assert len(rows) == len(set(rows))


def _wallet(person_id: int) -> str:
    return f"wallet/{person_id}/EUR"


def _held(person_id: int) -> str:
    return f"held/{person_id}/EUR"
