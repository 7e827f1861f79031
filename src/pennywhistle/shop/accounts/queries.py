"""Reads of people."""

from __future__ import annotations

from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.rules import UnknownPersonError


def get_person(*, email: str) -> Person:
    """The person of that address; `UnknownPersonError` if there is none."""
    person = find_person(email=email)
    if person is None:
        raise UnknownPersonError(f"nobody has signed up as {email}")
    return person


def find_person(*, email: str) -> Person | None:
    """The person of that address, or None."""
    return Person.objects.filter(email=email.strip().lower()).first()
