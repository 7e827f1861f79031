"""Orders to block at the desk: recorded as their paper says, listed, and lifted with a reason."""

from __future__ import annotations

import pytest
from django.test import Client

from pennywhistle.shop.licensing.block_queries import list_blocks
from tests.cast import Cast
from tests.doors.desk.conftest import See, check_page

pytestmark = pytest.mark.django_db

FORM = {
    "authority": "Landgericht Harbour",
    "reference": "7 O 12/26",
    "reason": "the recording is disputed",
    "release": "ann-piper-reels",
    "isrc": "",
    "territories": "de, 2BE",
    "starts_on": "2026-01-02",
    "ends_on": "",
}


def test_an_order_is_recorded_listed_and_lifted(otto: Client, cast: Cast, see: See) -> None:
    assert "Orders to block" in see(otto, "/desk/licences/")
    see(otto, "/desk/blocks/")
    assert otto.post("/desk/blocks/", FORM).status_code == 303
    page = see(otto, "/desk/blocks/")
    for said in ("Order 7 O 12/26 is recorded.", "Landgericht Harbour", "Reels", "Lift"):
        assert said in page
    [facts] = list_blocks()
    assert facts.block.territories.countries == {"DE", "BE", "NL", "LU"}
    lifted = {"reference": "7 O 12/26", "reason": ""}
    assert "a licence needs the reason" in otto.post(
        "/desk/blocks/lift/", lifted, follow=True
    ).content.decode().replace("A licence", "a licence")
    otto.post("/desk/blocks/lift/", {**lifted, "reason": "settled"})
    page = see(otto, "/desk/blocks/")
    assert "settled" in page
    assert "Why it is lifted" not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"release": "nothing"}, "No release"),
        ({"release": "", "isrc": "XX"}, "No track has the ISRC"),
        ({"isrc": "ZZPEN2600001"}, "An order names a release or a track: say one of them."),
        ({"territories": "ZZ"}, "is neither an ISO 3166-1"),
        ({"territories": "DE but"}, "ends with a code"),
        ({"ends_on": "2026-01-01"}, "An order ends after it starts."),
        ({"authority": ""}, "This field is required."),
    ],
)
def test_what_is_no_order_is_told_and_nothing_is_recorded(
    otto: Client, cast: Cast, changed: dict[str, str], said: str
) -> None:
    response = otto.post("/desk/blocks/", {**FORM, **changed})
    assert response.status_code == 422
    page = response.content.decode()
    check_page(page)
    assert said in page.replace("&#x27;", "'")
    assert list_blocks() == []


def test_orders_are_the_operators_alone(lena: Client, cast: Cast) -> None:
    assert lena.get("/desk/blocks/").status_code in {403, 404}
    assert lena.post("/desk/blocks/", FORM).status_code in {403, 404}
    assert list_blocks() == []
