"""What a gateway does for the store.

A charge has two steps, so that no money can move which the store does not know of: `begin` asks
for a charge and takes nothing, and its handle is kept; `charge` takes the money. Whoever is killed
between the two has an empty charge at the gateway, and whoever is killed later knows its handle.

`reference` is always ours and `handle` always the gateway's. Every call may raise
`GatewayUnreachableError` or `GatewayShutError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money


class GatewayError(Exception):
    """What a gateway cannot do, with what to do about it."""


class GatewayUnreachableError(GatewayError):
    """The gateway gave no answer: what was asked may or may not have happened. Ask it later."""


class GatewayBusyError(GatewayUnreachableError):
    """The gateway is well, and asks us to ask less often: nothing happened. Ask it later."""


class GatewayShutError(GatewayError):
    """The gateway declines to serve the store: a key it does not take, an account it has closed."""


class GatewayRefusedError(GatewayError):
    """The gateway takes what it was asked for a mistake: asking again changes nothing."""


class CardRefusedError(ValueError):
    """Card details that cannot be a card's, told before anything is charged."""


class BadSignatureError(GatewayError):
    """A message that the gateway did not sign."""


class UnreadableMessageError(GatewayError):
    """A signed message that says nothing which can be read."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a test card is told by. A real gateway's own page takes the card; we never see it."""

    number: str


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card that a gateway keeps for one of its customers: `card_ref` and `customer_ref` are its
    names for the two, the rest is what a listener knows it by. `country` is its bank's."""

    card_ref: str
    customer_ref: str
    brand: str = ""
    last4: str = ""
    expires_year: int = 0
    expires_month: int = 0
    country: str = ""


Means = Card | KeptCard


@dataclass(frozen=True, slots=True)
class ChargeState:
    """What the gateway knows of one charge.

    `state` is `begun` (nothing is taken, and nobody is at it), `pending`, `action` (the listener has
    to answer the bank first), `succeeded` or `declined`. The last two are for ever. `fee` is what the gateway kept of it, None
    until it says so. `client_secret` is what the listener's browser answers the bank with.
    """

    reference: str
    state: str
    amount: Money
    decline_reason: str
    raw: Mapping[str, str]
    handle: str = ""
    fee: Money | None = None
    card_country: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RefundState:
    """What the gateway knows of one refund: `state` is `pending`, `succeeded` or `declined`.

    `refund_reference` is ours, empty for one that was made without us; `handle` is the gateway's.
    One that has succeeded may be declined later, when the card did not take the money back.
    """

    refund_reference: str
    handle: str
    charge_handle: str
    state: str
    amount: Money
    decline_reason: str
    raw: Mapping[str, str]


class ActivityKind(StrEnum):
    """What moved money at a gateway."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILED = "refund-failed"  # A refund that came back: the card could not take it.
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute-won"  # A dispute's money came back.
    FEE = "fee"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of what a gateway says moved: `amount` is signed as it sees it, a charge positive.

    `fee` is what it kept of that line. `handle` is the charge's, the refund's or the dispute's;
    `charge_handle` is the charge that it is about; `reference` is ours where it knows it.
    """

    kind: ActivityKind
    handle: str
    charge_handle: str
    reference: str
    amount: Money
    fee: Money
    at: datetime


