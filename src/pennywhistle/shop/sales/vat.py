"""Which country's value-added tax a sale owes, and its standard rate, by country and day.

A song that is downloaded is an electronically supplied service: taxed where the consumer lives
(article 58 of Directive 2006/112/EC), or at the seller's home where all such sales to other
countries of the EU stay below a threshold (article 59c). https://eur-lex.europa.eu/eli/dir/2006/112
No country below taxes a download of music at a reduced rate: annex III of the directive has none.

EU: Taxes in Europe Database, https://ec.europa.eu/taxation_customs/tedb/ and the Commission's list
of rates, https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/index_en.htm
GB: https://www.gov.uk/vat-rates · NO: https://www.skatteetaten.no/en/rates/value-added-tax/
CH: https://www.estv.admin.ch/estv/en/home/value-added-tax/vat-rates-switzerland.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Country: (from that day on, per cent), newest first. Days before the first are not known here.
_RATES: dict[str, tuple[tuple[date, str], ...]] = {
    "AT": ((date(2016, 1, 1), "20"),),
    "BE": ((date(2016, 1, 1), "21"),),
    "BG": ((date(2016, 1, 1), "20"),),
    "CH": ((date(2024, 1, 1), "8.1"), (date(2018, 1, 1), "7.7")),
    "CY": ((date(2016, 1, 1), "19"),),
    "CZ": ((date(2016, 1, 1), "21"),),
    "DE": ((date(2021, 1, 1), "19"), (date(2020, 7, 1), "16"), (date(2016, 1, 1), "19")),
    "DK": ((date(2016, 1, 1), "25"),),
    "EE": ((date(2025, 7, 1), "24"), (date(2024, 1, 1), "22"), (date(2016, 1, 1), "20")),
    "ES": ((date(2016, 1, 1), "21"),),
    "FI": ((date(2024, 9, 1), "25.5"), (date(2016, 1, 1), "24")),
    "FR": ((date(2016, 1, 1), "20"),),
    "GB": ((date(2016, 1, 1), "20"),),
    "GR": ((date(2016, 6, 1), "24"),),
    "HR": ((date(2016, 1, 1), "25"),),
    "HU": ((date(2016, 1, 1), "27"),),
    "IE": ((date(2021, 3, 1), "23"), (date(2020, 9, 1), "21"), (date(2016, 1, 1), "23")),
    "IT": ((date(2016, 1, 1), "22"),),
    "LT": ((date(2016, 1, 1), "21"),),
    "LU": ((date(2024, 1, 1), "17"), (date(2023, 1, 1), "16"), (date(2016, 1, 1), "17")),
    "LV": ((date(2016, 1, 1), "21"),),
    "MT": ((date(2016, 1, 1), "18"),),
    "NL": ((date(2016, 1, 1), "21"),),
    "NO": ((date(2016, 1, 1), "25"),),
    "PL": ((date(2016, 1, 1), "23"),),
    "PT": ((date(2016, 1, 1), "23"),),
    "RO": ((date(2025, 8, 1), "21"), (date(2017, 1, 1), "19")),
    "SE": ((date(2016, 1, 1), "25"),),
    "SI": ((date(2016, 1, 1), "22"),),
    "SK": ((date(2025, 1, 1), "23"), (date(2016, 1, 1), "20")),
}


# The Union's member states, in the order of their codes.
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip

# Territories that have the tax of another country: article 7 of Directive 2006/112/EC for Monaco
# and the Isle of Man; the treaty of 1994 by which Swiss law holds in Liechtenstein,
# https://www.fedlex.admin.ch/eli/cc/1995/3713_3713_3713/de
# Those that have none of their country's tax have codes of their own (AX, GP, MQ, RE, GF, YT, JE,
# GG) and so no row above: article 6. The Canary Islands, Ceuta, Melilla, Livigno, Büsingen,
# Heligoland and Mount Athos have none: no address table tells them apart, and they are taxed as
# the country that they belong to.
_TAXED_AS = {"MC": "FR", "IM": "GB", "LI": "CH"}


class SellerError(ValueError):
    """A seller that could not be one."""


class NoVatRateError(LookupError):
    """A day before the table begins."""


def vat_percent(*, country: str, day: date) -> Decimal:
    """Per cent of the net price: `Decimal("19")` for DE in 2026; 0 for countries not listed."""
    rows = _RATES.get(_TAXED_AS.get(country, country), ())
    for since, percent in rows:
        if since <= day:
            return Decimal(percent)
    if rows:
        raise NoVatRateError(f"the rate of {country} on {day} is not in the table")
    return Decimal(0)


@dataclass(frozen=True, slots=True)
class Seller:
    """Who owes the tax: where the store is established (empty where it has not been told), and
    whether it taxes its sales to other countries of the EU at home, as a small seller may."""

    country: str = ""
    is_small: bool = False

    def check(self) -> None:
        """Raise `SellerError` for a small seller of no member state."""
        if self.is_small and self.country not in EU:
            where = f"in {self.country}" if self.country else "in no country that was told"
            raise SellerError(
                f"a store established {where} cannot tax sales to the EU at home as a small "
                "seller: that is for stores in a member state"
            )


@dataclass(frozen=True, slots=True)
class Tax:
    """What a sale owes: `percent` of the net price to `country`, which is empty for no tax."""

    country: str
    percent: Decimal


NO_TAX = Tax("", Decimal(0))

# Of a store that has not told where it is established.
UNTOLD = Seller()


def tax_of(*, territory: str, day: date, seller: Seller) -> Tax:
    """The tax of a sale to a consumer in `territory` on that day.

    Raises `NoVatRateError` for a day that the table does not know.
    """
    country = _TAXED_AS.get(territory, territory)
    if seller.is_small and seller.country in EU and country in EU:
        country = seller.country
    percent = vat_percent(country=country, day=day)
    return Tax(country, percent) if percent else NO_TAX
