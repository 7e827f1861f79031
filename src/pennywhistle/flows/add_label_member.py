"""Let someone see a label's pages."""

from __future__ import annotations

from pennywhistle.shop.catalogue import operations


def add_label_member(*, label_name: str, person_id: int) -> None:
    """Make a person a member of the label of that name. Transaction: one of its own.

    Raises `UnknownLabelError`.
    """
    operations.add_label_member(label_name=label_name, person_id=person_id)
