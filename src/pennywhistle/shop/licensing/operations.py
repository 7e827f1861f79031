"""Writes to licensors and licences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pennywhistle.kit.clock import Period
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.models import Licence, Licensor, Tariff
from pennywhistle.shop.licensing.rules import (
    LicensingError,
    Repertoire,
    Right,
    TariffTerms,
    UnknownLicenceError,
    Use,
)

# As its column holds.
NUMBER_LETTERS_MOST = 40


@dataclass(frozen=True, slots=True)
class Grant:
    """What a contract says, to be recorded as a licence."""

    number: str
    licensor: str
    licensor_kind: str
    right: Right
    repertoire: Repertoire
    uses: frozenset[Use]
    territories: TerritorySet
    period: Period
    tariff: TariffTerms
    document_reference: str


def grant(*, terms: Grant, granted_by: int | None, now: datetime) -> Licence:
    """Record a licence, its licensor and its tariff. Transaction: one of its own.

    The same number with the same terms again changes nothing; with others it raises
    `LicensingError`.
    """
    _check(terms)
    with transaction.atomic():
        licensor = _licensor(terms)
        fields = {
            "licensor": licensor,
            "right": terms.right.value,
            "repertoire": terms.repertoire.kind,
            "label_id": _target(terms.repertoire, "label"),
            "release_id": _target(terms.repertoire, "release"),
            "track_id": _target(terms.repertoire, "track"),
            "uses": ",".join(sorted(use.value for use in terms.uses)),
            "territories": str(terms.territories),
            "starts_at": terms.period.starts_at,
            "ends_at": terms.period.ends_at,
            "tariff": _tariff(terms.tariff),
            "document_reference": terms.document_reference,
        }
        stored = Licence.objects.filter(number=terms.number).first()
        if stored is None:
            return Licence.objects.create(
                number=terms.number, granted_at=now, granted_by_id=granted_by, **fields
            )
        if any(getattr(stored, name) != value for name, value in fields.items()):
            raise LicensingError(
                f"licence {terms.number} is recorded with other terms; end it and grant a new one"
            )
        return stored


def end(*, number: str, reason: str, at: datetime) -> None:
    """End a licence from `at` on: sales stop, downloads of what was bought go on.

    Ending what has ended changes nothing. Transaction: one of its own.
    """
    with transaction.atomic():
        licence = Licence.objects.select_for_update().filter(number=number).first()
        if licence is None:
            raise UnknownLicenceError(f"no licence has the number {number!r}")
        if licence.ended_at is None:
            licence.ended_at = at
            licence.end_reason = reason
            licence.save(update_fields=["ended_at", "end_reason"])


def _check(terms: Grant) -> None:
    """Refuse what the tables would take and nobody could read."""
    if not terms.uses:
        raise LicensingError("a licence opens at least one use, such as DOWNLOAD")
    for what, text in (
        ("number", terms.number),
        ("licensor", terms.licensor),
        ("reference of its document: contract, page, date", terms.document_reference),
    ):
        if not text.strip():
            raise LicensingError(f"a licence needs the {what}")
    if len(terms.number) > NUMBER_LETTERS_MOST:
        raise LicensingError(f"a licence's number has at most {NUMBER_LETTERS_MOST} letters")
    if terms.licensor_kind not in Licensor.Kind.values:
        known = ", ".join(Licensor.Kind.values)
        raise LicensingError(f"the licensor's kind {terms.licensor_kind!r} is not one of {known}")


def _target(repertoire: Repertoire, kind: str) -> int | None:
    return repertoire.id if repertoire.kind == kind else None


def _licensor(terms: Grant) -> Licensor:
    label_id = _target(terms.repertoire, "label") if terms.licensor_kind == "label" else None
    row, is_new = Licensor.objects.get_or_create(
        name=terms.licensor, defaults={"kind": terms.licensor_kind, "label_id": label_id}
    )
    if not is_new and row.kind != terms.licensor_kind:
        raise LicensingError(f"{row.name} is recorded as a {row.kind}, not {terms.licensor_kind}")
    return row


def _tariff(tariff: TariffTerms) -> Tariff:
    floor = tariff.floor_per_track
    facts = {
        "rate_numerator": tariff.rate.numerator,
        "rate_denominator": tariff.rate.denominator,
        "base": tariff.base,
        "floor_micros_per_track": floor.micros if floor else 0,
        "floor_currency": floor.currency if floor else "",
    }
    row, is_new = Tariff.objects.get_or_create(
        code=tariff.code, version=tariff.version, defaults=facts
    )
    if not is_new and any(getattr(row, name) != value for name, value in facts.items()):
        raise LicensingError(
            f"tariff {tariff.code} version {tariff.version} is recorded with other figures; "
            "give the change a new version"
        )
    return row
