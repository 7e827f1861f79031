"""The pages over the real database: who may see them, what they cost, what they say."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

import html5lib
import pytest
from django.db import DatabaseError, connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from pennywhistle.shop.accounts.models import Person
from tests.cast import LABEL, SOCIETY, Cast, assemble, fill_wallet, stock_release

BROWSED = [
    "/",
    "/artist/ann-piper/",
    "/release/ann-piper-reels/",
    "/search/?q=kesh",
    "/style/",
    "/search/",
]
OWN = ["/wallet/", "/library/"]
# Queries that one page may cost, however much is on it.
QUERIES_MOST = 12

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


@pytest.fixture
def shop(cast: Cast) -> Cast:
    """The cast, with a release that has another slug to be found by."""
    return cast


@pytest.fixture
def alice(shop: Cast) -> Client:
    """Alice's browser."""
    client = Client()
    client.force_login(shop.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def see(client: Client, path: str, *, status: int = 200) -> str:
    """GET a page, strictly."""
    response = client.get(path)
    assert response.status_code == status, path
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def control(response: HttpResponseBase) -> str:
    """What caches are told."""
    return str(response.headers["Cache-Control"])


@pytest.mark.parametrize("path", BROWSED)
def test_anyone_may_browse(shop: Cast, path: str) -> None:
    see(Client(), path)


@pytest.mark.parametrize("path", [*BROWSED, *OWN, "/basket/", "/country/"])
def test_who_signed_in_sees_every_page(alice: Client, path: str) -> None:
    see(alice, path)


@pytest.mark.parametrize("path", OWN)
def test_what_is_personal_asks_a_visitor_to_sign_in_and_come_back(shop: Cast, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 303
    assert response.headers["Location"] == f"/account/login/?next={path.replace('/', '%2F')}"


@pytest.mark.parametrize("path", BROWSED)
def test_shelves_are_kept_by_browsers_and_asked_for_again(shop: Cast, path: str) -> None:
    assert control(Client().get(path)) == "private, no-cache"


@pytest.mark.parametrize("path", [*OWN, "/basket/", "/country/"])
def test_what_is_personal_is_kept_by_no_cache(alice: Client, path: str) -> None:
    assert control(alice.get(path)) == "private, no-store"


@pytest.mark.parametrize("path", [*BROWSED, "/basket/"])
def test_a_page_costs_few_queries_to_anyone(alice: Client, path: str) -> None:
    for client in (Client(), alice):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            see(client, path)
        assert len(captured) <= QUERIES_MOST, [query["sql"] for query in captured]


def test_more_releases_cost_no_more_queries(alice: Client) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            see(alice, path)
        return len(captured)

    before = [cost(path) for path in ("/", "/artist/ann-piper/", "/search/?q=piper")]
    for number in range(4):
        stock_release(f"More {number}", (f"Tune {number}", f"Air {number}"))
    assert [cost(path) for path in ("/", "/artist/ann-piper/", "/search/?q=piper")] == before


def test_each_track_and_the_release_show_size_and_price_before_signing_in(shop: Cast) -> None:
    text = see(Client(), "/release/ann-piper-reels/?recipe=mp3-192")
    assert "Tracks in MP3 192" in text
    assert "4.32\N{NO-BREAK SPACE}MB" in text
    assert "€0.13" in text
    assert "€0.39" in text


def test_another_recipe_shows_other_prices(shop: Cast) -> None:
    text = see(Client(), "/release/ann-piper-reels/?recipe=flac")
    assert "Tracks in FLAC" in text
    assert "15.88\N{NO-BREAK SPACE}MB" in text
    assert "€0.32" in text


def test_a_recipe_that_is_not_sold_is_a_page_that_is_not_there(shop: Cast) -> None:
    for code in ("wax-cylinder", "preview"):
        assert "no file of that kind" in see(
            Client(), f"/release/ann-piper-reels/?recipe={code}", status=404
        )


@pytest.mark.parametrize("path", ["/release/none/", "/artist/none/", "/nowhere/", "/receipt/1/"])
def test_what_is_not_there_is_said_in_the_shops_look(alice: Client, path: str) -> None:
    text = see(alice, path, status=404)
    assert "This page is not here" in text
    assert 'class="masthead"' in text


@pytest.mark.parametrize(
    "path",
    [
        f"/receipt/{'9' * 40}/",
        f"/download/{'9' * 40}/",
        f"/preview/{'9' * 40}/",
        "/release/a%00b/",
        "/artist/%00/",
        "/release/%F0%9F%8E%B5/",
        "/release/..%2f..%2fetc/",
    ],
)
def test_odd_addresses_are_not_found_and_break_nothing(alice: Client, path: str) -> None:
    see(alice, path, status=404)


@pytest.mark.parametrize("query", ["%25%5F", "%27%22%3C", "x" * 5000, "%F0%9F%8E%B5"])
def test_odd_searches_find_nothing_and_break_nothing(shop: Cast, query: str) -> None:
    see(Client(), f"/search/?q={query}")


def test_a_country_without_a_licence_is_told_so_and_sold_nothing(
    shop: Cast, settings: Settings
) -> None:
    settings.LOCAL_COUNTRY = "FR"
    text = see(Client(), "/release/ann-piper-reels/")
    assert "Not sold in France" in text
    assert 'action="/basket/"' not in text
    assert "/preview/" not in text


def test_an_unknown_country_is_asked_for_and_remembered(shop: Cast, settings: Settings) -> None:
    settings.LOCAL_COUNTRY = ""
    client = Client()
    asked = see(client, "/release/ann-piper-reels/")
    assert "Which country are you in?" in asked
    assert 'action="/basket/"' not in asked
    response = client.post("/country/", {"country": "IE", "back": "/release/ann-piper-reels/"})
    assert response.headers["Location"] == "/release/ann-piper-reels/"
    assert 'action="/basket/"' in see(client, "/release/ann-piper-reels/")


def test_a_country_that_is_none_is_asked_for_again(shop: Cast) -> None:
    response = Client().post("/country/", {"country": "Atlantis", "back": "/"})
    assert response.status_code == 422
    assert "Choose a country from the list." in response.content.decode()


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:x"]
)
def test_a_form_sends_nobody_away_from_the_shop(shop: Cast, back: str) -> None:
    response = Client().post("/country/", {"country": "DE", "back": back})
    assert response.headers["Location"] == "/"


def test_a_licence_of_the_future_says_from_when(db: None) -> None:
    later = replace(LABEL, starts_at=datetime(2099, 3, 1, tzinfo=UTC))
    assemble(licences=(later, SOCIETY))
    assert "On sale from 1 Mar 2099." in see(Client(), "/release/ann-piper-reels/")


def test_a_licence_that_ended_says_when(db: None) -> None:
    past = replace(LABEL, ends_at=datetime(2026, 2, 1, tzinfo=UTC))
    assemble(licences=(past, SOCIETY))
    assert "its licence ended on 1 Feb 2026" in see(Client(), "/release/ann-piper-reels/")


def test_days_are_written_as_americans_do_for_who_asks_for_american_english(db: None) -> None:
    later = replace(LABEL, starts_at=datetime(2099, 3, 1, tzinfo=UTC))
    assemble(licences=(later, SOCIETY))
    for language, day in (("en-US,en;q=0.9", "Mar 1, 2099"), ("en-GB,en;q=0.9", "1 Mar 2099")):
        page = Client(headers={"accept-language": language}).get("/release/ann-piper-reels/")
        assert f"On sale from {day}." in page.content.decode()


def test_a_search_offers_each_song_to_the_ear_and_with_its_price(shop: Cast) -> None:
    found = see(Client(), "/search/?q=kesh").split("lines-found", 1)[1].split("</ul>", 1)[0]
    assert f'href="/preview/{shop.track_ids[0]}/" data-hear' in found
    assert "€0.13" in found
    assert "MP3 192" in found


def test_a_search_where_nothing_is_sold_has_no_play_button_and_no_price(
    shop: Cast, settings: Settings
) -> None:
    settings.LOCAL_COUNTRY = "FR"
    found = see(Client(), "/search/?q=kesh").split("lines-found", 1)[1].split("</ul>", 1)[0]
    assert "data-hear" not in found
    assert "€" not in found


@pytest.mark.parametrize("case", ["another host", "too many fields"])
def test_a_request_that_cannot_be_read_is_told_so(shop: Cast, case: str) -> None:
    if case == "another host":
        response = Client().get("/", headers={"host": "elsewhere.example"})
    else:
        fields = {f"field{number}": "x" for number in range(1_100)}
        response = Client().post("/basket/", fields)
    assert response.status_code == 400
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    assert "That could not be read" in text
    assert control(response) == "private, no-store"


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/search/?q=a%00b", None),
        ("/search/?a%00b=q", None),
        ("/basket/code/", {"code": "A\0B"}),
        ("/gifts/", {"greeting": "a\0b"}),
        ("/business/", {"na\0me": "b"}),
    ],
)
def test_a_text_with_a_nul_is_refused_by_every_door_and_kept_by_none(
    alice: Client, address: str, fields: dict[str, str] | None
) -> None:
    response = alice.get(address) if fields is None else alice.post(address, fields)
    assert response.status_code == 400
    assert "That could not be read" in response.content.decode()
    assert "a sign in it that cannot be written" in response.content.decode()
    see(alice, "/basket/")


