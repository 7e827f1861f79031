"""Writes of licensors' terms."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pennywhistle.shop.licensing.models import Licensor
from pennywhistle.shop.royalties.models import PayoutTerms
from pennywhistle.shop.royalties.payout_terms import TermsFacts
from pennywhistle.shop.royalties.payout_terms_queries import find_terms


def store_terms(*, terms: TermsFacts, agreed_by: int | None, now: datetime) -> TermsFacts:
    """Keep a licensor's terms as the next version; the same again changes nothing; what holds now.

    Transaction: one of its own, in which whoever else changes that licensor's terms waits.
    """
    with transaction.atomic():
        Licensor.objects.select_for_update(no_key=True).get(pk=terms.licensor_id)
        known = find_terms(licensor_id=terms.licensor_id)
        if known is not None and known.says == terms.says:
            return known
        PayoutTerms.objects.create(
            licensor_id=terms.licensor_id,
            version=known.version + 1 if known else 1,
            holder=terms.holder,
            iban=terms.iban,
            bic=terms.bic,
            minimum_micros=terms.minimum.micros,
            currency=terms.minimum.currency,
            schedule=terms.schedule,
            agreed_at=now,
            agreed_by_id=agreed_by,
        )
        agreed = find_terms(licensor_id=terms.licensor_id)
    return agreed or terms
