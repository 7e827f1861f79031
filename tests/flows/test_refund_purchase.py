"""What is given back: every penny its own way, once, and the file with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import IssuedStatement, issue_statement
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import get_balance, list_transfers
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.royalties.models import AccrualReversal
from pennywhistle.shop.royalties.queries import list_owed
from pennywhistle.shop.sales.models import Refund, SaleLine
from pennywhistle.shop.sales.queries import PurchaseFacts
from pennywhistle.shop.sales.refunds import (
    RefundError,
    RefundFacts,
    RefundReason,
    UnknownSaleLineError,
    UpgradedLineError,
    check_not_upgraded,
)
from pennywhistle.shop.sales.rules import QuoteExpiredError
from tests.cast import GERMANY, NOW, OPENED, Cast, assemble, euros, fill_wallet, quote
from tests.faults import fail_each_call

pytestmark = pytest.mark.django_db(transaction=True)

NEXT_MONTH = NOW + timedelta(days=10)
NOVEMBER, DECEMBER = month_period("2026-11"), month_period("2026-12")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = assemble()
    fill_wallet(cast.alice, "5.00")
    return cast


def buy(cast: Cast) -> PurchaseFacts:
    """Alice buys the whole release."""
    offer = quote(cast)
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)


def give_back(
    cast: Cast, purchase: PurchaseFacts, numbers: Sequence[int] | None = None
) -> list[RefundFacts]:
    return refund_purchase(
        purchase_id=purchase.id,
        numbers=numbers,
        reason=RefundReason.MISTAKE,
        note="sold by mistake",
        refunded_by=cast.otto.pk,
        now=NEXT_MONTH,
    )


def balance(cast: Cast) -> Money:
    return get_wallet_balance(person_id=cast.alice.pk, currency="EUR")


def test_a_purchase_given_back_leaves_every_account_as_it_was_before(cast: Cast) -> None:
    purchase = buy(cast)
    assert balance(cast) == euros("5.00") - purchase.total
    give_back(cast, purchase)
    assert balance(cast) == euros("5.00")
    for code in ("sales/EUR", "vat/DE/EUR"):
        assert get_balance(code=code, currency="EUR") == euros("0")
    assert {owed.amount.micros for owed in list_owed()} == {0}
    assert list_owned(person_id=cast.alice.pk) == []
    assert verify_books().findings == ()


def test_one_line_given_back_leaves_the_others(cast: Cast) -> None:
    purchase = buy(cast)
    (refund,) = give_back(cast, purchase, [2])
    assert refund.amount == purchase.lines[1].gross
    assert balance(cast) == euros("5.00") - purchase.total + purchase.lines[1].gross
    assert [item.track.id for item in list_owned(person_id=cast.alice.pk)] == [
        cast.track_ids[2],
        cast.track_ids[0],
    ]
    assert verify_books().findings == ()


def test_a_refund_reverses_each_stored_transfer_by_name(cast: Cast) -> None:
    purchase = buy(cast)
    (refund,) = give_back(cast, purchase, [1])
    sold = [row.facts for row in list_transfers(document=purchase.lines[0].document)]
    back = [row.facts for row in list_transfers(document=refund.document)]
    assert [one.reverses_key for one in back] == [one.key for one in sold]
    assert [(one.debit, one.credit, one.amount, one.reason) for one in back] == [
        (one.credit, one.debit, one.amount, one.reason) for one in sold
    ]
    assert {one.posted_at for one in back} == {NEXT_MONTH}


def test_what_was_given_back_is_given_back_once(cast: Cast) -> None:
    purchase = buy(cast)
    first = give_back(cast, purchase, [1])
    assert give_back(cast, purchase, [1]) == first
    assert len(give_back(cast, purchase)) == 3
    assert balance(cast) == euros("5.00")
    assert Refund.objects.count() == 3
    assert AccrualReversal.objects.count() == 6


def test_the_database_refuses_a_second_refund_and_a_change_of_the_first(cast: Cast) -> None:
    give_back(cast, buy(cast), [1])
    row = Refund.objects.get()
    for tamper in (
        lambda: Refund.objects.update(note="another"),
        lambda: Refund.objects.all().delete(),
        lambda: Refund.objects.create(
            sale_line_id=row.sale_line_id, reason="goodwill", refunded_at=NOW
        ),
        lambda: AccrualReversal.objects.update(reversed_at=NOW),
        lambda: AccrualReversal.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            tamper()


def test_what_was_given_back_can_be_bought_again(cast: Cast) -> None:
    give_back(cast, buy(cast))
    again = buy(cast)
    assert balance(cast) == euros("5.00") - again.total
    assert len(list_owned(person_id=cast.alice.pk)) == 3
    assert verify_books().findings == ()


def test_a_line_that_was_never_sold_is_refused_by_name(cast: Cast) -> None:
    purchase = buy(cast)
    for purchase_id, numbers in ((purchase.id, [4]), (purchase.id, []), (999, None)):
        with pytest.raises(UnknownSaleLineError):
            refund_purchase(
                purchase_id=purchase_id,
                numbers=numbers,
                reason=RefundReason.GOODWILL,
                refunded_by=None,
                now=NOW,
            )
    with pytest.raises(RefundError, match="300 letters"):
        refund_purchase(
            purchase_id=purchase.id,
            reason=RefundReason.GOODWILL,
            note="x" * 301,
            refunded_by=None,
            now=NOW,
        )
    assert balance(cast) == euros("5.00") - purchase.total


def test_a_line_is_not_given_back_from_under_its_upgrade() -> None:
    upgrades = [("sale/B/1", "sale/A/1")]
    with pytest.raises(UpgradedLineError, match="sale/B/1"):
        check_not_upgraded(documents={"sale/A/1"}, upgrades=upgrades, refunded={"sale/A/1"})
    together = {"sale/A/1", "sale/B/1"}
    check_not_upgraded(documents=together, upgrades=upgrades, refunded=together)
    check_not_upgraded(documents={"sale/B/1"}, upgrades=upgrades, refunded={"sale/B/1"})


def test_an_upgrade_is_refused_once_what_it_upgrades_was_given_back(cast: Cast) -> None:
    purchase = buy(cast)
    better = quote(cast, BasketItem("release", cast.release_id, "flac"))
    with_upgrades = [line for line in better.lines if line.reductions]
    assert len(with_upgrades) == 3
    give_back(cast, purchase, [1])
    with pytest.raises(QuoteExpiredError, match="given back"):
        buy_basket(quote_id=better.id, person_id=cast.alice.pk, now=NOW)
    assert balance(cast) == euros("5.00") - purchase.total + purchase.lines[0].gross


def test_what_was_upgraded_goes_back_only_after_its_upgrade(cast: Cast) -> None:
    purchase = buy(cast)
    better = quote(cast, BasketItem("release", cast.release_id, "flac"))
    upgrade = buy_basket(quote_id=better.id, person_id=cast.alice.pk, now=NOW)
    with pytest.raises(UpgradedLineError):
        give_back(cast, purchase)
    give_back(cast, upgrade)
    give_back(cast, purchase)
    assert balance(cast) == euros("5.00")
    assert verify_books().findings == ()


def test_the_least_of_a_named_price_is_not_got_round_by_giving_back_what_lowered_it(
    cast: Cast,
) -> None:
    ask_price(
        request=PriceRequest("each", "ann-piper-reels", "named", "0.50"),
        domain="testserver",
        asked_by=None,
        now=OPENED,
    )
    track = cast.track_ids[0]
    small = quote(cast, BasketItem("track", track, "mp3-192"))
    bought = buy_basket(quote_id=small.id, person_id=cast.alice.pk, now=NOW)
    better = quote(cast, BasketItem("track", track, "flac", euros("0.05")))
    assert (bought.total, better.total) == (euros("0.50"), euros("0.05"))
    give_back(cast, bought, [1])
    with pytest.raises(QuoteExpiredError, match="given back"):
        buy_basket(quote_id=better.id, person_id=cast.alice.pk, now=NOW)
    assert balance(cast) == euros("5.00")
    again = buy_basket(
        quote_id=quote(cast, BasketItem("track", track, "mp3-192")).id,
        person_id=cast.alice.pk,
        now=NOW,
    )
    better = quote(cast, BasketItem("track", track, "flac", euros("0.05")))
    upgrade = buy_basket(quote_id=better.id, person_id=cast.alice.pk, now=NOW)
    with pytest.raises(UpgradedLineError):
        give_back(cast, again)
    give_back(cast, upgrade)
    give_back(cast, again)
    assert balance(cast) == euros("5.00")
    assert verify_books().findings == ()


def test_every_line_that_an_upgrade_counts_stays_as_long_as_it_stands(cast: Cast) -> None:
    code = PromotionRequest(code="MOST", takes_off="90%", starts_at=OPENED)
    make_promotion(request=code, domain="testserver", now=OPENED)
    track, bought = cast.track_ids[0], []
    for recipe, promotion in (("mp3-320", "MOST"), ("mp3-192", ""), ("flac", "")):
        offer = quote_basket(
            quote_id=new_id(now=NOW),
            person_id=cast.alice.pk,
            items=[BasketItem("track", track, recipe)],
            domain="testserver",
            evidence=GERMANY,
            now=NOW,
            promotion_code=promotion,
        )
        bought.append(buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW))
    for lesser in bought[:2]:
        with pytest.raises(UpgradedLineError):
            give_back(cast, lesser)
    for purchase in reversed(bought):
        give_back(cast, purchase)
    assert balance(cast) == euros("5.00")


def state(cast: Cast, month: str, licensor: str = "Lantern Records") -> IssuedStatement:
    (issued,) = issue_statement(
        licensor_name=licensor, period=month_period(month), now=NOW + timedelta(days=90)
    )
    return issued


def test_a_refund_is_a_line_of_its_own_period_that_names_the_sale_it_corrects(cast: Cast) -> None:
    purchase = buy(cast)
    before = state(cast, "2026-11")
    give_back(cast, purchase, [1])
    assert state(cast, "2026-11").csv_text == before.csv_text
    december = state(cast, "2026-12")
    line, total = list(csv.DictReader(io.StringIO(december.csv_text)))
    sold = next(csv.DictReader(io.StringIO(before.csv_text)))
    assert line["use"] == "REFUND"
    assert line["sale_line"] == sold["sale_line"] == purchase.lines[0].document
    assert line["due"] == f"-{sold['due']}"
    assert total["due"] == line["due"]
    assert december.total == -purchase.lines[0].recording
    assert verify_books().findings == ()


def test_a_sale_given_back_in_the_same_month_comes_to_nothing_in_its_statement(cast: Cast) -> None:
    purchase = buy(cast)
    refund_purchase(
        purchase_id=purchase.id, reason=RefundReason.GOODWILL, refunded_by=None, now=NOW
    )
    november = state(cast, "2026-11", "Meridian Society")
    assert november.line_count == 6
    assert november.total == euros("0")


def test_a_refund_that_fails_anywhere_takes_all_or_nothing_and_can_be_rerun(
    cast: Cast, tmp_path: Path
) -> None:
    def prepare() -> PurchaseFacts:
        fill_wallet(cast.bob, "5.00")
        spare = quote(cast, BasketItem("track", cast.track_ids[0], codes.pop()), person=cast.bob)
        return buy_basket(quote_id=spare.id, person_id=cast.bob.pk, now=NOW)

    def run(purchase: PurchaseFacts) -> object:
        return refund_purchase(
            purchase_id=purchase.id, reason=RefundReason.GOODWILL, refunded_by=None, now=NOW
        )

    def check(purchase: PurchaseFacts, _: Exception | None) -> None:
        (line,) = purchase.lines
        is_back = Refund.objects.filter(sale_line_id=line.id).exists()
        is_owned = any(
            item.purchase_id == purchase.id for item in list_owned(person_id=cast.bob.pk)
        )
        assert is_back is not is_owned
        assert AccrualReversal.objects.filter(accrual__sale_line_id=line.id).count() == 2 * is_back
        run(purchase)
        assert SaleLine.objects.get(pk=line.id).refund.refunded_at == NOW
        assert verify_books().findings == ()

    codes = ["mp3-192"] * 100
    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 10
