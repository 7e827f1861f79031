"""The till asks the right of withdrawal away, and the receipt says where each penny went."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.models import Artist, Track
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.sales.models import Paper, Purchase
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.waiver import WAIVER_TEXT
from tests.cast import Cast, assemble, fill_wallet, quote
from tests.doors.storefront.test_storefront_walk import browser_of, buy, put, see, to_the_till

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """The cast, visitors in Germany, money for Alice."""
    settings.LOCAL_COUNTRY = "DE"
    settings.SANDBOX_FOLDER = tmp_path / "sandbox"
    get_outfit.cache_clear()
    cast = assemble()
    fill_wallet(cast.alice, "5.00")
    yield cast
    get_outfit.cache_clear()


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser."""
    return browser_of(cast.alice)


def bought(client: Client, cast: Cast) -> str:
    put(client, "release", cast.release_id)
    return buy(client).split("?")[0]


def pdf_of(client: Client, page: str) -> tuple[bytes, str]:
    link = re.search(r'href="(/receipt/\d+/R\d+-\d+\.pdf)"', page)
    assert link is not None
    answer = client.get(link[1])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    reader = PdfReader(io.BytesIO(answer.content))
    return answer.content, "\n".join(page.extract_text() for page in reader.pages)


def test_nothing_is_bought_in_the_eu_before_withdrawal_is_given_up(
    alice: Client, cast: Cast
) -> None:
    put(alice, "track", cast.track_ids[0])
    offer = to_the_till(alice)
    page = see(alice.get(offer))
    box = re.search(r'<input id="waiver" type="checkbox"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    quote_id = offer.strip("/").split("/")[-1]
    for given in ({}, {"waiver": "2020-01"}):
        refused = alice.post("/buy/", {"quote": quote_id, **given})
        assert refused.headers["Location"] == offer
        assert "Nothing was bought yet" in see(alice.get(offer))
    assert not Purchase.objects.exists()
    alice.post("/buy/", {"quote": quote_id, "waiver": WAIVER_TEXT})
    purchase = Purchase.objects.get()
    assert purchase.waiver_text == WAIVER_TEXT
    assert purchase.waived_withdrawal_at == purchase.purchased_at
    page = unescape(see(alice.get(f"/receipt/{purchase.pk}/")))
    assert "“I want my download to begin at once" in page


def test_nobody_is_asked_where_there_is_no_such_right(
    cast: Cast, alice: Client, settings: Settings
) -> None:
    alice.post("/country/", {"country": "US"})
    put(alice, "track", cast.track_ids[0])
    offer = to_the_till(alice)
    assert "withdraw" not in see(alice.get(offer))
    alice.post("/buy/", {"quote": offer.strip("/").split("/")[-1]})
    assert Purchase.objects.get().waiver_text == ""


def test_the_receipt_shows_whom_each_penny_goes_to_as_the_books_have_it(
    alice: Client, cast: Cast
) -> None:
    page = unescape(see(alice.get(bought(alice, cast))))
    assert "Receipt R2026-000001" in page
    assert "Lantern Records, the label, which pays its artists" in page
    assert "Meridian Society, a society of authors" in page
    assert "19% VAT, Germany" in page
    for transfer in Transfer.objects.filter(reason__in=("tax", "royalty")):
        assert transfer.key in page
        assert f"€{transfer.amount_micros / 1_000_000:.6f}" in page


def test_the_pdf_says_the_same_and_is_the_same_file_every_time(alice: Client, cast: Cast) -> None:
    page = see(alice.get(bought(alice, cast)))
    content, text = pdf_of(alice, page)
    assert pdf_of(alice, page)[0] == content
    paper = Paper.objects.get()
    for said in (
        "R2026-000001",
        "The Whistle Stop",
        "Otto Operator, 1 Quay Street",
        "Drowsy Maggie",
        "19% VAT, Germany",
        "Who recorded it: Lantern Records",
        "I want my download to begin at once",
        paper.sha256,
        "€0.39",
    ):
        assert said in text.replace("\n", " ")


def test_a_pdf_in_russian_is_written_in_cyrillic(alice: Client, cast: Cast) -> None:
    Artist.objects.update(name="Анна Дудкина")
    Track.objects.filter(pk=cast.track_ids[0]).update(title="Кеш")
    page = see(alice.get(bought(alice, cast)))
    link = re.search(r'href="(/receipt/\d+/R\d+-\d+\.pdf)"', page)
    assert link is not None
    answer = alice.get(link[1], headers={"accept-language": "ru"})
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Кеш" in text
    assert "Анна Дудкина" in text
    assert "Германия" in text


def test_bob_should_have_no_access_to_alices_receipts(alice: Client, cast: Cast) -> None:
    page = see(alice.get(bought(alice, cast)))
    link = re.search(r'href="(/receipt/\d+/R\d+-\d+\.pdf)"', page)
    assert link is not None
    assert browser_of(cast.bob).get(link[1]).status_code == 404
    assert Client().get(link[1]).status_code == 303
    assert alice.get(link[1].replace("000001", "000002")).status_code == 404


def test_what_was_given_back_has_a_credit_note_that_names_its_receipt(
    alice: Client, cast: Cast
) -> None:
    address = bought(alice, cast)
    purchase = Purchase.objects.get()
    refund_purchase(
        purchase_id=purchase.pk,
        reason=RefundReason.GOODWILL,
        refunded_by=cast.otto.pk,
        now=utc_now() + timedelta(seconds=1),
    )
    page = unescape(see(alice.get(address)))
    assert "Credit note C2026-000001 over €0.39" in page
    assert page.count("Given back") == 3
    answer = alice.get(f"{address}C2026-000001.pdf")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "R2026-000001" in text
    assert "Back in your wallet" in text


def test_a_receipt_whose_number_is_not_written_yet_says_so(alice: Client, cast: Cast) -> None:
    offer = quote(cast, now=utc_now())
    purchase = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=utc_now())
    page = see(alice.get(f"/receipt/{purchase.id}/"))
    assert "Its number is being written" in page
    assert ".pdf" not in page
