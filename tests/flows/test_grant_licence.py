"""Licences as contracts say them: recorded once, refused by name, never changed, only ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.grant_licence import grant_licence, parse_rate
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.catalogue.rules import CatalogueError
from pennywhistle.shop.licensing.models import Licence, Licensor
from pennywhistle.shop.licensing.queries import get_licence
from pennywhistle.shop.licensing.rules import LicensingError, UnknownLicenceError
from pennywhistle.shop.sales.rules import NotForSaleError, UnpaidPriceError
from tests.cast import LABEL, NOW, OPENED, SOCIETY, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db


def test_the_same_licence_again_changes_nothing(cast: Cast) -> None:
    before = list(Licence.objects.order_by("pk").values())
    for request in (LABEL, SOCIETY):
        grant_licence(request=request, granted_by=cast.otto.pk, now=NOW)
    assert list(Licence.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "change",
    [
        {"licensor": "Other"},
        {"right": "RECORDING"},
        {"uses": ("DOWNLOAD",)},
        {"territories": "DE"},
        {"starts_at": OPENED + timedelta(microseconds=1)},
        {"ends_at": NOW},
        {"rate": "16%"},
        {"base": "gross"},
        {"floor_per_track": "0.01"},
        {"document_reference": "Agreement 13"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_number_names_one_licence_for_good(cast: Cast, change: dict[str, Any]) -> None:
    with pytest.raises(LicensingError):
        grant_licence(request=replace(SOCIETY, **change), granted_by=None, now=NOW)
    assert Licence.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"number": " "},
        {"number": "x" * 41},
        {"number": "a\nb"},
        {"number": "D\r\n7"},
        {"number": "../../x"},
        {"number": "D/../9/end"},
        {"number": "D//9"},
        {"number": "D/"},
        {"licensor": ""},
        {"licensor": "x" * 201},
        {"licensor": "Quay\x1b[2J"},
        {"licensor": "Quay\u202eyauQ"},
        {"licensor": "meridian  society."},
        {"tariff_code": "T\t7"},
        {"tariff_code": "x" * 81},
        {"document_reference": "page 1\npage 2"},
        {"territories": "all-but"},
        {"licensor_kind": "friend"},
        {"licensor_kind": "label"},  # It is recorded as a society.
        {"right": "PERFORMANCE"},
        {"uses": ()},
        {"uses": ("RADIO",)},
        {"territories": ""},
        {"territories": "XX"},
        {"ends_at": OPENED},
        {"rate": "a tenth"},
        {"rate": "1/0"},
        {"rate": "101%"},
        {"rate": "-1%"},
        {"base": "profit"},
        {"floor_per_track": "x"},
        {"document_reference": "  "},
        {"repertoire_kind": "label"},
        {"repertoire_kind": "world"},
        {"repertoire_kind": "label", "repertoire": "Nobody"},
        {"repertoire_kind": "release", "repertoire": "nothing"},
        {"repertoire_kind": "track", "repertoire": "ZZZZZ0000000"},
    ],
    ids=str,
)
def test_what_is_no_licence_is_refused_and_not_recorded(cast: Cast, change: dict[str, Any]) -> None:
    wanted = replace(SOCIETY, **({"number": "NEW-1"} | change))
    with pytest.raises((LicensingError, CatalogueError, ValueError)):
        grant_licence(request=wanted, granted_by=None, now=NOW)
    assert Licence.objects.count() == 2
    assert Licensor.objects.count() == 2


@pytest.mark.parametrize("number", ["MER-2026-1", "GEM/2026/7", "Nr. 7 (2026)", "Лиц-7", "7"])
def test_numbers_as_contracts_have_them_are_taken(cast: Cast, number: str) -> None:
    granted = grant_licence(request=replace(SOCIETY, number=number), granted_by=None, now=NOW)
    assert granted.number == number
    assert granted.remarks == ()


def test_a_licence_that_speaks_elsewhere_or_later_is_tried_there_and_then(cast: Cast) -> None:
    dear = replace(SOCIETY, repertoire_kind="release", repertoire="ann-piper-reels", rate="99%")
    silent = replace(dear, number="FR-1", territories="FR")  # No recording licence there.
    assert grant_licence(request=silent, granted_by=None, now=NOW).remarks == ()
    over = replace(dear, number="OVER-1", ends_at=NOW - timedelta(days=1))
    assert grant_licence(request=over, granted_by=None, now=NOW).remarks == ()
    coming = replace(dear, number="DE-1", territories="DE", starts_at=NOW + timedelta(days=30))
    [remark] = grant_licence(request=coming, granted_by=None, now=NOW).remarks
    assert "The Whistle Stop cannot sell The Kesh and 2 more at its floor price in DE:" in remark


def test_a_floor_in_another_currency_is_told_at_the_grant(cast: Cast) -> None:
    dollars = replace(SOCIETY, number="USD-1", floor_per_track="0.01", currency="USD")
    dollars = replace(dollars, starts_at=NOW)
    [remark] = grant_licence(request=dollars, granted_by=None, now=NOW).remarks
    assert "agree a floor in that currency" in remark


def test_the_till_names_the_track_that_its_price_cannot_pay(cast: Cast) -> None:
    dear = replace(
        SOCIETY, number="DEAR-1", repertoire_kind="track", repertoire="ZZPEN2600002", rate="99%"
    )
    grant_licence(request=dear, granted_by=None, now=OPENED)
    with pytest.raises(UnpaidPriceError) as refused:
        quote(cast)
    assert refused.value.tracks == ("Drowsy Maggie",)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("15%", "15/100"), ("15/100", "3/20"), ("0.15", "3/20"), (" 8.75 % ", "7/80"), ("0", "0")],
)
def test_a_rate_is_an_exact_share(text: str, rate: str) -> None:
    assert parse_rate(text) == Fraction(rate)


def test_ending_a_licence_ends_sales_and_can_be_said_twice(cast: Cast) -> None:
    quote(cast)
    end_licence(number="LAN-1", reason="withdrawn", now=NOW)
    end_licence(number="LAN-1", reason="again", now=NOW + timedelta(days=1))
    stored = get_licence(number="LAN-1")
    assert (stored.ended_at, stored.end_reason) == (NOW, "withdrawn")
    with pytest.raises(NotForSaleError):
        quote(cast)
    quote(cast, now=NOW - timedelta(microseconds=1))


def test_a_licence_that_was_never_granted_cannot_be_ended(cast: Cast) -> None:
    with pytest.raises(UnknownLicenceError, match="NONE-1"):
        end_licence(number="NONE-1", reason="", now=NOW)


def test_a_licence_does_not_end_before_a_sale_under_it_though_the_clock_was_set_back(
    cast: Cast,
) -> None:
    fill_wallet(cast.alice, "5.00")
    bought = buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    end_licence(number="LAN-1", reason="withdrawn", now=NOW - timedelta(hours=2))
    licence = get_licence(number="LAN-1")
    assert licence.ended_at == bought.purchased_at + timedelta(microseconds=1)
    assert verify_books().findings == ()
