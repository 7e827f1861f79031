"""Writes to people."""

from __future__ import annotations

from pennywhistle.kit.territory import check_country
from pennywhistle.shop.accounts.models import Person


def create_person(
    *, email: str, password: str, country: str = "", is_operator: bool = False
) -> Person:
    """Sign someone up. Transaction: the one insert."""
    return Person.objects.create_user(
        email,
        password,
        country=check_country(country) if country else "",
        is_operator=is_operator,
    )


def declare_country(*, person_id: int, country: str) -> None:
    """Keep the country that a person says they live in. Transaction: the one update."""
    Person.objects.filter(pk=person_id).update(country=check_country(country))
