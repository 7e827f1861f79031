"""The worked table of payouts in `docs/money.md`, computed by the store's own rule."""

from __future__ import annotations

from collections.abc import Callable

from pennywhistle.kit.money import Money
from pennywhistle.shop.royalties.payouts import payable_now
from tests.guards.tables import markdown_table

# (month, what came to the licensor in that month)
_MONTHS = (("October", "1.234567"), ("November", "0.009999"), ("December", "2.000001"))


def table_of_payouts() -> str:
    """Three months of one licensor, paid out at the end of each."""
    rows = []
    owed = Money.zero("EUR")
    for month, came in _MONTHS:
        accrued = Money.parse(came, "EUR")
        owed += accrued
        paid = payable_now(balance=owed, on_the_way=Money.zero("EUR"))
        carried = owed - paid
        exact = [f"{amount.decimal:.6f}" for amount in (accrued, owed, carried)]
        rows.append((month, exact[0], exact[1], str(paid), exact[2]))
        owed = carried
    return markdown_table("month | accrued | owed | paid | carried", rows)


TABLES: dict[str, Callable[[], str]] = {"payouts": table_of_payouts}