def test_a_refusal_is_logged_without_its_traceback() -> None:
    logger = logging.getLogger("django.security.DisallowedHost").parent
    assert logger is not None
    said = io.StringIO()
    (handler,) = [each for each in logger.handlers if each.filters]
    assert isinstance(handler, logging.StreamHandler)
    # Not `setStream`, which flushes: the stream may be a command's, which has closed.
    before, handler.stream = handler.stream, said
    try:
        Client().get("/", headers={"host": "elsewhere.example"})
    finally:
        handler.stream = before
    assert said.getvalue().count("\n") == 1
    assert "elsewhere.example" in said.getvalue()


def test_the_notice_names_the_licences_in_force(shop: Cast) -> None:
    text = see(Client(), "/")
    assert "Meridian Society" in text
    assert "Letter of 2025-12-12" in text


def test_the_pennies_on_the_front_page_add_up(shop: Cast) -> None:
    text = see(Client(), "/")
    assert "This is how €0.10 spent here is divided" in text
    pennies = text.split('class="pennies"', 1)[1].split("</ul>", 1)[0]
    amounts = [piece.split("<", 1)[0] for piece in pennies.split("€")[1:]]
    assert sum(round(float(amount) * 1_000_000) for amount in amounts) == 100_000


def test_a_store_without_a_storefront_says_that_it_is_not_open_yet(db: None) -> None:
    assert "still being set up" in see(Client(), "/", status=503)


