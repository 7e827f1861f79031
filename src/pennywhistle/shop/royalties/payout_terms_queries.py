"""Reads of licensors' terms, and of who is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import list_balances
from pennywhistle.shop.royalties.models import PayoutTerms
from pennywhistle.shop.royalties.payout_queries import find_last_made_at, sum_on_the_way
from pennywhistle.shop.royalties.payout_terms import CURRENCY, Schedule, TermsFacts, is_due
from pennywhistle.shop.royalties.payouts import payable_now
from pennywhistle.shop.royalties.rules import payable_code

VERSIONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """A licensor with terms: what could be set aside now, and whether minimum and schedule say so."""

    licensor: str
    terms: TermsFacts
    payable: Money
    last_made_at: datetime | None
    is_due: bool


def find_terms(*, licensor_id: int) -> TermsFacts | None:
    """The terms agreed last with a licensor, or None. One query."""
    return next(iter(list_versions(licensor_id=licensor_id)), None)


def list_versions(*, licensor_id: int) -> list[TermsFacts]:
    """A licensor's terms, the newest first. One query."""
    rows = PayoutTerms.objects.filter(licensor_id=licensor_id).select_related("agreed_by")
    return [_terms(row) for row in rows.order_by("-version")[:VERSIONS_SHOWN]]


def list_terms() -> dict[int, TermsFacts]:
    """The terms agreed last with each licensor that has any, by licensor. One query."""
    return {row.licensor_id: _terms(row) for row in _newest()}


def list_standings(*, now: datetime) -> list[Standing]:
    """How each licensor with terms stands, by name. Two queries, and two for each that is owed a
    whole minor unit."""
    rows = list(_newest())
    codes = {row.pk: payable_code(licensor_id=row.licensor_id, currency=CURRENCY) for row in rows}
    balances = list_balances(codes=list(codes.values()))
    return [_standing(row, balances.get(codes[row.pk], Money.zero(CURRENCY)), now) for row in rows]


def _standing(row: PayoutTerms, balance: Money, now: datetime) -> Standing:
    terms, payable, last = _terms(row), Money.zero(CURRENCY), None
    if payable_now(balance=balance, on_the_way=payable):
        payable = payable_now(
            balance=balance,
            on_the_way=sum_on_the_way(licensor_id=row.licensor_id, currency=CURRENCY),
        )
        last = find_last_made_at(licensor_id=row.licensor_id, currency=CURRENCY)
    due = is_due(terms=terms, payable=payable, last_made_at=last, now=now)
    return Standing(row.licensor.name, terms, payable, last, due)


def _newest() -> list[PayoutTerms]:
    rows = PayoutTerms.objects.alias(last=Max("licensor__payout_terms__version"))
    return list(
        rows.filter(version=F("last"))
        .select_related("licensor", "agreed_by")
        .order_by("licensor__name", "licensor_id")
    )


def _terms(row: PayoutTerms) -> TermsFacts:
    return TermsFacts(
        licensor_id=row.licensor_id,
        holder=row.holder,
        iban=row.iban,
        bic=row.bic,
        minimum=Money(row.minimum_micros, row.currency),
        schedule=Schedule(row.schedule),
        agreed_at=row.agreed_at,
        version=row.version,
        agreed_by=row.agreed_by.email if row.agreed_by else "",
    )
