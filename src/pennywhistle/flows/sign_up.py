"""Sign someone up from the command line or the demo; the shop's own sign-up page is allauth's."""

from __future__ import annotations

from pennywhistle.shop.accounts import operations
from pennywhistle.shop.accounts.queries import find_person
from pennywhistle.shop.accounts.rules import AlreadySignedUpError


def sign_up(*, email: str, password: str, country: str = "", is_operator: bool = False) -> int:
    """Create a person; their id. Transaction: the one insert. Raises `AlreadySignedUpError`."""
    if find_person(email=email) is not None:
        raise AlreadySignedUpError(f"{email} has signed up already")
    person = operations.create_person(
        email=email, password=password, country=country, is_operator=is_operator
    )
    return person.pk
