"""What a day sold stands in a file that its seal holds, and says the same as the books."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.adapters.reports.day_lines import DayLinesMissingError, DayLineStore
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import compose_statement
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.report_royalties import NotSealedError, report_royalties, write_royalties
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.flows.write_day_lines import restore_day_lines, write_day_lines
from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.seal_queries import list_seals
from pennywhistle.shop.licensing.models import Licensor
from pennywhistle.shop.royalties.models import Accrual
from pennywhistle.shop.royalties.queries import get_accrued
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import EmptyBasketError
from tests.cast import NOW, Cast, assemble, fill_wallet, quote
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

RECIPES = ["mp3-192", "mp3-v0", "opus-128", "vorbis-q6", "aac-256", "wav"]
DAY = NOW.date()
CLOSED = datetime(2026, 11, 25, 1, tzinfo=UTC)
TODAY = Period(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path) -> DayLineStore:
    return DayLineStore(tmp_path)


@pytest.fixture
def books(cast: Cast) -> Cast:
    """Alice bought three tracks on the 24th of November 2026."""
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    return cast


def found(store: DayLineStore) -> list[str]:
    return [finding.where for finding in verify_books(store=store).findings]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def give_back(purchase: Purchase, cast: Cast, now: datetime) -> None:
    refund_purchase(
        purchase_id=purchase.pk,
        reason=RefundReason.GOODWILL,
        refunded_by=cast.otto.pk,
        now=now,
    )


def test_a_sealed_day_has_one_file_which_its_seal_names_by_its_hash(
    books: Cast, store: DayLineStore, tmp_path: Path
) -> None:
    (seal,) = seal_books(now=CLOSED, store=store)
    (path,) = files(tmp_path)
    assert path == store.check(day=DAY, sha256=seal.lines_sha256)
    assert seal.as_published()["lines_sha256"] == seal.lines_sha256
    lines = list(store.iterate(day=DAY, sha256=seal.lines_sha256))
    assert len(lines) == 3 * 2
    assert sum(line.due_micros for line in lines) == sum(
        Accrual.objects.values_list("amount_micros", flat=True)
    )
    assert found(store) == []


def test_a_day_written_again_is_the_same_bytes(
    books: Cast, store: DayLineStore, tmp_path: Path
) -> None:
    first = write_day_lines(day=DAY, store=store)
    content = files(tmp_path)[0].read_bytes()
    shutil.rmtree(tmp_path)
    assert write_day_lines(day=DAY, store=store) == first
    assert files(tmp_path)[0].read_bytes() == content


def test_a_day_without_a_sale_has_no_file(cast: Cast, store: DayLineStore, tmp_path: Path) -> None:
    fill_wallet(cast.alice, "5.00")
    (seal,) = seal_books(now=CLOSED, store=store)
    assert (seal.lines_sha256, files(tmp_path)) == ("", [])
    assert list(report_royalties(period=TODAY, store=store)) == []


def test_a_file_that_is_missing_or_damaged_is_named_and_written_again(
    books: Cast, store: DayLineStore, tmp_path: Path
) -> None:
    seal_books(now=CLOSED, store=store)
    (path,) = files(tmp_path)
    path.unlink()
    assert found(store) == [f"lines of {DAY}"]
    with pytest.raises(DayLinesMissingError, match="seal lines"):
        list(report_royalties(period=TODAY, store=store))
    assert restore_day_lines(store=store) == [DAY]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert found(store) == [f"lines of {DAY}"]
    assert restore_day_lines(store=store) == [DAY]
    assert restore_day_lines(store=store) == []
    assert found(store) == []


def test_a_line_that_was_changed_in_the_books_is_told_by_the_file(
    books: Cast, store: DayLineStore
) -> None:
    seal_books(now=CLOSED, store=store)
    with guards_lifted(connection):
        Accrual.objects.filter(right="WORK").update(amount_micros=1)
    whats = [
        str(each) for each in verify_books(store=store).findings if each.where.startswith("lines")
    ]
    assert len(whats) == 3
    assert all("due_micros" in what and "in the books 1" in what for what in whats)


def test_a_lost_file_whose_lines_were_changed_since_is_not_passed_off_as_the_sealed_one(
    books: Cast, store: DayLineStore
) -> None:
    (seal,) = seal_books(now=CLOSED, store=store)
    store.path(day=DAY, sha256=seal.lines_sha256).unlink()
    with guards_lifted(connection):
        Accrual.objects.filter(right="WORK").update(amount_micros=1)
    with pytest.raises(DayLinesMissingError, match="backup"):
        restore_day_lines(store=store)


def test_a_seal_that_holds_another_hash_is_no_seal(books: Cast, store: DayLineStore) -> None:
    seal_books(now=CLOSED, store=store)
    with guards_lifted(connection):
        connection.cursor().execute("UPDATE ledger_seal SET lines_sha256 = ''")
    assert found(store) == [f"seal of {DAY}"]


def test_nothing_is_reported_of_a_day_that_is_not_sealed(books: Cast, store: DayLineStore) -> None:
    with pytest.raises(NotSealedError):
        report_royalties(period=TODAY, store=store)


def test_killed_before_its_seal_a_day_is_written_and_sealed_by_the_next_run(
    books: Cast, store: DayLineStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(**_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("pennywhistle.flows.seal_books.store_seal", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_books(now=CLOSED, store=store)
    seal_books(now=CLOSED, store=store)
    assert len(files(tmp_path)) == 1
    assert found(store) == []


events = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(RECIPES), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(wanted=events)
def test_the_files_come_to_what_the_ledger_and_the_statements_say(
    wanted: list[tuple[int, str, int, bool]], tmp_path: Path, transactional_month: Cast
) -> None:
    cast, store = transactional_month, DayLineStore(tmp_path)
    begins = next_month(cast)
    for track, recipe, day, is_returned in sorted(wanted, key=lambda each: each[2]):
        at = begins + timedelta(days=day, hours=3)
        try:
            offer = quote(cast, BasketItem("track", cast.track_ids[track], recipe), now=at)
        except EmptyBasketError:  # It was bought in an example before.
            continue
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=at)
        if is_returned:
            last = Purchase.objects.latest("pk")
            give_back(last, cast, begins + timedelta(days=5 + day))
    fill_wallet(cast.bob, "1.00", now=begins + timedelta(days=32))
    while seal_books(now=begins + timedelta(days=34), store=store, is_clock_right=True):
        pass
    assert_month_is_the_ledgers(month_period(f"{begins:%Y-%m}"), store)


def test_a_months_royalties_are_a_table_of_the_statements_totals(
    transactional_month: Cast, tmp_path: Path
) -> None:
    cast, store = transactional_month, DayLineStore(tmp_path)
    begins = next_month(cast)
    offer = quote(cast, BasketItem("track", cast.track_ids[0], "mp3-192"), now=begins)
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=begins)
    fill_wallet(cast.bob, "1.00", now=begins + timedelta(days=32))
    while seal_books(now=begins + timedelta(days=34), store=store, is_clock_right=True):
        pass
    period, table = month_period(f"{begins:%Y-%m}"), io.StringIO()
    assert write_royalties(rows=report_royalties(period=period, store=store), table=table) == 2
    table.seek(0)
    due = {
        row["licensor"]: Money.parse(row["due"], row["currency"]) for row in csv.DictReader(table)
    }
    for licensor in Licensor.objects.all():
        ledger = get_accrued(licensor_id=licensor.pk, currency="EUR", period=period)
        assert due[licensor.name] == ledger > Money.zero("EUR")


def assert_month_is_the_ledgers(period: Period, store: DayLineStore) -> None:
    rows = list(report_royalties(period=period, store=store))
    for licensor in Licensor.objects.all():
        theirs = [row for row in rows if row.licensor_id == licensor.pk]
        composed = compose_statement(licensor_id=licensor.pk, currency="EUR", period=period)
        ledger = get_accrued(licensor_id=licensor.pk, currency="EUR", period=period)
        assert sum(row.due_micros for row in theirs) == composed.total.micros == ledger.micros
        assert sum(row.sold_lines + row.refunded_lines for row in theirs) == composed.line_count
        again = list(report_royalties(period=period, store=store, licensor_id=licensor.pk))
        assert again == sorted(theirs, key=astuple)


@pytest.fixture
def transactional_month(db: None) -> Cast:
    """The cast, and so much money that nobody runs out of it."""
    cast = assemble()
    fill_wallet(cast.alice, "500.00", now=datetime(2026, 1, 1, tzinfo=UTC))
    return cast


def next_month(cast: Cast) -> datetime:
    """The first of the month after all that is sealed: each example has two months of its own."""
    seals = list_seals()
    if not seals:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)
    last = seals[-1].facts.day
    months = last.year * 12 + last.month  # Of the month after it.
    return datetime(months // 12, months % 12 + 1, 1, 12, tzinfo=UTC)
