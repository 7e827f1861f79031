"""Licences at the desk: recorded as the contract says, found, and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from django.test import Client
from django.utils.html import escape

from pennywhistle.kit.money import Money
from pennywhistle.shop.licensing.queries import get_licence, get_licensor, list_licences_for_desk
from pennywhistle.shop.licensing.rules import Right, Use
from tests.cast import Cast
from tests.doors.desk.conftest import See, check_page

pytestmark = pytest.mark.django_db

GRANT = "/desk/licences/grant/"
FORM = {
    "number": "GEM-2026-7",
    "document_reference": "Contract of 2026-02-01, page 3",
    "licensor_id": "new",
    "new_licensor": "Gemini Society",
    "licensor_kind": "society",
    "right": "WORK",
    "repertoire_kind": "whole",
    "repertoire": "",
    "uses": ["DOWNLOAD", "PREVIEW"],
    "territory_mode": "all-but",
    "territory_list": "de, at",
    "starts_on": "2026-02-01",
    "ends_on": "2027-02-01",
    "rate": "8.5%",
    "base": "gross",
    "floor_per_track": "0.015",
    "currency": "eur",
    "tariff_code": "",
    "tariff_version": "1",
}

END = {"change": "ended", "effective_on": ""}


def send(client: Client, **changed: object) -> str:
    """Send the form with some fields changed; the page that refuses it."""
    response = client.post(GRANT, {**FORM, **changed})
    assert response.status_code == 422
    assert response.headers["Cache-Control"] == "private, no-store"
    page = response.content.decode()
    check_page(page)
    return page


def test_a_contract_is_recorded_as_it_says(otto: Client, cast: Cast) -> None:
    response = otto.post(GRANT, FORM, follow=True)
    assert "Licence GEM-2026-7 is recorded" in response.content.decode()
    terms = get_licence(number="GEM-2026-7").terms
    assert terms.right is Right.WORK
    assert terms.uses == {Use.DOWNLOAD, Use.PREVIEW}
    assert str(terms.territories) == "all-but AT,DE"
    assert terms.starts_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert terms.ends_at == datetime(2027, 2, 1, tzinfo=UTC)
    assert terms.tariff.rate == Fraction(85, 1000)
    assert terms.tariff.base == "gross"
    assert terms.tariff.floor_per_track == Money(15_000, "EUR")
    assert terms.tariff.code == "GEM-2026-7"
    assert get_licensor(name="Gemini Society").kind == "society"


def test_a_contract_says_how_much_may_be_heard(otto: Client, cast: Cast) -> None:
    response = otto.post(GRANT, {**FORM, "preview_seconds": "whole"}, follow=True)
    assert "preview, whole" in response.content.decode()
    assert get_licence(number="GEM-2026-7").terms.preview_seconds is None


def test_a_preview_that_is_no_length_is_refused_beside_its_field(otto: Client, cast: Cast) -> None:
    page = send(otto, preview_seconds="2 minutes")
    assert "write seconds or whole" in page


def test_the_same_contract_sent_twice_is_recorded_once(otto: Client, cast: Cast) -> None:
    for _ in range(2):
        assert otto.post(GRANT, FORM).status_code == 303
    assert [one.terms.number for one in list_licences_for_desk()].count("GEM-2026-7") == 1


def test_a_known_licensor_is_chosen_and_keeps_its_kind(otto: Client, cast: Cast) -> None:
    licensor = get_licensor(name="Meridian Society")
    otto.post(GRANT, {**FORM, "licensor_id": licensor.id, "new_licensor": ""})
    assert get_licence(number="GEM-2026-7").terms.licensor == "Meridian Society"


@pytest.mark.parametrize(
    ("kind", "name", "target"),
    [
        ("label", "lantern", "Lantern"),
        ("release", "ann-piper-reels", "Reels"),
        ("track", "ZZ-PEN-26-00002", "Drowsy Maggie"),
    ],
)
def test_a_repertoire_is_named_as_people_name_it(
    otto: Client, cast: Cast, kind: str, name: str, target: str
) -> None:
    assert (
        otto.post(GRANT, {**FORM, "repertoire_kind": kind, "repertoire": name}).status_code == 303
    )
    assert get_licence(number="GEM-2026-7").target == target


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"new_licensor": ""}, "Name the licensor, or choose one of the list."),
        ({"licensor_id": "nobody"}, "Select a valid choice"),
        ({"repertoire_kind": "label", "repertoire": "Nowhere"}, "No label is called"),
        ({"repertoire_kind": "release", "repertoire": "0000"}, "No release has the UPC"),
        ({"repertoire_kind": "track", "repertoire": "XX"}, "No track has the ISRC"),
        ({"repertoire_kind": "track"}, "Say which one the licence speaks of."),
        ({"territory_list": "DE, ZZ"}, "is neither an ISO 3166-1 alpha-2 country"),
        ({"territory_list": " , "}, "List the countries"),
        ({"territory_list": "DE but", "territory_mode": "only"}, "ends with a code"),
        ({"ends_on": "2026-02-01"}, "A licence ends on a later day than it starts."),
        ({"starts_on": "yesterday"}, "Enter a valid date."),
        ({"rate": "fifteen"}, "This is not a rate."),
        ({"rate": "1/0"}, "is not a rate"),
        ({"rate": "115%"}, "is not between 0 and 1"),
        ({"rate": "1e9999999"}, "This is not a rate."),
        ({"floor_per_track": "-1"}, "This is not an amount."),
        ({"floor_per_track": "0.0000001"}, "This is not an amount."),
        ({"floor_per_track": "99999999999999"}, "This is not an amount."),
        ({"currency": "EU1"}, "Three letters of ISO 4217"),
        ({"uses": []}, "This field is required."),
        ({"number": "MER-1", "tariff_code": "other"}, "Licence MER-1 is recorded with other terms"),
        (
            {"new_licensor": "Meridian Society", "licensor_kind": "label"},
            "is recorded as a society",
        ),
        ({"tariff_code": "MER-1"}, "Tariff MER-1 version 1 is recorded with other figures"),
        ({"document_reference": "  "}, "This field is required."),
        ({"number": "D\n7"}, "holds a letter that cannot be seen, U+000A"),
        ({"number": "D/../9"}, "does not read as one"),
        ({"new_licensor": "meridian society"}, "write Meridian Society."),
    ],
)
def test_what_cannot_be_recorded_is_told_and_nothing_typed_is_lost(
    otto: Client, cast: Cast, changed: dict[str, object], said: str
) -> None:
    before = len(list_licences_for_desk())
    page = send(otto, **changed)
    assert said in page.replace("&#x27;", "'")
    assert "Nothing was recorded yet." in page
    for name in ("number", "document_reference", "rate"):
        assert escape(changed.get(name, FORM[name])) in page
    assert len(list_licences_for_desk()) == before


def test_an_error_is_tied_to_its_field(otto: Client, cast: Cast) -> None:
    page = send(otto, repertoire_kind="label", repertoire="Nowhere")
    assert 'aria-invalid="true"' in page.split('name="repertoire"')[1].split(">")[0]


def test_the_list_tells_each_licences_state(otto: Client, cast: Cast, see: See) -> None:
    otto.post(GRANT, {**FORM, "starts_on": "2125-01-01", "ends_on": "2126-01-01"})
    page = see(otto, "/desk/licences/")
    assert "starts later" in page
    assert page.count("in force") >= 2
    assert "all but France and" not in page
    assert "all but France, Japan" in page


def test_words_find_a_licence(otto: Client, cast: Cast, see: See) -> None:
    page = see(otto, "/desk/licences/?words=lantern").split("<main")[1].split("</main>")[0]
    assert "LAN-1" in page
    assert "MER-1" not in page
    assert "Nothing found" in see(otto, "/desk/licences/?words=zebra")


def test_a_licence_is_ended_with_its_reason(otto: Client, cast: Cast, see: See) -> None:
    see(otto, "/desk/licences/LAN-1/end/")
    answer = otto.post(
        "/desk/licences/LAN-1/end/", {**END, "reason": "The label moved on"}, follow=True
    )
    assert "Licence LAN-1 is ended." in answer.content.decode()
    licence = get_licence(number="LAN-1")
    assert licence.ended_at is not None
    assert licence.end_reason == "The label moved on"
    assert "This licence has ended" in see(otto, "/desk/licences/LAN-1/end/")
    assert "The label moved on" in see(otto, "/desk/licences/")


def test_a_licence_is_not_ended_without_a_reason(otto: Client, cast: Cast) -> None:
    for reason in ("", " ", "x" * 301):
        assert otto.post("/desk/licences/LAN-1/end/", {**END, "reason": reason}).status_code == 422
    assert get_licence(number="LAN-1").ended_at is None


def test_ending_what_has_ended_keeps_the_first_reason(otto: Client, cast: Cast) -> None:
    for reason in ("first", "second"):
        otto.post("/desk/licences/LAN-1/end/", {**END, "reason": reason})
    assert get_licence(number="LAN-1").end_reason == "first"


def test_a_licence_is_suspended_and_goes_on_with_what_happened_told(
    otto: Client, cast: Cast, see: See
) -> None:
    for change, reason, state in (
        ("suspended", "They ask what was counted", "suspended"),
        ("resumed", "They have been told", "in force"),
    ):
        sent = {"change": change, "reason": reason, "effective_on": ""}
        assert otto.post("/desk/licences/LAN-1/end/", sent).status_code == 303
        page = see(otto, "/desk/licences/LAN-1/end/")
        assert reason in page
        assert state in page
    again = otto.post("/desk/licences/LAN-1/end/", sent)
    assert again.status_code == 422
    assert "is not suspended from then on already" in again.content.decode()


def test_an_end_in_the_past_is_kept_as_what_is_known_now(otto: Client, cast: Cast) -> None:
    sent = {"change": "ended", "reason": "They wrote", "effective_on": "2026-02-01"}
    otto.post("/desk/licences/LAN-1/end/", sent)
    [change] = get_licence(number="LAN-1").changes
    assert change.effective_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert change.recorded_at > change.effective_at


def test_days_are_those_of_the_licences_own_clocks(otto: Client, cast: Cast, see: See) -> None:
    changed = {"territory_mode": "only", "territory_list": "2eu but gb", "zone": "Europe/Berlin"}
    otto.post(GRANT, {**FORM, **changed})
    licence = get_licence(number="GEM-2026-7")
    assert licence.terms.starts_at == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert licence.terms.ends_at == datetime(2027, 1, 31, 23, tzinfo=UTC)
    page = see(otto, "/desk/licences/")
    assert "from 1 Feb 2026 through 31 Jan 2027 (Europe/Berlin)" in page
    assert "2EU but GB (43 countries)" in page
    assert "is not a time zone" in send(otto, number="GEM-8", zone="Europe/Nowhere")


def test_a_licence_that_nobody_recorded_is_not_found(otto: Client, cast: Cast) -> None:
    assert otto.get("/desk/licences/NO-1/end/").status_code == 404


def test_a_number_with_slashes_can_be_ended(otto: Client, cast: Cast, see: See) -> None:
    otto.post(GRANT, {**FORM, "number": "GEM/2026/7"})
    assert "/desk/licences/GEM/2026/7/end/" in see(otto, "/desk/licences/")
    assert otto.post("/desk/licences/GEM/2026/7/end/", {**END, "reason": "over"}).status_code == 303


def test_a_tariff_that_no_price_pays_is_told_once_it_is_recorded(otto: Client, cast: Cast) -> None:
    changed = {"territory_list": "AT", "floor_per_track": "0.08", "ends_on": ""}
    answer = otto.post(GRANT, {**FORM, **changed}, follow=True).content.decode()
    assert "Licence GEM-2026-7 is recorded" in answer
    assert "Gemini Society is new here" in answer
    assert "The Whistle Stop cannot sell The Kesh and 2 more at its floor price" in answer
    assert get_licence(number="GEM-2026-7").terms.tariff.floor_per_track == Money(80_000, "EUR")


def test_a_reason_in_several_lines_is_kept_in_one(otto: Client, cast: Cast) -> None:
    otto.post("/desk/licences/LAN-1/end/", {**END, "reason": "moved on,\r\nby letter"})
    assert get_licence(number="LAN-1").end_reason == "moved on, by letter"
    answer = otto.post("/desk/licences/MER-1/end/", {**END, "reason": "over\u202e"})
    assert answer.status_code == 422


def test_a_table_wider_than_a_phone_says_that_it_scrolls(
    otto: Client, cast: Cast, see: See
) -> None:
    for path in ("/desk/licences/", "/desk/"):
        page = see(otto, path)
        assert page.count("desk-wide") == page.count("scroll the table sideways")
    assert "scroll the table sideways" in see(otto, "/desk/licences/")
