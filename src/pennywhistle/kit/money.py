"""Money as an integer count of micro-units and a currency (law 1).

A micro-unit is 10⁻⁶ of the currency's major unit: 0.10 EUR is 100,000 micros. Customers see and pay
whole minor units (cents); shares of a price live in micros; rates are exact rationals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

MICROS = 1_000_000

# What the database's 64-bit integers hold: 9.2 million million major units.
MICROS_MOST = 2**63 - 1

# Decimal places of the minor unit where it is not 2, from ISO 4217's list one:
# https://www.six-group.com/en/products-services/financial-information/data-standards.html
_MINOR_DIGITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


# An amount as machines write it, and as people type it, who may write a comma for the point.
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_TYPED = re.compile(r"[0-9]{1,13}(?:[.,][0-9]{1,6})?")

# What some countries read as thousands and others as thousandths.
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


class MoneyError(ValueError):
    """An amount that is not money as this store counts it, or two that cannot be mixed."""


class CurrencyMismatchError(MoneyError):
    """Two amounts of different currencies met in one sum or comparison."""


def micros_in_minor_unit(currency: str) -> int:
    """Micros in one minor unit of `currency`: 10,000 for a cent, 1,000,000 for a yen."""
    return MICROS // int(10 ** _MINOR_DIGITS.get(currency, 2))


def minor_digits(currency: str) -> int:
    """Decimal places a price in `currency` is written with."""
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. Adding or comparing two currencies, or a bare number, raises.

    >>> Money.parse("0.10", "EUR") + Money.parse("0.09", "EUR")
    Money(micros=190000, currency='EUR')
    """

    micros: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.micros, int) or isinstance(self.micros, bool):
            raise MoneyError(f"micros must be a whole number, not {self.micros!r}")
        if len(self.currency) != 3 or not (self.currency.isascii() and self.currency.isupper()):
            raise MoneyError(f"{self.currency!r} is not an ISO 4217 code such as EUR")

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def of_minor(cls, minor_units: int, currency: str) -> Money:
        """`of_minor(10, "EUR")` is ten cents."""
        return cls(minor_units * micros_in_minor_unit(currency), currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read "5", "5.00" or "0.000001" major units: a point, and digits from 0 to 9 alone. More than
        six decimals is an error."""
        bare = text.strip()
        if not _AMOUNT.fullmatch(bare):
            raise MoneyError(f"{text!r} is not an amount; write it as 5.00")
        micros = Fraction(Decimal(bare)) * MICROS
        if micros.denominator != 1:
            raise MoneyError(f"{text!r} has more than six decimals")
        if abs(micros) > MICROS_MOST:
            raise MoneyError(f"{text!r} is not an amount that a shop could take")
        return cls(int(micros), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum of `amounts`, zero if there are none."""
        result = cls.zero(currency)
        for amount in amounts:
            result += amount
        return result

    def _same(self, other: object) -> Money:
        if not isinstance(other, Money):
            raise MoneyError(f"money does not mix with the bare value {other!r}")
        if other.currency != self.currency:
            raise CurrencyMismatchError(
                f"{self.currency} does not mix with {other.currency}: convert with a dated rate first"
            )
        return other

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + self._same(other).micros, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - self._same(other).micros, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.micros, self.currency)

    def __eq__(self, other: object) -> bool:
        return self.micros == self._same(other).micros

    def __hash__(self) -> int:
        return hash((self.micros, self.currency))

    def __lt__(self, other: Money) -> bool:
        return self.micros < self._same(other).micros

    def __le__(self, other: Money) -> bool:
        return self.micros <= self._same(other).micros

    def __gt__(self, other: Money) -> bool:
        return self.micros > self._same(other).micros

    def __ge__(self, other: Money) -> bool:
        return self.micros >= self._same(other).micros

    def __bool__(self) -> bool:
        return self.micros != 0

    @property
    def minor_units(self) -> int:
        """Whole minor units (cents). Raises where there is a fraction of one."""
        whole, rest = divmod(self.micros, micros_in_minor_unit(self.currency))
        if rest:
            raise MoneyError(f"{self} is not a whole number of minor units")
        return whole

    @property
    def is_whole_minor(self) -> bool:
        """True where a customer could be charged this amount."""
        return self.micros % micros_in_minor_unit(self.currency) == 0

    @property
    def decimal(self) -> Decimal:
        """Major units, exactly: six decimals."""
        return Decimal(self.micros).scaleb(-6)

    def __str__(self) -> str:
        """`0.10 EUR`; the decimals below the minor unit appear only where they are needed."""
        places = minor_digits(self.currency) if self.is_whole_minor else 6
        return f"{self.decimal:.{places}f} {self.currency}"


def with_a_point(typed: str, *, decimal_sign: str) -> str:
    """An amount that a person typed, as `Money.parse` reads it: `9,99` is 9.99 in every language.

    `decimal_sign` is what the page that they typed it on writes, a point or a comma. The other sign
    is taken for the same, but for three digits behind it: whether `1.000` is one or a thousand is
    not guessed. Nor is any sign between thousands read. Raises `MoneyError`.
    """
    bare = typed.strip()
    other = "," if decimal_sign == "." else "."
    if not _TYPED.fullmatch(bare) or (other in bare and _THOUSANDS.fullmatch(bare)):
        raise MoneyError(
            f"{typed!r} is not an amount; write it as 5{decimal_sign}00, with no sign between "
            "thousands"
        )
    return bare.replace(",", ".")


def round_half_up_to_minor(exact_micros: Fraction, currency: str) -> Money:
    """The whole minor units nearest to `exact_micros` (≥ 0); a half goes up."""
    unit = micros_in_minor_unit(currency)
    return Money(int(exact_micros / unit + Fraction(1, 2)) * unit, currency)


def split_by_largest_remainder(
    total: Money, parts: Mapping[str, Fraction], *, tie_key: str, unit_micros: int = 1
) -> dict[str, Money]:
    """Round exact `parts` (micros, each ≥ 0, summing to `total` exactly) to whole micros, or to
    multiples of `unit_micros`, of which `total` must be one.

    Each part is rounded down, and the units left over go one each to the largest remainders; equal
    remainders are ordered by a SHA-256 of `tie_key` and the part's name, so that the same sale
    always splits the same way and no party is favoured. Every result is within one unit of its
    exact part, and the results sum to `total`.

    https://en.wikipedia.org/wiki/Quota_method#Largest_remainder
    """
    if any(exact < 0 for exact in parts.values()):
        raise MoneyError(f"a share below zero cannot be split: {dict(parts)}")
    if sum(parts.values(), Fraction(0)) != total.micros:
        raise MoneyError(f"the parts sum to {sum(parts.values())} micros, not to {total.micros}")
    if total.micros % unit_micros:
        raise MoneyError(f"{total} is not a whole number of units of {unit_micros} micros")
    floors = {name: int(exact // unit_micros) * unit_micros for name, exact in parts.items()}

    def turn(name: str) -> tuple[Fraction, bytes]:
        tie = hashlib.sha256(f"{tie_key}\0{name}".encode()).digest()
        return (floors[name] - parts[name], tie)

    left = (total.micros - sum(floors.values())) // unit_micros
    for name in sorted(parts, key=turn)[:left]:
        floors[name] += unit_micros
    return {name: Money(micros, total.currency) for name, micros in floors.items()}
