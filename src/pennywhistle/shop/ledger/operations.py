"""Writes to the books: open accounts, post transfers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.queries import transfer_facts
from pennywhistle.shop.ledger.rules import (
    KeyReusedError,
    LedgerError,
    NewAccount,
    OverdrawnError,
    Phase,
    SettledError,
    TransferFacts,
    UnknownAccountError,
    UnknownTransferError,
)
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.ledger.statements import (
    HeldAccount,
    find_digests,
    hold_accounts,
    insert_transfers,
    wait_to_open,
)


def open_account(*, code: str, currency: str, kind: str, is_guarded: bool = False) -> None:
    """Open one account unless it is open; see `open_accounts`."""
    open_accounts(accounts=[NewAccount(code, currency, kind, is_guarded)])


def open_accounts(*, accounts: Sequence[NewAccount]) -> None:
    """Open those that are not open. Transaction: the caller's, or the one insert.

    One statement where all are open; else one opens at a time, until its transaction ends. Raises `LedgerError` where a code names an account of another
    currency, kind or guard.
    """
    wanted = {account.code: account for account in accounts}
    rows = Account.objects.filter(code__in=wanted)
    stored = {row.code: row for row in rows}
    _check_terms(wanted.values(), stored)
    missing = sorted(wanted.keys() - stored.keys())
    if not missing:
        return
    wait_to_open()
    Account.objects.bulk_create(
        [
            Account(
                code=code,
                currency=wanted[code].currency,
                kind=wanted[code].kind,
                is_guarded=wanted[code].is_guarded,
            )
            for code in missing
        ],
        ignore_conflicts=True,
    )


def hold_account(*, code: str) -> None:
    """Lock an account, so that what is read of it stays true. Transaction: the caller's."""
    Account.objects.select_for_update(no_key=True).get(code=code)


def post(*, transfers: Sequence[TransferFacts], opening: Sequence[NewAccount] = ()) -> None:
    """Post `transfers`, all or none. Transaction: the caller's, and there must be one.

    Guarded accounts are locked in the order of their ids, so that two postings never wait for each
    other; then what is settled or reversed, in the order of its ids. A transfer whose key is posted
    already is skipped if it says the same. Accounts of `opening` that are not open are opened.

    Raises `OverdrawnError`, `KeyReusedError`, `SealedDayError`, `SettledError`,
    `UnknownAccountError`, `UnknownTransferError`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise LedgerError("transfers are posted inside a transaction; open one around them")
    for transfer in transfers:
        transfer.check()
    accounts = _hold_accounts(transfers, opening)
    named = _hold_named(transfers)
    # Looked up only now: a posting that was waited for may have been the same one.
    digests = _not_yet_posted(transfers)
    new = list({facts.key: facts for facts in transfers if facts.key in digests}.values())
    _check_currencies(new, accounts)
    _check_named(new, named)
    _check_balances(new, accounts, named)
    with sealed_days_told():
        insert_transfers(
            transfers=[(transfer, digests[transfer.key]) for transfer in new],
            account_id=lambda code: accounts[code].id,
            transfer_id=lambda key: named[key].pk if key else None,
        )


def _hold_accounts(
    transfers: Sequence[TransferFacts], opening: Sequence[NewAccount]
) -> dict[str, HeldAccount]:
    """The accounts that `transfers` move between, by code; the guarded ones locked."""
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    accounts = hold_accounts(codes=codes)
    wanted = [account for account in opening if account.code in codes]
    if missing := codes - accounts.keys():
        if lacking := sorted(missing - {account.code for account in wanted}):
            raise UnknownAccountError(f"open these accounts first: {', '.join(lacking)}")
        open_accounts(accounts=wanted)
        accounts = hold_accounts(codes=codes)
    _check_terms(wanted, accounts)
    return accounts


def _hold_named(transfers: Sequence[TransferFacts]) -> dict[str, Transfer]:
    """What `transfers` settle and reverse, by key, locked: each is settled or reversed once."""
    keys = {key for t in transfers for key in (t.settles_key, t.reverses_key) if key is not None}
    if not keys:
        return {}
    rows = Transfer.objects.filter(key__in=keys).order_by("pk")
    list(rows.select_for_update(no_key=True))
    # Read only now: whoever was waited for may have settled it.
    related = ("debit_account", "credit_account", "reverses", "settles")
    rows = rows.select_related(*related, "settled_by", "reversed_by")
    named = {row.key: row for row in rows}
    if missing := sorted(keys - named.keys()):
        raise UnknownTransferError(f"post these transfers first: {', '.join(missing)}")
    return named


def _not_yet_posted(transfers: Sequence[TransferFacts]) -> dict[str, str]:
    """The digests of those that are new, by key."""
    posted = find_digests(keys=[transfer.key for transfer in transfers])
    new: dict[str, str] = {}
    for transfer in transfers:
        digest = transfer.digest
        said = posted.get(transfer.key) or new.setdefault(transfer.key, digest)
        if said != digest:
            raise KeyReusedError(f"the key {transfer.key} already names another transfer")
    return new


def _check_terms(wanted: Iterable[NewAccount], stored: Mapping[str, Account | HeldAccount]) -> None:
    for account in wanted:
        if account.code not in stored:
            continue
        row = stored[account.code]
        terms = (row.currency, row.kind, row.is_guarded)
        asked = (account.currency, account.kind, account.is_guarded)
        if terms != asked:
            raise LedgerError(f"the account {account.code} is open as {terms}, not as {asked}")


def _check_currencies(transfers: Sequence[TransferFacts], accounts: dict[str, HeldAccount]) -> None:
    for transfer in transfers:
        for code in (transfer.debit, transfer.credit):
            if accounts[code].currency != transfer.amount.currency:
                raise LedgerError(
                    f"transfer {transfer.key}: {code} holds {accounts[code].currency}, "
                    f"not {transfer.amount.currency}"
                )


def _check_named(transfers: Sequence[TransferFacts], named: dict[str, Transfer]) -> None:
    """Each settles a pending transfer that nothing has settled, or mirrors one that moved."""
    ends = Counter(t.settles_key or t.reverses_key for t in transfers)
    for transfer in transfers:
        key = transfer.settles_key or transfer.reverses_key
        if key is None:
            continue
        other = named[key]
        if transfer.settles_key is not None:
            is_ended = hasattr(other, "settled_by")
            transfer.check_settles(transfer_facts(other))
        else:
            is_ended = hasattr(other, "reversed_by")
            transfer.check_reverses(transfer_facts(other))
        if is_ended or ends[key] > 1:
            raise SettledError(f"transfer {transfer.key}: {key} is settled or reversed already")


def _check_balances(
    transfers: Sequence[TransferFacts],
    accounts: dict[str, HeldAccount],
    named: dict[str, Transfer],
) -> None:
    """Refuse at any step of the way to leave less on a guarded account than is reserved there."""
    available = {
        code: account.balance_micros - account.reserved_micros
        for code, account in accounts.items()
        if account.is_guarded
    }
    for transfer in transfers:
        if transfer.debit in available:
            if transfer.settles_key is not None:
                available[transfer.debit] += named[transfer.settles_key].amount_micros
            if transfer.phase is not Phase.VOIDS:
                available[transfer.debit] -= transfer.amount.micros
            if available[transfer.debit] < 0:
                raise OverdrawnError(f"{transfer.debit} does not hold enough for {transfer.key}")
        if transfer.credit in available and transfer.phase.moves:
            available[transfer.credit] += transfer.amount.micros
