"""Writes to the books: open an account, post transfers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.rules import (
    KeyReusedError,
    LedgerError,
    OverdrawnError,
    TransferFacts,
    UnknownAccountError,
)


def open_account(*, code: str, currency: str, kind: str, is_guarded: bool = False) -> None:
    """Open the account unless it is open. Transaction: the caller's, or the one insert.

    Raises `LedgerError` where the code names an account of another currency, kind or guard.
    """
    asked = (currency, kind, is_guarded)
    rows = Account.objects.filter(code=code).values_list("currency", "kind", "is_guarded")
    stored = rows.first()
    if stored is None:
        account = Account(code=code, currency=currency, kind=kind, is_guarded=is_guarded)
        Account.objects.bulk_create([account], ignore_conflicts=True)
    elif stored != asked:
        raise LedgerError(f"the account {code} is open as {stored}, not as {asked}")


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
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    accounts = {account.code: account for account in Account.objects.filter(code__in=codes)}
    if missing := sorted(codes - accounts.keys()):
        raise UnknownAccountError(f"open these accounts first: {', '.join(missing)}")
    balances = _hold_guarded(accounts)
    # Looked up only now: a posting that was waited for may have been the same one.
    new = _not_yet_posted(transfers)
    _check_currencies(new, accounts)
    _check_balances(new, balances)
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
    digests = dict(
        Transfer.objects.filter(key__in=[transfer.key for transfer in transfers]).values_list(
            "key", "digest"
        )
    )
    new = []
    for transfer in transfers:
        if transfer.key not in digests:
            new.append(transfer)
        if digests.setdefault(transfer.key, transfer.digest) != transfer.digest:
            raise KeyReusedError(f"the key {transfer.key} already names another transfer")
    return new


def _hold_guarded(accounts: dict[str, Account]) -> dict[str, int]:
    """Lock the guarded ones among `accounts`; their balances by code."""
    guarded = [account.pk for account in accounts.values() if account.is_guarded]
    held = Account.objects.select_for_update().filter(pk__in=guarded).order_by("pk")
    return {account.code: account.balance_micros for account in held}


def _check_currencies(transfers: Sequence[TransferFacts], accounts: dict[str, Account]) -> None:
    for transfer in transfers:
        for code in (transfer.debit, transfer.credit):
            if accounts[code].currency != transfer.amount.currency:
                raise LedgerError(
                    f"transfer {transfer.key}: {code} holds {accounts[code].currency}, "
                    f"not {transfer.amount.currency}"
                )


def _check_balances(transfers: Sequence[TransferFacts], balances: dict[str, int]) -> None:
    """Refuse to overdraw a guarded account at any step of the way."""
    for transfer in transfers:
        if transfer.debit in balances:
            balances[transfer.debit] -= transfer.amount.micros
            if balances[transfer.debit] < 0:
                raise OverdrawnError(f"{transfer.debit} does not hold enough for {transfer.key}")
        if transfer.credit in balances:
            balances[transfer.credit] += transfer.amount.micros
