"""Reads of wallets."""

from __future__ import annotations

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger import queries as ledger
from pennywhistle.shop.payments.rules import wallet_code

MOVEMENTS_SHOWN = 50


def get_wallet_balance(*, person_id: int, currency: str) -> Money:
    """What a person has to spend. One query."""
    return ledger.get_balance(
        code=wallet_code(person_id=person_id, currency=currency), currency=currency
    )


def find_wallet_currency(*, person_id: int) -> str | None:
    """The currency of a person's wallet, None for who has none yet: the first money that comes in
    opens it, or is on its way; what was declined opens none. Of several, which older stores let
    happen, the oldest. One query."""
    codes = ledger.list_codes_in_use(prefix=f"wallet/{person_id}/")
    return codes[0].rsplit("/", 1)[1] if codes else None


def list_wallet_movements(*, person_id: int, currency: str) -> list[ledger.Movement]:
    """The wallet's newest movements. One query."""
    code = wallet_code(person_id=person_id, currency=currency)
    return ledger.list_movements(code=code, limit=MOVEMENTS_SHOWN)


def list_other_wallets(*, person_id: int, currency: str) -> list[Money]:
    """What lies in a person's wallets of other currencies, which a late charge may have filled. One
    query; one more for each of those."""
    codes = ledger.list_codes_in_use(prefix=f"wallet/{person_id}/")
    others = [code.rsplit("/", 1)[1] for code in codes]
    found = [
        get_wallet_balance(person_id=person_id, currency=other)
        for other in others
        if other != currency
    ]
    return [balance for balance in found if balance]
