"""Gifts move once each, also many at once and killed anywhere; codes are tried at a limited rate."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.flows.give_gift import give_gift, show_gift_code, take_back_gift
from pennywhistle.flows.import_statement import import_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.order_transfer import order_transfer
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_digits, new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.banking.models import BankEntry
from pennywhistle.shop.payments.codes.models import CodeTry, Gift, Voucher
from pennywhistle.shop.payments.codes.rules import (
    GIFTS_OPEN_MOST,
    GiftFacts,
    GiftRefusedError,
    UnknownCodeError,
    UnknownGiftError,
    VoucherRefusedError,
    gift_code,
)
from pennywhistle.shop.payments.codes.tries import (
    ADDRESS_MISSES_FREE,
    FORGOTTEN_AFTER,
    PERSON_MISSES_FREE,
    WAIT_FIRST,
    WAIT_MOST,
    TooManyTriesError,
    Tries,
    address_subject,
    opens_at,
)
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from pennywhistle.shop.storefronts.operations import set_prices
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, OPENED, PASSWORD, Cast, assemble, euros, fill_wallet
from tests.faults import fail_each_call
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a secret of the store"
CROWD = 16
PATIENCE_SECONDS = 60


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


def give(
    person: Person,
    amount: str = "5.00",
    *,
    gift_id: uuid.UUID | None = None,
    greeting: str = "",
) -> GiftFacts:
    return give_gift(
        gift_id=gift_id or new_id(now=NOW),
        buyer_id=person.pk,
        amount=euros(amount),
        greeting=greeting,
        secret=SECRET,
        now=NOW,
    )


def redeem(person: Person, code: str, *, at: timedelta = timedelta(), address: str = "") -> Money:
    return redeem_voucher(
        code=code,
        person_id=person.pk,
        domain="testserver",
        now=NOW + at,
        tried_from=[address_subject(digest=address)] if address else [],
    ).worth


def balance(person: Person) -> Money:
    assert verify_books().findings == ()
    return get_wallet_balance(person_id=person.pk, currency="EUR")


def waiting() -> Money:
    return get_balance(code="gifts/EUR", currency="EUR")


def newcomer() -> Person:
    return create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD, country="DE")


def at_once(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    ends: Counter[str] = Counter()
    start = threading.Barrier(len(calls))

    def work(call: Callable[[], object]) -> None:
        end = "done"
        try:
            start.wait(PATIENCE_SECONDS)
            call()
        except Exception as error:  # noqa: BLE001 - told to the test by its name
            end = type(error).__name__
        finally:
            connection.close()
        ends[end] += 1

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return ends


def test_what_cannot_be_seen_comes_onto_no_card(cast: Cast) -> None:
    fill_wallet(cast.bob, "20.00")
    assert (
        give(cast.bob, greeting=" For\u202e Ann,\u2028 with love ").greeting == "For Ann, with love"
    )


def test_a_gift_goes_to_whoever_has_the_code_and_nowhere_else(cast: Cast) -> None:
    fill_wallet(cast.alice, "12.00")
    gift = give(cast.alice)
    assert (balance(cast.alice), waiting()) == (euros("7.00"), euros("5.00"))
    code = show_gift_code(gift=gift, secret=SECRET)
    assert redeem(cast.bob, code) == redeem(cast.bob, code) == euros("5.00")
    assert (balance(cast.bob), waiting()) == (euros("5.00"), euros("0"))
    with pytest.raises(VoucherRefusedError, match="redeemed already"):
        redeem(cast.lena, code)
    with pytest.raises(GiftRefusedError, match="redeemed already"):
        take_back_gift(gift_id=uuid.UUID(gift.id), buyer_id=cast.alice.pk, now=NOW)


def test_a_gift_that_was_taken_back_is_worth_nothing(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    gift = give(cast.alice)
    with pytest.raises(UnknownGiftError):
        take_back_gift(gift_id=uuid.UUID(gift.id), buyer_id=cast.bob.pk, now=NOW)
    take_back_gift(gift_id=uuid.UUID(gift.id), buyer_id=cast.alice.pk, now=NOW)
    with pytest.raises(VoucherRefusedError, match="taken it back"):
        redeem(cast.bob, show_gift_code(gift=gift, secret=SECRET))
    assert (balance(cast.alice), waiting()) == (euros("5.00"), euros("0"))


def test_a_code_that_the_store_can_no_longer_tell_still_holds(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    gift = give(cast.alice)
    code = show_gift_code(gift=gift, secret=SECRET)
    assert show_gift_code(gift=gift, secret="another secret") == ""
    assert redeem(cast.bob, code.lower().replace("-", " ")) == euros("5.00")


def test_a_buyer_has_so_many_gifts_open_and_no_more(cast: Cast) -> None:
    fill_wallet(cast.alice, "100.00")
    for _ in range(GIFTS_OPEN_MOST):
        give(cast.alice, "1.00")
    with pytest.raises(GiftRefusedError, match="wait to be redeemed"):
        give(cast.alice, "1.00")
    assert balance(cast.alice) == euros("80.00")


def test_who_has_no_wallet_yet_gets_one_in_the_currency_of_the_code_where_the_shop_sells_in_it(
    cast: Cast,
) -> None:
    codes = {}
    for currency in ("USD", "GBP"):
        rates = [Money.parse(text, currency) for text in ("0.03", "0.02", "0.10")]
        set_prices(
            storefront=cast.storefront,
            lossy_per_mb=rates[0],
            lossless_per_mb=rates[1],
            floor_per_track=rates[2],
            valid_from=OPENED,
        )
        codes[currency] = uuid.uuid4().hex
        worth = Money.parse("5.00", currency)
        issue_vouchers(codes=[codes[currency]], batch="fair", amount=worth, now=NOW)
    assert redeem(cast.alice, codes["USD"]) == Money.parse("5.00", "USD")
    with pytest.raises(VoucherRefusedError, match="in GBP, and your wallet is in USD"):
        redeem(cast.alice, codes["GBP"])


@given(number=st.integers(0, 2**122))
def test_the_codes_of_two_gifts_or_two_secrets_differ(number: int) -> None:
    one, other = str(uuid.UUID(int=number)), str(uuid.UUID(int=number + 1))
    codes = {gift_code(gift_id=gift, secret=secret) for gift in (one, other) for secret in "ab"}
    assert len(codes) == 4


def test_of_many_who_redeem_one_gift_while_it_is_taken_back_one_has_it(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    gift = give(cast.alice)
    code = show_gift_code(gift=gift, secret=SECRET)
    people = [newcomer() for _ in range(CROWD)]

    def take_back() -> object:
        return take_back_gift(gift_id=uuid.UUID(gift.id), buyer_id=cast.alice.pk, now=NOW)

    ends = at_once([take_back, *(lambda one=one: redeem(one, code) for one in people)])
    assert ends["done"] == 1
    assert set(ends) <= {"done", "VoucherRefusedError", "GiftRefusedError"}
    everybody = [cast.alice, *people]
    assert sorted(balance(one).micros for one in everybody)[-2:] == [0, 5_000_000]


def test_many_gifts_bought_at_once_never_overdraw_the_wallet(cast: Cast) -> None:
    fill_wallet(cast.alice, "12.00")
    ends = at_once([lambda: give(cast.alice)] * CROWD)
    assert ends == {"done": 2, "GiftRefusedError": CROWD - 2}
    assert (balance(cast.alice), waiting()) == (euros("2.00"), euros("10.00"))


def test_one_form_sent_many_times_buys_one_gift(cast: Cast) -> None:
    fill_wallet(cast.alice, "50.00")
    gift_id = new_id(now=NOW)
    ends = at_once([lambda: give(cast.alice, gift_id=gift_id)] * CROWD)
    assert ends == {"done": CROWD}
    assert balance(cast.alice) == euros("45.00")


def test_one_statement_imported_many_times_at_once_credits_once(cast: Cast) -> None:
    slip = order_transfer(
        slip_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("20.00"),
        digits=new_digits(12),
        bonus_percent="",
        terms=TopUpTerms(),
        now=NOW,
    )
    first = camt([Line("20.00", slip.reference), Line("-1.00", "fee")])
    second = camt([Line("20.00", slip.reference), Line("-1.00", "fee")], number="again")
    calls = [
        lambda data=data: import_statement(data=data, iban=IBAN, now=NOW)
        for data in [first, second] * 4
    ]
    assert at_once(calls) == {"done": 8}
    assert balance(cast.alice) == euros("20.00")
    assert BankEntry.objects.count() == 2


def test_wrong_codes_at_once_are_looked_at_no_more_often_than_one_after_another(
    cast: Cast,
) -> None:
    ends = at_once([lambda: redeem(cast.alice, uuid.uuid4().hex)] * CROWD)
    assert ends == {
        "UnknownCodeError": PERSON_MISSES_FREE,
        "TooManyTriesError": CROWD - PERSON_MISSES_FREE,
    }


def test_each_wrong_code_doubles_the_wait_up_to_half_a_day(cast: Cast) -> None:
    at, waits = timedelta(), []
    for number in range(PERSON_MISSES_FREE + 14):
        with pytest.raises(UnknownCodeError):
            redeem(cast.alice, f"{number}", at=at)
        try:
            redeem(cast.alice, "no code", at=at)
        except TooManyTriesError as error:
            waits.append(error.until - NOW - at)
            at = error.until - NOW
        except UnknownCodeError:
            pass
    assert waits[:3] == [WAIT_FIRST, WAIT_FIRST * 2, WAIT_FIRST * 4]
    assert waits[-1] == WAIT_MOST


def test_good_codes_are_never_slowed_down_and_time_forgets_bad_ones(cast: Cast) -> None:
    codes = [uuid.uuid4().hex for _ in range(PERSON_MISSES_FREE * 2)]
    issue_vouchers(codes=codes, batch="fair", amount=euros("1.00"), now=NOW)
    for code in codes[:-1]:
        redeem(cast.alice, code)
        with pytest.raises(VoucherRefusedError, match="used already"):
            redeem(cast.bob, code)
    for _ in range(PERSON_MISSES_FREE):
        with pytest.raises(UnknownCodeError):
            redeem(cast.alice, "no code")
    with pytest.raises(TooManyTriesError):
        redeem(cast.alice, codes[-1])
    assert redeem(cast.alice, codes[-1], at=FORGOTTEN_AFTER) == euros("1.00")
    assert CodeTry.objects.get(subject=f"person/{cast.alice.pk}").misses == 0


@pytest.mark.parametrize("count", [ADDRESS_MISSES_FREE - 1, ADDRESS_MISSES_FREE])
def test_wrong_codes_of_an_address_are_forgotten_though_good_ones_come_all_the_while(
    cast: Cast, count: int
) -> None:
    hours = range(1, int(FORGOTTEN_AFTER / timedelta(hours=1)) + 1)
    codes = [uuid.uuid4().hex for _ in hours]
    issue_vouchers(codes=codes, batch="fair", amount=euros("1.00"), now=NOW)
    for _ in range(count):
        with pytest.raises(UnknownCodeError):
            redeem(newcomer(), "no code", address="here")
    for hour, code in zip(hours, codes, strict=True):
        redeem(cast.alice, code, at=timedelta(hours=hour), address="here")
    for _ in range(ADDRESS_MISSES_FREE):
        with pytest.raises(UnknownCodeError):
            redeem(newcomer(), "no code", at=FORGOTTEN_AFTER, address="here")
    with pytest.raises(TooManyTriesError):
        redeem(newcomer(), "no code", at=FORGOTTEN_AFTER, address="here")


def test_an_address_waits_whoever_tries_from_it_and_another_address_does_not(cast: Cast) -> None:
    people = [newcomer() for _ in range(ADDRESS_MISSES_FREE)]
    for person in people:
        with pytest.raises(UnknownCodeError):
            redeem(person, "no code", address="here")
    with pytest.raises(TooManyTriesError):
        redeem(cast.alice, "no code", address="here")
    with pytest.raises(UnknownCodeError):
        redeem(cast.alice, "no code", address="there")


@given(misses=st.integers(0, 10_000), free=st.integers(1, 50))
def test_the_wait_grows_and_stays_within_its_limit(misses: int, free: int) -> None:
    first = opens_at(tries=Tries(misses, NOW), free=free)
    then = opens_at(tries=Tries(misses + 1, NOW), free=free)
    assert NOW <= first <= then <= NOW + WAIT_MOST


@dataclass(frozen=True)
class Giving:
    buyer: Person
    other: Person
    gift_id: uuid.UUID


@pytest.mark.parametrize("kind", ["bought", "redeemed", "taken back"])
def test_a_gift_that_fails_anywhere_is_all_or_nothing_and_can_be_rerun(
    cast: Cast, tmp_path: Path, kind: str
) -> None:
    def prepare() -> Giving:
        case = Giving(newcomer(), newcomer(), new_id(now=NOW))
        fill_wallet(case.buyer, "5.00")
        if kind != "bought":
            give(case.buyer, gift_id=case.gift_id)
        return case

    def run(case: Giving) -> None:
        if kind == "bought":
            give(case.buyer, gift_id=case.gift_id)
        elif kind == "redeemed":
            redeem(case.other, gift_code(gift_id=str(case.gift_id), secret=SECRET))
        else:
            take_back_gift(gift_id=case.gift_id, buyer_id=case.buyer.pk, now=NOW)

    def check(case: Giving, error: Exception | None) -> None:
        assert verify_books().findings == ()
        run(case)
        held = [
            get_wallet_balance(person_id=one.pk, currency="EUR") for one in (case.buyer, case.other)
        ]
        after = {"bought": ("0", "0"), "redeemed": ("0", "5.00"), "taken back": ("5.00", "0")}
        assert held == [euros(text) for text in after[kind]]

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 3


@pytest.mark.parametrize("kind", ["redeemed", "amount", "given away", "new gift"])
def test_a_gift_or_voucher_changed_behind_the_stores_back_is_found(cast: Cast, kind: str) -> None:
    fill_wallet(cast.alice, "5.00")
    give(cast.alice, "2.00")
    assert verify_books().findings == ()
    with guards_lifted(connection):
        if kind == "redeemed":
            Gift.objects.update(redeemed_by=cast.bob, redeemed_at=NOW)
        elif kind == "amount":
            Gift.objects.update(amount_micros=1)
        elif kind == "given away":
            Voucher.objects.update(is_free=True)
        else:
            row = Gift.objects.get()
            row.pk, row.code_sha256 = new_id(now=NOW), "f" * 64
            row.save(force_insert=True)
    assert verify_books().findings != ()
