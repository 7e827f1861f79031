"""Standard rates of value-added tax on electronically supplied services, by country and day.

EU: Taxes in Europe Database, https://ec.europa.eu/taxation_customs/tedb/ and the Commission's list
of rates, https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/index_en.htm
GB: https://www.gov.uk/vat-rates · NO: https://www.skatteetaten.no/en/rates/value-added-tax/
CH: https://www.estv.admin.ch/estv/en/home/value-added-tax/vat-rates-switzerland.html
"""

from __future__ import annotations

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


class NoVatRateError(LookupError):
    """A day before the table begins."""


def vat_percent(*, country: str, day: date) -> Decimal:
    """Per cent of the net price: `Decimal("19")` for DE in 2026; 0 for countries not listed."""
    rows = _RATES.get(country, ())
    for since, percent in rows:
        if since <= day:
            return Decimal(percent)
    if rows:
        raise NoVatRateError(f"the rate of {country} on {day} is not in the table")
    return Decimal(0)
