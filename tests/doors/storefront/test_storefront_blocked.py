"""What an authority has ordered: 451 where it holds, offered nowhere there, and untouched elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import html5lib
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings

from pennywhistle.flows.block_release import BlockRequest, block_release, unblock_release
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.deliver_rendition import HearingEndedError, deliver_rendition
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.sign_address import Purpose, Subject
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.licensing.block_queries import list_blocks
from pennywhistle.shop.licensing.blocks import UnknownBlockError
from pennywhistle.shop.licensing.models import BlockOrder
from pennywhistle.shop.licensing.rules import LicensingError
from pennywhistle.shop.sales.rules import NotForSaleError, QuoteExpiredError
from tests.cast import NOW, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db

# In force before the test's day and by its clock, whatever that is.
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
ORDER = BlockRequest(
    reference="7 O 12/26",
    authority="Landgericht Harbour",
    reason="the recording is disputed",
    territories="DE,AT",
    release="ann-piper-reels",
    starts_at=LONG_AGO,
)
PAGE = "/release/ann-piper-reels/"


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


def order(**changed: object) -> None:
    request = replace(ORDER, **changed)  # type: ignore[arg-type]
    block_release(request=request, recorded_by=None, now=LONG_AGO)


def read(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def test_a_blocked_release_answers_451_and_says_who_ordered_it_and_why(cast: Cast) -> None:
    order()
    response = Client().get(PAGE)
    assert response.status_code == 451
    assert response["Link"] == '<http://testserver/>; rel="blocked-by"'
    assert response["Cache-Control"] == "private, no-store"
    text = read(Client(), PAGE, 451)
    for said in ("Landgericht Harbour", "7 O 12/26", "the recording is disputed", "Germany"):
        assert escape(said) in text
    for part in ("preview", "hear", "strokes"):
        end = ".svg" if part == "strokes" else "/"
        assert Client().get(f"/{part}/{cast.track_ids[0]}{end}").status_code == 451


def test_a_blocked_release_is_in_no_list_and_no_search_there(cast: Cast) -> None:
    order()
    for path in ("/", "/artist/ann-piper/", "/search/?q=kesh", "/search/?q=reels"):
        assert PAGE not in read(Client(), path), path


def test_elsewhere_and_once_it_is_lifted_it_is_sold_as_ever(cast: Cast, settings: Settings) -> None:
    order()
    settings.LOCAL_COUNTRY = "FR"
    assert "Landgericht" not in read(Client(), PAGE)
    settings.LOCAL_COUNTRY = "DE"
    unblock_release(reference="7 O 12/26", reason="settled", recorded_by=None, now=NOW)
    quote(cast)
    [facts] = list_blocks()
    assert (facts.lift_reason, facts.block.ends_at) == ("settled", NOW)


def test_an_order_of_one_track_leaves_the_others(cast: Cast) -> None:
    order(release="", isrc="ZZPEN2600001")
    text = read(Client(), PAGE)
    assert "Not sold in Germany: an authority has ordered so." in text
    assert "Landgericht" not in text
    assert "The Kesh" not in read(Client(), "/search/?q=kesh").split("<main")[1]


def test_nothing_blocked_is_quoted_and_a_quote_from_before_is_refused(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    before = quote(cast)
    order(starts_at=NOW)
    with pytest.raises(NotForSaleError):
        quote(cast)
    with pytest.raises(QuoteExpiredError, match="The order 7 O 12/26 forbids"):
        buy_basket(quote_id=before.id, person_id=cast.alice.pk, now=NOW)
    assert verify_books().findings == ()


def test_a_preview_that_was_given_out_is_heard_no_more(cast: Cast) -> None:
    order()
    subject = Subject(Purpose.PREVIEW, cast.track_ids[0], territory="DE")
    with pytest.raises(HearingEndedError, match="7 O 12/26"):
        deliver_rendition(subject=subject, outfit=get_outfit(), now=NOW)


@pytest.mark.parametrize(("closes", "status"), [(False, 303), (True, 451)])
def test_what_was_bought_is_downloaded_unless_the_order_says_otherwise(
    cast: Cast, closes: bool, status: int
) -> None:
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    order(closes_downloads=closes)
    alice = Client()
    alice.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    zipped = f"/download/{cast.release_id}/mp3-192.zip"
    assert alice.get(zipped).status_code == status
    text = read(alice, "/library/")
    item = text.split('href="/download/')[1].split('"')[0]
    assert alice.get(f"/download/{item}").status_code == status


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": " "},
        {"authority": ""},
        {"reason": ""},
        {"territories": ""},
        {"release": ""},
        {"isrc": "ZZPEN2600001"},
        {"ends_at": LONG_AGO},
    ],
    ids=str,
)
def test_what_is_no_order_is_refused(cast: Cast, changed: dict[str, object]) -> None:
    with pytest.raises(LicensingError):
        order(**changed)
    assert list_blocks() == []


def test_an_order_is_recorded_once_and_never_changed(cast: Cast) -> None:
    order()
    with pytest.raises(LicensingError, match="on file already"):
        order()
    for write in (
        lambda: BlockOrder.objects.update(reason="other"),
        BlockOrder.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            write()
    with pytest.raises(UnknownBlockError):
        unblock_release(reference="other", reason="x", recorded_by=None, now=NOW)
    for lifted in (NOW, NOW + timedelta(days=1)):
        if lifted == NOW:
            unblock_release(reference="7 O 12/26", reason="x", recorded_by=None, now=lifted)
        else:
            with pytest.raises(LicensingError, match="lifted already"):
                unblock_release(reference="7 O 12/26", reason="x", recorded_by=None, now=lifted)
