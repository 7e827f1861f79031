"""Writes to licensors and licences."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.licensing.footing import check_footing
from pennywhistle.shop.licensing.history import Change, ChangeKind, History, suspensions
from pennywhistle.shop.licensing.models import Licence, LicenceChange, Licensor, Tariff
from pennywhistle.shop.licensing.queries import list_histories_by_id
from pennywhistle.shop.licensing.rules import (
    ON_CONTRACT,
    PREVIEW_SECONDS,
    REASON_LETTERS_MOST,
    TARIFF_CODE_LETTERS_MOST,
    Footing,
    LicenceStateError,
    LicensingError,
    Repertoire,
    Right,
    TariffTerms,
    UnknownLicenceError,
    Use,
    check_number,
    check_preview,
    check_text,
    fold_name,
)

# What today's tables make of the territories that were written: no term of its own.
_EXPANDED = {"territories", "territory_tables"}

# Names that differ in less than this share of their letters are likely one name, misspelt.
_LIKENESS = 0.85


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
    starts: LocalTime
    ends: LocalTime | None
    tariff: TariffTerms
    document_reference: str
    preview_seconds: int | None = PREVIEW_SECONDS
    footing: Footing = ON_CONTRACT


@dataclass(frozen=True, slots=True)
class Granted:
    """What was recorded. `similar` is who else is on file under a name like a new licensor's."""

    licence: Licence
    is_new_licensor: bool
    similar: str = ""


@sealed_days_told()
def grant(*, terms: Grant, granted_by: int | None, now: datetime) -> Granted:
    """Record a licence, its licensor and its tariff. Transaction: one of its own.

    The same number with the same terms again changes nothing; with others it raises
    `LicensingError`, and so does a new licensor whose name is another's but for capitals and stops.
    """
    _check(terms)
    with transaction.atomic():
        licensor, is_new, similar = _licensor(terms)
        fields = {
            "licensor": licensor,
            "right": terms.right.value,
            "repertoire": terms.repertoire.kind,
            "label_id": _target(terms.repertoire, "label"),
            "release_id": _target(terms.repertoire, "release"),
            "track_id": _target(terms.repertoire, "track"),
            "uses": ",".join(sorted(use.value for use in terms.uses)),
            "preview_seconds": terms.preview_seconds,
            "territories": ",".join(sorted(terms.territories.countries)),
            "territories_written": str(terms.territories),
            "territory_tables": terms.territories.tables,
            "starts_at": terms.starts.first_instant,
            "ends_at": terms.ends.first_instant if terms.ends else None,
            "starts_written": str(terms.starts),
            "ends_written": str(terms.ends or ""),
            "tariff": _tariff(terms.tariff),
            "document_reference": terms.document_reference,
            "basis": terms.footing.basis.value,
            "deed": terms.footing.deed,
            "evidence": terms.footing.evidence,
            "mechanical_by": terms.footing.mechanical_by.value,
        }
        stored = Licence.objects.filter(number=terms.number).first()
        if stored is None:
            stored = Licence.objects.create(
                number=terms.number, granted_at=now, granted_by_id=granted_by, **fields
            )
        elif any(getattr(stored, name) != fields[name] for name in fields.keys() - _EXPANDED):
            raise LicensingError(
                f"licence {terms.number} is recorded with other terms; end it and grant a new one"
            )
    return Granted(stored, is_new, similar)


def hold(*, number: str) -> int:
    """Hold a licence until the caller's transaction ends; its id. Transaction: the caller's.

    Raises `UnknownLicenceError`.
    """
    licence = Licence.objects.select_for_update().filter(number=number).first()
    if licence is None:
        raise UnknownLicenceError(f"no licence has the number {number!r}")
    return licence.pk


