"""The desk when things have gone wrong: reports, refunds, pay-backs, disputes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from pennywhistle.adapters.gateways.sandbox import DISPUTE_LASTS
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.record_dispute import record_dispute
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.going_back.models import PayBack
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import FileReport, Refund
from tests.cast import Cast, euros, quote
from tests.doors.desk.conftest import See, check_page

pytestmark = pytest.mark.django_db

FILE = "/desk/listeners/?email=alice@example.org"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Settings) -> Iterator[None]:
    settings.SANDBOX_FOLDER = tmp_path / "sandbox"
    settings.SANDBOX_CARDS = True
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


def top_up(cast: Cast, card: str = "4242 4242 4242 4242") -> TopUp:
    """Alice tops up ten euros."""
    return top_up_wallet(
        top_up_id=new_id(now=utc_now()),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=Card(card),
        gateway=get_outfit().gateways["sandbox"],
        now=utc_now(),
    )


def report(cast: Cast) -> FileReport:
    """Alice reports her newest song."""
    newest = list_owned(person_id=cast.alice.pk)[0]
    report_bad_file(
        sale_line_id=newest.sale_line_id,
        person_id=cast.alice.pk,
        trouble="noise",
        words="crackles at 1:20",
        now=utc_now(),
    )
    return FileReport.objects.get(sale_line_id=newest.sale_line_id)


def balance(cast: Cast) -> int:
    return get_wallet_balance(person_id=cast.alice.pk, currency="EUR").minor_units


@pytest.mark.parametrize(
    "page", ["/desk/listeners/", "/desk/reports/", "/desk/disputes/", "/desk/reports/1/"]
)
def test_only_the_operator_comes_here(lena: Client, alice: Client, page: str) -> None:
    assert lena.get(page).status_code == 403
    assert alice.get(page).status_code == 403
    assert Client().get(page).status_code == 302


def test_what_is_empty_says_what_will_stand_there(otto: Client, see: See) -> None:
    assert "Nothing waits" in see(otto, "/desk/reports/")
    assert "No disputes" in see(otto, "/desk/disputes/")
    assert "whose is it?" in see(otto, "/desk/listeners/")
    assert "Nobody has signed up" in see(
        otto, "/desk/listeners/?email=nobody@example.org", status=422
    )
    assert otto.get("/desk/reports/1/").status_code == 404


def test_a_report_is_answered_once_and_the_listener_reads_it(
    otto: Client, sold: Cast, see: See
) -> None:
    assert "Waiting for you" not in see(otto, "/desk/")
    facts = report(sold)
    assert "1 file that a listener calls broken" in see(otto, "/desk/")
    page = f"/desk/reports/{facts.pk}/"
    assert page in see(otto, "/desk/reports/")
    text = see(otto, page)
    for said in ("crackles at 1:20", "crackles, skips or hums", "Nobody has looked yet"):
        assert said in text
    wrong = otto.post(page, {})
    assert wrong.status_code == 422
    check_page(wrong.content.decode())
    sent = {"answer": "nothing-wrong", "words": "It plays here.", "trust": "no"}
    assert otto.post(page, sent).status_code == 303
    assert "It plays here." in see(otto, page)
    facts.refresh_from_db()
    assert (facts.answer, facts.may_claim, facts.answered_by) == (
        "nothing-wrong",
        False,
        sold.otto,
    )


def test_the_operator_pays_back_what_waited(otto: Client, sold: Cast, see: See) -> None:
    report(sold)
    waiting = report(sold)
    assert waiting.held == "too-large-a-share"
    page = f"/desk/reports/{waiting.pk}/"
    assert "too large a share" in see(otto, page)
    before = balance(sold)
    otto.post(page, {"answer": "nothing-wrong", "gives_back": "on"})
    assert balance(sold) == before + 13
    assert Refund.objects.get(sale_line=waiting.sale_line).refunded_by == sold.otto


def test_nothing_is_called_mended_without_its_master(otto: Client, sold: Cast) -> None:
    page = f"/desk/reports/{report(sold).pk}/"
    answer = otto.post(page, {"answer": "mended"})
    assert answer.status_code == 409
    assert "is gone" in answer.content.decode()


def test_lines_that_are_ticked_go_back_into_the_wallet(otto: Client, sold: Cast, see: See) -> None:
    text = see(otto, FILE)
    action = re.search(r'action="(/desk/purchases/(\d+)/refund/)"', text)
    assert action is not None
    prefix = f"refund-{action[2]}"
    sent = {"email": "alice@example.org", f"{prefix}-reason": "mistake", f"{prefix}-note": "twice"}
    wrong = otto.post(action[1], sent)
    assert wrong.status_code == 422
    check_page(wrong.content.decode())
    assert "Tick what goes back" in wrong.content.decode()
    before = balance(sold)
    answer = otto.post(action[1], sent | {f"{prefix}-numbers": ["1", "3"]}, follow=True)
    assert "€0.26 went back into the wallet" in answer.content.decode()
    assert balance(sold) == before + 26
    assert "a mistake of ours: twice" in see(otto, FILE)
    assert len(list_owned(person_id=sold.alice.pk)) == 1
    assert otto.post(action[1], sent | {f"{prefix}-numbers": ["1"]}).status_code == 422
    assert otto.post("/desk/purchases/999/refund/", sent).status_code == 404


def test_a_top_up_goes_back_to_its_card(otto: Client, sold: Cast, see: See) -> None:
    paid = top_up(sold)
    text = see(otto, FILE)
    assert "Pay back to the card, €10.00 at most" in text
    once = re.search(r'name="once" value="([^"]+)"', text)
    assert once is not None
    sent = {"email": "alice@example.org", "once": once[1], "amount": "4.00"}
    page = f"/desk/top-ups/{paid.pk}/pay-back/"
    for amount, said in (("11", "At most"), ("x", "is not an amount"), ("", "required")):
        wrong = otto.post(page, sent | {"amount": amount})
        check_page(wrong.content.decode())
        assert (wrong.status_code, said in wrong.content.decode()) == (422, True)
    for _ in range(2):
        answer = otto.post(page, sent, follow=True)
        assert "€4.00 went back to the card" in answer.content.decode()
    assert PayBack.objects.count() == 1
    assert "€6.00 at most" in see(otto, FILE)
    assert otto.post(f"/desk/top-ups/{new_id(now=utc_now())}/pay-back/", sent).status_code == 404


def test_a_german_operator_types_what_goes_back_with_a_comma(otto: Client, sold: Cast) -> None:
    paid, german = top_up(sold), {"accept-language": "de"}
    text = otto.get(FILE, headers=german).content.decode()
    assert 'value="10,00"' in text
    once = re.search(r'name="once" value="([^"]+)"', text)
    assert once is not None
    sent = {"email": "alice@example.org", "once": once[1]}
    page = f"/desk/top-ups/{paid.pk}/pay-back/"
    # One, or a thousand: it is not guessed.
    assert otto.post(page, sent | {"amount": "1.000"}, headers=german).status_code == 422
    assert otto.post(page, sent | {"amount": "0,50"}, headers=german).status_code == 303
    assert PayBack.objects.get().amount_micros == 500_000


def test_a_gateway_that_gives_no_answer_leaves_the_money_set_aside(
    otto: Client, sold: Cast, see: See
) -> None:
    paid = top_up(sold)
    trouble = get_outfit().gateways["sandbox"].folder / "trouble"  # type: ignore[attr-defined]
    trouble.write_text("unreachable")
    once = str(new_id(now=utc_now()))
    sent = {"email": "alice@example.org", "once": once, "amount": "4.00"}
    answer = otto.post(f"/desk/top-ups/{paid.pk}/pay-back/", sent, follow=True)
    assert "gave no answer" in answer.content.decode()
    assert "on its way" in see(otto, FILE)


def test_a_lost_dispute_is_shown_and_the_listener_let_buy_again(
    otto: Client, cast: Cast, see: See
) -> None:
    paid = top_up(cast, "4000 0000 0000 0259")
    offer = quote(cast, now=utc_now())
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=utc_now())
    gateway = get_outfit().gateways["sandbox"]
    for after in (timedelta(minutes=1), 2 * DISPUTE_LASTS):
        handle, at = f"dispute-{paid.handle}", utc_now() + after
        dispute = gateway.get_dispute(dispute_handle=handle, now=at)
        record_dispute(dispute=dispute, gateway_name="sandbox", now=utc_now())
        text = see(otto, "/desk/disputes/")
        assert "€0.39" in text
        assert ("Let them buy again" in text) is (dispute.state == "lost")
    assert "€0.39 short" in see(otto, FILE)
    forgive = re.search(r'action="(/desk/disputes/\d+/forgive/)"', text)
    assert forgive is not None
    answer = otto.post(forgive[1], follow=True)
    assert "The listener can buy again" in answer.content.decode()
    assert "Let them buy again" not in see(otto, "/desk/disputes/")
    assert otto.post("/desk/disputes/999/forgive/").status_code == 404
    assert verify_books().findings == ()
