"""What a file costs: list prices, the lowest price, and the order in which reductions apply.

All of it in prose, with worked tables: `docs/money.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pennywhistle.kit.money import (
    Money,
    micros_in_minor_unit,
    round_half_up_to_minor,
    split_by_largest_remainder,
)
from pennywhistle.shop.storefronts.rules import Tier, check_percent, percent_text

# How many times the price that is suggested a listener may name: against a slip of the finger.
NAMED_TIMES_MOST = 100


class PricingError(Exception):
    """A price that cannot be asked or given, with what to do."""


class PriceTooLowError(PricingError):
    """A price below what tax and tariffs need somewhere; the message holds the numbers."""


class NamedOutOfRangeError(PricingError):
    """A price that a listener named and that is not taken; it is from `least` to `most`."""

    def __init__(self, *, least: Money, most: Money) -> None:
        self.least, self.most = least, most
        super().__init__(f"Name a price from {least} to {most}.")


class PriceKind(StrEnum):
    """How a price came about: by the size of the file, or as its seller set it."""

    SIZE = "size"
    ALBUM = "album"
    FIXED = "fixed"
    NAMED = "named"
    UPGRADE = "upgrade"


# What lowers a price, in the order in which it does.
REDUCTION_KINDS = ("bundle", "upgrade", "tier", "promotion")


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a price was lowered by: `kind` is one of `REDUCTION_KINDS`, and `code` says which: the release's id, the sale line upgraded, the per cent, the promotion's code."""

    kind: str
    code: str
    amount: Money

    def as_json(self) -> dict[str, object]:
        """As a line stores it; `of_json` reads it."""
        return {"kind": self.kind, "code": self.code, "micros": self.amount.micros}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any], currency: str) -> Reduction:
        """What `as_json` stored of a price in that currency."""
        return cls(stored["kind"], stored["code"], Money(stored["micros"], currency))


@dataclass(frozen=True, slots=True)
class BasketItem:
    """What a basket holds: `kind` is `track` or `release`, `id` its number, `recipe` a code.

    `named` is what the listener offers for it where its label lets them name the price. It is the
    same item whatever is named.
    """

    kind: str
    id: int
    recipe: str
    named: Money | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NamedTerms:
    """A price that the listener names: the least that is taken, and what the label suggests."""

    least: Money
    suggested: Money

    def take(self, named: Money | None) -> Money:
        """What counts of the price that a listener named, if they named one: never below the least."""
        if named is None or named.currency != self.least.currency:
            return max(self.suggested, self.least)
        return max(named, self.least)

    @property
    def most(self) -> Money:
        """The most that is taken."""
        highest = max(self.suggested, self.least)
        return Money(highest.micros * NAMED_TIMES_MOST, highest.currency)


