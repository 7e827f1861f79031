"""One button: the file is broken, and the money is back at once, within limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from pennywhistle.flows.answer_report import ReportAnswer, answer_report
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.deliver_rendition import NotInLibraryError, deliver_rendition
from pennywhistle.flows.encode_rendition import encode_rendition
from pennywhistle.flows.examine_report import examine_reports, wanted_of
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.sign_address import Purpose, Subject
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.models import Release
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.royalties.queries import list_owed
from pennywhistle.shop.sales.aftercare import ReportFacts, list_reports
from pennywhistle.shop.sales.bad_files import Answer, Held, ReportError
from pennywhistle.shop.sales.models import FileReport, Refund
from pennywhistle.shop.sales.refunds import RefundReason, UnknownSaleLineError
from pennywhistle.shop.sales.rules import LineFacts
from tests.cast import NOW, Cast, assemble, fill_wallet, quote, stock_release
from tests.faults import fail_each_call
from tests.stocked_shop import StockedShop, stock_shop

pytestmark = pytest.mark.django_db(transaction=True)

RELEASES = 7


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = assemble()
    fill_wallet(cast.alice, "20.00")
    return cast


def buy(cast: Cast, release_id: int | None = None, *, recipe: str = "mp3-192") -> list[LineFacts]:
    """Alice buys a release, three songs."""
    offer = quote(cast, BasketItem("release", release_id or cast.release_id, recipe))
    return list(buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW).lines)


def buy_several(cast: Cast, count: int = RELEASES) -> list[LineFacts]:
    """Alice buys so many releases, three songs each."""
    lines = []
    for number in range(count):
        release_id, _ = stock_release(f"Tunes {number}", ("One", "Two", "Three"))
        lines += buy(cast, release_id)
    return lines


def report(cast: Cast, line: LineFacts, *, now: datetime = NOW, words: str = "") -> ReportFacts:
    return report_bad_file(
        sale_line_id=line.id, person_id=cast.alice.pk, trouble="noise", words=words, now=now
    )


def balance(cast: Cast) -> Money:
    return get_wallet_balance(person_id=cast.alice.pk, currency="EUR")


def test_a_reported_file_is_paid_back_at_once_and_its_royalties_are_reversed(cast: Cast) -> None:
    line, *others = buy(cast)
    before = balance(cast)
    done = report(cast, line, words="crackles at 1:20")
    assert done.credited == line.gross
    assert done.held == ""
    assert balance(cast) == before + line.gross
    owed = {row.licensor: row.amount for row in list_owed()}
    assert owed["Lantern Records"] == Money.total((one.recording for one in others), "EUR")
    assert owed["Meridian Society"] == Money.total((one.work for one in others), "EUR")
    assert len(list_owned(person_id=cast.alice.pk)) == 2
    assert [row.words for row in list_reports(is_answered=False)] == ["crackles at 1:20"]
    assert verify_books().findings == ()


def test_reporting_the_same_file_again_gives_the_first_answer(cast: Cast) -> None:
    line = buy(cast)[0]
    first = report(cast, line)
    assert report(cast, line, now=NOW + timedelta(days=1)) == first
    assert FileReport.objects.count() == Refund.objects.count() == 1


def test_a_file_that_was_upgraded_since_is_left_to_the_operator(cast: Cast) -> None:
    line = buy(cast)[0]
    buy(cast, recipe="flac")
    assert report(cast, line).held == Held.UPGRADED
    assert Refund.objects.count() == 0


def test_someone_elses_file_cannot_be_reported(cast: Cast) -> None:
    line = buy(cast)[0]
    with pytest.raises(UnknownSaleLineError):
        report_bad_file(
            sale_line_id=line.id, person_id=cast.bob.pk, trouble="noise", words="", now=NOW
        )
    assert FileReport.objects.count() == 0


def test_a_file_that_was_given_back_before_is_not_reported(cast: Cast) -> None:
    line = buy(cast)[0]
    refund_purchase(
        purchase_id=list_owned(person_id=cast.alice.pk)[0].purchase_id,
        reason=RefundReason.GOODWILL,
        refunded_by=cast.otto.pk,
        now=NOW,
    )
    with pytest.raises(ReportError, match="back already"):
        report(cast, line)


def test_past_the_limit_the_report_waits_for_the_operator_and_nothing_moves(cast: Cast) -> None:
    lines = buy_several(cast)
    held = [report(cast, line).held for line in lines[:5]]
    assert held == ["", "", "", Held.TOO_MANY, Held.TOO_MANY]
    assert Refund.objects.count() == 3
    later = NOW + timedelta(days=31)
    assert report(cast, lines[5], now=later).held == ""
    assert report(cast, lines[6], now=later).held == Held.TOO_LARGE_A_SHARE
    assert verify_books().findings == ()


def test_the_operator_pays_back_what_waited_and_that_counts_against_nobody(cast: Cast) -> None:
    lines = buy_several(cast)
    waiting = [report(cast, line) for line in lines[:4]][-1]
    before = balance(cast)
    done = decide(cast, waiting, Answer.NOTHING_WRONG, gives_back=True)
    assert done.credited == lines[3].gross
    assert balance(cast) == before + lines[3].gross
    again = decide(cast, waiting, Answer.MENDED, gives_back=True)
    assert again == done
    assert Refund.objects.filter(refunded_by=None).count() == 3
    assert verify_books().findings == ()


def decide(
    cast: Cast,
    to: ReportFacts,
    answer: Answer,
    *,
    gives_back: bool = False,
    may_claim: bool | None = None,
    shop: StockedShop | None = None,
) -> ReportFacts:
    return answer_report(
        report_id=to.id,
        decision=ReportAnswer(answer, "We looked.", gives_back, may_claim),
        answered_by=cast.otto.pk,
        outfit=shop.outfit if shop else get_outfit(),
        now=NOW,
    )


def test_the_operator_may_end_a_listeners_automatic_credits_and_give_them_again(
    cast: Cast,
) -> None:
    lines = buy_several(cast, 4)
    first = report(cast, lines[0])
    decide(cast, first, Answer.NOTHING_WRONG, may_claim=False)
    second = report(cast, lines[1])
    assert second.held == Held.TRUST_ENDED
    decide(cast, second, Answer.NOTHING_WRONG, may_claim=True)
    assert report(cast, lines[2]).held == ""


def test_two_reports_at_once_are_counted_one_after_the_other(cast: Cast) -> None:
    lines = buy_several(cast)
    for line in lines[:2]:
        report(cast, line)
    at_once([lambda line=line: report(cast, line) for line in lines[2:6]])  # type: ignore[misc]
    assert Refund.objects.count() == 3
    assert FileReport.objects.filter(held=Held.TOO_MANY).count() == 3
    assert verify_books().findings == ()


def at_once(calls: list[Callable[[], object]]) -> None:
    """On a thread each, released together."""
    start = threading.Barrier(len(calls))

    def work(call: Callable[[], object]) -> None:
        try:
            start.wait(30)
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_report_that_fails_anywhere_takes_all_or_nothing_and_can_be_rerun(
    cast: Cast, tmp_path: Path
) -> None:
    fill_wallet(cast.bob, "200.00")
    moments = iter(range(1, 1_000))

    def prepare() -> LineFacts:
        now = NOW + timedelta(days=40 * next(moments))
        track = BasketItem("track", cast.track_ids[0], "mp3-192")
        offer = quote(cast, track, person=cast.bob, now=now)
        return buy_basket(quote_id=offer.id, person_id=cast.bob.pk, now=now).lines[0]

    def run(line: LineFacts) -> ReportFacts:
        return report_bad_file(
            sale_line_id=line.id,
            person_id=cast.bob.pk,
            trouble="noise",
            words="",
            now=line.purchased_at,
        )

    def check(line: LineFacts, _: Exception | None) -> None:
        reported = FileReport.objects.filter(sale_line_id=line.id)
        if not reported.exists():
            assert not Refund.objects.filter(sale_line_id=line.id).exists()
        done = run(line)
        assert Refund.objects.filter(sale_line_id=line.id).exists() is (done.held == "")
        if done.held:  # Or the next purchase would find it owned still.
            decide(cast, done, Answer.NOTHING_WRONG, gives_back=True)

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 10
    assert verify_books().findings == ()


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


def reported(shop: StockedShop) -> ReportFacts:
    """Alice buys the song as FLAC, fetches it, and reports it."""
    (item_id,) = shop.sell("flac")
    wanted = shop.wants("flac")
    encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    line_id = next(item for item in list_owned(person_id=shop.cast.alice.pk)).sale_line_id
    done = report_bad_file(
        sale_line_id=line_id, person_id=shop.cast.alice.pk, trouble="silent", words="", now=NOW
    )
    subject = Subject(Purpose.DOWNLOAD, item_id)
    with pytest.raises(NotInLibraryError):
        deliver_rendition(subject=subject, outfit=shop.outfit, now=NOW)
    return done


def test_the_store_looks_at_the_master_and_at_the_file_that_it_delivered(shop: StockedShop) -> None:
    done = reported(shop)
    assert examine_reports(outfit=shop.outfit, now=NOW) == 1
    (found,) = list_reports(is_answered=False)
    assert found.findings["master"] == found.findings["cached"] == "whole"
    assert len(found.findings["rendition"]) == 64
    assert examine_reports(outfit=shop.outfit, now=NOW) == 0
    path = shop.outfit.renditions.find(**wanted_of(report=done, outfit=shop.outfit).file)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-1])
    FileReport.objects.update(examined_at=None)
    examine_reports(outfit=shop.outfit, now=NOW)
    assert list_reports(is_answered=False)[0].findings["cached"] == "damaged"


def test_what_is_called_mended_is_encoded_afresh(shop: StockedShop) -> None:
    done = reported(shop)
    wanted = wanted_of(report=done, outfit=shop.outfit)
    assert shop.outfit.renditions.find(**wanted.file) is not None
    decide(shop.cast, done, Answer.MENDED, shop=shop)
    assert shop.outfit.renditions.find(**wanted.file) is None


def test_a_bad_master_takes_its_release_off_the_shelves(shop: StockedShop) -> None:
    done = reported(shop)
    answered = decide(shop.cast, done, Answer.WITHDRAWN, shop=shop)
    assert (answered.answer, answered.answer_words) == ("withdrawn", "We looked.")
    assert Release.objects.get(pk=shop.cast.release_id).state == "withdrawn"


def test_nothing_is_called_mended_whose_master_is_gone(shop: StockedShop) -> None:
    done = reported(shop)
    master = wanted_of(report=done, outfit=shop.outfit).master_sha256
    shop.outfit.masters.path(sha256=master).unlink()
    examine_reports(outfit=shop.outfit, now=NOW)
    assert list_reports(is_answered=False)[0].findings == {"master": "missing"}
    with pytest.raises(ReportError, match="is gone"):
        decide(shop.cast, done, Answer.MENDED, shop=shop)
    assert list_reports(is_answered=True) == []
