"""Countries by ISO 3166-1 alpha-2, and sets of them as contracts write them, in ISO's codes and TIS's.

Two vocabularies, and two worlds: `worldwide` is every country of ISO 3166-1, and `2WL` (or `2136`) is
CISAC's World, which lacks some. A set is expanded once, by the tables of that day; whoever keeps it
keeps the countries and not the words alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pennywhistle.kit import tis

# The 249 officially assigned alpha-2 codes.
# https://www.iso.org/iso-3166-country-codes.html
_ASSIGNED = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
    "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
    "GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ "
    "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW "
)
COUNTRIES = frozenset(_ASSIGNED.split())

# By which tables sets are expanded now.
TABLES = f"ISO 3166-1 2024-12, {tis.VERSION}"

# What a contract may write, so that nothing reads for ever.
LETTERS_MOST = 1_500

WORLDWIDE = "WORLDWIDE"
_ALL_BUT, _BUT, _PLUS = "ALL-BUT", "BUT", "PLUS"
_DIGITS_MOST = 4
_LETTERS = re.compile(r"[A-Z]{2}")
_SEPARATORS = re.compile(r"[\s,;]+")


class UnknownCountryError(ValueError):
    """A code that ISO 3166-1 does not assign, nor TIS where it is asked too."""


def check_country(code: str) -> str:
    """Return `code` in capitals, or raise for what is not an assigned alpha-2 code."""
    upper = code.strip().upper()
    if upper not in COUNTRIES:
        raise UnknownCountryError(
            f"{code!r} is not an ISO 3166-1 alpha-2 country; write two letters such as DE"
        )
    return upper


def check_territory(code: str) -> str:
    """A code as this house writes it: `DE`, `2EU`, or the four digits of TIS; former ones too.

    Raises `UnknownCountryError`.
    """
    upper = code.strip().upper()
    if upper.isascii() and upper.isdecimal() and len(upper) <= _DIGITS_MOST:
        upper = upper.zfill(_DIGITS_MOST)
    if upper in COUNTRIES or upper in tis.GROUPS or upper in tis.NUMBERS or upper in tis.FORMER:
        return upper
    raise UnknownCountryError(
        f"{code!r} is neither an ISO 3166-1 alpha-2 country such as DE nor a CISAC TIS territory "
        "such as 2EU or 2136"
    )


def countries_in(code: str) -> frozenset[str]:
    """The countries that a code stands for today; none for a country that is no more.

    Raises `UnknownCountryError`.
    """
    known = check_territory(code)
    known = tis.NUMBERS.get(known, known)
    if known in COUNTRIES:
        return frozenset([known])
    return tis.GROUPS.get(known, frozenset())


@dataclass(frozen=True, slots=True)
class TerritorySet:
    """A set of countries, with the words that it was written in and the tables that expanded it.

    >>> "FR" in TerritorySet.parse("all-but DE,AT")
    True
    >>> str(TerritorySet.parse("2EU -2BA +HR"))
    '2EU but 2BA plus HR'
    """

    written: str
    countries: frozenset[str]
    tables: str = TABLES

    @classmethod
    def kept(cls, *, written: str, countries: str, tables: str) -> TerritorySet:
        """What somebody kept of a set: its countries, with commas, are what they were then.

        Raises `UnknownCountryError` for what are no countries' letters.
        """
        codes = countries.split(",")
        if not all(_LETTERS.fullmatch(code) for code in codes):
            raise UnknownCountryError(f"{countries[:40]!r} is no list of countries")
        return cls(written, frozenset(codes), tables)

    @classmethod
    def worldwide(cls) -> TerritorySet:
        """Every country."""
        return cls.parse(WORLDWIDE)

    @classmethod
    def only(cls, codes: Iterable[str]) -> TerritorySet:
        """The countries and groups listed."""
        return _expand([(True, check_territory(code)) for code in codes])

    @classmethod
    def all_but(cls, codes: Iterable[str]) -> TerritorySet:
        """Every country but those listed and those in the groups listed."""
        out = [(False, check_territory(code)) for code in codes]
        if not out:
            raise ValueError("all-but needs a list")
        return _expand([(True, WORLDWIDE), *out])

    @classmethod
    def parse(cls, text: str) -> TerritorySet:
        """Read `worldwide`, `DE,AT`, `all-but DE,AT`, `2EU but 2BA plus HR`, `+2136 -0840`.

        Codes are read from the left: each adds its countries, or takes them away after `but` or a
        minus, and adds them again after `plus` or a plus. A country that is no more takes away all
        that is there now, and cannot be added. The inverse of `str`. Raises `UnknownCountryError`, and
        `ValueError` for what is no set.
        """
        return _expand(_read(text))

    @property
    def missing(self) -> frozenset[str]:
        """The countries of today that are not in it."""
        return COUNTRIES - self.countries

    @property
    def is_list(self) -> bool:
        """True where it is written as countries alone, by their letters."""
        return set(self.written.split(",")) == self.countries

    @property
    def is_all_but_a_list(self) -> bool:
        """True where it is written as all but countries, by their letters."""
        return set(self.written.removeprefix("all-but ").split(",")) == self.missing

    def __contains__(self, country: str | None) -> bool:
        return country in self.countries

    def __str__(self) -> str:
        return self.written


Step = tuple[bool, str]


def _read(text: str) -> list[Step]:
    """Codes, each with whether it is added."""
    if len(text) > LETTERS_MOST:
        raise ValueError(f"a list of territories has at most {LETTERS_MOST} letters")
    steps: list[Step] = []
    adds, expects_more = True, True
    for word in filter(None, _SEPARATORS.split(text.strip().upper())):
        if word == _ALL_BUT and not steps:
            steps, adds, expects_more = [(True, WORLDWIDE)], False, True
        elif word == (_BUT if adds else _PLUS) and not expects_more:
            adds, expects_more = not adds, True
        else:
            sign, code = (word[0], word[1:]) if word[0] in "+-" else ("", word)
            added = adds if not sign else sign == "+"
            steps.append((added, code if code == WORLDWIDE else check_territory(code)))
            expects_more = False
    if expects_more:
        raise ValueError("a list of territories ends with a code, and is not empty")
    return steps


def _expand(steps: list[Step]) -> TerritorySet:
    countries: frozenset[str] = frozenset()
    for added, code in steps:
        if code == WORLDWIDE:
            if countries or not added:
                raise ValueError("worldwide stands first, and takes no list")
            countries = COUNTRIES
        elif not added:
            countries -= tis.FORMER.get(code) or countries_in(code)
        elif here := countries_in(code):
            if countries == COUNTRIES:
                raise ValueError(f"worldwide takes no list: {code} is in it")
            countries |= here
        else:
            now = ", ".join(sorted(tis.FORMER[code]))
            raise UnknownCountryError(f"{code} is no more; name what you mean of {now}")
    if not countries:
        raise ValueError("a list of territories names at least one country")
    return TerritorySet(_write(steps), countries)


def _write(steps: list[Step]) -> str:
    """The one way to write these steps: within a run of one sign, the order does not matter."""
    runs: list[tuple[bool, set[str]]] = []
    for added, code in steps:
        if not runs or runs[-1][0] != added:
            runs.append((added, set()))
        runs[-1][1].add(code)
    if not runs[0][0]:  # There was nothing yet to take away from.
        del runs[0]
    words = [",".join(sorted(codes)) for _, codes in runs]
    if words[0] == WORLDWIDE:
        words[0] = WORLDWIDE.lower()
        if len(words) == 2:
            return f"all-but {words[1]}"
    text = words[0]
    for (added, _), listed in zip(runs[1:], words[1:], strict=True):
        text += f" {'plus' if added else 'but'} {listed}"
    return text