class NoticeKind(StrEnum):
    """What a gateway's message is about."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DisputeState:
    """Where a dispute stands by now. `reference` is the gateway's; `charge_reference` is ours.

    `state` is `inquiry` (the bank asks and has taken nothing), `open` (it took the money), `won`
    (it brought it back) or `lost`. `fee` is what the gateway charges the store for it so far.
    """

    reference: str
    charge_reference: str
    charge_handle: str
    state: str
    amount: Money
    fee: Money
    reason: str
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GatewayNotice:
    """What one message is about, not what is true by now: that is asked of the gateway.

    `handle` names the charge, the refund or the dispute. `event_id` is the gateway's own.
    """

    gateway: str
    event_id: str
    event_type: str
    kind: NoticeKind
    handle: str
    said_at: datetime


class Gateway(Protocol):
    """A way to take money. `reference` is ours, and the same reference is charged once."""

    @property
    def name(self) -> str:
        """What the books call it: `sandbox`."""
        ...

    @property
    def answers_within(self) -> timedelta:
        """The longest that one call may take, its retries counted."""
        ...

    def check(self) -> None:
        """Whether it serves the store: says nothing, or raises. Costs one cheap call."""
        ...

    def begin(self, *, reference: str, amount: Money, means: Means, now: datetime) -> str:
        """Ask for a charge that takes nothing yet; its handle. Asked again, the same handle.

        Raises `CardRefusedError`.
        """
        ...

    def charge(self, *, handle: str, now: datetime) -> ChargeState:
        """Take the money once; asked again, answer as before."""
        ...

    def find_charge(self, *, handle: str, now: datetime) -> ChargeState | None:
        """What became of a charge, or None where it was never asked for."""
        ...

    def cancel(self, *, handle: str, now: datetime) -> ChargeState | None:
        """End a charge that has taken nothing, so that it never will; what is true then.

        One that has succeeded, or whose bank is at it, stays as it is.
        """
        ...

    def refund(
        self, *, handle: str, refund_reference: str, amount: Money, now: datetime
    ) -> RefundState:
        """Give back a part of a charge, once under each `refund_reference` (ours).

        Raises `GatewayRefusedError` where more would go back than came.
        """
        ...

    def find_refund(
        self, *, handle: str, refund_reference: str, now: datetime
    ) -> RefundState | None:
        """What became of the refund under `refund_reference` of the charge `handle`, or None."""
        ...

    def get_refund(self, *, refund_handle: str, now: datetime) -> RefundState:
        """The refund of the gateway's own name for it. Raises `GatewayRefusedError` for none."""
        ...

    def get_dispute(self, *, dispute_handle: str, now: datetime) -> DisputeState:
        """The dispute of the gateway's own name for it. Raises `GatewayRefusedError` for none."""
        ...

    def list_activity(self, *, within: Period, now: datetime) -> Iterator[Activity]:
        """All that moved money in a period, newest first. At most `ACTIVITY_MOST` lines."""
        ...

    def read_event(
        self, *, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> GatewayNotice:
        """A message whose signature fits. Raises `BadSignatureError`, `UnreadableMessageError`.

        `headers` are in lower case.
        """
        ...

    def read_stored(self, *, body: bytes) -> GatewayNotice:
        """A message whose signature was checked when it came. Raises `UnreadableMessageError`."""
        ...


@runtime_checkable
class CardKeeper(Protocol):
    """A gateway that keeps cards for returning listeners, and takes them in the browser."""

    @property
    def public_key(self) -> str:
        """What its script is opened with."""
        ...

    @property
    def script_url(self) -> str:
        """Its own script, which the browser loads from its own host."""
        ...

    @property
    def browser_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """What its script needs of a content security policy: hosts by directive."""
        ...

    def open_customer(self, *, person_ref: str) -> str:
        """The gateway's name for a listener, made once. `person_ref` says nothing of the person."""
        ...

    def begin_card(self, *, customer_ref: str, reference: str) -> str:
        """A secret with which the browser hands over one new card."""
        ...

    def take_card(self, *, setup_handle: str, customer_ref: str) -> KeptCard:
        """The card that a browser handed over. Raises `CardRefusedError` for another customer's,
        or one that the bank has not let through."""
        ...

    def forget_card(self, *, card_ref: str) -> None:
        """Keep a card no longer. Forgotten already: nothing happens."""
        ...


@runtime_checkable
class AsksHere(Protocol):
    """A gateway whose bank asks the listener on the shop's own page: the sandbox."""

    def answer(self, *, handle: str, is_accepted: bool, now: datetime) -> ChargeState:
        """Take in what the listener answered; the first answer stays."""
        ...


@runtime_checkable
class SpeaksHere(Protocol):
    """A gateway that pretends, and so sends no messages over the network: the sandbox."""

    def list_messages(self, *, now: datetime) -> Iterator[tuple[Mapping[str, str], bytes]]:
        """The headers and bodies of all that it would have sent by now, each time under the same
        ids."""
        ...


# Lines of activity that one reconciliation may hold: half a million top-ups with their fees.
ACTIVITY_MOST = 1_000_000
