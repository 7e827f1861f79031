"""Post what the documents of this room ask for."""

from __future__ import annotations

from collections.abc import Sequence

from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.chart import new_account


def post_due(*, transfers: Sequence[TransferFacts]) -> None:
    """Post those that are not posted yet, with their accounts; what settles or reverses comes after
    what it names. Transaction: the caller's. Raises as `ledger.operations.post` does."""
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    opening = [new_account(code=code) for code in sorted(codes)]
    named = [each for each in transfers if each.settles_key or each.reverses_key]
    for batch in ([each for each in transfers if each not in named], named):
        if batch:
            post(transfers=batch, opening=opening)
