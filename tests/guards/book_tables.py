"""The chart of accounts in `docs/money.md`, from what the rooms say of their accounts."""

from __future__ import annotations

from collections.abc import Callable

from pennywhistle.shop.payments import chart as payments
from pennywhistle.shop.royalties import chart as royalties
from pennywhistle.shop.sales import chart as sales
from tests.guards.tables import markdown_table

# What stands between the name and the currency of its codes, and what such an account holds.
_HOLDS = {
    "clearing": ("GATEWAY/", "what a way to pay has taken for the store"),
    "wallet": ("PERSON/", "what a listener has left; the database refuses less than nothing"),
    "held": ("PERSON/", "what a dispute has frozen of a wallet"),
    "fees": ("GATEWAY/", "what a way to pay has kept for itself"),
    "promotions": ("", "bonuses, and vouchers that were given away"),
    "vouchers": ("", "vouchers that a till has sold and nobody redeemed"),
    "gifts": ("", "gifts that were bought and not redeemed"),
    "unclaimed": ("", "what came to the bank account and is nobody's yet"),
    "losses": ("", "charged back, and in no wallet any more"),
    "sales": ("", "receipts; what stays here is the store's own"),
    "vat": ("COUNTRY/", "tax owed to a country"),
    "rounding": ("", "what was paid to tax offices in whole cents, less what the books owed"),
    "royalties": ("LICENSOR/", "what a licensor is owed"),
    "reserve": ("LICENSOR/", "of that, what is kept back against refunds for a while"),
    "withheld": ("COUNTRY/", "tax kept back from payouts, and owed to a country"),
    "unmatched": ("", "shares whose licensor cannot be found, or will not take them"),
    "advances": ("LICENSOR/", "what a licensor was paid before it was earned"),
}


def accounts() -> str:
    """Every kind of account that a room declares, and what it holds."""
    chart = payments.ACCOUNTS | sales.ACCOUNTS | royalties.ACCOUNTS
    rows = [
        (f"`{name}/{_HOLDS[name][0]}CURRENCY`", _HOLDS[name][1], terms.kind)
        for name, terms in chart.items()
    ]
    return markdown_table("account | holds | kind", rows)


TABLES: dict[str, Callable[[], str]] = {"accounts": accounts}
