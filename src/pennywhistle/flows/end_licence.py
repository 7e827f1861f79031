"""End a licence, suspend it, or lift that: sales under it stop, downloads of what was bought go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.history import ChangeKind
from pennywhistle.shop.sales.queries import find_last_sale_under

# An end is not inside its licence, so a sale is if the licence ends this much later.
_INSTANT = timedelta(microseconds=1)


def end_licence(
    *,
    number: str,
    reason: str,
    now: datetime,
    effective_at: datetime | None = None,
    ended_by: int | None = None,
) -> None:
    """End it from `effective_at` on, or from now. Transaction: one of its own.

    Ending what has ended changes nothing. Raises `UnknownLicenceError`, and `LicensingError` for a
    reason that cannot be kept.
    """
    change_licence(
        number=number,
        kind=ChangeKind.ENDED,
        reason=reason,
        now=now,
        effective_at=effective_at,
        changed_by=ended_by,
    )


def change_licence(
    *,
    number: str,
    kind: ChangeKind,
    reason: str,
    now: datetime,
    effective_at: datetime | None = None,
    changed_by: int | None = None,
) -> None:
    """Record what happens to a licence from `effective_at` on, or from now. Transaction: one of its own.

    It is recorded now, or right behind the newest sale under it where that is later: so a clock that
    was set back leaves no sale that was not licensed as known then. An instant that has passed is
    taken too: then sales since were licensed as known then, and are not as known now. Raises
    `UnknownLicenceError`, `LicenceStateError`, and `LicensingError` for a reason that cannot be kept.
    """
    with transaction.atomic():
        sold_at = find_last_sale_under(licence_id=operations.hold(number=number))
        recorded_at = now if sold_at is None else max(now, sold_at + _INSTANT)
        operations.change(
            number=number,
            kind=kind,
            reason=reason,
            effective_at=effective_at,
            recorded_by=changed_by,
            now=recorded_at,
        )
