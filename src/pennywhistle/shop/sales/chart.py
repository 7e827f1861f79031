"""The accounts that this room keeps in the ledger, by the first word of their codes."""

from __future__ import annotations

from pennywhistle.shop.ledger.rules import AccountTerms

ACCOUNTS = {
    "sales": AccountTerms("income", is_guarded=False),
    "vat": AccountTerms("liability", is_guarded=False),
    "rounding": AccountTerms("expense", is_guarded=False),
}
