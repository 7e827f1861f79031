"""Post what the documents of this room ask for, and hold a wallet that is to be opened."""

from __future__ import annotations

from collections.abc import Sequence

from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.chart import new_account
from pennywhistle.shop.payments.queries import find_wallet_currency
from pennywhistle.shop.payments.rules import OtherWalletError


def post_due(*, transfers: Sequence[TransferFacts]) -> None:
    """Post those that are not posted yet, with their accounts; what settles or reverses comes after
    what it names. Transaction: the caller's. Raises as `ledger.operations.post` does."""
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    opening = [new_account(code=code) for code in sorted(codes)]
    named = [each for each in transfers if each.settles_key or each.reverses_key]
    for batch in ([each for each in transfers if each not in named], named):
        if batch:
            post(transfers=batch, opening=opening)


def hold_wallet(*, person_id: int, currency: str) -> None:
    """Make sure that a person's wallet is in `currency`, or that they have none: whoever else opens
    one for them waits. Transaction: the caller's, before it holds any account.

    One query, and two more for who has no wallet yet. Raises `OtherWalletError`.
    """
    wallet = find_wallet_currency(person_id=person_id)
    if wallet is None:
        Person.objects.select_for_update(no_key=True).get(pk=person_id)
        wallet = find_wallet_currency(person_id=person_id)
    if wallet not in (None, currency):
        raise OtherWalletError(wallet=wallet or "", currency=currency)
