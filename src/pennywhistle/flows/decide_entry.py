"""Decide whose a credit of the bank account is, where its reference did not say."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pennywhistle.shop.accounts.queries import get_person
from pennywhistle.shop.payments.banking import operations
from pennywhistle.shop.payments.banking.models import BankDecision, BankEntry
from pennywhistle.shop.payments.banking.operations import Decision
from pennywhistle.shop.payments.banking.rules import BankError
from pennywhistle.shop.payments.queries import find_wallet_currency


def assign_entry(
    *,
    entry_id: int,
    email: str,
    voucher_class: str,
    note: str,
    decided_by: int | None,
    now: datetime,
) -> None:
    """Credit an entry to a listener's wallet, with the bonus of the slip that it names if it is
    theirs; once. Transaction: one of its own.

    Raises `UnknownPersonError`, `UnknownEntryError`, `DecidedError`, and `BankError` where the wallet
    is in another currency.
    """
    person = get_person(email=email)
    currency = BankEntry.objects.filter(pk=entry_id).values_list("currency", flat=True).first()
    wallet = find_wallet_currency(person_id=person.pk)
    if currency is not None and wallet not in (None, currency):
        raise BankError(f"this came in {currency}, and the wallet of {email} is in {wallet}")
    decision = Decision(
        outcome=BankDecision.Outcome.CREDITED,
        person_id=person.pk,
        voucher_class=voucher_class,
        note=note,
        decided_by=decided_by,
    )
    operations.decide(entry_id=entry_id, decision=decision, now=now)


def take_payout(
    *,
    entry_id: int,
    gateway: str,
    gateways: Collection[str],
    note: str,
    decided_by: int | None,
    now: datetime,
) -> None:
    """Say that an entry is what one of the store's `gateways` has paid out: it leaves what that
    gateway still owes. Transaction: one of its own.

    Raises `BankError` for a gateway that this store has not, `UnknownEntryError`, `DecidedError`.
    """
    if gateway not in gateways:
        known = ", ".join(gateways) or "none"
        raise BankError(f"this store has no gateway {gateway!r}; it has: {known}")
    decision = Decision(
        outcome=BankDecision.Outcome.PAYOUT, gateway=gateway, note=note, decided_by=decided_by
    )
    operations.decide(entry_id=entry_id, decision=decision, now=now)


def set_entry_aside(
    *, entry_id: int, is_returned: bool, note: str, decided_by: int | None, now: datetime
) -> None:
    """Say that an entry is for no wallet: it is sent back to whom it came from, or the store's own.

    Sending it back is the bank's to do, on the operator's order. Transaction: one of its own. Raises
    `UnknownEntryError`, `DecidedError`.
    """
    outcome = BankDecision.Outcome.RETURNED if is_returned else BankDecision.Outcome.OURS
    decision = Decision(outcome=outcome, note=note, decided_by=decided_by)
    operations.decide(entry_id=entry_id, decision=decision, now=now)
