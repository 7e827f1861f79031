"""Keep the country that a listener says they live in."""

from __future__ import annotations

from pennywhistle.shop.accounts import operations


def declare_country(*, person_id: int, country: str) -> None:
    """Keep it for their next visit. Transaction: the one update. Raises `UnknownCountryError`."""
    operations.declare_country(person_id=person_id, country=country)
