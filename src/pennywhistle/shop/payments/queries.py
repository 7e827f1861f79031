"""Reads of wallets and top-ups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger import queries as ledger
from pennywhistle.shop.payments.models import TopUp, Voucher
from pennywhistle.shop.payments.rules import UnknownTopUpError, wallet_code

MOVEMENTS_SHOWN = 50
SETTLED_AT_ONCE = 100
UNSETTLED_SHOWN = 10


def get_wallet_balance(*, person_id: int, currency: str) -> Money:
    """What a person has to spend. One query."""
    return ledger.get_balance(
        code=wallet_code(person_id=person_id, currency=currency), currency=currency
    )


def list_wallet_movements(*, person_id: int, currency: str) -> list[ledger.Movement]:
    """The wallet's newest movements. One query."""
    code = wallet_code(person_id=person_id, currency=currency)
    return ledger.list_movements(code=code, limit=MOVEMENTS_SHOWN)


def find_top_up(*, top_up_id: UUID) -> TopUp | None:
    """The top-up of that reference, or None."""
    return TopUp.objects.filter(pk=top_up_id).first()


def get_top_up(*, top_up_id: UUID) -> TopUp:
    """The top-up of that reference, or `UnknownTopUpError`."""
    top_up = find_top_up(top_up_id=top_up_id)
    if top_up is None:
        raise UnknownTopUpError(f"no top-up has the reference {top_up_id}")
    return top_up


def list_unsettled_top_ups(*, person_id: int) -> list[TopUp]:
    """A person's top-ups that are pending, or were declined lately, newest first."""
    rows = TopUp.objects.filter(person_id=person_id).exclude(state=TopUp.State.SUCCEEDED)
    return list(rows.order_by("-created_at")[:UNSETTLED_SHOWN])


def list_pending_top_ups(*, created_before: datetime) -> list[TopUp]:
    """The oldest top-ups whose end is not known yet, at most `SETTLED_AT_ONCE`."""
    rows = TopUp.objects.filter(state=TopUp.State.PENDING, created_at__lt=created_before)
    return list(rows.order_by("created_at")[:SETTLED_AT_ONCE])


def count_pending_top_ups(*, person_id: int) -> int:
    """How many of a person's top-ups are on their way."""
    return TopUp.objects.filter(person_id=person_id, state=TopUp.State.PENDING).count()


def find_voucher(*, code_sha256: str) -> Voucher | None:
    """The voucher of that fingerprint, or None."""
    return Voucher.objects.filter(code_sha256=code_sha256).first()


def iterate_credits() -> Iterator[tuple[str, int, str, Money]]:
    """`(what, person_id, gateway, amount)` of each top-up and voucher that reached a wallet.

    `what` is the top-up's id, or the voucher's fingerprint with gateway `voucher`.
    """
    for top_up in TopUp.objects.filter(state=TopUp.State.SUCCEEDED).iterator():
        amount = Money(top_up.amount_micros, top_up.currency)
        yield str(top_up.pk), top_up.person_id, top_up.gateway, amount
    for voucher in Voucher.objects.exclude(redeemed_by=None).iterator():
        person_id = voucher.redeemed_by_id or 0
        yield (
            voucher.code_sha256,
            person_id,
            "voucher",
            Money(voucher.amount_micros, voucher.currency),
        )
