"""Receipts and credit notes: numbers from 1 on without a gap, whatever happens meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_paper import (
    issue_missing_receipts,
    issue_receipt,
    issue_receipt_or_leave_it,
)
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.verify_papers import check_papers
from pennywhistle.shop.catalogue.models import Track
from pennywhistle.shop.sales.models import Paper, PaperSeries, Purchase, SaleLine
from pennywhistle.shop.sales.paper_queries import find_paper, list_series, receipt_of
from pennywhistle.shop.sales.papers import (
    PaperError,
    content_of_json,
    credit_note_of,
    paper_digest,
    receipt_document,
)
from pennywhistle.shop.sales.refunds import RefundReason
from tests.cast import NOW, Cast, assemble, euros, fill_wallet, quote
from tests.faults import FaultyDatabaseError, counted_calls, fail_each_call
from tests.guards_lifted import guards_lifted

PATIENCE_SECONDS = 60
RECIPES = ("mp3-128", "mp3-192", "mp3-320", "opus-128", "opus-96", "flac", "aac-256", "wav")


def buy(cast: Cast, *, track: int = 0, recipe: str = "mp3-192", now: datetime = NOW) -> int:
    offer = quote(cast, BasketItem("track", cast.track_ids[track], recipe), now=now)
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=now).id


def assert_no_gap() -> None:
    for series in PaperSeries.objects.all():
        numbers = list(series.papers.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture
def rich(cast: Cast) -> Cast:
    fill_wallet(cast.alice, "50.00")
    return cast


def test_a_receipt_says_what_was_sold_and_is_written_once(rich: Cast) -> None:
    purchase_id = buy(rich)
    paper = issue_receipt(purchase_id=purchase_id, now=NOW)
    assert paper.name == "R2026-000001"
    assert issue_receipt(purchase_id=purchase_id, now=NOW + timedelta(days=1)) == paper
    (line,) = paper.content.lines
    assert (line.title, line.artist, line.recipe) == ("The Kesh", "Ann Piper", "mp3-192")
    assert paper.total == line.price
    (tax,) = paper.content.taxes
    assert (tax.country, f"{tax.percent:f}", tax.gross) == ("DE", "19.00", paper.total)
    assert tax.net + tax.tax == tax.gross
    assert paper.content.seller == "Otto Operator, 1 Quay Street"
    assert paper.content.buyer is None


def test_numbers_follow_the_year_of_the_sale(rich: Cast) -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    old, new = buy(rich, now=new_year - timedelta(seconds=1)), buy(rich, track=1, now=new_year)
    assert issue_receipt(purchase_id=new, now=new_year).name == "R2027-000001"
    assert issue_receipt(purchase_id=old, now=new_year).name == "R2026-000001"


def test_a_receipt_says_the_same_after_the_catalogue_was_corrected(rich: Cast) -> None:
    purchase_id = buy(rich)
    paper = issue_receipt(purchase_id=purchase_id, now=NOW)
    Track.objects.filter(pk=rich.track_ids[0]).update(title="Another name")
    assert find_paper(document=receipt_document(purchase_id=purchase_id)) == paper


def test_what_a_paper_stores_reads_back_and_its_digest_with_it(rich: Cast) -> None:
    purchase_id = buy(rich)
    issue_receipt(purchase_id=purchase_id, now=NOW)
    row = Paper.objects.get()
    content = content_of_json(row.content)
    assert content == receipt_of(purchase_id=purchase_id)
    assert json.loads(json.dumps(content.as_json())) == row.content
    digest = paper_digest(
        name="R2026-000001",
        document=row.document,
        issued_at=row.issued_at,
        content=dict(sorted(row.content.items(), reverse=True)),
    )
    assert digest == row.sha256


def test_what_is_no_paper_is_refused(rich: Cast) -> None:
    with pytest.raises(PaperError, match="cannot be read"):
        content_of_json({"kind": "receipt"})
    with pytest.raises(PaperError, match="no purchase 999"):
        issue_receipt(purchase_id=999, now=NOW)
    receipt = receipt_of(purchase_id=buy(rich))
    with pytest.raises(PaperError, match="sale/x is not on R"):
        credit_note_of(receipt, receipt_name="R", documents=["sale/x"], refunded_at=NOW)


def test_a_credit_note_takes_lines_over_as_the_receipt_has_them(rich: Cast) -> None:
    offer = quote(rich)
    purchase = buy_basket(quote_id=offer.id, person_id=rich.alice.pk, now=NOW)
    receipt = receipt_of(purchase_id=purchase.id)
    documents = [line.document for line in purchase.lines[1:]]
    later = datetime(2027, 1, 2, tzinfo=UTC)
    note = credit_note_of(
        receipt, receipt_name="R2026-000001", documents=documents, refunded_at=later
    )
    assert note.lines == receipt.lines[1:]
    assert note.series == "C2027"
    assert note.corrects == "R2026-000001"
    assert replace(note, lines=()).total == euros("0")


def test_the_worker_writes_receipts_that_lack_in_order(rich: Cast) -> None:
    bought = [buy(rich, recipe=recipe) for recipe in RECIPES]
    issue_receipt(purchase_id=bought[3], now=NOW)
    done = issue_missing_receipts(after_id=0, now=NOW)
    assert (done.last_id, done.failed) == (bought[-1], ())
    assert issue_missing_receipts(after_id=done.last_id, now=NOW) == done
    order = Paper.objects.order_by("number").values_list("purchase_id", flat=True)
    assert list(order) == [bought[3], *bought[:3], *bought[4:]]
    (series,) = list_series()
    assert (series.name, series.count, series.last) == ("R2026", len(bought), len(bought))


def test_the_recount_finds_nothing_wrong_with_papers_as_they_were_issued(rich: Cast) -> None:
    for recipe in RECIPES[:3]:
        issue_receipt(purchase_id=buy(rich, recipe=recipe), now=NOW)
    refund_purchase(
        purchase_id=Purchase.objects.latest("pk").pk,
        reason=RefundReason.MISTAKE,
        refunded_by=rich.otto.pk,
        now=NOW + timedelta(days=1),
    )
    assert Paper.objects.count() == 4
    assert list(check_papers()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"total_micros": 1},
        {"tax_micros": 1},
        {"number": 7},
        {"document": "purchase/999"},
        {"series": "C2026"},
        {"content": {}},
        {"sha256": "0" * 64},
        {"issued_at": NOW + timedelta(days=1)},
        {"currency": "USD"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_recount_names_a_paper_that_was_changed(rich: Cast, change: dict[str, Any]) -> None:
    for recipe in RECIPES[:3]:
        issue_receipt(purchase_id=buy(rich, recipe=recipe), now=NOW)
    PaperSeries.objects.create(name="C2026")
    with guards_lifted(connection):
        Paper.objects.filter(number=2).update(**change)
    assert list(check_papers()) != []


def test_the_recount_finds_a_paper_rewritten_with_its_digest(rich: Cast) -> None:
    issue_receipt(purchase_id=buy(rich), now=NOW)
    row = Paper.objects.get()
    row.content["lines"][0]["price"]["micros"] += 10_000
    digest = paper_digest(
        name="R2026-000001", document=row.document, issued_at=row.issued_at, content=row.content
    )
    with guards_lifted(connection):
        Paper.objects.update(
            content=row.content, sha256=digest, total_micros=row.total_micros + 10_000
        )
    (finding,) = check_papers()
    assert "not as it was sold" in finding.what


@pytest.mark.parametrize("number", [1, 3, 17])
def test_the_database_takes_no_number_but_the_next(rich: Cast, number: int) -> None:
    first = issue_receipt(purchase_id=buy(rich), now=NOW)
    row = Paper.objects.get(pk=first.id)
    row.pk, row.document, row.number = None, "other", number
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)
    row.number = 2
    row.save(force_insert=True)


def test_the_database_lets_no_paper_be_changed_or_deleted(rich: Cast) -> None:
    issue_receipt(purchase_id=buy(rich), now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Paper.objects.update(total_micros=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Paper.objects.all()._raw_delete(using="default")


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_fails_anywhere_leaves_no_gap_and_is_written_by_the_next_run(
    transactional_db: None, tmp_path: Path
) -> None:
    cast = assemble()
    bought = 0

    def prepare() -> int:
        nonlocal bought
        fill_wallet(cast.alice, "5.00")
        bought += 1
        return buy(cast, recipe=_recipe(bought), track=bought % 3)

    def check(purchase_id: int, _: Exception | None) -> None:
        assert_no_gap()
        assert issue_receipt(purchase_id=purchase_id, now=NOW).number == Paper.objects.count()
        assert_no_gap()

    calls = fail_each_call(
        folder=tmp_path,
        prepare=prepare,
        run=lambda purchase_id: issue_receipt(purchase_id=purchase_id, now=NOW),
        check=check,
    )
    assert calls > 8


def _recipe(number: int) -> str:
    return RECIPES[number // 3 % len(RECIPES)]


def test_a_receipt_that_cannot_be_written_keeps_no_other_from_being(rich: Cast) -> None:
    bought = [buy(rich, track=track) for track in range(3)]
    with guards_lifted(connection):
        SaleLine.objects.filter(purchase=bought[1]).update(reductions=[{"kind": "tier"}])
    done = issue_missing_receipts(after_id=0, now=NOW)
    ((failed, why),) = done.failed
    assert (done.last_id, failed) == (bought[-1], bought[1])
    assert isinstance(why, KeyError)
    assert_no_gap()
    assert {row.purchase_id for row in Paper.objects.all()} == {bought[0], bought[2]}
    with guards_lifted(connection):
        SaleLine.objects.filter(purchase=bought[1]).update(reductions=[])
    assert issue_missing_receipts(after_id=0, now=NOW).failed == ()
    assert Paper.objects.count() == len(bought)


@pytest.mark.django_db(transaction=True)
def test_a_till_leaves_a_receipt_to_the_worker_that_the_database_has_no_turn_for(
    transactional_db: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cast = assemble()
    fill_wallet(cast.alice, "5.00")
    purchase_id = buy(cast)
    with counted_calls(folder=tmp_path, fail_at=5):
        issue_receipt_or_leave_it(purchase_id=purchase_id, now=NOW)
    assert "left to the worker" in caplog.text
    assert not Paper.objects.exists()
    issue_missing_receipts(after_id=0, now=NOW)
    assert Paper.objects.get().purchase_id == purchase_id


@pytest.mark.django_db(transaction=True)
def test_many_tills_and_the_worker_at_once_give_each_number_once(transactional_db: None) -> None:
    cast = assemble()
    fill_wallet(cast.alice, "50.00")
    bought = [buy(cast, recipe=recipe) for recipe in RECIPES]
    calls: list[Callable[[], object]] = [
        lambda number=number: issue_receipt(purchase_id=number, now=NOW)  # type: ignore[misc]
        for number in bought * 2
    ]
    calls += [lambda: issue_missing_receipts(after_id=0, now=NOW)] * 2
    errors = _at_once(calls)
    assert errors == []
    assert_no_gap()
    assert Paper.objects.count() == len(bought)


def _at_once(calls: list[Callable[[], object]]) -> list[BaseException]:
    start = threading.Barrier(len(calls))
    errors: list[BaseException] = []

    def work(call: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            call()
        except Exception as error:  # noqa: BLE001 - told to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return errors


steps = st.lists(
    st.one_of(
        st.just(("buy", 0, 0)),
        st.tuples(st.just("receipt"), st.integers(0, 99), st.integers(0, 14)),
        st.tuples(st.just("worker"), st.just(0), st.integers(0, 30)),
    ),
    max_size=12,
)


@pytest.mark.django_db(transaction=True)
def test_any_order_of_sales_receipts_and_crashes_gives_one_to_n(
    transactional_db: None, tmp_path: Path
) -> None:
    cast = assemble()
    fill_wallet(cast.alice, "900.00")
    sold = 0

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=steps)
    def go(steps: list[tuple[str, int, int]]) -> None:
        nonlocal sold
        for step, which, fail_at in steps:
            purchases = list(Purchase.objects.values_list("pk", flat=True))
            with counted_calls(folder=tmp_path, fail_at=fail_at or None):
                try:
                    if step == "worker":
                        issue_missing_receipts(after_id=0, now=NOW)
                    elif step == "receipt" and purchases:
                        issue_receipt(purchase_id=purchases[which % len(purchases)], now=NOW)
                except FaultyDatabaseError:
                    pass
            if step == "buy" and sold < 3 * len(RECIPES):
                buy(cast, track=sold % 3, recipe=_recipe(sold))
                sold += 1
            assert_no_gap()
        issue_missing_receipts(after_id=0, now=NOW)
        assert_no_gap()
        assert Paper.objects.count() == Purchase.objects.count()

    go()
