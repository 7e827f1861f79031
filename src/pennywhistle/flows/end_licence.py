"""End a licence: sales under it stop, downloads of what was bought go on (law 4)."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.licensing import operations


def end_licence(*, number: str, reason: str, now: datetime) -> None:
    """End it from `now` on. Transaction: one of its own.

    Raises `UnknownLicenceError`, and `LicensingError` for a reason that cannot be kept.
    """
    operations.end(number=number, reason=reason, at=now)
