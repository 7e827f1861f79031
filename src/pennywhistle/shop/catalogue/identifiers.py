"""The trade's numbers for recordings, releases and works, checked and in one spelling. Pure."""

from __future__ import annotations

import re

from stdnum import ean, isrc
from stdnum.exceptions import ValidationError

# GTIN-12 (UPC), GTIN-13 (EAN) and GTIN-14: https://www.gs1.org/standards/id-keys/gtin
_UPC_LENGTHS = (12, 13, 14)


class IdentifierError(ValueError):
    """A number that is not what it should be; the message says what is wrong with it."""


def checked_isrc(*, text: str) -> str:
    """Twelve characters without hyphens: `GB-ZZZ-26-00003` → `GBZZZ2600003`.

    https://www.ifpi.org/isrc_handbook/ — raises `IdentifierError`.
    """
    try:
        return isrc.validate(text)
    except ValidationError:
        raise IdentifierError(
            f"{text!r} is not an ISRC: two letters, three letters or digits, seven digits"
        ) from None


def checked_upc(*, text: str) -> str:
    """The 12 to 14 digits of a UPC, EAN or GTIN with the right check digit, without spaces.

    Raises `IdentifierError`.
    """
    digits = ean.compact(text)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _UPC_LENGTHS:
        raise IdentifierError(f"{text!r} is not a UPC or EAN of 12, 13 or 14 digits")
    if not ean.is_valid(digits):
        expected = ean.calc_check_digit(digits[:-1])
        raise IdentifierError(
            f"{text!r} is not a valid UPC or EAN: its check digit is {digits[-1]}, "
            f"and would have to be {expected}"
        )
    return digits


def checked_iswc(*, text: str) -> str:
    """Eleven characters without dots: `T-034.524.680-1` → `T0345246801`.

    The check digit by ISO 15707: one, and each digit times its place, come to a multiple of ten.
    https://en.wikipedia.org/wiki/International_Standard_Musical_Work_Code#Check_digit
    Raises `IdentifierError`.
    """
    compact = re.sub(r"[-. ]", "", text).upper()
    if re.fullmatch(r"T[0-9]{10}", compact):
        digits = [int(digit) for digit in compact[1:]]
        weighed = sum(place * digit for place, digit in enumerate(digits[:9], start=1))
        if (1 + weighed + digits[9]) % 10 == 0:
            return compact
    raise IdentifierError(f"{text!r} is not an ISWC: T, nine digits and the right check digit")
