"""The accounts that this room keeps in the ledger, by the first word of their codes."""

from __future__ import annotations

from pennywhistle.shop.ledger import rules as ledger
from pennywhistle.shop.ledger.rules import AccountTerms, NewAccount

ACCOUNTS = {
    "wallet": AccountTerms("liability", is_guarded=True),
    "held": AccountTerms("liability", is_guarded=True),
    "clearing": AccountTerms("asset", is_guarded=False),
    "fees": AccountTerms("expense", is_guarded=False),
    "promotions": AccountTerms("expense", is_guarded=False),
    "unclaimed": AccountTerms("liability", is_guarded=False),
    "vouchers": AccountTerms("liability", is_guarded=False),
    "gifts": AccountTerms("liability", is_guarded=False),
    "losses": AccountTerms("expense", is_guarded=False),
}


def new_account(*, code: str) -> NewAccount:
    """An account of this room as it is opened: its currency is the last word of its code."""
    return ledger.new_account(code=code, chart=ACCOUNTS)
