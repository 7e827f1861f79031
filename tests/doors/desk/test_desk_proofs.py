"""A label takes the proof of its own statement from the desk; the operator sees what is sealed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from pennywhistle.flows import prove_entries
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.kit import check_proof
from pennywhistle.kit.clock import month_period, utc_now
from pennywhistle.shop.ledger.seal_queries import list_seals
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties.models import Statement
from tests.cast import Cast, fill_wallet, quote
from tests.doors.desk.conftest import See

pytestmark = pytest.mark.django_db


@pytest.fixture
def stated(cast: Cast) -> Cast:
    """Alice bought forty days ago, and both licensors had their statements three days ago."""
    now = utc_now()
    bought = now - timedelta(days=40)
    fill_wallet(cast.alice, "5.00", now=bought)
    buy_basket(quote_id=quote(cast, now=bought).id, person_id=cast.alice.pk, now=bought)
    for licensor in ("Lantern Records", "Meridian Society"):
        month = month_period(f"{bought:%Y-%m}")
        issue_statement(licensor_name=licensor, period=month, now=now - timedelta(days=3))
    return cast


def seal() -> str:
    while seal_books(now=utc_now(), is_clock_right=True):
        pass
    return list_seals()[-1].chain


def path_of(licensor: str) -> str:
    licensor_id = get_licensor(name=licensor).id
    statement = Statement.objects.get(licensor_id=licensor_id)
    return f"/desk/licensors/{licensor_id}/proof/{statement.pk}.json"


def test_a_statement_has_its_proof_once_its_day_is_sealed(
    lena: Client, stated: Cast, see: See, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = path_of("Lantern Records")
    page = own.partition("proof/")[0]
    assert "not yet" in see(lena, page)
    assert lena.get(own).status_code == 404
    chain = seal()
    assert f'href="{own}"' in see(lena, page)
    answer = lena.get(own)
    assert answer.headers["Cache-Control"] == "private, no-store"
    (tmp_path / "proof.json").write_bytes(answer.content)
    assert check_proof.main([str(tmp_path / "proof.json"), "--root", chain]) == 0


def test_a_statement_that_is_too_long_for_a_page_says_which_command_proves_it(
    lena: Client, stated: Cast, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove_entries, "LEAVES_MOST_ON_A_PAGE", 1)
    seal()
    own = path_of("Lantern Records")
    assert "too long for a page: pennywhistle proof" in see(lena, own.partition("proof/")[0])
    assert lena.get(own).status_code == 404


def test_a_label_takes_its_own_proof_alone(lena: Client, alice: Client, stated: Cast) -> None:
    seal()
    other = path_of("Meridian Society")
    assert lena.get(other).status_code == 404
    assert alice.get(other).status_code in (302, 303, 403, 404)
    mixed = path_of("Lantern Records").rpartition("/")[0] + "/" + other.rpartition("/")[2]
    assert lena.get(mixed).status_code == 404


def test_the_books_page_shows_the_newest_seal(otto: Client, stated: Cast, see: See) -> None:
    assert "No day is sealed yet" in see(otto, "/desk/books/")
    assert seal() in see(otto, "/desk/books/")
