"""Writes to wallets, top-ups and vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import open_account, post
from pennywhistle.shop.payments.models import PaymentEvent, TopUp, Voucher
from pennywhistle.shop.payments.rules import (
    GatewayEvent,
    VoucherRefusedError,
    check_voucher,
    code_sha256,
    credit_transfer,
    top_up_document,
    voucher_document,
    wallet_code,
)


def open_wallet(*, person_id: int, currency: str) -> str:
    """Open a person's wallet unless it is open; its account code. Transaction: the caller's."""
    code = wallet_code(person_id=person_id, currency=currency)
    open_account(code=code, currency=currency, kind="liability", is_guarded=True)
    return code


def start_top_up(
    *, top_up_id: UUID, person_id: int, amount: Money, gateway: str, now: datetime
) -> None:
    """Keep the intention to top up, before any gateway is asked. Transaction: the one insert.

    Kept already under that id: nothing changes.
    """
    TopUp.objects.get_or_create(
        id=top_up_id,
        defaults={
            "person_id": person_id,
            "amount_micros": amount.micros,
            "currency": amount.currency,
            "gateway": gateway,
            "created_at": now,
        },
    )


def abandon_top_up(*, top_up_id: UUID, reason: str, now: datetime) -> None:
    """Close a pending top-up that no gateway has charged. Transaction: the one update."""
    TopUp.objects.filter(pk=top_up_id, state=TopUp.State.PENDING).update(
        state=TopUp.State.DECLINED, decline_reason=reason, settled_at=now
    )


def record_event(*, event: GatewayEvent, now: datetime) -> None:
    """Keep what a gateway says and settle its top-up, once and in any order.

    A top-up that has succeeded stays so whatever comes later. Transaction: one of its own.
    """
    with transaction.atomic():
        top_up = TopUp.objects.select_for_update().get(pk=event.top_up_id)
        _, is_new = PaymentEvent.objects.get_or_create(
            gateway=event.gateway,
            event_id=event.event_id,
            defaults={"top_up": top_up, "raw": event.raw, "received_at": now},
        )
        if not is_new or event.state == TopUp.State.PENDING:
            return
        if top_up.state == TopUp.State.SUCCEEDED:
            return
        top_up.state = event.state
        top_up.decline_reason = event.decline_reason
        top_up.settled_at = now
        top_up.save(update_fields=["state", "decline_reason", "settled_at"])
        if event.state == TopUp.State.SUCCEEDED:
            amount = Money(top_up.amount_micros, top_up.currency)
            document = top_up_document(top_up_id=top_up.pk)
            _credit_wallet(top_up.person_id, top_up.gateway, amount, "top-up", document, now)


def store_vouchers(
    *,
    codes: Sequence[str],
    batch: str,
    amount: Money,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Keep new vouchers by the fingerprints of their codes. Transaction: one of its own."""
    with transaction.atomic():
        Voucher.objects.bulk_create(
            Voucher(
                code_sha256=code_sha256(code),
                batch=batch,
                amount_micros=amount.micros,
                currency=amount.currency,
                issued_at=now,
                expires_at=expires_at,
            )
            for code in codes
        )


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a voucher was worth; `is_first` is False where its person had redeemed it before."""

    worth: Money
    is_first: bool


def redeem(*, code: str, person_id: int, wallet_currency: str, now: datetime) -> Redeemed:
    """Move a voucher's worth into a wallet, once. Transaction: one of its own.

    Whoever redeemed it and sends it again is told what it was worth, and nothing moves. Raises
    `VoucherRefusedError`.
    """
    fingerprint = code_sha256(code)
    with transaction.atomic():
        voucher = Voucher.objects.select_for_update().filter(code_sha256=fingerprint).first()
        if voucher is None:
            raise VoucherRefusedError("This code is not one of ours. Check it against the paper.")
        amount = Money(voucher.amount_micros, voucher.currency)
        if voucher.redeemed_by_id == person_id:
            return Redeemed(amount, is_first=False)
        if voucher.redeemed_by_id is not None:
            raise VoucherRefusedError("This voucher has been used already.")
        check_voucher(
            currency=voucher.currency,
            wallet_currency=wallet_currency,
            expires_at=voucher.expires_at,
            now=now,
        )
        voucher.redeemed_by_id = person_id
        voucher.redeemed_at = now
        voucher.save(update_fields=["redeemed_by", "redeemed_at"])
        document = voucher_document(code_sha256=fingerprint)
        _credit_wallet(person_id, "voucher", amount, "voucher", document, now)
    return Redeemed(amount, is_first=True)


def _credit_wallet(
    person_id: int, gateway: str, amount: Money, reason: str, document: str, now: datetime
) -> None:
    transfer = credit_transfer(
        person_id=person_id,
        gateway=gateway,
        amount=amount,
        reason=reason,
        document=document,
        posted_at=now,
    )
    open_account(code=transfer.debit, currency=amount.currency, kind="asset")
    open_wallet(person_id=person_id, currency=amount.currency)
    post(transfers=[transfer])
