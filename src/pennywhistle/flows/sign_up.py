"""Sign someone up from the command line or the demo; the shop's own sign-up page is allauth's."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from pennywhistle.shop.accounts import operations
from pennywhistle.shop.accounts.queries import find_person
from pennywhistle.shop.accounts.rules import AlreadySignedUpError, SignUpRefusedError


def sign_up(*, email: str, password: str, country: str = "", is_operator: bool = False) -> int:
    """Create a person; their id. Transaction: the one insert.

    Raises `AlreadySignedUpError`, and `SignUpRefusedError` for an address or a password that the
    sign-up page would refuse too.
    """
    try:
        validate_email(email)
        validate_password(password)
    except ValidationError as error:
        raise SignUpRefusedError(f"{email!r} cannot sign up: {' '.join(error.messages)}") from None
    if find_person(email=email) is not None:
        raise AlreadySignedUpError(f"{email} has signed up already")
    person = operations.create_person(
        email=email, password=password, country=country, is_operator=is_operator
    )
    return person.pk
