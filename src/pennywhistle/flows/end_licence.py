"""End a licence: sales under it stop, downloads of what was bought go on (law 4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from pennywhistle.shop.licensing import operations
from pennywhistle.shop.sales.queries import find_last_sale_under

# An end is not inside its licence, so a sale is if the licence ends this much later.
_INSTANT = timedelta(microseconds=1)


def end_licence(*, number: str, reason: str, now: datetime) -> None:
    """End it from `now` on, or from right behind the newest sale under it where that is later.

    So a clock that was set back leaves no sale without its licence. Transaction: one of its
    own. Raises `UnknownLicenceError`, and `LicensingError` for a reason that cannot be kept.
    """
    with transaction.atomic():
        sold_at = find_last_sale_under(licence_id=operations.hold(number=number))
        at = now if sold_at is None else max(now, sold_at + _INSTANT)
        operations.end(number=number, reason=reason, at=at)
