"""The worked tables of `docs/money.md` on what goes back, computed by the store's own rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.going_back.rules import (
    DisputeFacts,
    DisputeStage,
    PayBackFacts,
    PayBackState,
    bonus_back,
    bonus_left,
    dispute_transfers,
    pay_back_transfers,
    payable_back,
)
from pennywhistle.shop.sales.bad_files import Held, ReportHistory, find_hindrance
from pennywhistle.shop.sales.refunds import refund_transfers
from tests.guards.tables import markdown_table

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)


def _euro(text: str) -> Money:
    return Money.parse(text, "EUR")


# The sale of the page's table of transfers: reason, from, to, amount.
_SALE = (
    ("sale", "wallet/7/EUR", "sales/EUR", "0.26"),
    ("tax", "sales/EUR", "vat/DE/EUR", "0.041513"),
    ("royalty/RECORDING", "sales/EUR", "royalties/1/EUR", "0.142017"),
    ("royalty/WORK", "sales/EUR", "royalties/2/EUR", "0.032773"),
)


def table_of_refund() -> str:
    """A sale line given back."""
    posted = [
        TransferFacts(
            key=f"sale/Q/1/{reason}",
            debit=debit,
            credit=credit,
            amount=_euro(amount),
            reason=reason.partition("/")[0],
            document="sale/Q/1",
            posted_at=NOON,
        )
        for reason, debit, credit, amount in _SALE
    ]
    rows = [
        (
            f"`{each.key}`",
            f"`{each.reverses_key}`",
            f"`{each.debit}`",
            f"`{each.credit}`",
            f"{each.amount.decimal:.6f}",
        )
        for each in refund_transfers(posted=posted, refunded_at=LATER)
    ]
    return markdown_table("key | reverses | from | to | amount", rows)


_PAY_BACK = PayBackFacts(
    id="R",
    top_up_id="T",
    person_id=7,
    gateway="stripe",
    charge_handle="",
    amount=_euro("3.00"),
    bonus=_euro("0"),
    state=PayBackState.PENDING,
    decline_reason="",
    created_at=NOON,
    settled_at=None,
    returned_at=None,
)


def table_of_pay_backs() -> str:
    """How a pay-back ends."""
    ends = {
        "went out": replace(_PAY_BACK, state=PayBackState.SUCCEEDED, settled_at=NOON),
        "declined": replace(_PAY_BACK, state=PayBackState.DECLINED, settled_at=NOON),
        "went out, and came back": replace(
            _PAY_BACK, state=PayBackState.RETURNED, settled_at=NOON, returned_at=LATER
        ),
    }
    rows = []
    for end, facts in ends.items():
        told = end
        for each in pay_back_transfers(facts=facts):
            ends_of = (f"`{each.debit}`", f"`{each.credit}`")
            rows.append((told, f"`{each.key}`", each.phase.value, *ends_of, str(each.amount)))
            told = ""
    return markdown_table("how it ends | key | phase | from | to | amount", rows)


# What happened in the wallet: by card, given by the store, and spent below zero.
_WALLETS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("10.00 by card", (("c", "10.00"),)),
    ("and a bonus of 1.00", (("c", "10.00"), ("p", "1.00"))),
    ("and 4.00 spent", (("c", "10.00"), ("p", "1.00"), ("c", "-4.00"))),
    ("and 6.50 more spent", (("c", "10.00"), ("p", "1.00"), ("c", "-4.00"), ("c", "-6.50"))),
)


def table_of_what_can_go_back() -> str:
    """What of one top-up of ten euros can go back to its card."""
    rows = []
    for told, movements in _WALLETS:
        moved = [
            ("promotions/EUR" if kind == "p" else "", _euro(amount)) for kind, amount in movements
        ]
        available = Money.total((amount for _, amount in moved), "EUR")
        bonus = bonus_left(movements=moved, currency="EUR")
        most = payable_back(
            brought=_euro("10.00"),
            gone_back=_euro("0"),
            available=available,
            bonus=bonus,
        )
        with_it = bonus_back(
            given=_euro("1.00" if len(movements) > 1 else "0"),
            brought=_euro("10.00"),
            gone_back=most,
            taken_back=_euro("0"),
            left=bonus,
        )
        rows.append((told, available, bonus, f"**{most}**", with_it))
    return markdown_table(
        "the wallet | holds | of that given by the store | can go back | with it, to the store",
        rows,
    )


_FIRST = ReportHistory(recent_count=0, recent_credited=_euro("0"), credit_count=0, bought_count=20)
_REPORTS = (
    ("a first report", _FIRST, "0.26", 1),
    ("of the only song ever bought", replace(_FIRST, bought_count=1), "0.26", 1),
    ("the fourth within thirty days", replace(_FIRST, recent_count=3), "0.26", 1),
    (
        "9.80 came back within thirty days",
        replace(_FIRST, recent_credited=_euro("9.80")),
        "0.26",
        1,
    ),
    ("four of twenty songs came back already", replace(_FIRST, credit_count=4), "0.26", 1),
    ("bought sixty days ago", _FIRST, "0.26", 60),
    ("a better file was bought for the difference", replace(_FIRST, is_upgraded=True), "0.26", 1),
    ("a dispute left the wallet short", replace(_FIRST, has_shortage=True), "0.26", 1),
    ("the operator ended it for this listener", replace(_FIRST, is_trusted=False), "0.26", 1),
)


def table_of_reports() -> str:
    """Which reports are paid back at once."""
    rows = []
    for told, history, price, days in _REPORTS:
        held: Held | None = find_hindrance(
            history=history,
            price=_euro(price),
            purchased_at=NOON - timedelta(days=days),
            now=NOON,
        )
        rows.append((told, "at once" if held is None else f"waits: `{held}`"))
    return markdown_table("the report of a file for 0.26 | the money", rows)


def table_of_disputes() -> str:
    """A top-up of 5.00 is taken back while the wallet holds 3.00; 0.50 come in until it is lost."""
    opened = DisputeFacts(
        gateway="stripe",
        reference="D",
        person_id=7,
        top_up_id="T",
        amount=_euro("5.00"),
        fee=_euro("20.00"),
        later_fee=_euro("0"),
        frozen=_euro("3.00"),
        made_good=_euro("0"),
        bonus=_euro("0"),
        stage=DisputeStage.OPEN,
        reason="fraudulent",
        opened_at=NOON,
        closed_at=None,
    )
    won = replace(opened, stage=DisputeStage.WON, closed_at=LATER)
    lost = replace(opened, stage=DisputeStage.LOST, closed_at=LATER, made_good=_euro("0.50"))
    repaid = replace(lost, repaid_at=LATER)
    overturned = replace(lost, stage=DisputeStage.WON, overturned_at=LATER)
    first, then = dispute_transfers(facts=opened), dispute_transfers(facts=lost)
    rows = []
    for told, transfers, facts in (
        ("opened", first, opened),
        ("then won", dispute_transfers(facts=won)[len(first) :], won),
        ("or lost", then[len(first) :], lost),
        ("and made good", dispute_transfers(facts=repaid)[len(then) :], repaid),
        ("or won after all", dispute_transfers(facts=overturned)[len(then) :], overturned),
    ):
        name, missing = told, str(facts.shortage)
        for each in transfers:
            ends = (f"`{each.debit}`", f"`{each.credit}`")
            rows.append((name, f"`{each.key}`", *ends, str(each.amount), missing))
            name = missing = ""
    return markdown_table("the dispute is | key | from | to | amount | missing then", rows)


TABLES: dict[str, Callable[[], str]] = {
    "refund": table_of_refund,
    "pay backs": table_of_pay_backs,
    "what can go back": table_of_what_can_go_back,
    "reports": table_of_reports,
    "disputes": table_of_disputes,
}
