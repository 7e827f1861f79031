"""The first part of the recount: can every row be read, and is there every row that others name?"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps

from pennywhistle.flows.books_report import Finding
from pennywhistle.shop.ledger.soundness import iterate_unsound
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.licensing.rules import LicensingError
from pennywhistle.shop.sales.recount import iterate_unreadable_reductions

# The rooms whose rows the recount reads.
ROOMS = (
    "ledger",
    "payments",
    "storefronts",
    "catalogue",
    "licensing",
    "pricing",
    "sales",
    "library",
    "royalties",
)


def find_unsound_rows() -> list[Finding]:
    """Every row that the recount could not read, by its table and id."""
    findings = [
        Finding(f"{unsound.table} {unsound.id}", unsound.why)
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        for unsound in iterate_unsound(model=model)
    ]
    return findings or [*_iterate_senseless_licences(), *_iterate_senseless_reductions()]


def _iterate_senseless_licences() -> Iterator[Finding]:
    """Licences whose terms are text that says nothing."""
    for licence_id in Licence.objects.order_by("pk").values_list("pk", flat=True):
        try:
            list_terms_by_id(licence_ids=[licence_id])
        except (ArithmeticError, LicensingError, ValueError) as error:
            yield Finding(f"{Licence._meta.db_table} {licence_id}", f"it cannot be read: {error}")


def _iterate_senseless_reductions() -> Iterator[Finding]:
    for table, line_id, why in iterate_unreadable_reductions():
        yield Finding(f"{table} {line_id}", why)
