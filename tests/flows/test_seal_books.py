"""Days are sealed in order once they are over; what is changed afterwards shows."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from pennywhistle.flows import seal_books as flow
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.sealed_entries import find_first_day, tree_of
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.shop.ledger.merkle import EMPTY_ROOT
from pennywhistle.shop.ledger.models import Seal, Transfer
from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.ledger.queries import list_transfers
from pennywhistle.shop.ledger.seal_queries import find_newest_seal, list_seals
from pennywhistle.shop.ledger.seals import (
    NO_CHAIN,
    QUIET_DAYS_MOST,
    ClockDoubtError,
    SealBrokenError,
    SealedDayError,
)
from pennywhistle.shop.royalties.models import Statement
from pennywhistle.shop.sales.models import SaleLine
from tests.cast import NOW, Cast, euros, fill_wallet, quote
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

DAY = NOW.date()
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
CLOSED = MIDNIGHT + timedelta(hours=1)
PATIENCE_SECONDS = 30


@pytest.fixture
def books(cast: Cast) -> Cast:
    """Alice bought three tracks on the 24th of November 2026."""
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    return cast


def found() -> set[str]:
    return {finding.where for finding in verify_books().findings}


def buy_more(cast: Cast, now: datetime) -> None:
    """The first track once more, in another format."""
    item = BasketItem("track", cast.track_ids[0], "flac")
    offer = quote(cast, item, now=now)
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=now)


def test_a_day_is_sealed_an_hour_after_its_end_and_not_before(books: Cast) -> None:
    assert seal_books(now=CLOSED - timedelta(microseconds=1)) == []
    (seal,) = seal_books(now=CLOSED)
    assert (seal.day, seal.previous) == (DAY, NO_CHAIN)
    assert (seal.transfers.count, seal.documents.count) == (1 + 3 * 4, 1 + 1 + 3)
    assert found() == set()


def test_a_day_that_an_older_version_sealed_is_checked_by_what_that_sealed(
    books: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knew no vouchers: one that is older than the first seal is none of its entries."""
    issue_vouchers(codes=["old"], batch="b", amount=euros("1"), now=NOW - timedelta(days=9))
    with monkeypatch.context() as older:
        older.setattr(flow, "NEWEST_FORM", 1)
        older.setattr(flow, "find_first_day", partial(find_first_day, form=1))
        (old,) = seal_books(now=CLOSED)
    buy_more(books, MIDNIGHT)
    (new,) = seal_books(now=CLOSED + timedelta(days=1))
    assert (old.form, old.documents.count, new.form) == (1, 3, 3)
    assert new.previous == old.chain
    assert found() == set()
    with guards_lifted(connection):
        SaleLine.objects.filter(document__endswith="/2").update(recipe="flac")
    assert f"seal of {DAY}" in found()


@pytest.mark.parametrize("form", [1, 4])
def test_a_seal_that_is_said_to_be_of_another_version_is_named(books: Cast, form: int) -> None:
    seal_books(now=CLOSED)
    with guards_lifted(connection):
        Seal.objects.update(form=form)
    assert found() == {f"seal of {DAY}"}


def test_the_columns_of_a_seal_lead_back_to_it(books: Cast) -> None:
    (made,) = seal_books(now=CLOSED)
    (stored,) = list_seals()
    assert stored.facts == made
    assert made.as_published()["format"] == "pennywhistle seal 3"


def test_a_report_of_a_file_that_is_dated_to_a_sealed_day_is_refused(books: Cast) -> None:
    seal_books(now=CLOSED)
    line = SaleLine.objects.all()[0]
    with pytest.raises(SealedDayError):
        report_bad_file(
            sale_line_id=line.pk,
            person_id=books.alice.pk,
            trouble="silent",
            words="",
            now=NOW,
        )


def test_a_store_without_a_transfer_has_nothing_to_seal(cast: Cast) -> None:
    assert seal_books(now=CLOSED) == []


def test_days_are_chained_and_quiet_ones_between_are_sealed_too(books: Cast) -> None:
    fill_wallet(books.bob, "1.00", now=NOW + timedelta(days=2))
    sealed = seal_books(now=CLOSED + timedelta(days=2))
    assert [seal.day for seal in sealed] == [DAY + timedelta(days=n) for n in range(3)]
    assert sealed[1].previous == sealed[0].chain
    assert sealed[2].previous == sealed[1].chain
    assert sealed[1].transfers.root == sealed[1].documents.root == EMPTY_ROOT
    assert [seal.facts for seal in list_seals()] == sealed
    assert [seal.chain for seal in list_seals()] == [seal.chain for seal in sealed]


def test_sealing_again_does_nothing_more(books: Cast) -> None:
    seal_books(now=CLOSED)
    assert seal_books(now=CLOSED) == []
    assert Seal.objects.count() == 1


def test_an_older_store_is_sealed_a_named_number_of_days_at_a_time(
    books: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "DAYS_AT_ONCE", 2)
    fill_wallet(books.bob, "1.00", now=NOW + timedelta(days=4))
    rounds = [len(seal_books(now=CLOSED + timedelta(days=4))) for _ in range(4)]
    assert rounds == [2, 2, 1, 0]
    assert found() == set()


