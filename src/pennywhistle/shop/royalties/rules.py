"""How the price of one track divides: tax, the work, the recording, the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from pennywhistle.kit.money import Money, split_by_largest_remainder
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.licensing.rules import Covered, Right, TariffCurrencyError, royalty_micros
from pennywhistle.shop.sales.rules import LineFacts, receipts_code


class RoyaltyError(Exception):
    """A sale that cannot pay what it owes, or a statement that does not add up."""


class TariffsExceedPriceError(RoyaltyError):
    """Tax and tariffs together ask for more than the price."""


class StatementMismatchError(RoyaltyError):
    """The sale lines and the ledger give different totals."""


class UnknownStatementError(RoyaltyError):
    """A statement that was never issued."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A price divided; the four sum to it exactly."""

    tax: Money
    work: Money
    recording: Money
    store: Money


def share_tie_key(*, quote_id: object, track_id: int, recipe: str) -> str:
    """What decides between equal remainders of one price, the same whenever it is counted."""
    return f"{quote_id}/{track_id}/{recipe}"


def divide_price(*, gross: Money, vat_percent: Decimal, covered: Covered, tie_key: str) -> Shares:
    """Divide a tax-inclusive price. Worked tables: `docs/money.md`.

    Raises `TariffsExceedPriceError` with the numbers where the store would be left below zero.
    """
    rate = Fraction(vat_percent) / 100
    tax = gross.micros * rate / (1 + rate)
    net = gross.micros - tax
    try:
        work = royalty_micros(tariff=covered.work.owed, gross=gross, net_micros=net)
        recording = royalty_micros(tariff=covered.recording.owed, gross=gross, net_micros=net)
    except TariffCurrencyError as error:
        raise RoyaltyError(str(error)) from error
    store = net - work - recording
    if store < 0:
        raise TariffsExceedPriceError(
            f"{gross} does not pay its own tax ({float(tax) / 1e6:.6f}), the work under "
            f"{covered.work.number} ({float(work) / 1e6:.6f}) and the recording under "
            f"{covered.recording.number} ({float(recording) / 1e6:.6f}): raise the price or its "
            "floor"
        )
    parts = {"tax": tax, "work": work, "recording": recording, "store": store}
    shares = split_by_largest_remainder(gross, parts, tie_key=tie_key)
    return Shares(**shares)


@dataclass(frozen=True, slots=True)
class AccrualFacts:
    """What one sale line, filed under `document`, owes to one licensor for one right."""

    document: str
    right: str
    licence_id: int
    licensor_id: int
    amount: Money
    accrued_at: datetime


def accruals_of(*, line: LineFacts, licensor_ids: dict[Right, int]) -> list[AccrualFacts]:
    """What a sale line froze for the licensor of each right; nothing is also told."""
    frozen = {
        Right.RECORDING: (line.recording_licence_id, line.recording),
        Right.WORK: (line.work_licence_id, line.work),
    }
    return [
        AccrualFacts(
            document=line.document,
            right=right.value,
            licence_id=licence_id,
            licensor_id=licensor_ids[right],
            amount=amount,
            accrued_at=line.purchased_at,
        )
        for right, (licence_id, amount) in frozen.items()
    ]


def payable_code(*, licensor_id: int, currency: str) -> str:
    """The ledger account of what a licensor is owed."""
    return f"royalties/{licensor_id}/{currency}"


def royalty_transfers(*, line: LineFacts, licensor_ids: dict[Right, int]) -> list[TransferFacts]:
    """From sales to the licensor of each right, what the sale line froze for it."""
    currency = line.gross.currency
    return [
        TransferFacts(
            key=f"{line.document}/royalty/{due.right}",
            debit=receipts_code(currency=currency),
            credit=payable_code(licensor_id=due.licensor_id, currency=currency),
            amount=due.amount,
            reason="royalty",
            document=line.document,
            posted_at=due.accrued_at,
        )
        for due in accruals_of(line=line, licensor_ids=licensor_ids)
        if due.amount
    ]
