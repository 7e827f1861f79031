"""Reads of what moved on an account, by document: for whoever counts it against another's books."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.rules import MOVING

# Documents that one query names.
DOCUMENTS_AT_ONCE = 500


def list_documents(*, code: str, within: Period) -> set[str]:
    """The documents whose transfers moved an account in a period. Two queries."""
    rows = Transfer.objects.filter(phase__in=MOVING, posted_at__gte=within.starts_at)
    if within.ends_at is not None:
        rows = rows.filter(posted_at__lt=within.ends_at)
    return {
        document
        for side in ("debit_account", "credit_account")
        for document in rows.filter(**{f"{side}__code": code}).values_list("document", flat=True)
    }


def list_nets(*, code: str, documents: Collection[str]) -> dict[str, Money]:
    """Credits less debits of an account, by document, whenever they moved. Two queries for each
    `DOCUMENTS_AT_ONCE`."""
    chosen = sorted(documents)
    nets: dict[str, Money] = {}
    for start in range(0, len(chosen), DOCUMENTS_AT_ONCE):
        rows = Transfer.objects.filter(
            phase__in=MOVING, document__in=chosen[start : start + DOCUMENTS_AT_ONCE]
        )
        for side, sign in (("credit_account", 1), ("debit_account", -1)):
            moved = (
                rows.filter(**{f"{side}__code": code})
                .order_by()
                .values_list("document", f"{side}__currency")
                .annotate(micros=Sum("amount_micros"))
            )
            for document, currency, micros in moved:
                net = nets.get(document, Money.zero(currency))
                nets[document] = net + Money(sign * micros, currency)
    return nets
