"""Money that goes back through a gateway: what we return to a card, and what a bank takes back.

A pay-back returns what is left of a top-up to the card it came from. A dispute (a chargeback) is a
cardholder's bank taking a top-up back; the listener may have spent it by then. A refund that was made
at the gateway itself, without the store, costs the same: it is a dispute that is lost at once. Worked
tables: `docs/money.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.codes.rules import gifts_code
from pennywhistle.shop.payments.rules import (
    PaymentError,
    clearing_code,
    fees_code,
    held_code,
    promotions_code,
    wallet_code,
)


class PayBackState(StrEnum):
    """Where a pay-back stands. `RETURNED` came back from the card after it had gone out."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    RETURNED = "returned"


class DisputeStage(StrEnum):
    """Where a dispute stands. An `INQUIRY` has taken nothing, and may never."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class PayBackError(PaymentError):
    """A pay-back that cannot be made, with what to do."""


class PayBackTooLargeError(PayBackError):
    """More than can go back to that card: `most` is what can."""

    def __init__(self, *, most: Money) -> None:
        self.most = most
        super().__init__(
            f"At most {most} can go back to this card: what the top-up brought, less what went back "
            "and what was spent. Money that the store gave, or a gift, is not paid out."
        )


class WalletShutError(PaymentError):
    """A wallet that a dispute has left short: nothing is bought from it, or paid back."""

    def __init__(self, *, missing: Money) -> None:
        self.missing = missing
        super().__init__(
            f"A top-up went back that was spent already; {missing} of it is missing. Once that is "
            "settled in your wallet, you can buy again."
        )


class TopUpBeyondShortageError(WalletShutError):
    """A top-up of more than a shut wallet needs: `most` is what it takes, zero where it holds enough or
    enough is on its way."""

    def __init__(self, *, missing: Money, most: Money) -> None:
        self.most = most
        super().__init__(missing=missing)


class UnknownDisputeError(PaymentError):
    """A dispute of a charge that is none of ours, or of more than it brought."""


@dataclass(frozen=True, slots=True)
class PayBackFacts:
    """A pay-back as its transfers are made from it. `bonus` is what the store takes back with it of
    what it gave for that top-up."""

    id: str
    top_up_id: str
    person_id: int
    gateway: str
    charge_handle: str
    amount: Money
    bonus: Money
    state: PayBackState
    decline_reason: str
    created_at: datetime
    settled_at: datetime | None
    returned_at: datetime | None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"pay-back/{self.id}"


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """A dispute as its transfers are made from it.

    `frozen` is what of the wallet could be held when it opened, `made_good` what of it covered the
    rest when it was lost, `bonus` what the store took back then of what it gave for that top-up. `fee` is what the gateway charged when it opened, in the currency it
    charges in; `later_fee` what it added until it closed, below zero for what it gave back, and
    `overturn_fee` the same of one that was won at `overturned_at`, after it had been lost. At
    `repaid_at` the listener made good what was short.
    """

    gateway: str
    reference: str
    person_id: int
    top_up_id: str
    amount: Money
    fee: Money
    later_fee: Money
    frozen: Money
    made_good: Money
    bonus: Money
    stage: DisputeStage
    reason: str
    opened_at: datetime | None
    closed_at: datetime | None
    is_refund: bool = False
    overturned_at: datetime | None = None
    overturn_fee: Money | None = None
    repaid_at: datetime | None = None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"dispute/{self.gateway}/{self.reference}"

    @property
    def uncovered(self) -> Money:
        """What of the disputed money was neither held nor made good when it closed."""
        return self.amount - self.frozen - self.made_good

    @property
    def shortage(self) -> Money:
        """What is still to be made good."""
        is_short = self.stage in (DisputeStage.OPEN, DisputeStage.LOST) and self.repaid_at is None
        return self.uncovered if is_short else Money.zero(self.amount.currency)


def losses_code(*, currency: str) -> str:
    """The ledger account of what the store loses to disputes."""
    return f"losses/{currency}"


def bonus_left(
    *, movements: Iterable[tuple[str, Money]], currency: str, with_gifts: bool = False
) -> Money:
    """What of a wallet is money that the store gave: such money is spent last and never paid out.

    `with_gifts` counts what came by gift codes too: its buyer may have had it from the store.
    `movements` are the wallet's own, oldest first, without those that were reversed and their
    reversals: the other account's code, and the amount as the wallet sees it.
    """
    balance = given = Money.zero(currency)
    for other, amount in movements:
        balance += amount
        is_gift = with_gifts and other == gifts_code(currency=currency) and amount.micros > 0
        if is_gift or other == promotions_code(currency=currency):
            given += amount
        given = min(given, balance)
    return given


def bonus_back(
    *, given: Money, brought: Money, gone_back: Money, taken_back: Money, left: Money
) -> Money:
    """What the store takes back of what it gave for a top-up, once `gone_back` of it went back.

    The same share of the bonus as of the top-up, to the micro-unit and rounded down, less what was
    `taken_back` before; but only what is `left` of bonuses in the wallet: what was spent stays.
    """
    share = Money(given.micros * gone_back.micros // brought.micros, given.currency)
    return max(min(share - taken_back, left), Money.zero(given.currency))


def payable_back(*, brought: Money, gone_back: Money, available: Money, bonus: Money) -> Money:
    """How much of a top-up can still go back to its card.

    `brought` is what the card paid, `gone_back` what went back, is on its way, or its bank took;
    `available` is what the wallet has to spend, `bonus` what of that the store gave, or another
    listener.
    """
    rest = min(brought - gone_back, available - bonus)
    return max(rest, Money.zero(brought.currency))


def check_pay_back(*, amount: Money, most: Money, shortage: Money) -> None:
    """Raise `PayBackError` for an amount that cannot go back, `WalletShutError` for a shut wallet."""
    if shortage:
        raise WalletShutError(missing=shortage)
    if amount.micros <= 0 or not amount.is_whole_minor:
        raise PayBackError("Write how much goes back in whole cents, above zero.")
    if amount > most:
        raise PayBackTooLargeError(most=most)


def top_up_most(*, shortage: Money, available: Money, least: Money) -> Money:
    """The largest top-up that a shut wallet takes: what it lacks to settle its `shortage`, in whole
    minor units and no less than the `least` top-up; zero where it lacks nothing."""
    lacking = (shortage - available).micros
    if lacking <= 0:
        return Money.zero(shortage.currency)
    unit = micros_in_minor_unit(shortage.currency)
    return max(Money(-(-lacking // unit) * unit, shortage.currency), least)


def pay_back_transfers(*, facts: PayBackFacts) -> list[TransferFacts]:
    """Everything that a pay-back has moved by now: reserved first, then gone, or free again."""
    currency = facts.amount.currency
    moves = [
        ("", clearing_code(gateway=facts.gateway, currency=currency), facts.amount, "pay-back"),
        ("/bonus", promotions_code(currency=currency), facts.bonus, "bonus"),
    ]
    return [
        transfer
        for name, into, amount, reason in moves
        if amount
        for transfer in _there_and_back(facts, name, into, amount, reason)
    ]


def _there_and_back(
    facts: PayBackFacts, name: str, into: str, amount: Money, reason: str
) -> list[TransferFacts]:
    pending = TransferFacts(
        key=f"{facts.document}{name}",
        debit=wallet_code(person_id=facts.person_id, currency=amount.currency),
        credit=into,
        amount=amount,
        reason=reason,
        document=facts.document,
        posted_at=facts.created_at,
        phase=Phase.PENDING,
    )
    transfers = [pending]
    if facts.settled_at is not None:
        is_void = facts.state is PayBackState.DECLINED
        end = replace(
            pending,
            key=f"{pending.key}/{'voids' if is_void else 'posts'}",
            posted_at=facts.settled_at,
            phase=Phase.VOIDS if is_void else Phase.POSTS,
            settles_key=pending.key,
        )
        transfers.append(end)
    if facts.returned_at is not None:
        transfers.append(_reversed(transfers[-1], f"{pending.key}/returned", facts.returned_at))
    return transfers


def dispute_transfers(*, facts: DisputeFacts) -> list[TransferFacts]:
    """Everything that a dispute has moved by now.

    The gateway has taken the money when a dispute opens, so the whole of it is booked as lost then
    and clearing says what the gateway says. What the wallet still holds of it is frozen; if the
    dispute is won, both go back, and if it is lost, the frozen money pays for the loss. One that is
    won after it was lost has all of that the other way round.
    """
    if facts.opened_at is None:
        return []
    opened = _opening(facts, facts.opened_at)
    if facts.closed_at is None:
        return list(opened.values())
    fee = _change_of_fee(facts, facts.later_fee, "fee", facts.closed_at)
    if facts.stage is DisputeStage.WON and facts.overturned_at is None:
        return [*opened.values(), *fee.values(), *_undo(facts, opened, facts.closed_at)]
    if facts.stage in (DisputeStage.INQUIRY, DisputeStage.OPEN):
        return [*opened.values(), *fee.values()]
    lost = opened | fee | _losing(facts, facts.closed_at)
    if facts.stage is DisputeStage.LOST or facts.overturned_at is None:
        return list(lost.values())
    back = _change_of_fee(facts, facts.overturn_fee, "overturn-fee", facts.overturned_at)
    return [*lost.values(), *back.values(), *_undo(facts, lost, facts.overturned_at)]


# What is taken back of a dispute that is won, in the order in which accounts can bear it.
_UNDONE = ("taken", "made-good", "repaid", "bonus", "covered", "frozen")


def _undo(
    facts: DisputeFacts, moved: dict[str, TransferFacts], at: datetime
) -> list[TransferFacts]:
    return [
        _reversed(moved[name], f"{facts.document}/un{name}", at)
        for name in _UNDONE
        if name in moved
    ]


def _opening(facts: DisputeFacts, at: datetime) -> dict[str, TransferFacts]:
    currency = facts.amount.currency
    clearing = clearing_code(gateway=facts.gateway, currency=currency)
    legs = {
        "frozen": (_wallet(facts), _held(facts), facts.frozen, "dispute"),
        "taken": (losses_code(currency=currency), clearing, facts.amount, "dispute"),
        "fee": (*_fee_ends(facts), facts.fee, "fee"),
    }
    return _legs(facts, legs, at)


def _change_of_fee(
    facts: DisputeFacts, change: Money | None, name: str, at: datetime
) -> dict[str, TransferFacts]:
    fees, clearing = _fee_ends(facts)
    if not change:
        return {}
    if change.micros < 0:
        return _legs(facts, {f"{name}-back": (clearing, fees, -change, "fee")}, at)
    return _legs(facts, {f"{name}-more": (fees, clearing, change, "fee")}, at)


def _fee_ends(facts: DisputeFacts) -> tuple[str, str]:
    currency = facts.fee.currency
    return (
        fees_code(gateway=facts.gateway, currency=currency),
        clearing_code(gateway=facts.gateway, currency=currency),
    )


def _losing(facts: DisputeFacts, at: datetime) -> dict[str, TransferFacts]:
    losses = losses_code(currency=facts.amount.currency)
    promotions = promotions_code(currency=facts.amount.currency)
    legs = {
        "covered": (_held(facts), losses, facts.frozen, "dispute"),
        "made-good": (_wallet(facts), losses, facts.made_good, "dispute"),
        "bonus": (_wallet(facts), promotions, facts.bonus, "bonus"),
    }
    lost = _legs(facts, legs, at)
    if facts.repaid_at is not None:
        repaid = {"repaid": (_wallet(facts), losses, facts.uncovered, "dispute")}
        lost |= _legs(facts, repaid, facts.repaid_at)
    return lost


def _legs(
    facts: DisputeFacts, legs: dict[str, tuple[str, str, Money, str]], at: datetime
) -> dict[str, TransferFacts]:
    return {
        name: TransferFacts(
            key=f"{facts.document}/{name}",
            debit=debit,
            credit=credit,
            amount=amount,
            reason=reason,
            document=facts.document,
            posted_at=at,
        )
        for name, (debit, credit, amount, reason) in legs.items()
        if amount
    }


def _reversed(transfer: TransferFacts, key: str, at: datetime) -> TransferFacts:
    return TransferFacts(
        key=key,
        debit=transfer.credit,
        credit=transfer.debit,
        amount=transfer.amount,
        reason=transfer.reason,
        document=transfer.document,
        posted_at=at,
        reverses_key=transfer.key,
    )


def _wallet(facts: DisputeFacts) -> str:
    return wallet_code(person_id=facts.person_id, currency=facts.amount.currency)


def _held(facts: DisputeFacts) -> str:
    return held_code(person_id=facts.person_id, currency=facts.amount.currency)
