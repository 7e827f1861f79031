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

from collections.abc import Mapping
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

# One top-up, and what is suggested, in units of about a euro: enough for an album, not enough for a
# stolen card to be worth a try.
_LEAST, _MOST, _SUGGESTED = 1, 200, (5, 10, 20)

# Roughly so many major units, to a power of ten, are worth as much as one of the euro or dollar. It
# need not be true: an operator sets limits of their own where these are odd. What is not here counts
# as one.
_MAGNITUDES = {
    **dict.fromkeys(("CNY", "CZK", "DKK", "HKD", "MXN", "NOK", "SEK", "UAH", "ZAR"), 10),
    **dict.fromkeys(("HUF", "INR", "ISK", "JPY", "KES", "PHP", "RSD", "RUB", "THB", "TRY"), 100),
    **dict.fromkeys(("CLP", "KRW", "NGN", "XAF", "XOF"), 1_000),
    **dict.fromkeys(("COP", "IDR", "VND"), 10_000),
}

# Top-ups of one person that may be pending at once.
PENDING_TOP_UPS_MOST = 10

# Top-ups of one person that may begin within a day, whatever becomes of them.
TOP_UPS_A_DAY_MOST = 20


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
class TopUpLimits:
    """The least and the most of one top-up or gift, and the amounts that are suggested."""

    least: Money
    most: Money
    suggested: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class TopUpTerms:
    """What is settled of a top-up when it starts: what the store adds to it, and what it is to the
    tax office (one of `models.VoucherClass`)."""

    bonus: Money | None = None
    voucher_class: str = "multi-purpose"


def top_up_document(*, top_up_id: object) -> str:
    """The ledger's reference of a top-up."""
    return f"top-up/{top_up_id}"


def limits_of(*, currency: str, own: Mapping[str, TopUpLimits] | None = None) -> TopUpLimits:
    """What one top-up, or gift, may be in a currency: the store's `own` word for it, or the usual."""
    if own and currency in own:
        return own[currency]
    unit = Money.parse(str(_MAGNITUDES.get(currency, 1)), currency)

    def units(count: int) -> Money:
        return Money(unit.micros * count, currency)

    return TopUpLimits(units(_LEAST), units(_MOST), tuple(units(count) for count in _SUGGESTED))


def parse_limits(*, text: str) -> dict[str, TopUpLimits]:
    """Limits as a setting says them: `JPY 100-20000 500/1000/2000; SEK 10-2000 50/100/200`, each a
    currency, the least and the most, and what is suggested. Raises `ValueError`."""
    limits = {}
    for part in filter(None, (each.strip() for each in text.split(";"))):
        try:
            currency, span, suggested = part.split()
            least, most = (Money.parse(end, currency) for end in span.split("-"))
            amounts = tuple(Money.parse(each, currency) for each in suggested.split("/"))
        except ValueError as error:
            raise ValueError(f"{part!r} is not like JPY 100-20000 500/1000/2000") from error
        if not (least.micros > 0 and least <= min(amounts) and max(amounts) <= most):
            raise ValueError(f"{part!r} suggests what it does not allow")
        limits[currency] = TopUpLimits(least, most, amounts)
    return limits


def check_top_up(*, amount: Money, pending: int, today: int, limits: TopUpLimits) -> None:
    """Raise `PaymentError` for an amount that cannot be topped up, or one top-up too many: `pending`
    are on their way, `today` began within a day."""
    if not limits.least <= amount <= limits.most:
        raise TopUpOutOfRangeError(least=limits.least, most=limits.most, amount=amount)
    if not amount.is_whole_minor:
        raise PaymentError("A card cannot be charged a fraction of a cent.")
    if pending >= PENDING_TOP_UPS_MOST:
        raise PaymentError(
            f"{pending} of your top-ups are still on their way. Wait until one has arrived."
        )
    if today >= TOP_UPS_A_DAY_MOST:
        raise PaymentError("That was the last top-up for today. Come back tomorrow.")


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
