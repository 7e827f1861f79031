"""Anyone may read the sealed days; who bought may prove it, and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.doors.storefront import sealed
from pennywhistle.flows import prove_entries
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.seal_queries import list_seals
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.waiver import WAIVER_TEXT
from tests.cast import Cast, assemble, fill_wallet, quote
from tests.doors.storefront.test_storefront_walk import browser_of, see

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None, settings: Settings) -> Cast:
    """Alice bought the release three days ago, and Bob's wallet was filled two days ago."""
    settings.LOCAL_COUNTRY = "DE"
    cast = assemble()
    bought = utc_now() - timedelta(days=3)
    fill_wallet(cast.alice, "5.00", now=bought)
    offer = quote(cast, now=bought)
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=bought)
    fill_wallet(cast.bob, "1.00", now=bought + timedelta(days=1))
    return cast


def seal() -> list[str]:
    seal_books(now=utc_now())
    return [stored.chain for stored in list_seals()]


def test_before_the_first_seal_the_page_says_when_it_comes(cast: Cast) -> None:
    assert "No day is sealed yet" in see(Client().get("/books/seals/"))
    answer = Client().get("/books/seals.json")
    assert answer.json()["seals"] == []
    assert answer.json()["newest"] is None


def test_anyone_reads_the_sealed_days_page_by_page(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    chains = seal()
    assert len(chains) >= 2
    monkeypatch.setattr(sealed, "SEALS_ON_A_PAGE", 1)
    path, seen = "/books/seals/", []
    while path:
        page = see(Client().get(path))
        seen += [chain for chain in chains if f"<code>{chain}</code>" in page]
        older = page.partition('href="/books/seals/?before=')[2][:10]
        path = f"/books/seals/?before={older}" if older else ""
    assert seen == chains[::-1]


def test_programs_read_them_file_by_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    chains = seal()
    monkeypatch.setattr(sealed, "SEALS_IN_A_FILE", 1)
    path, days = "/books/seals.json", []
    while path:
        answer = Client().get(path)
        assert answer["Cache-Control"] == "public, max-age=300"
        body = answer.json()
        assert body["newest"]["chain"] == chains[-1]
        days += [each["day"] for each in body["seals"]]
        path = body["next"]
    assert days == [stored.facts.day.isoformat() for stored in list_seals()]


@pytest.mark.parametrize("asked", ["?before=never", "?from=2026-13-01", "?before="])
def test_a_day_that_is_none_is_left_out(cast: Cast, asked: str) -> None:
    seal()
    assert Client().get(f"/books/seals/{asked}").status_code == 200
    assert Client().get(f"/books/seals.json{asked}").status_code == 200


def test_a_receipt_leads_to_its_proof_and_the_stores_own_program_accepts_it(
    cast: Cast, tmp_path: Path
) -> None:
    alice = browser_of(cast.alice)
    number = Purchase.objects.get().pk
    assert "From tomorrow on, a proof" in see(alice.get(f"/receipt/{number}/"))
    assert alice.get(f"/receipt/{number}/proof.json").status_code == 404
    chains = seal()
    assert f'href="/receipt/{number}/proof.json"' in see(alice.get(f"/receipt/{number}/"))
    for name, path in (
        ("proof.json", f"/receipt/{number}/proof.json"),
        ("seals.json", "/books/seals.json"),
        ("check_proof.py", "/books/check_proof.py"),
    ):
        answer = alice.get(path)
        assert answer.status_code == 200
        (tmp_path / name).write_bytes(answer.content)
    for words in (["--root", chains[-1]], ["--seals", "seals.json"]):
        said = subprocess.run(
            [sys.executable, "-I", "check_proof.py", "proof.json", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert said.stdout.endswith("PROVEN\n"), said.stdout + said.stderr


def test_of_a_day_that_is_too_long_for_a_page_the_receipt_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove_entries, "LEAVES_MOST_ON_A_PAGE", 1)
    seal()
    number = Purchase.objects.get().pk
    alice = browser_of(cast.alice)
    assert "a proof takes a while to make" in see(alice.get(f"/receipt/{number}/"))
    answer = alice.get(f"/receipt/{number}/proof.json")
    assert answer.status_code == 404
    assert "Write to the shop" in answer.content.decode()


def test_a_proof_is_its_buyers_alone(cast: Cast) -> None:
    seal()
    path = f"/receipt/{Purchase.objects.get().pk}/proof.json"
    assert browser_of(cast.bob).get(path).status_code == 404
    assert Client().get(path).status_code in (302, 303)
    answer = browser_of(cast.alice).get(path)
    assert answer["Cache-Control"] == "private, no-store"
    assert json.loads(answer.content)["about"]["what"] == "purchase"


def test_while_the_books_are_closed_the_shop_says_so_and_nothing_is_lost(
    cast: Cast, caplog: pytest.LogCaptureFixture, settings: Settings, tmp_path: Path
) -> None:
    """As if the store's clock were behind: a day ahead of it is sealed."""
    settings.SANDBOX_CARDS, settings.SANDBOX_FOLDER = True, tmp_path
    get_outfit.cache_clear()
    alice, now = browser_of(cast.alice), utc_now()
    offer = quote(cast, BasketItem("track", cast.track_ids[0], "flac"), now=now)
    fill_wallet(cast.bob, "1.00", now=now + timedelta(days=1))
    seal_books(now=now + timedelta(days=3))
    buy = {"quote": str(offer.id), "waiver": WAIVER_TEXT}
    card = {"top_up": str(new_id(now=now)), "amount": "5.00", "card_number": "4242424242424242"}
    for path, form in (("/buy/", buy), ("/wallet/top-up/", card)):
        assert "books are closed at this moment" in see(alice.post(path, form), status=503)
        assert f"{path} was refused" in caplog.text
    get_outfit.cache_clear()
    assert Purchase.objects.count() == 1
    assert not TopUp.objects.exists()
