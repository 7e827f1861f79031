"""Agree with a licensor on where and when they are paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties.payout_terms import (
    CURRENCY,
    MINIMUM,
    PayoutTermsError,
    TermsFacts,
    make_terms,
)
from pennywhistle.shop.royalties.payout_terms_operations import store_terms


@dataclass(frozen=True, slots=True)
class TermsRequest:
    """What somebody wrote: `minimum` in euros, as text, empty for the usual one; `bic` may be empty."""

    licensor: str
    holder: str
    iban: str
    bic: str
    minimum: str
    schedule: str


def agree_on_payouts(*, request: TermsRequest, agreed_by: int | None, now: datetime) -> TermsFacts:
    """Keep a licensor's terms; those before stay kept. The same again changes nothing. Payouts that
    stand in a file already go where that file says. Transaction: one of its own.

    Raises `UnknownLicensorError`, `PayoutTermsError`.
    """
    licensor = get_licensor(name=request.licensor)
    try:
        minimum = Money.parse(request.minimum, CURRENCY) if request.minimum else MINIMUM
    except MoneyError as error:
        raise PayoutTermsError(f"the minimum: {error}") from None
    terms = make_terms(
        licensor_id=licensor.id,
        holder=request.holder,
        iban=request.iban,
        bic=request.bic,
        minimum=minimum,
        schedule=request.schedule,
    )
    return store_terms(terms=terms, agreed_by=agreed_by, now=now)