@dataclass(frozen=True, slots=True)
class Held:
    """One recipe of a track that the buyer has: the sale line's document, and what it was sold for."""

    document: str
    paid: Money


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Something that the buyer has of a track already: its sale line, and what that counts for."""

    document: str
    worth: Money


@dataclass(frozen=True, slots=True)
class Ask:
    """One track in one recipe before anything is taken off `listed`.

    `lowest` is what its tax and tariffs need there, None where no price pays them.
    """

    track_id: int
    release_id: int
    label_id: int
    recipe: str
    listed: Money
    kind: PriceKind
    lowest: Money | None
    upgrades: tuple[Upgrade, ...] = ()

    @property
    def least(self) -> Money:
        """What no reduction goes below: the lowest price, or the list price where that is less."""
        return self.listed if self.lowest is None else min(self.lowest, self.listed)


@dataclass(frozen=True, slots=True)
class Whole:
    """A release bought whole in one recipe for `price`, where its tracks cost more.

    `listed` holds the list price of each of its tracks, also of those that the buyer has already.
    """

    release_id: int
    recipe: str
    price: Money
    kind: PriceKind
    listed: Mapping[int, Money]


@dataclass(frozen=True, slots=True)
class PromotionTerms:
    """A code that lowers prices, by `percent` or by `amount` over all that it covers.

    Without releases and labels it covers everything that is not priced by its label.
    """

    code: str
    percent: Fraction | None = None
    amount: Money | None = None
    release_ids: frozenset[int] = frozenset()
    label_ids: frozenset[int] = frozenset()

    def covers(self, ask: Ask) -> bool:
        """True where the code lowers that price. What a listener names is never lowered, and what a
        label fixed only by a code for that label or release."""
        is_meant = ask.release_id in self.release_ids or ask.label_id in self.label_ids
        if ask.kind is PriceKind.NAMED:
            return False
        if self.release_ids or self.label_ids or ask.kind is PriceKind.FIXED:
            return is_meant
        return True


@dataclass(frozen=True, slots=True)
class Priced:
    """An ask with its price: `ask.listed` less the `reductions`, exactly."""

    ask: Ask
    price: Money
    kind: PriceKind
    reductions: tuple[Reduction, ...] = ()

    def lowered(self, kind: str, code: str, to: Money, becomes: PriceKind | None = None) -> Priced:
        """The same, lowered to `to`, or as far as the least; as it is where that is no less."""
        price = max(to, self.ask.least)
        if price >= self.price:
            return self
        taken = Reduction(kind, code, self.price - price)
        return replace(
            self, price=price, kind=becomes or self.kind, reductions=(*self.reductions, taken)
        )


def price_asks(
    *,
    asks: Sequence[Ask],
    wholes: Iterable[Whole] = (),
    tier: Tier | None = None,
    promotion: PromotionTerms | None = None,
) -> list[Priced]:
    """Apply what lowers prices, in the one order: whole release, upgrade, tier, promotion.

    None of them takes a price below `Ask.least`. Every result is whole minor units if the list
    prices are.
    """
    lines = [Priced(ask, ask.listed, ask.kind) for ask in asks]
    for whole in wholes:
        lines = _bundled(lines, whole)
    lines = [_upgraded(line) for line in lines]
    if tier is not None:
        lines = [
            _less_percent(line, "tier", f"{percent_text(tier.percent)}%", tier.percent)
            if line.ask.kind is PriceKind.SIZE
            else line
            for line in lines
        ]
    return lines if promotion is None else _promoted(lines, promotion)


def _bundled(lines: list[Priced], whole: Whole) -> list[Priced]:
    """Each track of the release pays its share of the whole's price."""
    total = Money.total(whole.listed.values(), whole.price.currency)
    if whole.price >= total:
        return lines
    mine = {
        line.ask.track_id: line
        for line in lines
        if (line.ask.release_id, line.ask.recipe) == (whole.release_id, whole.recipe)
    }
    nothing = Money.zero(whole.price.currency)
    shares = share_out(
        total=whole.price,
        weights={str(track_id): listed for track_id, listed in whole.listed.items()},
        least={
            str(track_id): mine[track_id].ask.least if track_id in mine else nothing
            for track_id in whole.listed
        },
        tie_key=f"{whole.release_id}/{whole.recipe}",
    )
    code = str(whole.release_id)
    return [
        _at_share(line, code, shares[str(line.ask.track_id)], whole.kind)
        if line is mine.get(line.ask.track_id)
        else line
        for line in lines
    ]


def _at_share(line: Priced, code: str, share: Money, kind: PriceKind) -> Priced:
    lowered = line.lowered("bundle", code, share, kind)
    if kind is not PriceKind.FIXED:
        return lowered
    return replace(lowered, ask=replace(lowered.ask, kind=kind))  # From here on the label's price.


def _upgraded(line: Priced) -> Priced:
    becomes = None if line.ask.kind is PriceKind.NAMED else PriceKind.UPGRADE
    for upgrade in line.ask.upgrades:
        left = Money(max(line.price.micros - upgrade.worth.micros, 0), line.price.currency)
        line = line.lowered("upgrade", upgrade.document, left, becomes)
    return line


def _less_percent(line: Priced, kind: str, code: str, percent: Fraction) -> Priced:
    exact = line.price.micros * (100 - percent) / 100
    return line.lowered(kind, code, round_half_up_to_minor(exact, line.price.currency))


def _promoted(lines: list[Priced], promotion: PromotionTerms) -> list[Priced]:
    covered = {str(i): line for i, line in enumerate(lines) if promotion.covers(line.ask)}
    if not covered:
        return lines
    if promotion.percent is not None:
        percent = promotion.percent
        lowered = {
            name: _less_percent(line, "promotion", promotion.code, percent)
            for name, line in covered.items()
        }
    else:
        currency = lines[0].price.currency
        off = promotion.amount or Money.zero(currency)
        total = Money.total((line.price for line in covered.values()), currency)
        shares = share_out(
            total=max(total - off, Money.zero(currency)),
            weights={name: line.price for name, line in covered.items()},
            least={name: line.ask.least for name, line in covered.items()},
            tie_key=promotion.code,
        )
        lowered = {
            name: line.lowered("promotion", promotion.code, shares[name])
            for name, line in covered.items()
        }
    return [lowered.get(str(i), line) for i, line in enumerate(lines)]


