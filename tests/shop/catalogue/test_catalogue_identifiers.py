"""ISRC, UPC and ISWC are checked before they are believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.shop.catalogue.identifiers import (
    IdentifierError,
    checked_isrc,
    checked_iswc,
    checked_upc,
)


@pytest.mark.parametrize("text", ["GBZZZ2600003", "gb-zzz-26-00003", " GB-ZZZ-26-00003 "])
def test_an_isrc_is_kept_in_one_spelling(text: str) -> None:
    assert checked_isrc(text=text) == "GBZZZ2600003"


@pytest.mark.parametrize("text", ["", "GBZZZ260000", "GBZZZ26000034", "12ZZZ2600003", "ISRC"])
def test_what_is_no_isrc_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError, match="is not an ISRC"):
        checked_isrc(text=text)


def test_an_iswc_is_kept_in_one_spelling() -> None:
    assert checked_iswc(text="T-034.524.680-1") == "T0345246801"
    with pytest.raises(IdentifierError, match="is not an ISWC"):
        checked_iswc(text="T-034.524.680-2")


@given(st.integers(0, 10**11 - 1), st.sampled_from([11, 12, 13]))
def test_exactly_one_check_digit_makes_a_upc(number: int, length: int) -> None:
    digits = str(number).zfill(length)
    weights = [3 if (length - place) % 2 else 1 for place in range(length)]
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
    right = -total % 10
    for last in range(10):
        if last == right:
            assert checked_upc(text=f"{digits} {last}") == f"{digits}{last}"
        else:
            with pytest.raises(IdentifierError, match=f"have to be {right}"):
                checked_upc(text=f"{digits}{last}")


@pytest.mark.parametrize("text", ["", "12345670", "03600029145X", "1" * 15])
def test_what_is_no_upc_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError, match="is not a UPC"):
        checked_upc(text=text)
