"""Who may see the desk, what of it, and what its pages cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.shop.licensing.queries import get_licensor
from tests.cast import LABEL, OPENED, Cast, stock_release
from tests.doors.desk.conftest import See, browser_of

# Queries that one page may cost: five are who asks and the frame, the rest the page's own.
QUERIES_MOST = 19

EVERYBODYS = ["/desk/", "/desk/releases/", "/desk/releases/ann-piper-reels/"]
OPERATORS = [
    "/desk/licences/",
    "/desk/licences/grant/",
    "/desk/licences/LAN-1/end/",
    "/desk/vouchers/",
    "/desk/bank/",
    "/desk/listeners/",
    "/desk/reports/",
    "/desk/disputes/",
    "/desk/books/",
]
POSTS = [
    "/desk/releases/ann-piper-reels/publish/",
    "/desk/licences/grant/",
    "/desk/licences/LAN-1/end/",
    "/desk/vouchers/",
    "/desk/books/",
]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", [*EVERYBODYS, *OPERATORS])
def test_the_operator_sees_every_page(otto: Client, sold: Cast, see: See, path: str) -> None:
    see(otto, path)


@pytest.mark.parametrize("path", EVERYBODYS)
def test_a_label_sees_its_pages(lena: Client, sold: Cast, see: See, path: str) -> None:
    see(lena, path)


@pytest.mark.parametrize("path", OPERATORS)
def test_a_label_does_not_see_the_operators_pages(
    lena: Client, cast: Cast, see: See, path: str
) -> None:
    assert "behind the counter" in see(lena, path, status=403)


@pytest.mark.parametrize("path", [*EVERYBODYS, *OPERATORS, "/desk/licensors/1/"])
def test_a_listener_is_told_that_the_desk_is_not_for_them(
    alice: Client, cast: Cast, see: See, path: str
) -> None:
    assert "behind the counter" in see(alice, path, status=403)


@pytest.mark.parametrize("path", [*EVERYBODYS, *OPERATORS])
def test_who_has_not_signed_in_is_asked_to_and_comes_back(cast: Cast, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/account/login/?next={path}"
    assert response.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", POSTS)
def test_a_listener_can_post_nothing(alice: Client, cast: Cast, path: str) -> None:
    assert alice.post(path).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_a_post_without_its_token_is_refused(cast: Cast, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.otto, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(path).status_code == 403


def test_who_has_business_at_the_desk_is_shown_the_way(
    alice: Client, lena: Client, otto: Client, cast: Cast
) -> None:
    signpost = '<a href="/desk/">'
    assert signpost in lena.get("/").content.decode()
    assert signpost in otto.get("/").content.decode()
    assert signpost not in alice.get("/").content.decode()


def test_someone_who_left_the_label_is_let_in_no_more(lena: Client, cast: Cast) -> None:
    cast.lena.labels.clear()
    assert lena.get("/desk/").status_code == 403


def test_someone_who_was_locked_out_sees_nothing_any_more(cast: Cast) -> None:
    client = browser_of(cast.otto)
    cast.otto.is_active = False
    cast.otto.save()
    assert client.get("/desk/").status_code == 302


def test_another_label_sees_nothing_of_lantern(mara: Client, sold: Cast, see: See) -> None:
    licensor = get_licensor(name="Lantern Records").id
    overview = see(mara, "/desk/")
    releases = see(mara, "/desk/releases/")
    for page in (overview, releases):
        body = page.split("<main")[1].split("</main>")[0]
        assert "Reels" not in body
        assert "Lantern" not in body
        assert "The Kesh" not in body
    assert "Shanties" in releases
    for path in (
        "/desk/releases/ann-piper-reels/",
        f"/desk/licensors/{licensor}/",
        f"/desk/licensors/{get_licensor(name='Meridian Society').id}/",
    ):
        assert mara.get(path).status_code == 404
    assert mara.post("/desk/releases/ann-piper-reels/publish/").status_code == 404
    assert mara.post(f"/desk/licensors/{licensor}/statement/").status_code == 404


def test_a_label_that_grants_for_one_release_sees_what_it_is_owed(
    lena: Client, cast: Cast, see: See
) -> None:
    request = replace(LABEL, number="LAN-2", licensor="Lantern Masters", repertoire_kind="release")
    grant_licence(
        request=replace(request, repertoire="ann-piper-reels"), granted_by=None, now=OPENED
    )
    see(lena, f"/desk/licensors/{get_licensor(name='Lantern Masters').id}/")


def test_a_distributor_is_shown_to_none_of_its_labels(
    lena: Client, mara: Client, cast: Cast
) -> None:
    for number, label in (("LAN-3", "Lantern"), ("HAR-1", "Harbour")):
        request = replace(LABEL, number=number, licensor="All Boats", repertoire=label)
        grant_licence(request=request, granted_by=None, now=OPENED)
    path = f"/desk/licensors/{get_licensor(name='All Boats').id}/"
    assert lena.get(path).status_code == 404
    assert mara.get(path).status_code == 404


def test_an_artist_as_licensor_is_not_shown_to_the_label(lena: Client, cast: Cast) -> None:
    request = replace(LABEL, number="ANN-1", licensor="Ann Piper", licensor_kind="artist")
    grant_licence(request=request, granted_by=None, now=OPENED)
    path = f"/desk/licensors/{get_licensor(name='Ann Piper').id}/"
    assert lena.get(path).status_code == 404


def test_nobody_at_the_desk_reads_who_bought(otto: Client, sold: Cast, see: See) -> None:
    assert "alice@example.org" not in see(otto, "/desk/")


@pytest.mark.parametrize("path", [*EVERYBODYS, *OPERATORS])
def test_more_music_costs_no_more_queries(otto: Client, sold: Cast, see: See, path: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            see(otto, path)
        assert len(captured) <= QUERIES_MOST, [query["sql"] for query in captured]
        return len(captured)

    before = cost()
    for number in range(5):
        stock_release(f"More {number}", ("One", "Two"), label=f"Label {number}")
    assert cost() <= before