@pytest.mark.parametrize("days_ahead", [1, 30])
def test_a_clock_that_was_ahead_while_nothing_was_posted_shuts_no_later_day(
    books: Cast, days_ahead: int
) -> None:
    (seal,) = seal_books(now=CLOSED + timedelta(days=days_ahead))
    assert seal.day == DAY
    buy_more(books, MIDNIGHT)
    assert found() == set()


def test_a_clock_that_is_far_ahead_seals_nothing_not_even_after_a_sale_that_it_dated(
    books: Cast,
) -> None:
    far = NOW + timedelta(days=3_650)
    with pytest.raises(ClockDoubtError, match="If the clock of the store is ahead"):
        seal_books(now=far)
    fill_wallet(books.bob, "1.00", now=far)
    with pytest.raises(ClockDoubtError, match="--clock-is-right"):
        seal_books(now=far + timedelta(days=2))
    assert not list_seals()
    buy_more(books, NOW)


def test_once_the_clock_is_set_right_sealing_goes_on_whatever_it_dated_meanwhile(
    books: Cast,
) -> None:
    fill_wallet(books.bob, "1.00", now=NOW + timedelta(days=3_650))
    sealed = seal_books(now=CLOSED + timedelta(days=1))
    assert [seal.day for seal in sealed] == [DAY, DAY + timedelta(days=1)]
    assert found() == set()


def test_a_store_that_was_quiet_for_longer_is_sealed_when_somebody_says_that_its_clock_is_right(
    books: Cast,
) -> None:
    later = NOW + timedelta(days=QUIET_DAYS_MOST + 1)
    fill_wallet(books.bob, "1.00", now=later)
    with pytest.raises(ClockDoubtError):
        seal_books(now=later + timedelta(days=1))
    sealed = seal_books(now=later + timedelta(days=2), is_clock_right=True)
    assert [sealed[0].day, sealed[-1].day] == [DAY, later.date()]
    assert len(sealed) == QUIET_DAYS_MOST + 2


def test_a_store_that_is_quiet_for_a_month_is_sealed_by_itself(books: Cast) -> None:
    later = NOW + timedelta(days=QUIET_DAYS_MOST)
    fill_wallet(books.bob, "1.00", now=later)
    assert len(seal_books(now=later + timedelta(days=2))) == QUIET_DAYS_MOST + 1


