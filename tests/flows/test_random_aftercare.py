"""Sales, refunds, reports, pay-backs and disputes in any order, some of them twice: the books hold."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.adapters.gateways.interface import DisputeState
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.answer_report import ReportAnswer, answer_report
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.pay_back_top_up import (
    pay_back_top_up,
    record_refund,
    settle_pending_pay_backs,
)
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.record_dispute import record_dispute
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.ledger.queries import (
    get_available,
    get_balance,
    iterate_accounts,
    list_transfers,
)
from pennywhistle.shop.payments.going_back.models import PayBack
from pennywhistle.shop.payments.going_back.queries import list_disputes
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from pennywhistle.shop.pricing.rules import PricingError
from pennywhistle.shop.royalties.models import Accrual
from pennywhistle.shop.royalties.queries import list_owed
from pennywhistle.shop.sales.aftercare import list_reports
from pennywhistle.shop.sales.bad_files import Answer
from pennywhistle.shop.sales.models import FileReport, Refund, SaleLine
from pennywhistle.shop.sales.queries import PurchaseFacts
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import SaleError
from tests.cast import NOW, PASSWORD, Cast, assemble, euros, quote

pytestmark = pytest.mark.django_db

CARDS = ("4242 4242 4242 4242", "4000 0000 0000 7726", "4000 0000 0000 5126")
STAGES = ("inquiry", "open", "won", "lost")
RECIPES = ("mp3-128", "mp3-192", "flac")

# What a listener, an operator or a bank does: a name, and three numbers that choose what to.
actions = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("top up", "buy", "buy", "buy", "refund", "report", "report", "pay back"),
                *("settle", "dispute", "dispute", "answer", "forgive", "refund comes back"),
            )
        ),
        st.integers(0, 999),
        st.integers(0, 999),
        st.booleans(),
    ),
    min_size=4,
    max_size=24,
)


@dataclass
class World:
    """A listener with a gateway, and what they have done so far."""

    cast: Cast
    person: Person
    gateway: SandboxGateway
    now: datetime = NOW
    top_ups: list[TopUp] = field(default_factory=list)
    purchases: list[PurchaseFacts] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)

    def act(self, name: str, one: int, two: int, *, is_twice: bool) -> None:
        """Do it, or be refused by name; then again with the same words, where that is asked."""
        self.now += timedelta(hours=7 * (one % 5))
        act: Callable[[int, int], Callable[[], Any] | None] = getattr(
            self, f"_{name.replace(' ', '_')}"
        )
        done = act(one, two)
        for _ in range(1 + is_twice):
            if done is not None:
                try:
                    done()
                except (SaleError, PaymentError, PricingError):
                    self.did["refused"] += 1
                else:
                    self.did[name] += 1

    def _top_up(self, one: int, two: int) -> Callable[[], Any]:
        top_up_id = new_id(now=self.now)

        def done() -> None:
            paid = top_up_wallet(
                top_up_id=top_up_id,
                person_id=self.person.pk,
                amount=euros(f"{1 + one % 4}.00"),
                card=Card(CARDS[two % len(CARDS)]),
                gateway=self.gateway,
                now=self.now,
                terms=TopUpTerms(bonus=euros(f"0.{one % 3}3")),
            )
            if paid.pk not in [known.pk for known in self.top_ups]:
                self.top_ups.append(paid)

        return done

    def _buy(self, one: int, two: int) -> Callable[[], Any]:
        recipe, tracks = RECIPES[two % len(RECIPES)], self.cast.track_ids
        whole = BasketItem("release", self.cast.release_id, recipe)
        item = whole if one % 2 else BasketItem("track", tracks[one % len(tracks)], recipe)

        def done() -> None:
            offer = quote(self.cast, item, person=self.person, now=self.now)
            bought = buy_basket(quote_id=offer.id, person_id=self.person.pk, now=self.now)
            again = buy_basket(quote_id=offer.id, person_id=self.person.pk, now=self.now)
            assert again == bought
            self.purchases.append(bought)

        return done

    def _refund(self, one: int, two: int) -> Callable[[], Any] | None:
        if not self.purchases:
            return None
        purchase = self.purchases[one % len(self.purchases)]
        numbers = [line.number for line in purchase.lines][: 1 + two % 3] if two % 2 else None
        return lambda: refund_purchase(
            purchase_id=purchase.id,
            numbers=numbers,
            reason=RefundReason.GOODWILL,
            refunded_by=self.cast.otto.pk,
            now=self.now,
        )

    def _report(self, one: int, two: int) -> Callable[[], Any] | None:
        if not self.purchases:
            return None
        lines = self.purchases[one % len(self.purchases)].lines
        return lambda: report_bad_file(
            sale_line_id=lines[two % len(lines)].id,
            person_id=self.person.pk,
            trouble="noise",
            words="",
            now=self.now,
        )

    def _answer(self, one: int, two: int) -> Callable[[], Any] | None:
        open_ones = [
            row for row in list_reports(is_answered=False) if row.email == self.person.email
        ]
        if not open_ones:
            return None
        decision = ReportAnswer(
            Answer.NOTHING_WRONG, "", bool(two % 2), (None, True, False)[one % 3]
        )
        return lambda: answer_report(
            report_id=open_ones[0].id,
            decision=decision,
            answered_by=self.cast.otto.pk,
            outfit=get_outfit(),
            now=self.now,
        )

    def _pay_back(self, one: int, two: int) -> Callable[[], Any] | None:
        if not self.top_ups:
            return None
        top_up, pay_back_id = self.top_ups[one % len(self.top_ups)], new_id(now=self.now)
        return lambda: pay_back_top_up(
            pay_back_id=pay_back_id,
            top_up_id=top_up.pk,
            amount=euros(f"{two / 400:.2f}"),
            asked_by=None,
            gateways={self.gateway.name: self.gateway},
            now=self.now,
        )

    def _settle(self, _one: int, _two: int) -> Callable[[], Any]:
        return lambda: settle_pending_pay_backs(
            gateways={self.gateway.name: self.gateway},
            created_before=self.now + timedelta(minutes=1),
            now=self.now + timedelta(minutes=1),
        )

    def _refund_comes_back(self, _one: int, _two: int) -> Callable[[], Any] | None:
        gone = PayBack.objects.filter(top_up__person=self.person, state="succeeded").first()
        if gone is None:
            return None
        later = self.now + timedelta(minutes=1)
        refund = self.gateway.get_refund(refund_handle=str(gone.pk), now=later)
        return lambda: record_refund(refund=refund, gateway_name=self.gateway.name, now=later)

    def _dispute(self, one: int, two: int) -> Callable[[], Any] | None:
        if not self.top_ups:
            return None
        top_up = self.top_ups[one % len(self.top_ups)]
        stage = STAGES[two % len(STAGES)]
        news = DisputeState(
            reference=f"dp-{top_up.pk}",
            charge_reference=str(top_up.pk),
            charge_handle=top_up.handle,
            state=stage,
            amount=euros(f"{top_up.amount_micros / 1_000_000:.2f}"),
            fee=euros("0" if stage == "inquiry" else "20.00"),
            reason="fraudulent",
            raw={},
        )
        return lambda: record_dispute(dispute=news, gateway_name=self.gateway.name, now=self.now)

    def _forgive(self, _one: int, _two: int) -> Callable[[], Any] | None:
        rows = list_disputes(person_id=self.person.pk)
        if not rows:
            return None
        return lambda: forgive_shortage(
            dispute_id=rows[0].id, forgiven_by=self.cast.otto.pk, now=self.now
        )


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@settings(
    max_examples=20,
    # Each example adds to the books that the next one counts: shrinking one would take minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=actions)
def test_whatever_goes_wrong_in_whatever_order_the_books_hold(
    drawn: list[tuple[str, int, int, bool]], cast: Cast, tmp_path: Path
) -> None:
    name = uuid.uuid4().hex
    person = create_person(email=f"{name}@example.org", password=PASSWORD)
    world = World(cast, person, SandboxGateway(tmp_path / name))
    world.act("top up", 3, 0, is_twice=False)
    for action, one, two, is_twice in drawn:
        world.act(action, one, two, is_twice=is_twice)
        wallet = get_available(code=f"wallet/{person.pk}/EUR", currency="EUR")
        assert wallet.micros >= 0
    assert verify_books().findings == ()
    assert_every_currency_is_at_zero()
    assert_lines_went_back_once(person)
    assert_licensors_are_owed_what_stands()


def assert_every_currency_is_at_zero() -> None:
    sums: Counter[str] = Counter()
    for account in iterate_accounts():
        sums[account.currency] += get_balance(code=account.code, currency=account.currency).micros
    assert set(sums.values()) <= {0}


def assert_lines_went_back_once(person: Person) -> None:
    """Each transfer of a line that was given back is reversed, none of the others is."""
    for line in SaleLine.objects.filter(purchase__person=person):
        sold = {row.facts.key for row in list_transfers(document=line.document)}
        back = [
            row.facts.reverses_key
            for row in list_transfers(document=f"refund/{line.document.removeprefix('sale/')}")
        ]
        is_back = Refund.objects.filter(sale_line=line).exists()
        assert sorted(map(str, back)) == (sorted(sold) if is_back else [])
        assert is_back is not hasattr(line, "owneditem")
        report = FileReport.objects.filter(sale_line=line).first()
        assert report is None or report.held or is_back


def assert_licensors_are_owed_what_stands() -> None:
    """Payable is what accrued less what was taken back, and the statements say so."""
    owed: Counter[int] = Counter()
    for accrual in Accrual.objects.all():
        owed[accrual.licensor_id] += 0 if hasattr(accrual, "reversal") else accrual.amount_micros
    for licensor_id, micros in owed.items():
        account = f"royalties/{licensor_id}/EUR"
        assert get_balance(code=account, currency="EUR").micros == micros
    for row in list_owed():
        stated = [
            issued.total.micros
            for month in ("2026-11", "2026-12", "2027-01")
            for issued in issue_statement(
                licensor_name=row.licensor, period=month_period(month), now=NOW
            )
        ]
        assert sum(stated) == row.amount.micros


def test_the_search_comes_to_everything_that_can_happen(cast: Cast, tmp_path: Path) -> None:
    world = World(cast, cast.alice, SandboxGateway(tmp_path))
    for name, one, two in (
        *(("top up", 3, 0), ("top up", 3, 1), ("top up", 3, 2), ("buy", 0, 0), ("buy", 1, 1)),
        *(("report", 0, 0), ("refund", 1, 0), ("pay back", 1, 40), ("settle", 0, 0)),
        *(("pay back", 2, 40), ("refund comes back", 0, 0), ("buy", 1, 2)),
        *(("dispute", 0, 0), ("dispute", 0, 1), ("dispute", 0, 3), ("forgive", 0, 0)),
        ("answer", 0, 0),
    ):
        world.act(name, one, two, is_twice=True)
    assert world.did["refused"] <= 3
    assert set(world.did) - {"refused"} == {
        *("top up", "buy", "report", "refund", "pay back", "settle", "refund comes back"),
        *("dispute", "forgive", "answer"),
    }
    assert verify_books().findings == ()
