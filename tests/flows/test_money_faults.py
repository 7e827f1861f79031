"""The kill test: the N-th database or file call of each money flow fails, for every N (law 7)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pennywhistle.adapters.gateways.interface import Card, GatewayUnreachableError
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.record_payment_event import settle_pending_top_ups
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.codes.operations import Redeemed
from pennywhistle.shop.payments.gateways.models import GatewayCircuit
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import find_top_up
from pennywhistle.shop.sales.models import Purchase, Quote
from pennywhistle.shop.sales.queries import QuoteFacts
from tests.cast import GERMANY, NOW, PASSWORD, Cast, assemble, euros, fill_wallet, quote
from tests.faults import fail_each_call

pytestmark = pytest.mark.django_db(transaction=True)

CARD = Card("4242 4242 4242 4242")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


def newcomer() -> Person:
    return create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD, country="DE")


def balance(person: Person) -> Money:
    return get_wallet_balance(person_id=person.pk, currency="EUR")


def assert_books_balance() -> None:
    assert verify_books().findings == ()


@dataclass(frozen=True)
class Buying:
    person: Person
    offer: QuoteFacts


def test_a_purchase_that_fails_anywhere_takes_all_or_nothing_and_can_be_rerun(
    cast: Cast, tmp_path: Path
) -> None:
    def prepare() -> Buying:
        person = newcomer()
        fill_wallet(person, "5.00")
        return Buying(person, quote(cast, person=person))

    def run(buying: Buying) -> object:
        return buy_basket(quote_id=buying.offer.id, person_id=buying.person.pk, now=NOW)

    def check(buying: Buying, _: Exception | None) -> None:
        bought, left = len(list_owned(person_id=buying.person.pk)), balance(buying.person)
        paid = euros("5.00") - buying.offer.total
        assert (bought, left.micros) in {(0, 5_000_000), (3, paid.micros)}
        assert_books_balance()
        run(buying)
        assert len(list_owned(person_id=buying.person.pk)) == 3
        assert balance(buying.person) == paid
        assert Purchase.objects.filter(quote_id=buying.offer.id).count() == 1
        assert_books_balance()

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 10


def test_a_quote_that_fails_anywhere_changes_nothing_and_can_be_rerun(
    cast: Cast, tmp_path: Path
) -> None:
    def run(quote_id: UUID) -> QuoteFacts:
        return quote_basket(
            quote_id=quote_id,
            person_id=cast.alice.pk,
            items=[BasketItem("release", cast.release_id, "mp3-192")],
            domain="testserver",
            evidence=GERMANY,
            now=NOW,
        )

    def check(quote_id: UUID, _: Exception | None) -> None:
        stored = Quote.objects.filter(pk=quote_id).first()
        assert stored is None or stored.lines.count() == 3
        assert len(run(quote_id).lines) == 3
        assert Quote.objects.get(pk=quote_id).lines.count() == 3
        assert balance(cast.alice) == euros("0")

    assert (
        fail_each_call(folder=tmp_path, prepare=lambda: new_id(now=NOW), run=run, check=check) > 5
    )


@dataclass(frozen=True)
class Redeeming:
    person: Person
    code: str


def test_a_voucher_whose_redeeming_fails_anywhere_is_worth_its_money_once(
    cast: Cast, tmp_path: Path
) -> None:
    def prepare() -> Redeeming:
        redeeming = Redeeming(newcomer(), uuid.uuid4().hex)
        issue_vouchers(codes=[redeeming.code], batch="kill", amount=euros("5.00"), now=NOW)
        return redeeming

    def run(redeeming: Redeeming) -> object:
        return redeem_voucher(
            code=redeeming.code, person_id=redeeming.person.pk, domain="testserver", now=NOW
        )

    def check(redeeming: Redeeming, _: Exception | None) -> None:
        came = balance(redeeming.person)
        assert came.micros in {0, 5_000_000}
        assert_books_balance()
        if came:
            assert run(redeeming) == Redeemed(euros("5.00"), is_first=False)
            assert balance(redeeming.person) == came
        else:
            run(redeeming)
        assert balance(redeeming.person) == euros("5.00")
        assert_books_balance()

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 5


@dataclass(frozen=True)
class ToppingUp:
    person: Person
    id: UUID


@pytest.mark.parametrize("then", ["sent again", "settled later"])
def test_a_top_up_that_fails_anywhere_is_charged_once_and_credited_once(
    cast: Cast, tmp_path: Path, then: str
) -> None:
    gateway = SandboxGateway(tmp_path / "gateway")

    def run(topping: ToppingUp) -> object:
        return top_up_wallet(
            top_up_id=topping.id,
            person_id=topping.person.pk,
            amount=euros("10.00"),
            card=CARD,
            gateway=gateway,
            now=NOW,
        )

    def check(topping: ToppingUp, _: Exception | None) -> None:
        assert balance(topping.person).micros in {0, 10_000_000}
        assert_books_balance()  # As the reruns before left them, too.
        if then == "sent again":
            run(topping)
        else:
            later = NOW + timedelta(hours=1)
            settle_pending_top_ups(
                gateways={gateway.name: gateway}, created_before=later, now=later
            )
        charge = gateway.find_charge(handle=str(topping.id), now=NOW)
        # One that was begun and never named to us takes nothing.
        is_charged = charge is not None and charge.state == "succeeded"
        assert balance(topping.person) == euros("10.00" if is_charged else "0")
        kept = find_top_up(top_up_id=topping.id)
        if then == "sent again":
            assert is_charged
        if kept is not None:
            assert kept.state == ("succeeded" if is_charged else "declined")

    def prepare() -> ToppingUp:
        GatewayCircuit.objects.all().delete()  # So many failures in a row would open it.
        return ToppingUp(newcomer(), new_id(now=NOW))

    calls = fail_each_call(
        folder=tmp_path,
        prepare=prepare,
        run=run,
        check=check,
    )
    assert calls > 10
    assert_books_balance()


def test_a_gateway_whose_folder_fails_says_that_the_end_is_not_known(
    cast: Cast, tmp_path: Path
) -> None:
    (tmp_path / "gateway").write_text("a file where a folder should be")
    with pytest.raises(GatewayUnreachableError):
        top_up_wallet(
            top_up_id=new_id(now=NOW),
            person_id=cast.alice.pk,
            amount=euros("10.00"),
            card=CARD,
            gateway=SandboxGateway(tmp_path / "gateway"),
            now=NOW,
        )
    assert TopUp.objects.get().state == TopUp.State.PENDING
