"""Writes to top-ups."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.payments.operations import hold_wallet, post_due
from pennywhistle.shop.payments.top_ups.models import PaymentEvent, TopUp
from pennywhistle.shop.payments.top_ups.queries import top_up_facts
from pennywhistle.shop.payments.top_ups.rules import GatewayEvent, TopUpTerms, top_up_transfers

# A top-up to which nothing is added.
NO_TERMS = TopUpTerms()


def start_top_up(
    *,
    top_up_id: UUID,
    person_id: int,
    amount: Money,
    gateway: str,
    now: datetime,
    terms: TopUpTerms = NO_TERMS,
) -> bool:
    """Keep the intention to top up, and its pending transfer, before any gateway is asked.

    Kept already under that id: nothing changes, and the answer is False. Transaction: one of its own. Raises
    `OtherWalletError`: who has no wallet yet opens one by it.
    """
    with transaction.atomic():
        hold_wallet(person_id=person_id, currency=amount.currency)
        top_up, is_new = TopUp.objects.get_or_create(
            id=top_up_id,
            defaults={
                "person_id": person_id,
                "amount_micros": amount.micros,
                "currency": amount.currency,
                "gateway": gateway,
                "created_at": now,
                "is_held": True,
                "bonus_micros": terms.bonus.micros if terms.bonus else 0,
                "voucher_class": terms.voucher_class,
            },
        )
        if is_new:
            _post_for(top_up)
    return is_new


def keep_handle(*, top_up_id: UUID, handle: str) -> bool:
    """Keep what the gateway calls a charge; False where the top-up has come to an end meanwhile,
    and nothing may be charged. Transaction: the one update."""
    rows = TopUp.objects.filter(pk=top_up_id, state=TopUp.State.PENDING)
    return rows.update(handle=handle) == 1


def mark_asked(*, top_up_id: UUID, now: datetime) -> None:
    """Remember that a gateway was asked, so that others come first next time. Transaction: the one
    update."""
    TopUp.objects.filter(pk=top_up_id).update(asked_at=now)


def abandon_top_up(*, top_up_id: UUID, reason: str, now: datetime) -> None:
    """Close a pending top-up that no gateway has charged. Transaction: one of its own."""
    with transaction.atomic():
        top_up = TopUp.objects.select_for_update().get(pk=top_up_id)
        if top_up.state == TopUp.State.PENDING:
            _decline(top_up, reason, now)


@sealed_days_told()
def record_event(*, event: GatewayEvent, now: datetime) -> None:
    """Keep what a gateway says and settle its top-up, once and in any order.

    A top-up that has succeeded stays so whatever comes later; one that was declined succeeds where
    the gateway says so after all. Transaction: one of its own. Raises `SealedDayError`.
    """
    with transaction.atomic():
        top_up = TopUp.objects.select_for_update().get(pk=event.top_up_id)
        _, is_new = PaymentEvent.objects.get_or_create(
            gateway=event.gateway,
            event_id=event.event_id,
            defaults={"top_up": top_up, "raw": event.raw, "received_at": now},
        )
        if is_new and top_up.state != TopUp.State.SUCCEEDED:
            _take_in(top_up, event, now)
        if top_up.state == TopUp.State.SUCCEEDED and event.fee is not None:
            _take_fee(top_up, event.fee, now)


def _take_in(top_up: TopUp, event: GatewayEvent, now: datetime) -> None:
    top_up.card_country = event.card_country or top_up.card_country
    if event.state == TopUp.State.SUCCEEDED:
        top_up.state = TopUp.State.SUCCEEDED
        top_up.decline_reason = ""
        top_up.needs_answer = False
        top_up.settled_at = now
        top_up.save()
        _post_for(top_up)
    elif top_up.state == TopUp.State.PENDING and event.state == TopUp.State.DECLINED:
        _decline(top_up, event.decline_reason, now)
    elif top_up.state == TopUp.State.PENDING:
        top_up.needs_answer = event.state == "action"
        top_up.save()


def _decline(top_up: TopUp, reason: str, now: datetime) -> None:
    top_up.state = TopUp.State.DECLINED
    top_up.decline_reason = reason
    top_up.needs_answer = False
    top_up.settled_at = now
    top_up.voided_at = now if top_up.is_held else None
    top_up.save()
    _post_for(top_up)


def _take_fee(top_up: TopUp, fee: Money, now: datetime) -> None:
    """The first fee that is told stays; another one is for the reconciliation to name."""
    if top_up.fee_micros is None:
        top_up.fee_micros, top_up.fee_posted_at = fee.micros, now
        top_up.save(update_fields=["fee_micros", "fee_posted_at"])
        _post_for(top_up)


def _post_for(top_up: TopUp) -> None:
    """Post what a top-up must have by now; what is posted already is skipped."""
    post_due(transfers=top_up_transfers(facts=top_up_facts(row=top_up)))