def test_a_form_without_its_token_changes_nothing(shop: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/basket/", {"kind": "track", "id": "1", "recipe": "mp3-192"})
    assert response.status_code == 403
    assert "That form was too old" in response.content.decode()


def refuse(*_: object) -> NoReturn:
    """Every statement fails, as on a broken disk."""
    raise DatabaseError("disk I/O error")


def test_our_own_fault_is_admitted_without_the_database(shop: Cast) -> None:
    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(refuse):
        response = client.get("/")
    assert response.status_code == 500
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    assert "It is our fault" in text
    assert control(response) == "private, no-store"


def test_the_machines_question_is_answered_with_no_when_the_database_is_away(shop: Cast) -> None:
    with connection.execute_wrapper(refuse):
        assert Client().get("/healthz").status_code == 503


def test_the_machines_question_is_answered(shop: Cast) -> None:
    response = Client().get("/healthz")
    assert response.json() == {"status": "ok"}
    assert control(response) == "no-store"


def test_a_country_that_a_listener_says_is_kept_for_their_next_visit(
    alice: Client, shop: Cast
) -> None:
    alice.post("/country/", {"country": "at", "back": "/"})
    assert Person.objects.get(pk=shop.alice.pk).country == "AT"


def test_the_wallet_shows_what_came_in(alice: Client, shop: Cast) -> None:
    fill_wallet(shop.alice, "5.00")
    text = see(alice, "/wallet/")
    assert "€5.00" in text
    assert "+€5.00" in text


@pytest.mark.parametrize(
    "path", ["/account/login/", "/account/signup/", "/account/password/reset/"]
)
def test_the_ways_in_are_drawn_in_the_shops_look(shop: Cast, path: str) -> None:
    assert 'class="masthead"' in see(Client(), path)


@pytest.mark.parametrize(
    "path", ["/account/logout/", "/account/password/change/", "/account/email/"]
)
def test_the_pages_of_ones_own_account_are_drawn_in_the_shops_look(
    alice: Client, path: str
) -> None:
    assert 'class="masthead"' in see(alice, path)
