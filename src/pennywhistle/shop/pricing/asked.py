"""Reads of what labels ask for their music, and of codes that lower prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from django.db.models import Count

from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.models import AskedPrice, Promotion
from pennywhistle.shop.pricing.rules import (
    PriceKind,
    PromotionRefusedError,
    PromotionTerms,
    fold_promotion_code,
)

PROMOTIONS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A price that is asked: `amount`, or the least that may be named, and what is suggested then."""

    kind: PriceKind
    amount: Money
    suggested: Money
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AskedPrices:
    """What is asked in one storefront and currency: for releases bought whole, for each track of a
    release, and for tracks, by id. What goes by size is not in it."""

    wholes: dict[int, Asked] = field(default_factory=dict)
    each: dict[int, Asked] = field(default_factory=dict)
    tracks: dict[int, Asked] = field(default_factory=dict)

    def of_track(self, *, track_id: int, release_id: int) -> Asked | None:
        """What is asked for one track: its own price speaks before that of each track."""
        own = self.tracks.get(track_id)
        return self.each.get(release_id) if own is None else own


@dataclass(frozen=True, slots=True)
class PromotionFacts:
    """A code as the desk lists it. `ends_at` is the earlier of what was said and of its stop;
    `names` are those of the labels and releases that it covers, none for all."""

    terms: PromotionTerms
    starts_at: datetime
    ends_at: datetime | None
    uses_most: int | None
    uses_per_person_most: int | None
    use_count: int
    names: tuple[str, ...]


def list_asked(
    *, storefront_id: int, currency: str, release_ids: Iterable[int], instant: datetime
) -> AskedPrices:
    """What is asked for these releases and their tracks. One query."""
    rows = AskedPrice.objects.filter(
        storefront_id=storefront_id,
        currency=currency,
        release_id__in=set(release_ids),
        valid_from__lte=instant,
    )
    asked = AskedPrices()
    for row in rows.order_by("valid_from", "id"):  # The newest speaks.
        held: dict[int, Asked]
        if row.scope == AskedPrice.Scope.TRACK and row.track_id is not None:
            held, key = asked.tracks, row.track_id
        else:
            held = asked.wholes if row.scope == AskedPrice.Scope.WHOLE else asked.each
            key = row.release_id
        held.pop(key, None)
        if row.kind != AskedPrice.Kind.SIZE:
            held[key] = _asked(row)
        elif row.scope == AskedPrice.Scope.TRACK:
            # A track may go by size where each of the others does not: nothing is asked for it.
            held[key] = Asked(
                PriceKind.SIZE, Money.zero(currency), Money.zero(currency), row.valid_from
            )
    return asked


def find_promotion(
    *, storefront_id: int, code: str, currency: str, person_id: int | None, now: datetime
) -> PromotionTerms:
    """What a code lowers, for a person who may use it now. Three to six queries.

    Raises `PromotionRefusedError`, which says why not.
    """
    folded = fold_promotion_code(code)
    row = Promotion.objects.filter(storefront_id=storefront_id, code=folded).first()
    if row is None:
        raise PromotionRefusedError(folded, "unknown")
    if now < row.starts_at:
        raise PromotionRefusedError(folded, "not-yet")
    if any(end is not None and end <= now for end in (row.ends_at, row.ended_at)):
        raise PromotionRefusedError(folded, "over")
    if row.currency not in {"", currency}:
        raise PromotionRefusedError(folded, "currency")
    check_uses(row=row, person_id=person_id)
    return _terms(row)


def is_promotion(*, storefront_id: int, code: str) -> bool:
    """Whether a storefront has, or had, such a code. One query."""
    return Promotion.objects.filter(
        storefront_id=storefront_id, code=fold_promotion_code(code)
    ).exists()


def check_uses(*, row: Promotion, person_id: int | None) -> None:
    """Raise `PromotionRefusedError` for a code that was used as often as it may be. Two queries at
    most; no query for one without limits."""
    if row.uses_most is not None and row.uses.count() >= row.uses_most:
        raise PromotionRefusedError(row.code, "used-up")
    most = row.uses_per_person_most
    if most is None or person_id is None:
        return
    if row.uses.filter(person_id=person_id).count() >= most:
        raise PromotionRefusedError(row.code, "used-by-you")


def list_promotions(*, storefront_id: int) -> list[PromotionFacts]:
    """The newest codes of a storefront. Three queries."""
    rows = Promotion.objects.filter(storefront_id=storefront_id).annotate(n=Count("uses"))
    shown = rows.prefetch_related("releases", "labels").order_by("-id")[:PROMOTIONS_SHOWN]
    return [
        PromotionFacts(
            terms=_terms(row),
            starts_at=row.starts_at,
            ends_at=min((end for end in (row.ends_at, row.ended_at) if end), default=None),
            uses_most=row.uses_most,
            uses_per_person_most=row.uses_per_person_most,
            use_count=row.n,
            names=(
                *(label.name for label in row.labels.all()),
                *(release.title for release in row.releases.all()),
            ),
        )
        for row in shown
    ]


def _asked(row: AskedPrice) -> Asked:
    amount = Money(row.micros, row.currency)
    suggested = (
        amount if row.suggested_micros is None else Money(row.suggested_micros, row.currency)
    )
    return Asked(PriceKind(row.kind), amount, suggested, row.valid_from)


def _terms(row: Promotion) -> PromotionTerms:
    return PromotionTerms(
        code=row.code,
        percent=None if row.percent is None else Fraction(row.percent),
        amount=None if row.amount_micros is None else Money(row.amount_micros, row.currency),
        release_ids=frozenset(release.pk for release in row.releases.all()),
        label_ids=frozenset(label.pk for label in row.labels.all()),
    )
