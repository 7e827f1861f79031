"""Writes of files of payments, and of what the bank tells of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.payments.banking.models import BankDecision
from pennywhistle.shop.payments.banking.operations import Decision, decide
from pennywhistle.shop.payments.banking.queries import list_entries_by_key
from pennywhistle.shop.royalties.models import (
    Payout,
    PayoutBooking,
    PayoutEnd,
    PayoutFile,
    PayoutOrder,
    PayoutReturn,
)
from pennywhistle.shop.royalties.payout_file_queries import find_file, list_unsent, payment_of
from pennywhistle.shop.royalties.payout_files import (
    FileFacts,
    NothingToSendError,
    Sender,
    Sign,
    digest_of,
)
from pennywhistle.shop.royalties.payout_queries import get_payout
from pennywhistle.shop.royalties.payout_terms import (
    CURRENCY,
    TEXT_LETTERS_MOST,
    TermsFacts,
    spell_for_banks,
)
from pennywhistle.shop.royalties.payout_terms_queries import list_terms
from pennywhistle.shop.royalties.payouts import PayoutError, PayoutFacts, payout_transfers


def make_file(
    *,
    file_id: UUID,
    version: str,
    sender: Sender,
    execute_on: date,
    text_of: Callable[[PayoutFacts], str],
    now: datetime,
) -> FileFacts:
    """Put every payout that is on its way, in no file yet, and has its licensor's terms into a new
    file, once under each id. Transaction: one of its own, in which those payouts are locked.

    `text_of` says what a payee reads; it may read, and not write. Raises `NothingToSendError`.
    """
    with transaction.atomic():
        rows = Payout.objects.select_for_update(no_key=True, of=("self",))
        list(rows.filter(end=None, currency=CURRENCY).order_by("pk"))
        if (made := find_file(file_id=file_id)) is not None:
            return made
        terms = list_terms()
        sent = list_unsent(licensor_ids=[*terms])
        if not sent:
            raise NothingToSendError(
                "no payout waits for a file: make some, or agree on terms first"
            )
        orders = [
            _order(file_id, position, payout, terms[payout.licensor_id], text_of(payout))
            for position, payout in enumerate(sent, start=1)
        ]
        payments = tuple(
            payment_of(order=order, amount=payout.amount)
            for order, payout in zip(orders, sent, strict=True)
        )
        made = FileFacts(file_id, version, sender, execute_on, now, payments)
        _store(made)
        PayoutOrder.objects.bulk_create(orders)
    return made


def _store(file: FileFacts) -> None:
    PayoutFile.objects.create(
        id=file.id,
        version=file.version,
        debtor=file.sender.debtor,
        iban=file.sender.iban,
        bic=file.sender.bic,
        payment_count=len(file.payments),
        total_micros=file.contents.total.micros,
        execute_on=file.execute_on,
        digest=digest_of(file=file.contents),
        made_at=file.made_at,
    )


def _order(
    file_id: UUID, position: int, payout: PayoutFacts, terms: TermsFacts, text: str
) -> PayoutOrder:
    return PayoutOrder(
        payout_id=payout.id,
        file_id=file_id,
        position=position,
        holder=terms.spelled_holder,
        iban=terms.iban,
        bic=terms.bic,
        text=spell_for_banks(text=text, letters_most=TEXT_LETTERS_MOST),
    )


def book_payout(*, sign: Sign, now: datetime) -> bool:
    """Keep that a payout left by an entry of the bank account, and end it as paid unless it was;
    False where that was known. Transaction: one of its own.

    Raises `PayoutError` for one that was called off, or left before by another entry.
    """
    with transaction.atomic():
        payout = _hold(sign.payout_id)
        known = PayoutBooking.objects.filter(payout_id=payout.id).first()
        if known is not None:
            if known.entry_key != sign.entry_key:
                raise PayoutError(f"payout {payout.id} left the bank twice: see to it at the bank")
            return False
        _end_as_paid(payout, now)
        PayoutBooking.objects.create(
            payout_id=payout.id, entry_key=sign.entry_key, booked_on=sign.booked_on
        )
    return True


def take_payout_back(*, sign: Sign, now: datetime) -> bool:
    """Keep that a payout came back by an entry of the bank account: it is owed again, and the entry
    is nobody else's; False where that was known. Transaction: one of its own.

    Coming back tells that it had left, so it is ended as paid first. Raises `PayoutError` for one that
    was called off or came back before, `DecidedError` where the entry was said to be another's.
    """
    with transaction.atomic():
        payout = _hold(sign.payout_id)
        either = Q(payout_id=payout.id) | Q(entry_key=sign.entry_key)
        known = PayoutReturn.objects.filter(either).first()
        if known is not None:
            if (known.payout_id, known.entry_key) != (payout.id, sign.entry_key):
                raise PayoutError(
                    f"payout {payout.id} came back by two entries, or with another payout: see to it at the bank"
                )
            return False
        _end_as_paid(payout, now)
        _decide(sign, now)
        PayoutReturn.objects.create(
            payout_id=payout.id,
            entry_key=sign.entry_key,
            booked_on=sign.booked_on,
            returned_at=now,
        )
        post(transfers=payout_transfers(payout=get_payout(payout_id=payout.id))[-1:])
    return True


def _decide(sign: Sign, now: datetime) -> None:
    """What came back is no listener's: the entry's own transfer is reversed, and the payout's is."""
    entry_id, _ = list_entries_by_key(keys=[sign.entry_key])[sign.entry_key]
    decision = Decision(
        outcome=BankDecision.Outcome.OURS, note=f"payout {sign.payout_id} came back"
    )
    decide(entry_id=entry_id, decision=decision, now=now)


def _hold(payout_id: UUID) -> PayoutFacts:
    Payout.objects.select_for_update(no_key=True).filter(pk=payout_id).first()
    return get_payout(payout_id=payout_id)


def _end_as_paid(payout: PayoutFacts, now: datetime) -> None:
    if payout.is_open:
        PayoutEnd.objects.create(payout_id=payout.id, is_paid=True, ended_at=now)
        post(transfers=payout_transfers(payout=get_payout(payout_id=payout.id)))
    elif not payout.is_paid:
        raise PayoutError(
            f"payout {payout.id} was called off, and the bank moved it all the same: see to it there"
        )
