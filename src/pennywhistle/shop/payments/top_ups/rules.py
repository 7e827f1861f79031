"""What a top-up may be, and what the books hold of it from its start to its end. Pure.

| transfer | when | from | to |
|---|---|---|---|
| `top-up/ID`, pending | it starts | `clearing/GATEWAY/CUR` | `wallet/PERSON/CUR` |
| `top-up/ID/end`, posts it | the gateway took the money | the same | the same |
| `top-up/ID/end`, voids it | it came to nothing | the same | the same |
| `top-up/ID/late` | the gateway took the money after all | the same | the same |
| `top-up/ID/bonus` | with the money | `promotions/CUR` | `wallet/PERSON/CUR` |
| `top-up/ID/fee` | the gateway says what it kept | `fees/GATEWAY/CUR` | `clearing/GATEWAY/CUR` |

Top-ups of the store's first days have no pending transfer: theirs is `top-up/ID`, posted at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.rules import (
    PaymentError,
    clearing_code,
    credit_transfer,
    fees_code,
    promotions_code,
    wallet_code,
)

# One top-up, in major units: enough for an album, not enough for a stolen card to be worth a try.
TOP_UP_LEAST = "1"
TOP_UP_MOST = "200"

# Top-ups of one person that may be pending at once.
PENDING_TOP_UPS_MOST = 10


class TopUpOutOfRangeError(PaymentError):
    """An amount outside what one top-up may be."""

    def __init__(self, *, least: Money, most: Money, amount: Money) -> None:
        self.least, self.most = least, most
        super().__init__(f"A top-up is between {least} and {most}; this was {amount}.")


class UnknownTopUpError(PaymentError):
    """A reference that we never gave out."""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """What a gateway says of one top-up.

    `state` is `begun`, `pending`, `action`, `succeeded` or `declined`: see `ChargeState` of the
    gateways. `fee` is what it kept, None until it says so.
    """

    gateway: str
    event_id: str
    top_up_id: str
    state: str
    amount: Money
    decline_reason: str
    raw: dict[str, str]
    fee: Money | None = None
    card_country: str = ""


@dataclass(frozen=True, slots=True)
class TopUpTerms:
    """What is settled of a top-up when it starts: what the store adds to it, and what it is to the
    tax office (one of `models.VoucherClass`)."""

    bonus: Money | None = None
    voucher_class: str = "multi-purpose"


def top_up_document(*, top_up_id: object) -> str:
    """The ledger's reference of a top-up."""
    return f"top-up/{top_up_id}"


def check_top_up(*, amount: Money, pending: int) -> None:
    """Raise `PaymentError` for an amount that cannot be topped up."""
    least, most = (Money.parse(text, amount.currency) for text in (TOP_UP_LEAST, TOP_UP_MOST))
    if not least <= amount <= most:
        raise TopUpOutOfRangeError(least=least, most=most, amount=amount)
    if not amount.is_whole_minor:
        raise PaymentError("A card cannot be charged a fraction of a cent.")
    if pending >= PENDING_TOP_UPS_MOST:
        raise PaymentError(
            f"{pending} of your top-ups are still on their way. Wait until one has arrived."
        )


@dataclass(frozen=True, slots=True)
class TopUpFacts:
    """A top-up as its row says. `settled_at` is when its latest end came, `voided_at` when it was
    declined; `fee` is None while it is not known."""

    id: str
    person_id: int
    gateway: str
    amount: Money
    has_succeeded: bool
    created_at: datetime
    settled_at: datetime | None
    is_held: bool
    voided_at: datetime | None
    bonus: Money
    fee: Money | None
    fee_posted_at: datetime | None


def top_up_transfers(*, facts: TopUpFacts) -> list[TransferFacts]:
    """Every transfer that a top-up must have by now, in the order in which they are posted."""
    document = top_up_document(top_up_id=facts.id)
    ended_at = facts.settled_at or facts.created_at
    money = credit_transfer(
        person_id=facts.person_id,
        gateway=facts.gateway,
        amount=facts.amount,
        reason="top-up",
        document=document,
        posted_at=facts.created_at if facts.is_held else ended_at,
    )
    if not facts.is_held:
        return [money, *_with_it(facts, document, ended_at)] if facts.has_succeeded else []
    transfers = [replace(money, phase=Phase.PENDING)]
    end = replace(money, key=f"{document}/end", settles_key=document)
    if facts.voided_at is not None:
        transfers.append(replace(end, phase=Phase.VOIDS, posted_at=facts.voided_at))
    if facts.has_succeeded:
        late = replace(money, key=f"{document}/late", posted_at=ended_at)
        posts = replace(end, phase=Phase.POSTS, posted_at=ended_at)
        transfers.append(posts if facts.voided_at is None else late)
        transfers += _with_it(facts, document, ended_at)
    return transfers


def _with_it(facts: TopUpFacts, document: str, ended_at: datetime) -> list[TransferFacts]:
    """The bonus that came with the money, and what the gateway kept of it."""
    currency = facts.amount.currency
    transfers = []
    if facts.bonus:
        transfers.append(
            TransferFacts(
                key=f"{document}/bonus",
                debit=promotions_code(currency=currency),
                credit=wallet_code(person_id=facts.person_id, currency=currency),
                amount=facts.bonus,
                reason="bonus",
                document=document,
                posted_at=ended_at,
            )
        )
    if facts.fee and facts.fee_posted_at is not None:
        transfers.append(
            TransferFacts(
                key=f"{document}/fee",
                debit=fees_code(gateway=facts.gateway, currency=currency),
                credit=clearing_code(gateway=facts.gateway, currency=currency),
                amount=facts.fee,
                reason="fee",
                document=document,
                posted_at=facts.fee_posted_at,
            )
        )
    return transfers
