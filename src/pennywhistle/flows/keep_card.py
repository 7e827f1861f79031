"""Cards that a gateway keeps for a listener: taken in the browser, charged by one click, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pennywhistle.adapters.gateways.interface import (
    CardKeeper,
    CardRefusedError,
    Gateway,
    GatewayError,
    KeptCard,
)
from pennywhistle.flows.count_cards import claim_card, give_back_card
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.shop.payments.gateways.circuits import GatewayClosedError
from pennywhistle.shop.payments.gateways.models import SavedCard
from pennywhistle.shop.payments.gateways.operations import keep_card, keep_customer, mark_forgotten
from pennywhistle.shop.payments.gateways.queries import (
    CardFacts,
    find_card,
    find_customer,
    list_cards_to_forget,
)
from pennywhistle.shop.payments.rules import PaymentError

# A card that was entered for one top-up alone is forgotten so long after it: its charge may still be
# confirmed by the listener.
FORGET_AFTER = timedelta(hours=2)


class NoSuchCardError(PaymentError):
    """A card that is not this listener's, or is forgotten."""


@dataclass(frozen=True, slots=True)
class CardCounter:
    """Where a browser hands a card over: the gateway's script, what opens it, and what it needs of
    a content security policy (hosts by directive)."""

    gateway: str
    script_url: str
    public_key: str
    hosts: Mapping[str, tuple[str, ...]]


def find_card_counter(*, gateway: Gateway) -> CardCounter | None:
    """The gateway's counter, or None where it takes no cards in the browser. No call of it."""
    if not isinstance(gateway, CardKeeper):
        return None
    return CardCounter(gateway.name, gateway.script_url, gateway.public_key, gateway.browser_hosts)


def begin_card(
    *,
    person_id: int,
    reference: UUID,
    gateway: Gateway,
    now: datetime,
    tried_from: Sequence[str] = (),
) -> str:
    """A secret with which the listener's browser hands one card over to the gateway.

    The gateway's name for the listener is made once and kept; it is told nothing of them. Cards that
    do not arrive are counted, of the person and of `tried_from` (subjects of `tries.py`).
    Transactions: one before and one insert after the gateway's call. Raises `PaymentError` and what
    the gateway raises.
    """
    keeper = _keeper(gateway)
    claim_card(person_id=person_id, tried_from=tried_from, now=now)
    with asking(gateway=gateway, now=now):
        customer = find_customer(person_id=person_id, gateway=gateway.name)
        if customer is None:
            opened = keeper.open_customer(person_ref=str(reference))
            customer = keep_customer(person_id=person_id, gateway=gateway.name, customer_ref=opened)
        return keeper.begin_card(customer_ref=customer, reference=str(reference))


def take_card(
    *,
    person_id: int,
    setup_handle: str,
    is_kept: bool,
    gateway: Gateway,
    now: datetime,
    tried_from: Sequence[str] = (),
) -> CardFacts:
    """Keep the card that a browser has handed over; sent again, the same one.

    One that is new here no longer counts among those that did not arrive. Transactions: one insert
    after the gateway's call, and one for what is counted. Raises `PaymentError` for a card that is
    another's, or that the bank has not let through.
    """
    keeper = _keeper(gateway)
    customer = find_customer(person_id=person_id, gateway=gateway.name)
    if customer is None:
        raise NoSuchCardError("Enter the card again.")
    try:
        with asking(gateway=gateway, now=now):
            card = keeper.take_card(setup_handle=setup_handle, customer_ref=customer)
    except CardRefusedError as error:
        raise PaymentError(str(error)) from error
    row, is_new = keep_card(
        card=SavedCard(
            person_id=person_id,
            gateway=gateway.name,
            card_ref=card.card_ref,
            customer_ref=card.customer_ref,
            brand=card.brand,
            last4=card.last4,
            expires_year=card.expires_year,
            expires_month=card.expires_month,
            country=card.country,
            is_kept=is_kept,
            added_at=now,
        )
    )
    if is_new:
        give_back_card(person_id=person_id, tried_from=tried_from, now=now)
    return get_card(card_id=row.pk, person_id=person_id)


def get_card(*, card_id: int, person_id: int) -> CardFacts:
    """A listener's card. One query. Raises `NoSuchCardError`."""
    card = find_card(card_id=card_id, person_id=person_id)
    if card is None:
        raise NoSuchCardError("This card is not kept any more. Choose another one.")
    return card


def means_of(*, card: CardFacts) -> KeptCard:
    """A kept card as what pays for a top-up."""
    return KeptCard(card_ref=card.card_ref, customer_ref=card.customer_ref)


def forget_card(*, card_id: int, person_id: int, gateway: Gateway, now: datetime) -> None:
    """Have the gateway forget a card, and forget it too; forgotten already, nothing happens.

    Transaction: one update, after the gateway's call.
    """
    card = find_card(card_id=card_id, person_id=person_id)
    if card is not None:
        _forget(card, gateway, now)


def forget_cards_used_once(*, gateways: Mapping[str, Gateway], now: datetime) -> int:
    """Forget the cards that were entered for one top-up alone; how many. A gateway that does not
    answer is asked again the next time."""
    cards = list_cards_to_forget(added_before=now - FORGET_AFTER, gateways=[*gateways])
    forgotten = 0
    for card in cards:
        try:
            _forget(card, gateways[card.gateway], now)
        except (GatewayError, GatewayClosedError):
            continue
        forgotten += 1
    return forgotten


def _forget(card: CardFacts, gateway: Gateway, now: datetime) -> None:
    with asking(gateway=gateway, now=now):
        _keeper(gateway).forget_card(card_ref=card.card_ref)
    mark_forgotten(card_id=card.id, now=now)


def _keeper(gateway: Gateway) -> CardKeeper:
    if not isinstance(gateway, CardKeeper):
        raise PaymentError("This way to pay keeps no cards.")
    return gateway