@sealed_days_told()
def change(
    *,
    number: str,
    kind: ChangeKind,
    reason: str,
    effective_at: datetime | None,
    recorded_by: int | None,
    now: datetime,
) -> None:
    """Record what happens to a licence from `effective_at` on, or from now. Transaction: the caller's.

    Ending what has ended by then changes nothing. Raises `UnknownLicenceError`; `LicenceStateError`
    where it has ended by then, or nothing would change; and `LicensingError` for a reason that cannot
    be kept.
    """
    licence_id = hold(number=number)
    reason = " ".join(reason.split())  # One line, however it was typed.
    check_text(reason, "reason of it", letters_most=REASON_LETTERS_MOST)
    history = list_histories_by_id(licence_ids=[licence_id])[licence_id]
    # What is recorded later is never dated before what was, whatever the clock says.
    recorded_at = max([now, *(one.recorded_at for one in history.changes)])
    new = Change(kind, effective_at or recorded_at, recorded_at, reason)
    if not _changes(history, new):
        return
    LicenceChange.objects.create(
        licence_id=licence_id,
        kind=new.kind.value,
        effective_at=new.effective_at,
        recorded_at=new.recorded_at,
        reason=new.reason,
        recorded_by_id=recorded_by,
    )


def _changes(history: History, new: Change) -> bool:
    """False for an end of what has ended by then. Raises `LicenceStateError`."""
    number = history.agreed.number
    terms = history.as_known()
    assert terms is not None
    if terms.ends_at is not None and terms.ends_at <= new.effective_at:
        if new.kind is ChangeKind.ENDED:
            return False
        raise LicenceStateError(f"licence {number} has ended by then: grant another")
    after = suspensions(changes=[*history.changes, new])
    if new.kind is not ChangeKind.ENDED and after == terms.suspended:
        is_so = "suspended" if new.kind is ChangeKind.SUSPENDED else "not suspended"
        raise LicenceStateError(f"licence {number} is {is_so} from then on already")
    return True


def _check(terms: Grant) -> None:
    """Refuse what the tables would take and nobody could read."""
    if not terms.uses:
        raise LicensingError("a licence opens at least one use, such as DOWNLOAD")
    check_preview(terms.preview_seconds)
    check_footing(terms.footing, right=terms.right, tariff=terms.tariff)
    check_number(terms.number)
    check_text(terms.licensor, "licensor")
    check_text(terms.document_reference, "reference of its document: contract, page, date")
    check_text(terms.tariff.code, "tariff's code", letters_most=TARIFF_CODE_LETTERS_MOST)
    if terms.licensor_kind not in Licensor.Kind.values:
        known = ", ".join(Licensor.Kind.values)
        raise LicensingError(f"the licensor's kind {terms.licensor_kind!r} is not one of {known}")


def _target(repertoire: Repertoire, kind: str) -> int | None:
    return repertoire.id if repertoire.kind == kind else None


def _licensor(terms: Grant) -> tuple[Licensor, bool, str]:
    """The licensor, whether it is new, and who is on file under a name like a new one's."""
    names = list(Licensor.objects.values_list("name", flat=True))
    similar = "" if terms.licensor in names else _similar(terms.licensor, names)
    label_id = _target(terms.repertoire, "label") if terms.licensor_kind == "label" else None
    row, is_new = Licensor.objects.get_or_create(
        name=terms.licensor, defaults={"kind": terms.licensor_kind, "label_id": label_id}
    )
    if not is_new and row.kind != terms.licensor_kind:
        raise LicensingError(f"{row.name} is recorded as a {row.kind}, not {terms.licensor_kind}")
    return row, is_new, similar


def _similar(name: str, names: list[str]) -> str:
    """Whose name is most like it, or nothing; `LicensingError` where it is the same to the ear."""
    by_fold = {fold_name(known): known for known in names}
    folded = fold_name(name)
    if folded in by_fold:
        known = by_fold[folded]
        raise LicensingError(
            f"{known} is on file, and {name!r} is the same name written otherwise: write {known}"
        )
    close = difflib.get_close_matches(folded, by_fold, n=1, cutoff=_LIKENESS)
    return by_fold[close[0]] if close else ""


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
