"""What a top-up may be, and the names of the accounts that money comes through."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.ledger.rules import TransferFacts

# One top-up, in major units: enough for an album, not enough for a stolen card to be worth a try.
TOP_UP_LEAST = "1"
TOP_UP_MOST = "200"

# Top-ups of one person that may be pending at once.
PENDING_TOP_UPS_MOST = 10


class PaymentError(Exception):
    """A top-up or a voucher that is refused, with what to do."""


class TopUpOutOfRangeError(PaymentError):
    """An amount outside what one top-up may be."""

    def __init__(self, *, least: Money, most: Money, amount: Money) -> None:
        self.least, self.most = least, most
        super().__init__(f"A top-up is between {least} and {most}; this was {amount}.")


class UnknownTopUpError(PaymentError):
    """A reference that we never gave out."""


class UnspendableVoucherError(PaymentError):
    """Vouchers that nobody could ever redeem; `field` is `currency` or `expires_at`."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class VoucherRefusedError(PaymentError):
    """A code that is unknown, used, out of date, or of another currency."""


class UnknownCodeError(VoucherRefusedError):
    """A code that was never given out."""


class GatewayClosedError(PaymentError):
    """A way to pay that is not offered now: it is not set up, or its circuit is open."""


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


def bonus_at(*, amount: Money, percent: Fraction) -> Money:
    """What the store adds to `amount`: whole minor units, rounded down."""
    unit = micros_in_minor_unit(amount.currency)
    return Money(int(amount.micros * percent / 100 // unit) * unit, amount.currency)


def wallet_code(*, person_id: int, currency: str) -> str:
    """The ledger account of a person's wallet."""
    return f"wallet/{person_id}/{currency}"


def clearing_code(*, gateway: str, currency: str) -> str:
    """The ledger account of what a gateway has taken and owes to the store."""
    return f"clearing/{gateway}/{currency}"


def held_code(*, person_id: int, currency: str) -> str:
    """The ledger account of a person's money that a dispute freezes."""
    return f"held/{person_id}/{currency}"


def fees_code(*, gateway: str, currency: str) -> str:
    """The ledger account of what a gateway charges."""
    return f"fees/{gateway}/{currency}"


def promotions_code(*, currency: str) -> str:
    """The ledger account of what the store gives to wallets."""
    return f"promotions/{currency}"


def top_up_document(*, top_up_id: object) -> str:
    """The ledger's reference of a top-up."""
    return f"top-up/{top_up_id}"


def voucher_document(*, code_sha256: str) -> str:
    """The ledger's reference of a voucher."""
    return f"voucher/{code_sha256[:32]}"


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


def fold_code(code: str) -> str:
    """A voucher code as it is hashed: capitals, no dashes or spaces."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def code_sha256(code: str) -> str:
    """The fingerprint under which a voucher is kept."""
    return hashlib.sha256(fold_code(code).encode()).hexdigest()


def check_batch(
    *,
    currency: str,
    sold_in: Collection[str],
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Raise `UnspendableVoucherError` for an end that is past, or a currency no shop sells in."""
    if expires_at is not None and expires_at <= now:
        said = f"vouchers that end on {expires_at:%Y-%m-%d} are past: choose a later day"
        raise UnspendableVoucherError("expires_at", said)
    if currency not in sold_in:
        known = ", ".join(sold_in) or "no currency yet: open a storefront first"
        said = f"nothing is sold in {currency} here; the store sells in {known}"
        raise UnspendableVoucherError("currency", said)


def check_voucher(
    *, currency: str, accepted: Collection[str], expires_at: datetime | None, now: datetime
) -> None:
    """Raise `VoucherRefusedError` for a voucher that is out of date, or of a currency that is not
    `accepted`: the wallet's, or for who has none yet, each that the shop sells in."""
    if expires_at is not None and now >= expires_at:
        raise VoucherRefusedError(f"This voucher ended on {expires_at:%d %B %Y}.")
    if currency not in accepted:
        said = " or ".join(sorted(accepted))
        raise VoucherRefusedError(f"This voucher is in {currency}, and your wallet is in {said}.")


def voucher_transfer(
    *, person_id: int, amount: Money, is_free: bool, code_sha256: str, redeemed_at: datetime
) -> TransferFacts:
    """What a redeemed voucher moves: money that its buyer paid over the counter, or that the store
    gives away."""
    document = voucher_document(code_sha256=code_sha256)
    transfer = credit_transfer(
        person_id=person_id,
        gateway="voucher",
        amount=amount,
        reason="voucher",
        document=document,
        posted_at=redeemed_at,
    )
    return (
        replace(transfer, debit=promotions_code(currency=amount.currency)) if is_free else transfer
    )


def credit_transfer(
    *,
    person_id: int,
    gateway: str,
    amount: Money,
    reason: str,
    document: str,
    posted_at: datetime,
) -> TransferFacts:
    """What came in through a gateway, on its way into a wallet."""
    return TransferFacts(
        key=document,
        debit=clearing_code(gateway=gateway, currency=amount.currency),
        credit=wallet_code(person_id=person_id, currency=amount.currency),
        amount=amount,
        reason=reason,
        document=document,
        posted_at=posted_at,
    )
