"""The worked table of a pending transfer in `docs/money.md`, by the rules of its phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from tests.guards.tables import markdown_table

_WALLET = "wallet/7/EUR"


def _steps() -> list[TransferFacts]:
    """Five euros come in, three are to go back to a card, and the gateway takes two of them."""
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    card = "clearing/sandbox/EUR"
    came = TransferFacts(
        "top-up/T", card, _WALLET, Money.parse("5", "EUR"), "top-up", "top-up/T", now
    )
    back = replace(
        came,
        key="back/B",
        debit=_WALLET,
        credit=card,
        amount=Money.parse("3", "EUR"),
        phase=Phase.PENDING,
    )
    ends = replace(
        back,
        key="back/B/posts",
        amount=Money.parse("2", "EUR"),
        phase=Phase.POSTS,
        settles_key=back.key,
    )
    ends.check_settles(back)
    return [came, back, ends]


def table_of_pending() -> str:
    """What each step leaves on the wallet, and how much of it can be spent."""
    rows = []
    balance = reserved = Money.zero("EUR")
    pending: dict[str | None, Money] = {}
    for step in _steps():
        step.check()
        if step.phase is Phase.PENDING:
            pending[step.key] = step.amount
            reserved += step.amount
        reserved -= pending.pop(step.settles_key, Money.zero("EUR"))
        if step.phase.moves:
            balance += step.amount if step.credit == _WALLET else -step.amount
        shown = [f"{amount.decimal:.2f}" for amount in (step.amount, balance, balance - reserved)]
        rows.append((f"`{step.key}`", step.phase.value, *shown))
    return markdown_table("key | phase | amount | balance | can be spent", rows)


TABLES: dict[str, Callable[[], str]] = {"pending": table_of_pending}
