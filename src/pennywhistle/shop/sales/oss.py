"""What a quarter's return of value-added tax says, country by country.

The One Stop Shop: articles 369a to 369k of Directive 2006/112/EC for stores established in the EU,
358a to 369 for others. A return is by quarter and country, in euro at the rate of the European
Central Bank for the quarter's last day or the next day it publishes one (369h). What was wrong or
given back of an earlier quarter is corrected in a later return, by country and quarter (369g(4)).
Amounts are not rounded to whole euros: article 60 of Implementing Regulation (EU) 282/2011.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pennywhistle.kit.clock import Quarter
from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.sales.rules import SaleError
from pennywhistle.shop.sales.vat import EU, Seller

# Digits after the point of a rate that is written as a decimal; of a longer one, the fraction is.
RATE_DIGITS_MOST = 18

EURO = "EUR"


class TaxReturnError(SaleError):
    """A return that cannot be made, with what to do."""


class Scheme(StrEnum):
    """Where a row is declared: with the One Stop Shop, at home, in another country, or nowhere."""

    OSS = "oss"
    HOME = "home"
    ELSEWHERE = "elsewhere"
    UNTAXED = "untaxed"


@dataclass(frozen=True, slots=True)
class TaxedSum:
    """What was sold, or given back, at one rate of one country in one currency.

    `sold_in` is the quarter of the sales. For what no tax is owed on, `country` is where it was
    sold.
    """

    country: str
    percent: Decimal
    sold_in: Quarter
    gross: Money
    tax: Money
    line_count: int

    @property
    def net(self) -> Money:
        """What tax is counted on."""
        return self.gross - self.tax


@dataclass(frozen=True, slots=True)
class Conversion:
    """The rate by which a row became euros: euros for one unit, its day, and who published it."""

    rate: Fraction
    day: date
    source: str

    @property
    def rate_text(self) -> str:
        """The rate exactly: `0.0872`, or `200/217` where no decimal tells it, as of a rate that was
        published the other way round."""
        for digits in range(RATE_DIGITS_MOST + 1):
            scaled = self.rate * 10**digits
            if scaled.denominator == 1:
                whole, rest = divmod(scaled.numerator, 10**digits)
                return f"{whole}.{rest:0{digits}}" if digits else str(whole)
        return str(self.rate)


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One row of a quarter's return. `corrects` is the earlier quarter that it takes back from.

    `conversion` is None for what needs none, being declared elsewhere than with the One Stop Shop.
    """

    scheme: Scheme
    country: str
    percent: Decimal
    net: Money
    tax: Money
    line_count: int
    corrects: Quarter | None = None
    conversion: Conversion | None = None

    def plus(self, other: ReturnRow) -> ReturnRow:
        """This row and another of the same place."""
        return replace(
            self,
            net=self.net + other.net,
            tax=self.tax + other.tax,
            line_count=self.line_count + other.line_count,
        )

    @property
    def net_euros(self) -> Decimal | None:
        """The net amount in euros and cents."""
        return self._euros(self.net)

    @property
    def tax_euros(self) -> Decimal | None:
        """The tax in euros and cents."""
        return self._euros(self.tax)

    def _euros(self, amount: Money) -> Decimal | None:
        if self.conversion is None:
            return None
        cents = Fraction(amount.micros, micros_in_minor_unit(EURO)) * self.conversion.rate
        sign = -1 if cents < 0 else 1
        return Decimal(sign * int(abs(cents) + Fraction(1, 2))).scaleb(-2)


def scheme_of(*, country: str, percent: Decimal, seller: Seller) -> Scheme:
    """Where the tax of a country is declared by a store that is established where `seller` says."""
    if not percent:
        return Scheme.UNTAXED
    if country == seller.country:
        return Scheme.HOME
    return Scheme.OSS if country in EU else Scheme.ELSEWHERE


def return_rows(
    *, sold: Iterable[TaxedSum], given_back: Iterable[TaxedSum], quarter: Quarter, seller: Seller
) -> list[ReturnRow]:
    """A quarter's rows, without euros: what was sold less what of it went back, then corrections.

    `given_back` is what went back within the quarter, whenever it was sold.
    """
    if not seller.country:
        raise TaxReturnError(
            "where the store is established decides what it declares where: set "
            "PENNYWHISTLE_SELLER_COUNTRY, such as IE"
        )
    rows: dict[tuple[object, ...], ReturnRow] = {}
    for sign, part in ((1, sold), (-1, given_back)):
        for one in part:
            row = _row(one, sign, quarter, seller)
            known = rows.get(_place(row))
            rows[_place(row)] = row if known is None else known.plus(row)
    return [rows[place] for place in sorted(rows)]


def _row(one: TaxedSum, sign: int, quarter: Quarter, seller: Seller) -> ReturnRow:
    return ReturnRow(
        scheme=scheme_of(country=one.country, percent=one.percent, seller=seller),
        country=one.country,
        percent=one.percent,
        net=one.net if sign > 0 else -one.net,
        tax=one.tax if sign > 0 else -one.tax,
        line_count=sign * one.line_count,
        corrects=one.sold_in if one.sold_in != quarter else None,
    )


def _place(row: ReturnRow) -> tuple[object, ...]:
    """What a row is summed by, in the order in which rows are told."""
    scheme = list(Scheme).index(row.scheme)
    corrects = str(row.corrects or "")
    return corrects != "", scheme, row.country, row.percent, corrects, row.net.currency


# Sales of such services to consumers in other countries of the EU, without tax, in one calendar
# year and in the one before. Up to the first a store may tax them at home (article 59c of Directive
# 2006/112/EC); up to the second, one piece of evidence of the buyer's country suffices if somebody
# else than buyer and store gives it (article 24b of Implementing Regulation 282/2011, as amended by
# (EU) 2017/2459).
HOME_TAX_UP_TO = Money(10_000_000_000, EURO)
ONE_PIECE_UP_TO = Money(100_000_000_000, EURO)

# From this part of a threshold on, the desk warns.
NEAR = Fraction(8, 10)


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near a year's sales have come to a threshold.

    `rates` say by which rates sales in other currencies are counted in `sold`, by currency;
    `uncounted` are those that are not, since no rate is on file.
    """

    year: int
    sold: Money
    limit: Money
    rates: tuple[tuple[str, Conversion], ...] = ()
    uncounted: tuple[Money, ...] = ()

    @property
    def percent(self) -> Decimal:
        """Of the threshold, to a tenth; more than a hundred where it was passed."""
        return Decimal(self.sold.micros * 1000 // self.limit.micros) / 10

    @property
    def is_passed(self) -> bool:
        """True from the first sale on that went beyond."""
        return self.sold > self.limit

    @property
    def is_near(self) -> bool:
        """True where it is time to prepare."""
        return Fraction(self.sold.micros, self.limit.micros) >= NEAR


def sold_abroad(
    *, net_by_territory: Mapping[str, Money], seller: Seller, currency: str = EURO
) -> Money:
    """Of what was sold in a currency by territory, without tax: what the thresholds count."""
    counted: Sequence[Money] = [
        net
        for territory, net in net_by_territory.items()
        if territory in EU and territory != seller.country
    ]
    return Money.total(counted, currency)
