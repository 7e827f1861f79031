"""Licensors and statements, vouchers, and the books."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from pennywhistle.doors.desk import money
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.kit.clock import month_period, utc_now
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.payments.codes.queries import list_voucher_batches
from pennywhistle.shop.royalties.queries import list_owed, list_statements
from tests.cast import Cast, euros
from tests.doors.desk.conftest import See, check_page
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

CODE = re.compile(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}")
BATCH = {
    "name": "Autumn fair",
    "count": "3",
    "amount": "2.50",
    "currency": "EUR",
    "ends_on": "",
    "is_free": "no",
}


def licensor_path(name: str) -> str:
    return f"/desk/licensors/{get_licensor(name=name).id}/"


def this_month() -> str:
    return f"{utc_now():%Y-%m}"


def test_a_statement_comes_as_a_file_whose_total_is_the_ledgers(otto: Client, sold: Cast) -> None:
    path = f"{licensor_path('Meridian Society')}statement/"
    answer = otto.post(path, {"month": this_month(), "currency": "EUR"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "statement-meridian-society-" in answer.headers["Content-Disposition"]
    assert "provisional" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    owed = list_owed(licensor_ids=[get_licensor(name="Meridian Society").id])
    assert rows[-1][0] == "TOTAL"
    assert rows[-1][-2] == f"{owed[0].amount.decimal:.6f}"
    assert len(rows) == 5


def test_a_closed_months_statement_is_kept_with_the_fingerprint_of_the_file(
    otto: Client, sold: Cast, see: See
) -> None:
    path = licensor_path("Meridian Society")
    answer = otto.post(f"{path}statement/", {"month": "2026-01", "currency": "EUR"})
    assert "provisional" not in answer.headers["Content-Disposition"]
    [kept] = list_statements(licensor_id=get_licensor(name="Meridian Society").id)
    assert kept.csv_sha256 == hashlib.sha256(answer.content).hexdigest()
    assert kept.period == month_period("2026-01")
    assert kept.csv_sha256[:16] in see(otto, path)


def test_a_label_downloads_its_own_statement_alone(lena: Client, sold: Cast, see: See) -> None:
    own = licensor_path("Lantern Records")
    see(lena, own)
    form = {"month": this_month(), "currency": "EUR"}
    assert lena.post(f"{own}statement/", form).status_code == 200
    other = licensor_path("Meridian Society")
    assert lena.get(other).status_code == 404
    assert lena.post(f"{other}statement/", form).status_code == 404


@pytest.mark.parametrize("month", ["", "2026-13", "November", "9999-12", "2026-1-1"])
def test_a_month_that_is_none_is_asked_for_again(otto: Client, sold: Cast, month: str) -> None:
    path = f"{licensor_path('Meridian Society')}statement/"
    answer = otto.post(path, {"month": month, "currency": "EUR"})
    assert answer.status_code == 422


def test_books_that_do_not_add_up_make_no_statement(otto: Client, sold: Cast) -> None:
    transfer = Transfer.objects.filter(reason="royalty").order_by("pk").first()
    assert transfer is not None
    with guards_lifted(connection):
        Transfer.objects.filter(pk=transfer.pk).update(amount_micros=transfer.amount_micros + 1)
    [licensor_id] = [
        owed.licensor_id
        for owed in list_owed()
        if transfer.credit_account.code == f"royalties/{owed.licensor_id}/EUR"
    ]
    answer = otto.post(
        f"/desk/licensors/{licensor_id}/statement/", {"month": this_month(), "currency": "EUR"}
    )
    assert answer.status_code == 409
    assert "No statement was written." in answer.content.decode()


def test_a_licensor_whom_nothing_is_owed_yet_says_so(otto: Client, cast: Cast, see: See) -> None:
    assert "Nothing yet" in see(otto, licensor_path("Meridian Society"))
    assert otto.get("/desk/licensors/999999/").status_code == 404


def open_form(client: Client) -> str:
    """The word that makes a voucher form good for one batch."""
    page = client.get("/desk/vouchers/").content.decode()
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def make(client: Client, **changed: object) -> str:
    answer = client.post("/desk/vouchers/", {**BATCH, "once": open_form(client), **changed})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    page = answer.content.decode()
    check_page(page)
    return page


def test_a_batch_shows_its_codes_once_and_each_is_worth_its_amount(
    otto: Client, cast: Cast, see: See
) -> None:
    codes = CODE.findall(make(otto))
    assert len(set(codes)) == 3
    credited = redeem_voucher(
        code=codes[0], person_id=cast.alice.pk, domain="testserver", now=utc_now()
    )
    assert credited.worth == euros("2.50")
    page = see(otto, "/desk/vouchers/")
    assert not CODE.findall(page)
    [batch] = list_voucher_batches()
    assert (batch.name, batch.count, batch.redeemed_count) == ("Autumn fair", 3, 1)
    assert "€5.00" in page  # Two of them are still out.


def test_a_form_sent_again_makes_no_second_batch(otto: Client, cast: Cast) -> None:
    once = open_form(otto)
    assert otto.post("/desk/vouchers/", {**BATCH, "once": once}).status_code == 200
    again = otto.post("/desk/vouchers/", {**BATCH, "once": once}, follow=True)
    assert "Nothing was made" in again.content.decode()
    assert sum(batch.count for batch in list_voucher_batches()) == 3


def test_a_form_sent_twice_at_once_is_taken_once(otto: Client, cast: Cast) -> None:
    clicks = []
    once = open_form(otto)
    for _ in range(2):
        click = RequestFactory().post("/desk/vouchers/", {"once": once})
        click.session = otto.session
        assert once in dict(click.session.items())["desk_voucher_forms"]  # Each has read its own.
        clicks.append(click)
    assert [money.take_form(click) for click in clicks] == [True, False]
    clicks[1].session.save()
    assert not money.take_form(clicks[0])


def test_a_form_without_its_word_makes_nothing(otto: Client, cast: Cast) -> None:
    for once in ("", "guessed"):
        assert otto.post("/desk/vouchers/", {**BATCH, "once": once}).status_code == 303
    assert list_voucher_batches() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"count": "501"}, "less than or equal to 500"),
        ({"count": "0"}, "greater than or equal to 1"),
        ({"amount": "0"}, "A voucher is worth whole cents above zero"),
        ({"amount": "0.005"}, "A voucher is worth whole cents above zero"),
        ({"amount": "-5"}, "This is not an amount."),
        ({"amount": "much"}, "This is not an amount."),
        ({"amount": "9999999999999"}, "is not an amount that a shop could take"),
        ({"currency": "E"}, "Three letters of ISO 4217"),
        ({"name": ""}, "This field is required."),
        ({"ends_on": "2026-01-01"}, "Vouchers that end on 2026-01-01 are past"),
        ({"currency": "XXX"}, "Nothing is sold in XXX here; the store sells in EUR."),
    ],
)
def test_a_batch_that_cannot_be_is_told_why(
    otto: Client, cast: Cast, changed: dict[str, object], said: str
) -> None:
    answer = otto.post("/desk/vouchers/", {**BATCH, "once": open_form(otto), **changed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert list_voucher_batches() == []


def test_a_voucher_is_no_longer_taken_from_its_last_midnight_on(otto: Client, cast: Cast) -> None:
    day = (utc_now() + timedelta(days=10)).date()
    make(otto, ends_on=f"{day}")
    [batch] = list_voucher_batches()
    assert batch.expires_at is not None
    assert f"{batch.expires_at:%Y-%m-%d %H:%M}" == f"{day} 00:00"


def test_the_trial_balance_has_equal_sides(otto: Client, sold: Cast, see: See) -> None:
    foot = see(otto, "/desk/books/").split("<tfoot>")[1].split("</tfoot>")[0]
    sides = re.findall(r"€[\d.,]+", foot)
    assert len(sides) == 2
    assert sides[0] == sides[1]


def test_a_recount_of_right_books_says_so(otto: Client, sold: Cast) -> None:
    answer = otto.post("/desk/books/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    page = answer.content.decode()
    check_page(page)
    assert "Every row is right." in page


def test_a_recount_names_the_wrong_row(otto: Client, sold: Cast) -> None:
    transfer = Transfer.objects.filter(reason="sale").order_by("pk").first()
    assert transfer is not None
    with guards_lifted(connection):
        Transfer.objects.filter(pk=transfer.pk).update(amount_micros=1)
    page = otto.post("/desk/books/").content.decode()
    check_page(page)
    assert "wrong" in page
    assert transfer.key in page


def test_a_store_without_a_transfer_has_empty_books(otto: Client, cast: Cast, see: See) -> None:
    assert "No account has been opened yet" in see(otto, "/desk/books/")


def test_books_too_long_for_a_page_are_left_to_the_command(
    otto: Client, sold: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "RECOUNT_MOST", 1)
    page = otto.post("/desk/books/").content.decode()
    assert "pennywhistle verify-books" in page
    assert "Every row is right." not in page


def test_issue_statement_and_the_desk_give_the_same_bytes(otto: Client, sold: Cast) -> None:
    [issued] = issue_statement(
        licensor_name="Meridian Society", period=month_period(this_month()), now=utc_now()
    )
    answer = otto.post(
        f"{licensor_path('Meridian Society')}statement/",
        {"month": this_month(), "currency": "EUR"},
    )
    assert answer.content.decode() == issued.csv_text


def test_a_german_operator_types_what_a_voucher_is_worth_with_a_comma(
    otto: Client, cast: Cast
) -> None:
    german = {"accept-language": "de"}
    page = otto.get("/desk/vouchers/", headers=german).content.decode()
    assert 'value="5,00"' in page
    assert "such as 5,00." in page
    for typed, status in (("1.000", 422), ("7,50", 200)):
        once = open_form(otto)
        sent = {**BATCH, "once": once, "amount": typed}
        answer = otto.post("/desk/vouchers/", sent, headers=german)
        assert answer.status_code == status
    (batch,) = list_voucher_batches()
    assert batch.each == euros("7.50")
