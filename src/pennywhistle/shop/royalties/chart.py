"""The accounts that this room keeps in the ledger, by the first word of their codes."""

from __future__ import annotations

from pennywhistle.shop.ledger.rules import AccountTerms

ACCOUNTS = {
    "royalties": AccountTerms("liability", is_guarded=False),
    "reserve": AccountTerms("liability", is_guarded=False),
    "withheld": AccountTerms("liability", is_guarded=False),
    "unmatched": AccountTerms("liability", is_guarded=False),
    "advances": AccountTerms("asset", is_guarded=False),
}