def share_out(
    *, total: Money, weights: Mapping[str, Money], least: Mapping[str, Money], tie_key: str
) -> dict[str, Money]:
    """Divide `total` in proportion to `weights` (above zero) into whole minor units, none below its
    `least`.

    They sum to `total`, or to the sum of the leasts where that is more. Where `total` is at most the
    sum of the weights and each least at most its weight, no share is above its weight.
    """
    floor = Money.total(least.values(), total.currency)
    if total <= floor:
        return dict(least)
    unit = micros_in_minor_unit(total.currency)
    left, open_weights, pinned = total, dict(weights), dict[str, Money]()
    for _ in range(len(weights) + 1):  # Each round pins at least one, or ends.
        whole = sum(weight.micros for weight in open_weights.values())
        exact = {
            name: Fraction(left.micros * weight.micros, whole)
            for name, weight in open_weights.items()
        }
        shares = split_by_largest_remainder(left, exact, tie_key=tie_key, unit_micros=unit)
        low = {name: least[name] for name in open_weights if shares[name] < least[name]}
        if not low:
            return {**pinned, **shares}
        pinned |= low
        left -= Money.total(low.values(), total.currency)
        open_weights = {name: w for name, w in open_weights.items() if name not in low}
    raise PricingError(f"{total} could not be shared out over {len(weights)} tracks")


class PromotionRefusedError(PricingError):
    """A code that lowers nothing here and now; `why` is one of `PROMOTION_REFUSALS`."""

    def __init__(self, code: str, why: str) -> None:
        self.code, self.why = code, why
        super().__init__(PROMOTION_REFUSALS[why] % {"code": code})


# Why a code is refused, and what the listener may do.
PROMOTION_REFUSALS = {
    "unknown": "There is no code %(code)s in this shop. Look at how it is written.",
    "not-yet": "The code %(code)s does not hold yet.",
    "over": "The code %(code)s does not hold any more.",
    "used-up": "The code %(code)s has been used as often as it may be.",
    "used-by-you": "You have used the code %(code)s as often as one person may.",
    "currency": "The code %(code)s is for prices in another currency.",
}

# As its column holds; and how far a code may be limited.
CODE_LETTERS_MOST = 40
USES_MOST = 10_000_000

_CODE = re.compile(rf"[A-Z0-9][A-Z0-9-]{{0,{CODE_LETTERS_MOST - 1}}}")


def fold_promotion_code(code: str) -> str:
    """A promotion's code as it is kept: capitals, without spaces. Capped, never refused."""
    return "".join(code.split()).upper()[:CODE_LETTERS_MOST]


def check_promotion(
    *, terms: PromotionTerms, starts_at: datetime, ends_at: datetime | None
) -> None:
    """Raise `PricingError` for a code that nobody could type, or that lowers nothing."""
    if not _CODE.fullmatch(terms.code):
        raise PricingError(
            f"a code is made of 1 to {CODE_LETTERS_MOST} letters A to Z, digits and hyphens, not "
            f"{terms.code!r}"
        )
    if (terms.percent is None) == (terms.amount is None):
        raise PricingError("a code takes off a percentage or an amount, and one of the two")
    if terms.percent is not None:
        check_percent(terms.percent, f"what {terms.code} takes off")
    if terms.amount is not None and not (terms.amount.is_whole_minor and terms.amount.micros > 0):
        raise PricingError(f"a code takes off whole cents, not {terms.amount}")
    if ends_at is not None and ends_at <= starts_at:
        raise PricingError(f"the code {terms.code} would end before it begins")


def check_asked(*, kind: PriceKind, amount: Money, suggested: Money | None) -> None:
    """Raise `PricingError` for a price that nobody could be asked."""
    for price in (amount, suggested):
        if price is not None and (price.micros <= 0 or not price.is_whole_minor):
            raise PricingError(f"a price is whole cents, above nothing, and not {price}")
    if kind is PriceKind.NAMED and suggested is not None and suggested < amount:
        raise PricingError(f"what is suggested, {suggested}, is below the least, {amount}")
