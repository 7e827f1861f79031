"""The worked tables of "Ways to pay" in `docs/money.md`, made by the store's own rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.top_ups.rules import TopUpFacts, top_up_transfers
from tests.guards.tables import markdown_table

_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_STARTED = TopUpFacts(
    id="ID",
    person_id=7,
    gateway="stripe",
    amount=Money.parse("10.00", "EUR"),
    has_succeeded=False,
    created_at=_NOON,
    settled_at=None,
    is_held=True,
    voided_at=None,
    bonus=Money.parse("0.20", "EUR"),
    fee=None,
    fee_posted_at=None,
)
_ARRIVED = replace(
    _STARTED,
    has_succeeded=True,
    settled_at=_NOON,
    fee=Money.parse("0.40", "EUR"),
    fee_posted_at=_NOON,
)
_DECLINED = replace(_STARTED, settled_at=_NOON, voided_at=_NOON)
_LATE = replace(_ARRIVED, voided_at=_NOON)


def table_of_a_top_up() -> str:
    """10.00 by Stripe with a bonus of 2%: what it leaves in the books, by how it ends."""
    rows: list[tuple[str, ...]] = []
    for name, facts in (
        ("on its way", _STARTED),
        ("arrived", _ARRIVED),
        ("declined", _DECLINED),
        ("declined, then taken after all", _LATE),
    ):
        wallet = 0
        for transfer in top_up_transfers(facts=facts):
            if transfer.phase.moves and transfer.credit.startswith("wallet/"):
                wallet += transfer.amount.micros
            line = (f"`{transfer.key}`", transfer.phase.value, str(transfer.amount))
            ends = (f"`{transfer.debit}`", f"`{transfer.credit}`")
            said = "" if rows and name in {row[0] for row in rows} else name
            rows.append((said, *line, *ends, str(Money(wallet, "EUR"))))
    return markdown_table("how it ends | key | phase | amount | leaves | for | wallet", rows)


TABLES: dict[str, Callable[[], str]] = {"top up": table_of_a_top_up}
