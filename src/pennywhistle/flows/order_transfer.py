"""Write a slip for a bank transfer, and draw the code that a banking app reads it from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.banks.transfer_code import draw_transfer_code
from pennywhistle.flows.outfit import BankAccount
from pennywhistle.flows.top_up_wallet import check_amount
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.banking import operations
from pennywhistle.shop.payments.banking.queries import find_slip, list_waiting_slips
from pennywhistle.shop.payments.banking.rules import CURRENCY, BankError, SlipFacts, make_reference
from pennywhistle.shop.payments.top_ups.rules import TopUpLimits, TopUpTerms


def order_transfer(
    *,
    slip_id: UUID,
    person_id: int,
    amount: Money,
    digits: str,
    bonus_percent: str,
    terms: TopUpTerms,
    now: datetime,
    limits: TopUpLimits | None = None,
) -> SlipFacts:
    """Write a slip over `amount`, once under that id; `digits` are what its reference is made of.

    `bonus_percent` is what the store adds to what comes, such as `2.5`, empty for nothing. Nothing
    is posted: money is in the books when a statement tells of it. Transaction: one of its own.
    Raises `PaymentError` for an amount that is none, and for too many slips at once.
    """
    known = find_slip(slip_id=slip_id)
    if known is None:
        if amount.currency != CURRENCY:
            raise BankError(f"Bank transfers are taken in {CURRENCY} alone.")
        pending = len(list_waiting_slips(person_id=person_id, now=now))
        check_amount(person_id=person_id, amount=amount, limits=limits, pending=pending, now=now)
        known = operations.write_slip(
            slip_id=slip_id,
            person_id=person_id,
            amount=amount,
            reference=make_reference(digits=digits),
            bonus_percent=bonus_percent,
            voucher_class=terms.voucher_class,
            now=now,
        )
    if (known.person_id, known.amount.micros) != (person_id, amount.micros):
        raise BankError("This form was sent before with another amount. Load the page again.")
    return known


def draw_slip(*, slip: SlipFacts, account: BankAccount) -> str:
    """The slip as a code for banking apps, in SVG. Writes nothing."""
    return draw_transfer_code(
        holder=account.holder,
        iban=account.iban,
        bic=account.bic,
        reference=slip.reference,
        amount=slip.amount,
    )
