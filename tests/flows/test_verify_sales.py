"""The recount holds accounts, offers, licences and statements against what they ought to be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.shop.ledger.models import Account
from pennywhistle.shop.licensing.models import Licence, LicenceChange, Tariff
from pennywhistle.shop.royalties.models import Statement
from pennywhistle.shop.sales.models import Purchase, Quote, SaleLine
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def books(cast: Cast) -> Cast:
    """Alice bought three tracks, and both licensors have had their statement of the month."""
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    for licensor in ("Meridian Society", "Lantern Records"):
        issue_statement(licensor_name=licensor, period=month_period("2026-11"), now=NOW + 30 * DAY)
    assert Statement.objects.count() == 2
    assert verify_books().findings == ()
    return cast


def said_after(change: Callable[[], object]) -> dict[str, list[str]]:
    """By place, what the recount says once `change` was made with the guards lifted."""
    with guards_lifted(connections[DEFAULT_DB_ALIAS]):
        change()
    said: dict[str, list[str]] = {}
    for finding in verify_books().findings:
        said.setdefault(finding.where, []).append(finding.what)
    return said


def lines() -> set[str]:
    return {f"sale line {line.document}" for line in SaleLine.objects.all()}


def test_a_wallet_that_is_no_longer_guarded_is_named(books: Cast) -> None:
    wallet = Account.objects.get(code=f"wallet/{books.alice.pk}/EUR")
    said = said_after(
        lambda: Account.objects.filter(pk=wallet.pk).update(is_guarded=False, balance_micros=0)
    )
    assert list(said) == [f"account {wallet.code}"]
    assert "it is not guarded" in said[f"account {wallet.code}"]
    assert any("its balance says 0" in what for what in said[f"account {wallet.code}"])


@pytest.mark.parametrize("code", ["sales/EUR", "vat/DE/EUR", "clearing/voucher/EUR"])
def test_an_account_of_another_kind_is_named(books: Cast, code: str) -> None:
    said = said_after(lambda: Account.objects.filter(code=code).update(kind="expense"))
    assert list(said) == [f"account {code}"]


def test_an_account_that_no_room_keeps_is_named(books: Cast) -> None:
    said = said_after(
        lambda: Account.objects.create(code="petty/EUR", currency="EUR", kind="asset")
    )
    assert said == {"account petty/EUR": ["no room keeps an account of this name"]}


@pytest.mark.parametrize(
    "change",
    [
        {"total_micros": 1},
        {"expires_at": NOW},
        {"created_at": NOW + DAY},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_bought_quote_that_was_changed_is_named(books: Cast, change: dict[str, Any]) -> None:
    bought = Quote.objects.get()
    assert list(said_after(lambda: Quote.objects.update(**change))) == [f"quote {bought.pk}"]


def test_a_purchase_whose_lines_are_gone_is_named_by_its_quote(books: Cast) -> None:
    person = books.alice
    other = quote(books, person=books.bob)

    def add() -> None:
        Purchase.objects.create(quote_id=other.id, person_id=person.pk, purchased_at=NOW)

    assert said_after(add) == {f"quote {other.id}": ["it has 3 lines, and 0 were sold"]}


def test_a_sale_without_its_evidence_is_named(books: Cast) -> None:
    assert said_after(lambda: SaleLine.objects.update(evidence=[])).keys() == lines()


def test_evidence_of_another_country_is_named_though_the_quote_has_it_too(books: Cast) -> None:
    forged = [{"kind": "declared", "country": "AT", "detail": ""}]

    def forge() -> None:
        SaleLine.objects.update(evidence=forged)
        Quote.objects.update(evidence=forged)

    said = said_after(forge)
    assert said.keys() == lines()
    assert {what for whats in said.values() for what in whats} == {
        "its evidence tells AT, and it was sold to DE"
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"right": "WORK"}, "for RECORDING: no-licence"),
        ({"starts_at": NOW + DAY}, "for RECORDING: not-yet"),
        ({"ends_at": NOW}, "for RECORDING: ended"),
        ({"territories": "US"}, "for RECORDING: territory"),
        ({"uses": "PREVIEW"}, "for RECORDING: use"),
    ],
)
def test_a_licence_that_did_not_cover_what_was_sold_is_named_by_each_line(
    books: Cast, change: dict[str, Any], why: str
) -> None:
    said = said_after(lambda: Licence.objects.filter(number="LAN-1").update(**change))
    assert said.keys() == lines()
    assert all(f"its licences did not cover it {why}" in whats for whats in said.values())


def test_what_was_known_when_it_was_sold_counts_and_not_what_was_learnt_since(books: Cast) -> None:
    end_licence(number="LAN-1", reason="learnt late", now=NOW + DAY, effective_at=NOW - DAY)
    assert verify_books().findings == ()


@pytest.mark.parametrize("kind", ["ended", "suspended"])
def test_a_sale_under_what_was_known_to_be_over_is_named(books: Cast, kind: str) -> None:
    licence = Licence.objects.get(number="LAN-1")
    known = {"effective_at": NOW - DAY, "recorded_at": NOW - DAY, "reason": "forged in"}
    said = said_after(lambda: LicenceChange.objects.create(licence=licence, kind=kind, **known))
    assert said.keys() == lines()
    what = f"its licences did not cover it for RECORDING: {kind}"
    assert all(what in whats for whats in said.values())


def test_a_grant_that_was_recorded_after_the_sale_is_named(books: Cast) -> None:
    said = said_after(lambda: Licence.objects.filter(number="MER-1").update(granted_at=NOW + DAY))
    assert said.keys() == lines()
    assert all("its licences were recorded after it was sold" in whats for whats in said.values())


def test_a_licence_of_another_track_is_named_by_the_lines_of_the_rest(books: Cast) -> None:
    first = books.track_ids[0]
    said = said_after(
        lambda: Licence.objects.filter(number="LAN-1").update(
            repertoire="track", label=None, track_id=first
        )
    )
    assert len(said) == 2
    assert said.keys() < lines()


@pytest.mark.parametrize("number", ["LAN-1", "MER-1"])
@pytest.mark.parametrize(
    "change", [{"rate_numerator": 1, "rate_denominator": 7}, {"base": "gross"}]
)
def test_a_tariff_that_was_changed_is_named_by_what_was_sold_under_it(
    books: Cast, number: str, change: dict[str, Any]
) -> None:
    said = said_after(lambda: Tariff.objects.filter(licences__number=number).update(**change))
    assert said.keys() == lines()


def test_a_tariff_that_asks_for_more_than_the_price_is_named(books: Cast) -> None:
    said = said_after(lambda: Tariff.objects.update(rate_numerator=1, rate_denominator=1))
    assert said.keys() == lines()


@pytest.mark.parametrize(
    "change",
    [{"total_micros": 1}, {"line_count": 4}, {"csv_sha256": "0" * 64}],
    ids=lambda change: next(iter(change)),
)
def test_a_statement_that_was_changed_is_named(books: Cast, change: dict[str, Any]) -> None:
    row = Statement.objects.order_by("pk")[0]
    said = said_after(lambda: Statement.objects.filter(pk=row.pk).update(**change))
    assert list(said) == [f"statement {row.pk}"]
