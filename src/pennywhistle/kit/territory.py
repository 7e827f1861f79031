"""Countries by ISO 3166-1 alpha-2, and sets of them: worldwide, a list, all but a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# The 249 officially assigned alpha-2 codes.
# https://www.iso.org/iso-3166-country-codes.html
COUNTRIES = frozenset(
    [
        "AD",
        "AE",
        "AF",
        "AG",
        "AI",
        "AL",
        "AM",
        "AO",
        "AQ",
        "AR",
        "AS",
        "AT",
        "AU",
        "AW",
        "AX",
        "AZ",
        "BA",
        "BB",
        "BD",
        "BE",
        "BF",
        "BG",
        "BH",
        "BI",
        "BJ",
        "BL",
        "BM",
        "BN",
        "BO",
        "BQ",
        "BR",
        "BS",
        "BT",
        "BV",
        "BW",
        "BY",
        "BZ",
        "CA",
        "CC",
        "CD",
        "CF",
        "CG",
        "CH",
        "CI",
        "CK",
        "CL",
        "CM",
        "CN",
        "CO",
        "CR",
        "CU",
        "CV",
        "CW",
        "CX",
        "CY",
        "CZ",
        "DE",
        "DJ",
        "DK",
        "DM",
        "DO",
        "DZ",
        "EC",
        "EE",
        "EG",
        "EH",
        "ER",
        "ES",
        "ET",
        "FI",
        "FJ",
        "FK",
        "FM",
        "FO",
        "FR",
        "GA",
        "GB",
        "GD",
        "GE",
        "GF",
        "GG",
        "GH",
        "GI",
        "GL",
        "GM",
        "GN",
        "GP",
        "GQ",
        "GR",
        "GS",
        "GT",
        "GU",
        "GW",
        "GY",
        "HK",
        "HM",
        "HN",
        "HR",
        "HT",
        "HU",
        "ID",
        "IE",
        "IL",
        "IM",
        "IN",
        "IO",
        "IQ",
        "IR",
        "IS",
        "IT",
        "JE",
        "JM",
        "JO",
        "JP",
        "KE",
        "KG",
        "KH",
        "KI",
        "KM",
        "KN",
        "KP",
        "KR",
        "KW",
        "KY",
        "KZ",
        "LA",
        "LB",
        "LC",
        "LI",
        "LK",
        "LR",
        "LS",
        "LT",
        "LU",
        "LV",
        "LY",
        "MA",
        "MC",
        "MD",
        "ME",
        "MF",
        "MG",
        "MH",
        "MK",
        "ML",
        "MM",
        "MN",
        "MO",
        "MP",
        "MQ",
        "MR",
        "MS",
        "MT",
        "MU",
        "MV",
        "MW",
        "MX",
        "MY",
        "MZ",
        "NA",
        "NC",
        "NE",
        "NF",
        "NG",
        "NI",
        "NL",
        "NO",
        "NP",
        "NR",
        "NU",
        "NZ",
        "OM",
        "PA",
        "PE",
        "PF",
        "PG",
        "PH",
        "PK",
        "PL",
        "PM",
        "PN",
        "PR",
        "PS",
        "PT",
        "PW",
        "PY",
        "QA",
        "RE",
        "RO",
        "RS",
        "RU",
        "RW",
        "SA",
        "SB",
        "SC",
        "SD",
        "SE",
        "SG",
        "SH",
        "SI",
        "SJ",
        "SK",
        "SL",
        "SM",
        "SN",
        "SO",
        "SR",
        "SS",
        "ST",
        "SV",
        "SX",
        "SY",
        "SZ",
        "TC",
        "TD",
        "TF",
        "TG",
        "TH",
        "TJ",
        "TK",
        "TL",
        "TM",
        "TN",
        "TO",
        "TR",
        "TT",
        "TV",
        "TW",
        "TZ",
        "UA",
        "UG",
        "UM",
        "US",
        "UY",
        "UZ",
        "VA",
        "VC",
        "VE",
        "VG",
        "VI",
        "VN",
        "VU",
        "WF",
        "WS",
        "YE",
        "YT",
        "ZA",
        "ZM",
        "ZW",
    ]
)


class UnknownCountryError(ValueError):
    """A code that ISO 3166-1 does not assign."""


def check_country(code: str) -> str:
    """Return `code` in capitals, or raise for what is not an assigned alpha-2 code."""
    upper = code.strip().upper()
    if upper not in COUNTRIES:
        raise UnknownCountryError(
            f"{code!r} is not an ISO 3166-1 alpha-2 country; write two letters such as DE"
        )
    return upper


class TerritoryMode(StrEnum):
    """How the list of countries is to be read."""

    WORLDWIDE = "worldwide"
    ONLY = "only"
    ALL_BUT = "all-but"


@dataclass(frozen=True, slots=True)
class TerritorySet:
    """A set of countries as a contract writes it down.

    >>> "FR" in TerritorySet.parse("all-but DE,AT")
    True
    """

    mode: TerritoryMode
    countries: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := self.countries - COUNTRIES:
            raise UnknownCountryError(
                f"not ISO 3166-1 alpha-2 countries: {', '.join(sorted(unknown))}"
            )
        if (self.mode is TerritoryMode.WORLDWIDE) == bool(self.countries):
            raise ValueError(
                f"{self.mode.value} {'takes no' if self.countries else 'needs a'} list"
            )

    @classmethod
    def worldwide(cls) -> TerritorySet:
        """Every country."""
        return cls(TerritoryMode.WORLDWIDE)

    @classmethod
    def only(cls, countries: Iterable[str]) -> TerritorySet:
        """The countries listed."""
        return cls(TerritoryMode.ONLY, frozenset(map(check_country, countries)))

    @classmethod
    def all_but(cls, countries: Iterable[str]) -> TerritorySet:
        """Every country but those listed."""
        return cls(TerritoryMode.ALL_BUT, frozenset(map(check_country, countries)))

    @classmethod
    def parse(cls, text: str) -> TerritorySet:
        """Read `worldwide`, `DE,AT` or `all-but DE,AT`; the inverse of `str`."""
        words = text.replace(",", " ").split()
        if [word.lower() for word in words] == ["worldwide"]:
            return cls.worldwide()
        if words and words[0].lower() == "all-but":
            return cls.all_but(words[1:])
        return cls.only(words)

    def __contains__(self, country: str) -> bool:
        if self.mode is TerritoryMode.WORLDWIDE:
            return country in COUNTRIES
        listed = country in self.countries
        return listed if self.mode is TerritoryMode.ONLY else country in COUNTRIES and not listed

    def __str__(self) -> str:
        listed = ",".join(sorted(self.countries))
        if self.mode is TerritoryMode.ONLY:
            return listed
        return f"{self.mode.value} {listed}".strip()
