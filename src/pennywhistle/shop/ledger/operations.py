"""Writes to the books: open an account, post transfers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.rules import (
    KeyReusedError,
    LedgerError,
    TransferFacts,
    OverdrawnError,
    UnknownAccountError,
)


def open_account(*, code: str, currency: str, kind: str, is_guarded: bool = False) -> None:
    """Open the account unless it is open. Transaction: the caller's, or one of its own."""
    with transaction.atomic():
        if Account.objects.filter(code=code).exists():
            return
        account = Account(code=code, currency=currency, kind=kind, is_guarded=is_guarded)
        Account.objects.bulk_create([account], ignore_conflicts=True)


def hold_account(*, code: str) -> None:
    """Lock an account, so that what is read of it stays true. Transaction: the caller's."""
    Account.objects.select_for_update().get(code=code)


def post(*, transfers: Sequence[TransferFacts]) -> None:
    """Post `transfers`, all or none. Transaction: the caller's, and there must be one.

    Guarded accounts are locked in the order of their ids, so that two postings never wait for each
    other. A transfer whose key is posted already is skipped if it says the same.

    Raises `OverdrawnError`, `KeyReusedError`, `UnknownAccountError`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise LedgerError("transfers are posted inside a transaction; open one around them")
    for transfer in transfers:
        transfer.check()
    new = _not_yet_posted(transfers)
    if not new:
        return
    codes = {code for transfer in new for code in (transfer.debit, transfer.credit)}
    accounts = {account.code: account for account in Account.objects.filter(code__in=codes)}
    if missing := sorted(codes - accounts.keys()):
        raise UnknownAccountError(f"open these accounts first: {', '.join(missing)}")
    _lock_and_check(new, accounts)
    reversed_ids = dict(
        Transfer.objects.filter(
            key__in=[transfer.reverses_key for transfer in new if transfer.reverses_key]
        ).values_list("key", "id")
    )
    Transfer.objects.bulk_create(
        Transfer(
            key=transfer.key,
            debit_account=accounts[transfer.debit],
            credit_account=accounts[transfer.credit],
            amount_micros=transfer.amount.micros,
            reason=transfer.reason,
            document=transfer.document,
            posted_at=transfer.posted_at,
            reverses_id=reversed_ids[transfer.reverses_key] if transfer.reverses_key else None,
            digest=transfer.digest,
        )
        for transfer in new
    )


def _not_yet_posted(transfers: Sequence[TransferFacts]) -> list[TransferFacts]:
    stored = dict(
        Transfer.objects.filter(key__in=[transfer.key for transfer in transfers]).values_list(
            "key", "digest"
        )
    )
    for transfer in transfers:
        if transfer.key in stored and stored[transfer.key] != transfer.digest:
            raise KeyReusedError(f"the key {transfer.key} already names another transfer")
    return [transfer for transfer in transfers if transfer.key not in stored]


def _lock_and_check(transfers: Sequence[TransferFacts], accounts: dict[str, Account]) -> None:
    """Hold the guarded accounts of `transfers` and see that none would be overdrawn."""
    guarded = [account.pk for account in accounts.values() if account.is_guarded]
    held = Account.objects.select_for_update().filter(pk__in=guarded).order_by("pk")
    balances = {account.code: account.balance_micros for account in held}
    for transfer in transfers:
        for code in (transfer.debit, transfer.credit):
            if accounts[code].currency != transfer.amount.currency:
                raise LedgerError(
                    f"transfer {transfer.key}: {code} holds {accounts[code].currency}, "
                    f"not {transfer.amount.currency}"
                )
        if transfer.debit in balances:
            balances[transfer.debit] -= transfer.amount.micros
            if balances[transfer.debit] < 0:
                raise OverdrawnError(f"{transfer.debit} does not hold enough for {transfer.key}")
        if transfer.credit in balances:
            balances[transfer.credit] += transfer.amount.micros
