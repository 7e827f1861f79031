"""A store in which everything that moves money has happened once, and whose first days are sealed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction

from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS, SandboxGateway
from pennywhistle.flows.agree_on_payouts import TermsRequest, agree_on_payouts
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.give_gift import give_gift, show_gift_code
from pennywhistle.flows.import_statement import import_statement
from pennywhistle.flows.issue_paper import issue_receipt
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.order_payouts import order_payouts
from pennywhistle.flows.outfit import BankAccount
from pennywhistle.flows.pay_back_top_up import pay_back_top_up
from pennywhistle.flows.pay_out import end_payout, pay_out
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.record_dispute import record_dispute
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.payments.banking.models import (
    BankDecision,
    BankEntry,
    BankSlip,
    BankStatement,
)
from pennywhistle.shop.payments.banking.queries import iterate_bank
from pennywhistle.shop.payments.chart import new_account
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.refunds import RefundReason
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, Cast, euros, fill_wallet, quote

LATER = NOW + DELAY + DISPUTE_LASTS
DECEMBER = datetime(2026, 12, 5, 12, tzinfo=UTC)
CARDS = ("4242 4242 4242 4242", "4000 0000 0000 0077", "4000 0000 0000 0259", "4000 0000 0000 0002")


def let_everything_happen(cast: Cast, folder: Path) -> None:
    """A store in which everything that moves money has happened, and whose first days are sealed."""
    gateway = SandboxGateway(folder)
    top_ups = [
        top_up_wallet(
            top_up_id=new_id(now=NOW),
            person_id=cast.alice.pk,
            amount=euros("10.00"),
            card=Card(number),
            gateway=gateway,
            now=NOW,
        )
        for number in CARDS
    ]
    fill_wallet(cast.bob, "5.00")
    issue_vouchers(codes=["waiting"], batch="waiting", amount=euros("3.00"), now=NOW)
    offers = [
        quote(cast, person=cast.bob),
        quote(cast, BasketItem("track", cast.track_ids[0], "flac")),
    ]
    buy_basket(quote_id=offers[0].id, person_id=cast.bob.pk, now=NOW)
    buy_basket(quote_id=offers[1].id, person_id=cast.alice.pk, now=NOW)
    for purchase in Purchase.objects.all():
        issue_receipt(purchase_id=purchase.pk, now=NOW)
    pay_back_top_up(
        pay_back_id=new_id(now=NOW),
        top_up_id=top_ups[0].pk,
        amount=euros("1.00"),
        asked_by=cast.otto.pk,
        gateways={gateway.name: gateway},
        now=NOW,
    )
    disputed = gateway.get_dispute(dispute_handle=f"dispute-{top_ups[2].handle}", now=LATER)
    record_dispute(dispute=disputed, gateway_name=gateway.name, now=LATER)
    gift = give_gift(
        gift_id=uuid.uuid4(),
        buyer_id=cast.alice.pk,
        amount=euros("2.00"),
        greeting="",
        secret="s",
        now=NOW,
    )
    code = show_gift_code(gift=gift, secret="s")
    redeem_voucher(code=code, person_id=cast.bob.pk, domain="testserver", now=NOW)
    _give_back(cast)
    _hear_the_bank(cast)
    _state_and_pay_out()
    while seal_books(now=DECEMBER + timedelta(days=3)):
        pass


def _give_back(cast: Cast) -> None:
    purchase = Purchase.objects.get(person=cast.bob)
    refund_purchase(
        purchase_id=purchase.pk,
        numbers=[1],
        reason=RefundReason.GOODWILL,
        refunded_by=cast.otto.pk,
        now=NOW + timedelta(days=1),
    )


def _hear_the_bank(cast: Cast) -> None:
    """A slip, and a statement with one credit that is nobody's."""
    BankSlip.objects.create(
        id=uuid.uuid4(),
        person=cast.alice,
        amount_micros=1,
        currency="EUR",
        reference="r",
        voucher_class="multi-purpose",
        created_at=NOW,
    )
    statement = BankStatement.objects.create(
        fingerprint="f",
        iban="i",
        currency="EUR",
        reference="s",
        opening_micros=0,
        closing_micros=5,
        closing_on=NOW.date(),
        entry_count=1,
        new_count=1,
        new_micros=5,
        file_sha256="h",
        imported_at=NOW,
    )
    entry = BankEntry.objects.create(
        key="k" * 64,
        statement=statement,
        is_credit=True,
        is_reversal=False,
        amount_micros=5,
        currency="EUR",
        booked_on=NOW.date(),
    )
    BankDecision.objects.create(entry=entry, outcome="ours", decided_at=NOW)
    asked = list(iterate_bank())
    codes = {code for transfer in asked for code in (transfer.debit, transfer.credit)}
    with transaction.atomic():
        for transfer in asked:  # One by one: each may settle the one before.
            post(transfers=[transfer], opening=[new_account(code=code) for code in sorted(codes)])


def _state_and_pay_out() -> None:
    november = month_period("2026-11")
    for licensor in ("Meridian Society", "Lantern Records"):
        issue_statement(licensor_name=licensor, period=november, now=DECEMBER)
        made = pay_out(payout_id=uuid.uuid4(), licensor_name=licensor, currency="EUR", now=DECEMBER)
    end_payout(payout_id=uuid.UUID(str(made.id)), is_paid=True, now=DECEMBER)
    agree_on_payouts(
        request=TermsRequest(
            "Meridian Society", "Meridian", "AT483200000012345864", "RLNWATWW", "0", "monthly"
        ),
        agreed_by=None,
        now=DECEMBER,
    )
    ordered = order_payouts(
        file_id=uuid.uuid4(),
        account=BankAccount(IBAN, "COBADEFFXXX", "Otto Operator"),
        version="09",
        execute_on=DECEMBER.date(),
        now=DECEMBER,
    )
    (payment,) = ordered.file.payments
    amount = f"{payment.amount.decimal:.2f}"
    lines = [Line(f"{sign}{amount}", end_to_end=payment.reference) for sign in ("-", "")]
    import_statement(data=camt(lines), iban=IBAN, now=DECEMBER)