def test_a_day_that_takes_a_transfer_while_it_is_hashed_is_hashed_again(
    books: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = tree_of
    late = [lambda: fill_wallet(books.bob, "1.00")]

    def hash_and_be_late(entries: Any) -> Any:
        tree = hashed(entries)
        if late:
            late.pop()()
        return tree

    monkeypatch.setattr(flow, "tree_of", hash_and_be_late)
    (seal,) = seal_books(now=CLOSED)
    assert seal.transfers.count == Transfer.objects.count()
    assert found() == set()


def test_a_sale_that_is_dated_to_a_sealed_day_is_refused_and_changes_nothing(books: Cast) -> None:
    offer = quote(books, BasketItem("track", books.track_ids[0], "flac"), now=NOW)
    seal_books(now=CLOSED)
    before = Transfer.objects.count()
    with pytest.raises(SealedDayError, match="closed in the books"):
        buy_basket(quote_id=offer.id, person_id=books.alice.pk, now=NOW)
    assert Transfer.objects.count() == before
    assert found() == set()


def test_sales_go_on_the_day_after(books: Cast) -> None:
    seal_books(now=CLOSED)
    buy_more(books, MIDNIGHT)
    assert found() == set()
    seal_books(now=CLOSED + timedelta(days=1))
    assert found() == set()


def test_a_transfer_before_the_first_seal_is_refused_too(books: Cast) -> None:
    seal_books(now=CLOSED)
    (row, *_) = list_transfers(document=Transfer.objects.filter(reason="sale")[0].document)
    early = replace(row.facts, key="early", posted_at=NOW - timedelta(days=3))
    with pytest.raises(SealedDayError), transaction.atomic():
        post(transfers=[early])


def raw(statement: str, *values: str | int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def put_in(day: str, previous: str) -> str:
    """A seal of that day, chained to what a column of the stored seal says."""
    return f"""INSERT INTO ledger_seal
        (day, transfer_count, transfers_root, document_count, documents_root, previous, chain)
        SELECT '{day}', 0, 'x', 0, 'x', {previous}, 'y' FROM ledger_seal"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_seal SET chain = previous",
        "DELETE FROM ledger_seal",
        put_in("2026-11-27", "chain"),
        put_in("2026-11-25", "previous"),
        put_in("2026-11-20", "chain"),
    ],
    ids=["changed", "deleted", "a day too late", "not chained", "before the first"],
)
def test_the_database_refuses_a_seal_that_is(books: Cast, statement: str) -> None:
    seal_books(now=CLOSED)
    with pytest.raises(DatabaseError):
        raw(statement)


def test_a_transfer_that_was_deleted_with_all_that_explains_it_is_missed_by_the_seal(
    books: Cast,
) -> None:
    """A voucher nobody redeemed, and money nobody got: only the seal remembers."""
    fill_wallet(books.bob, "2.00")
    seal_books(now=CLOSED)
    with guards_lifted(connection):
        Transfer.objects.filter(credit_account__code=f"wallet/{books.bob.pk}/EUR").delete()
        raw("DELETE FROM payments_voucher WHERE redeemed_by_id = %s", books.bob.pk)
        raw("DELETE FROM ledger_account WHERE code = %s", f"wallet/{books.bob.pk}/EUR")
    assert found() == {f"seal of {DAY}"}


def test_a_sale_line_that_was_changed_everywhere_at_once_is_told_by_the_seal(books: Cast) -> None:
    seal_books(now=CLOSED)
    with guards_lifted(connection):
        for table in ("sales_quoteline", "sales_saleline", "library_owneditem"):
            raw(f"UPDATE {table} SET recipe = 'opus-128'")
    assert found() == {f"seal of {DAY}", f"lines of {DAY}"}


def test_a_statement_that_was_deleted_is_missed_by_the_seal(books: Cast) -> None:
    in_december = datetime(2026, 12, 5, 12, tzinfo=UTC)
    november = month_period("2026-11")
    issue_statement(licensor_name="Meridian Society", period=november, now=in_december)
    while seal_books(now=in_december + timedelta(days=2)):
        pass
    assert found() == set()
    with guards_lifted(connection):
        Statement.objects.all().delete()
    assert found() == {f"seal of {in_december.date()}"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"transfer_count": 12}, "does not fit"),
        ({"documents_root": EMPTY_ROOT}, "does not fit"),
        ({"day": date(2026, 11, 23)}, "does not fit"),
        ({"previous": "1" * 64}, "does not fit"),
        ({"chain": "1" * 64}, "does not fit"),
    ],
)
def test_a_seal_that_was_changed_is_named(books: Cast, change: dict[str, Any], says: str) -> None:
    fill_wallet(books.bob, "1.00", now=MIDNIGHT)
    seal_books(now=CLOSED + timedelta(days=1))
    with guards_lifted(connection):
        Seal.objects.filter(day=DAY).update(**change)
    told = [str(finding) for finding in verify_books().findings]
    assert any(says in each for each in told), told
    with pytest.raises(SealBrokenError), guards_lifted(connection):
        Seal.objects.filter(day__gt=DAY).delete()
        seal_books(now=CLOSED + timedelta(days=1))


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "one between"])
def test_a_seal_that_was_deleted_is_missed_by_the_next(books: Cast, which: int) -> None:
    fill_wallet(books.bob, "1.00", now=NOW + timedelta(days=2))
    sealed = seal_books(now=CLOSED + timedelta(days=2))
    with guards_lifted(connection):
        Seal.objects.filter(day=sealed[which].day).delete()
    assert found() == {f"seal of {sealed[which + 1].day}"}


def test_a_seal_made_anew_over_changed_books_has_another_chain(books: Cast) -> None:
    """Who owns the database can do it all again: but not under the number that was published."""
    (published,) = seal_books(now=CLOSED)
    with guards_lifted(connection):
        Seal.objects.all().delete()
    (again,) = seal_books(now=CLOSED)
    assert again.chain == published.chain
    with guards_lifted(connection):
        Seal.objects.all().delete()
        SaleLine.objects.update(recipe="flac")
    (forged,) = seal_books(now=CLOSED)
    assert forged.chain != published.chain


@pytest.mark.django_db(transaction=True)
def test_a_sale_on_its_way_is_waited_for_and_sealed_with_its_day(books: Cast) -> None:
    """On PostgreSQL the two overlap; SQLite lets one write at a time in any case."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    is_inserted, may_commit = threading.Event(), threading.Event()

    def sell_slowly() -> None:
        with transaction.atomic():
            fill_wallet(books.bob, "1.00")
            is_inserted.set()
            may_commit.wait(PATIENCE_SECONDS)
        connection.close()

    sale = threading.Thread(target=sell_slowly)
    sale.start()
    assert is_inserted.wait(PATIENCE_SECONDS)
    threading.Timer(0.5, may_commit.set).start()
    (seal,) = seal_books(now=CLOSED)
    sale.join(PATIENCE_SECONDS)
    assert seal.transfers.count == Transfer.objects.count()
    assert found() == set()


def test_the_newest_seal_is_found(books: Cast) -> None:
    assert find_newest_seal() is None
    fill_wallet(books.bob, "1.00", now=MIDNIGHT)
    sealed = seal_books(now=CLOSED + timedelta(days=1))
    newest = find_newest_seal()
    assert newest is not None
    assert newest.facts == sealed[-1]


def test_two_seals_of_one_day_cannot_be(books: Cast) -> None:
    seal_books(now=CLOSED)
    row = Seal.objects.get()
    row.pk, row.chain = None, "2" * 64
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        row.save()
