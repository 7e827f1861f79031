"""What gateways tell us without being asked: kept as it came, then processed once, and again on
demand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pennywhistle.adapters.gateways.interface import (
    BadSignatureError,
    Gateway,
    GatewayError,
    GatewayNotice,
    NoticeKind,
    SpeaksHere,
    UnreadableMessageError,
)
from pennywhistle.flows.pay_back_top_up import record_refund
from pennywhistle.flows.record_dispute import record_dispute
from pennywhistle.flows.record_payment_event import record_charge
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.shop.payments.gateways.messages import (
    EVENT_TYPE_LENGTH,
    MESSAGE_BYTES_MOST,
    NewMessage,
)
from pennywhistle.shop.payments.gateways.operations import (
    EMPTIED_AT_ONCE,
    claim_message,
    empty_messages,
    fail_message,
    finish_message,
    keep_message,
    replay_messages,
)
from pennywhistle.shop.payments.gateways.queries import MessageFacts, list_due_messages
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.queries import find_top_up_by_handle

# Doors take them from here, since they import no adapter.
__all__ = [
    "BadSignatureError",
    "UnknownGatewayError",
    "UnreadableMessageError",
    "process_messages",
    "receive_message",
    "replay",
]

# Rounds in which one sweep empties old messages.
FORGET_ROUNDS_MOST = 100

log = logging.getLogger(__name__)


class UnknownGatewayError(Exception):
    """A message for a gateway that this store does not have."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How many messages were processed, and what went wrong with others."""

    done: int
    troubles: tuple[str, ...]


def receive_message(
    *,
    gateway_name: str,
    gateways: Mapping[str, Gateway],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> bool:
    """Keep a message whose signature fits, as it came; False where it came before.

    Nothing else is done with it here: the worker does that, so that the gateway has its answer at
    once. Transaction: the one insert. Raises `UnknownGatewayError`, `BadSignatureError`,
    `UnreadableMessageError`; then nothing is kept.
    """
    gateway = gateways.get(gateway_name)
    if gateway is None:
        raise UnknownGatewayError(f"this store has no gateway {gateway_name}")
    if len(body) > MESSAGE_BYTES_MOST:
        raise UnreadableMessageError(f"a message has at most {MESSAGE_BYTES_MOST} bytes")
    notice = gateway.read_event(headers=headers, body=body, now=now)
    event_type = notice.event_type[:EVENT_TYPE_LENGTH]
    message = NewMessage(gateway.name, notice.event_id, event_type, body.decode())
    return keep_message(message=message, now=now)


def process_messages(*, gateways: Mapping[str, Gateway], now: datetime) -> Heard:
    """Process what is due, at most `MESSAGES_AT_ONCE`.

    A message says only what it is about: what is true by now is asked of the gateway, so that
    messages may come in any order and any number of times. One that fails, whatever it raises, is
    tried again, `messages.TRIES_MOST` times in all, and holds up no other. Transactions: one before and one
    after each, none while a gateway is asked.
    """
    return _process(list_due_messages(now=now, gateways=[*gateways]), gateways, now)


def deliver_pretended(*, gateways: Mapping[str, Gateway], now: datetime) -> int:
    """Receive what pretending gateways would have sent by now, as if it had come over the network;
    how many messages are new. Transactions: one insert for each."""
    new = 0
    for gateway in gateways.values():
        if isinstance(gateway, SpeaksHere):
            for headers, body in gateway.list_messages(now=now):
                new += receive_message(
                    gateway_name=gateway.name,
                    gateways=gateways,
                    headers=headers,
                    body=body,
                    now=now,
                )
    return new


def forget_bodies(*, kept_for: timedelta, now: datetime) -> int:
    """Empty messages that were processed, or came and were given up, more than `kept_for` ago; how
    many. Transactions: one update for each `EMPTIED_AT_ONCE`, at most `FORGET_ROUNDS_MOST` of them."""
    emptied = 0
    for _ in range(FORGET_ROUNDS_MOST):
        count = empty_messages(before=now - kept_for)
        emptied += count
        if count < EMPTIED_AT_ONCE:
            break
    return emptied


def replay(
    *, messages: Sequence[MessageFacts], gateways: Mapping[str, Gateway], now: datetime
) -> Heard:
    """Process messages again that were processed or given up before: nothing happens twice. Those
    whose bodies are gone are left out (`queries.list_messages: only_whole`)."""
    replay_messages(message_ids=[message.id for message in messages], now=now)
    return _process(messages, gateways, now)


def _process(
    messages: Sequence[MessageFacts], gateways: Mapping[str, Gateway], now: datetime
) -> Heard:
    done, troubles = 0, []
    for message in messages:
        if not claim_message(message_id=message.id, now=now):
            continue
        try:
            _process_one(message, gateways, now)
        except (GatewayError, PaymentError, UnknownGatewayError) as error:
            trouble = str(error)
        except Exception as error:  # Whatever one message raises, the others are heard.
            log.exception("%s %s could not be processed", message.gateway, message.event_id)
            trouble = f"{type(error).__name__}: {error}"
        else:
            finish_message(message_id=message.id, now=now)
            done += 1
            continue
        fail_message(message_id=message.id, trouble=trouble)
        troubles.append(f"{message.gateway} {message.event_id}: {trouble}")
    return Heard(done, tuple(troubles))


def _process_one(message: MessageFacts, gateways: Mapping[str, Gateway], now: datetime) -> None:
    gateway = gateways.get(message.gateway)
    if gateway is None:
        raise UnknownGatewayError(f"this store has no gateway {message.gateway}")
    notice = gateway.read_stored(body=message.body.encode())
    work = _WORK.get(notice.kind)
    if work is not None:
        work(notice, gateway, now)


def _about_charge(notice: GatewayNotice, gateway: Gateway, now: datetime) -> None:
    if find_top_up_by_handle(gateway=gateway.name, handle=notice.handle) is None:
        return  # Not ours: the account may serve other shops, and reconciliation names it.
    with asking(gateway=gateway, now=now):
        charge = gateway.find_charge(handle=notice.handle, now=now)
    if charge is None:
        raise PaymentError(f"{gateway.name} tells of a charge that it does not know")
    record_charge(charge=charge, gateway_name=gateway.name, now=now)


def _about_refund(notice: GatewayNotice, gateway: Gateway, now: datetime) -> None:
    with asking(gateway=gateway, now=now):
        refund = gateway.get_refund(refund_handle=notice.handle, now=now)
    if find_top_up_by_handle(gateway=gateway.name, handle=refund.charge_handle) is not None:
        record_refund(refund=refund, gateway_name=gateway.name, now=now)


def _about_dispute(notice: GatewayNotice, gateway: Gateway, now: datetime) -> None:
    with asking(gateway=gateway, now=now):
        dispute = gateway.get_dispute(dispute_handle=notice.handle, now=now)
    if find_top_up_by_handle(gateway=gateway.name, handle=dispute.charge_handle) is not None:
        record_dispute(dispute=dispute, gateway_name=gateway.name, now=now)


_WORK: dict[NoticeKind, Callable[[GatewayNotice, Gateway, datetime], None]] = {
    NoticeKind.CHARGE: _about_charge,
    NoticeKind.REFUND: _about_refund,
    NoticeKind.DISPUTE: _about_dispute,
}
