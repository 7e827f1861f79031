"""Let someone see a label's pages."""

from __future__ import annotations

from django.db import transaction

from pennywhistle.flows.sign_up import sign_up
from pennywhistle.shop.accounts.queries import get_person
from pennywhistle.shop.catalogue import operations


def add_label_member(*, label_name: str, email: str, password: str = "") -> None:
    """Make a person a member of the label of that name; with a password, sign them up first.

    Transaction: one for both. Raises `UnknownLabelError`, `UnknownPersonError`, and what `sign_up`
    raises; then nobody was signed up.
    """
    with transaction.atomic():
        person_id = (
            sign_up(email=email, password=password) if password else get_person(email=email).pk
        )
        operations.add_label_member(label_name=label_name, person_id=person_id)
