"""Top a wallet up by card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from pennywhistle.adapters.gateways.interface import (
    AsksHere,
    Card,
    CardRefusedError,
    ChargeState,
    Gateway,
    GatewayError,
    GatewayRefusedError,
    GatewayShutError,
    GatewayUnreachableError,
    KeptCard,
    Means,
)
from pennywhistle.flows.count_cards import claim_card, counting_cards
from pennywhistle.flows.record_payment_event import NOT_CHARGED, record_charge
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.gateways.circuits import GatewayClosedError
from pennywhistle.shop.payments.going_back.queries import find_shut_wallet
from pennywhistle.shop.payments.going_back.rules import TopUpBeyondShortageError
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups import operations, queries
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import (
    TopUpLimits,
    TopUpTerms,
    UnknownTopUpError,
    check_top_up,
    limits_of,
)

# Doors take the card and the gateway's silence from here, since they import no adapter.
__all__ = [
    "Card",
    "Gateway",
    "GatewayError",
    "GatewayUnreachableError",
    "KeptCard",
    "Means",
    "answer_bank",
    "ask_about_top_up",
    "top_up_wallet",
]


def top_up_wallet(
    *,
    top_up_id: UUID,
    person_id: int,
    amount: Money,
    card: Means,
    gateway: Gateway,
    now: datetime,
    terms: TopUpTerms = operations.NO_TERMS,
    limits: TopUpLimits | None = None,
    tried_from: Sequence[str] = (),
) -> TopUp:
    """Charge a card once for `top_up_id`, and credit the wallet when the gateway says so.

    The intention is kept before the gateway is asked, and the gateway's name for the charge before
    it takes any money, so that a charge whose answer was lost is found again. Running it again with
    the same id charges nothing again. `limits` are those usual for the currency, unless told. Cards
    that are declined are counted of the person and of `tried_from` (subjects of `tries.py`).
    Transactions: before, between and after the gateway's calls, none across one; the first keeps the
    intention together with its try. Raises
    `PaymentError` for an amount or a card that cannot be charged, a wallet that takes no such amount
    and a gateway that is out of order, and `GatewayUnreachableError` where the end is not known.
    """
    top_up = queries.find_top_up(top_up_id=top_up_id)
    if top_up is not None:
        return _go_on(top_up, person_id, amount, card, gateway, now)
    check_amount(
        person_id=person_id,
        amount=amount,
        limits=limits,
        pending=queries.count_pending_top_ups(person_id=person_id),
        now=now,
    )
    with transaction.atomic():
        is_new = operations.start_top_up(
            top_up_id=top_up_id,
            person_id=person_id,
            amount=amount,
            gateway=gateway.name,
            now=now,
            terms=terms,
        )
        # One top-up is one try, however often it is sent.
        claim = claim_card(person_id=person_id, tried_from=tried_from, now=now) if is_new else None
    with counting_cards(claim=claim) as tried:
        top_up = queries.get_top_up(top_up_id=top_up_id)
        try:
            return _go_on(top_up, person_id, amount, card, gateway, now)
        finally:
            end = queries.get_top_up(top_up_id=top_up_id).state
            if end != TopUp.State.PENDING:
                tried.is_good = end != TopUp.State.DECLINED


def check_amount(
    *, person_id: int, amount: Money, limits: TopUpLimits | None, pending: int, now: datetime
) -> None:
    """Raise `PaymentError` for a top-up that is too small, too large, one too many, or with those
    that are on their way more than a shut wallet takes. `pending` is how many count against the
    limits."""
    within = limits or limits_of(currency=amount.currency)
    today = queries.count_top_ups_since(person_id=person_id, since=now - timedelta(days=1))
    shut = find_shut_wallet(person_id=person_id, currency=amount.currency, least=within.least)
    if shut is not None:
        coming = queries.get_pending_total(person_id=person_id, currency=amount.currency)
        most = shut.most - coming
        if amount > most:
            most = most if most >= within.least else Money.zero(amount.currency)
            raise TopUpBeyondShortageError(missing=shut.missing, most=most)
    check_top_up(amount=amount, pending=pending, today=today, limits=within)


def _go_on(
    top_up: TopUp, person_id: int, amount: Money, card: Means, gateway: Gateway, now: datetime
) -> TopUp:
    """Charge a top-up that is kept, and has not come to an end."""
    _check_same(top_up, person_id, amount, gateway)
    if top_up.state == TopUp.State.PENDING:
        _charge(top_up, card, gateway, now)
    return queries.get_top_up(top_up_id=top_up.pk)


def _check_same(top_up: TopUp, person_id: int, amount: Money, gateway: Gateway) -> None:
    """A form that is sent again says what it said before."""
    was = (top_up.person_id, top_up.amount_micros, top_up.currency)
    if was != (person_id, amount.micros, amount.currency):
        raise PaymentError("This form was sent before with another amount. Load the page again.")
    if top_up.gateway != gateway.name:
        raise PaymentError(
            "This form was sent before with another way to pay. Load the page again."
        )


def _charge(top_up: TopUp, card: Means, gateway: Gateway, now: datetime) -> None:
    """Begin the charge, keep its handle, and take the money."""
    reference, amount = str(top_up.pk), Money(top_up.amount_micros, top_up.currency)
    try:
        with asking(gateway=gateway, now=now):
            handle = top_up.handle or gateway.begin(
                reference=reference, amount=amount, means=card, now=now
            )
    except (CardRefusedError, GatewayRefusedError, GatewayClosedError, GatewayShutError) as error:
        # Nothing was begun, so nothing can be taken.
        said = str(error) if isinstance(error, CardRefusedError) else NOT_CHARGED
        operations.abandon_top_up(top_up_id=top_up.pk, reason=said, now=now)
        raise _in_the_shops_words(error) from error
    if not operations.keep_handle(top_up_id=top_up.pk, handle=handle):
        return  # It took too long, and was closed meanwhile.
    try:
        with asking(gateway=gateway, now=now):
            charge = gateway.charge(handle=handle, now=now)
    except (GatewayRefusedError, GatewayClosedError, GatewayShutError) as error:
        raise GatewayUnreachableError(str(error)) from error
    record_charge(charge=charge, gateway_name=gateway.name, now=now)


def _in_the_shops_words(error: Exception) -> PaymentError:
    if isinstance(error, GatewayClosedError):
        return error
    if isinstance(error, CardRefusedError):
        return PaymentError(str(error))
    if isinstance(error, GatewayShutError):
        return GatewayClosedError(
            "This way to pay is out of order at the moment. Choose another one, or come back soon."
        )
    return PaymentError("The card service did not take this. Choose another way to pay.")


def ask_about_top_up(
    *, top_up_id: UUID, person_id: int, gateway: Gateway, now: datetime
) -> ChargeState | None:
    """Ask how a person's charge stands and settle what has come to an end; None where it was never
    begun. Raises `UnknownTopUpError` for another's, and what a gateway raises."""
    handle = _handle_of(top_up_id, person_id, gateway)
    if not handle:
        return None
    with asking(gateway=gateway, now=now):
        charge = gateway.find_charge(handle=handle, now=now)
    if charge is not None:
        record_charge(charge=charge, gateway_name=gateway.name, now=now)
    return charge


def answer_bank(
    *, top_up_id: UUID, person_id: int, is_accepted: bool, gateway: Gateway, now: datetime
) -> None:
    """Answer for the bank, where the gateway asks on the shop's own page; the first answer stays.

    Raises `UnknownTopUpError` for another's top-up, `PaymentError` where the gateway asks elsewhere.
    """
    handle = _handle_of(top_up_id, person_id, gateway)
    if not isinstance(gateway, AsksHere):
        raise PaymentError("The bank asks you itself. Load the page again.")
    with asking(gateway=gateway, now=now):
        gateway.answer(handle=handle, is_accepted=is_accepted, now=now)


def _handle_of(top_up_id: UUID, person_id: int, gateway: Gateway) -> str:
    top_up = queries.get_top_up(top_up_id=top_up_id)
    if top_up.person_id != person_id or top_up.gateway != gateway.name:
        raise UnknownTopUpError(f"no top-up of yours has the reference {top_up_id}")
    return top_up.handle
