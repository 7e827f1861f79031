"""Payouts ordered by a file of payments, and ended by what the bank's statements tell."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from pennywhistle.flows.agree_on_payouts import TermsRequest, agree_on_payouts
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.import_statement import ImportedStatement, import_statement
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.order_payouts import (
    NoAccountError,
    OrderedPayouts,
    order_payouts,
    write_again,
)
from pennywhistle.flows.outfit import BankAccount, get_bank_account
from pennywhistle.flows.pay_out import end_payout, pay_out, pay_out_due
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties.models import PayoutBooking, PayoutOrder, PayoutTerms
from pennywhistle.shop.royalties.payout_files import NothingToSendError
from pennywhistle.shop.royalties.payout_queries import get_payout
from pennywhistle.shop.royalties.payout_terms import PayoutTermsError
from pennywhistle.shop.royalties.payout_terms_queries import (
    list_standings,
    list_terms,
    list_versions,
)
from pennywhistle.shop.royalties.payouts import PayoutFacts
from pennywhistle.shop.royalties.rules import payable_code
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, Cast, euros, fill_wallet, quote
from tests.faults import fail_each_call
from tests.flows.test_pay_out import sell_an_album
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

SOCIETY, LABEL = "Meridian Society", "Lantern Records"
OURS = BankAccount(IBAN, "", "Otto Operatör & Söhne")
DECEMBER = NOW + timedelta(days=8)
THEIRS = TermsRequest(
    SOCIETY, "Meridian Gesellschaft für Töne", "AT483200000012345864", "", "0", "monthly"
)
LABELS = TermsRequest(LABEL, "Lantern Records", "NL91ABNA0417164300", "ABNANL2A", "0", "monthly")
FILE, NEXT_FILE = UUID(int=99), UUID(int=98)
numbers = itertools.count()


def agree(*requests: TermsRequest) -> None:
    for request in requests:
        agree_on_payouts(request=request, agreed_by=None, now=NOW)


def pay_all() -> tuple[PayoutFacts, ...]:
    return pay_out_due(new_payout_id=lambda: UUID(int=10_000 + next(numbers)), now=DECEMBER).made


def order(file_id: UUID = FILE, version: str = "09") -> OrderedPayouts:
    return order_payouts(
        file_id=file_id,
        account=OURS,
        version=version,
        execute_on=date(2026, 12, 3),
        now=DECEMBER,
    )


def take_in(*lines: Line, days: int = 1) -> ImportedStatement:
    data = camt(lines, number=f"{next(numbers)}", on="2026-12-03")
    return import_statement(data=data, iban=IBAN, now=DECEMBER + timedelta(days=days))[0]


def line_of(payout: PayoutFacts, *, back: bool = False) -> Line:
    sign = "" if back else "-"
    return Line(
        f"{sign}{payout.amount.decimal:.2f}",
        end_to_end=payout.reference,
        on="2026-12-03",
        ref=f"{payout.reference[-8:]}{sign}",
    )


def owed(licensor: str = SOCIETY) -> Money:
    code = payable_code(licensor_id=get_licensor(name=licensor).id, currency="EUR")
    return get_balance(code=code, currency="EUR")


def bank() -> Money:
    return get_balance(code="clearing/bank/EUR", currency="EUR")


def texts(data: bytes, name: str) -> list[str | None]:
    root = ET.fromstring(data)
    return [node.text for node in root.iter() if node.tag.endswith(f"}}{name}")]


def test_a_file_holds_every_payout_once_and_adds_up(cast: Cast) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)
    issue_statement(
        licensor_name=SOCIETY, period=month_period("2026-11"), now=NOW + timedelta(days=7)
    )
    made = pay_all()
    ordered = order()
    total = Money.total([each.amount for each in made], "EUR")
    assert len(made) == 2
    assert texts(ordered.data, "NbOfTxs") == ["2", "2"]
    assert texts(ordered.data, "CtrlSum") == [f"{total.decimal:.2f}"] * 2
    assert sorted(map(str, texts(ordered.data, "EndToEndId"))) == sorted(e.reference for e in made)
    assert texts(ordered.data, "Nm")[0] == "Otto Operatoer + Soehne"
    assert "Meridian Gesellschaft fuer Toene" in texts(ordered.data, "Nm")
    assert "Royalties, statement-meridian-society-2026-11-EUR" in texts(ordered.data, "Ustrd")
    assert texts(ordered.data, "MsgId") == [UUID(int=99).hex.upper()]
    with pytest.raises(NothingToSendError, match=str(ordered.file.id)):
        order(NEXT_FILE)
    assert verify_books().findings == ()


@pytest.mark.parametrize("version", ["03", "09"])
def test_the_same_file_again_has_the_same_bytes_whatever_was_agreed_since(
    cast: Cast, version: str
) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)
    pay_all()
    ordered = order(version=version)
    agree(TermsRequest(SOCIETY, "Somebody", "DE89370400440532013000", "", "0", "monthly"))
    assert order(version="09").data == ordered.data
    assert write_again(file_id=ordered.file.id).data == ordered.data
    assert f"pain.001.001.{version}".encode() in ordered.data


def test_who_has_no_terms_waits_and_is_named(cast: Cast) -> None:
    sell_an_album(cast)
    agree(THEIRS)
    pay_all()
    pay_out(payout_id=UUID(int=7), licensor_name=LABEL, currency="EUR", now=DECEMBER)
    first = order()
    assert (len(first.file.payments), first.left_out) == (1, (LABEL,))
    agree(LABELS)
    assert order(NEXT_FILE).file.payments[0].reference == UUID(int=7).hex.upper()


def test_without_an_account_of_the_stores_there_is_no_file(cast: Cast) -> None:
    with pytest.raises(NoAccountError, match="PENNYWHISTLE_BANK_IBAN"):
        order_payouts(
            file_id=UUID(int=1), account=None, version="09", execute_on=date(2026, 12, 1), now=NOW
        )


def test_a_payout_whose_reference_left_the_bank_is_paid(cast: Cast) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)
    one, other = pay_all()
    order()
    told = take_in(line_of(one), Line("-3.00", "rent"))
    assert (told.payouts.left_count, told.payouts.troubles) == (1, ())
    paid = get_payout(payout_id=one.id)
    assert (paid.is_paid, paid.booked_on) == (True, date(2026, 12, 3))
    assert get_payout(payout_id=other.id).is_open
    assert take_in(line_of(one)).payouts.left_count == 0  # Told again, by another statement.
    assert verify_books().findings == ()


def test_a_whole_file_that_left_in_one_sum_pays_all_of_it(cast: Cast) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)
    made = pay_all()
    contents = order().file.contents
    wrong = take_in(Line("-9.99", batch=contents.reference, ref="w"))
    assert "see which was sent" in wrong.payouts.troubles[0]
    total = f"-{contents.total.decimal:.2f}"
    first = contents.payments[0].reference  # As some banks write beside a sum.
    told = take_in(Line(total, batch=contents.reference, end_to_end=first, on="2026-12-03"))
    assert told.payouts.left_count == 2
    assert all(get_payout(payout_id=each.id).is_paid for each in made)
    assert verify_books().findings == ()


@pytest.mark.parametrize("heard", ["after", "alone", "same statement"])
def test_a_payout_that_came_back_is_owed_again_and_nothing_is_unclaimed(
    cast: Cast, heard: str
) -> None:
    sell_an_album(cast)
    agree(THEIRS)
    before, (payout,) = owed(), pay_all()
    order()
    if heard == "after":
        take_in(line_of(payout))
        assert owed() == before - payout.amount
    both = [line_of(payout, back=True)] + [line_of(payout)] * (heard == "same statement")
    assert take_in(*both).payouts.returned_count == 1
    if heard == "alone":  # Statements may come in any order.
        assert take_in(line_of(payout), days=2).payouts.left_count == 1
    assert (owed(), bank()) == (before, euros("0"))
    assert get_balance(code="unclaimed/EUR", currency="EUR") == euros("0")
    assert list_standings(now=DECEMBER)[0].is_due
    assert verify_books().findings == ()


def test_what_does_not_fit_is_told_and_changes_nothing(cast: Cast) -> None:
    sell_an_album(cast)
    agree(THEIRS)
    (payout,) = pay_all()
    order()
    less = Line("-0.01", end_to_end=payout.reference, ref="less")
    assert "0.01 EUR left" in take_in(less).payouts.troubles[0]
    assert get_payout(payout_id=payout.id).is_open
    end_payout(payout_id=payout.id, is_paid=False, now=DECEMBER)
    assert "was called off" in take_in(line_of(payout)).payouts.troubles[0]
    assert verify_books().findings == ()


def test_terms_keep_their_versions_and_the_database_keeps_them(cast: Cast) -> None:
    agree(THEIRS, THEIRS)
    agree_on_payouts(
        request=TermsRequest(SOCIETY, "New", "DE89370400440532013000", "", "5", "quarterly"),
        agreed_by=cast.otto.pk,
        now=DECEMBER,
    )
    kept = list_versions(licensor_id=get_licensor(name=SOCIETY).id)
    assert [(each.version, each.masked_iban) for each in kept] == [
        (2, "DE89…3000"),
        (1, "AT48…5864"),
    ]
    assert kept[0].agreed_by == cast.otto.email
    assert list_terms()[kept[0].licensor_id] == kept[0]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PayoutTerms.objects.update(iban="DE89370400440532013000")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("iban", "DE89370400440532013001", "no bank has given out"),
        ("iban", "BR1800360305000010009795493C1", "take no SEPA"),
        ("bic", "HELLO", "no BIC"),
        ("holder", "  ", "whose account"),
        ("minimum", "-1", "whole cents"),
        ("minimum", "0.001", "whole cents"),
        ("minimum", "much", "not an amount"),
        ("schedule", "weekly", "monthly, quarterly"),
    ],
)
def test_terms_that_cannot_be_paid_by_are_refused(
    cast: Cast, field: str, value: str, says: str
) -> None:
    with pytest.raises(PayoutTermsError, match=says):
        agree(replace(THEIRS, **{field: value}))


def test_a_minimum_that_is_not_reached_is_not_due(cast: Cast) -> None:
    sell_an_album(cast)
    agree(replace(THEIRS, minimum="10.00"))
    assert pay_all() == ()
    agree(THEIRS)
    (made,) = pay_all()
    end_payout(payout_id=made.id, is_paid=True, now=DECEMBER)
    fill_wallet(cast.bob, "5.00")
    offer = quote(cast, BasketItem("release", cast.release_id, "mp3-192"), person=cast.bob)
    buy_basket(quote_id=offer.id, person_id=cast.bob.pk, now=NOW)
    assert pay_all() == ()  # Once a month.
    january = DECEMBER + timedelta(days=31)
    assert [each.is_due for each in list_standings(now=january)] == [True]


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_anywhere_pays_and_takes_back_once_when_it_is_run_again(
    cast: Cast, tmp_path: Path
) -> None:
    sell_an_album(cast)
    agree(THEIRS)
    before = owed()

    def prepare() -> tuple[PayoutFacts, bytes]:
        payout = pay_out(
            payout_id=UUID(int=1000 + next(numbers)),
            licensor_name=SOCIETY,
            currency="EUR",
            now=DECEMBER,
        )
        lines = [line_of(payout), line_of(payout, back=True)]
        return payout, camt(lines, number=f"{next(numbers)}", on="2026-12-03")

    def run(case: tuple[PayoutFacts, bytes]) -> None:
        import_statement(data=case[1], iban=IBAN, now=DECEMBER)

    def check(case: tuple[PayoutFacts, bytes], error: Exception | None) -> None:
        assert owed() in (before, before - case[0].amount)
        run(case)
        assert (owed(), bank()) == (before, euros("0"))
        assert get_payout(payout_id=case[0].id).returned_at == DECEMBER

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 20
    assert verify_books().findings == ()


@pytest.mark.django_db(transaction=True)
def test_a_file_killed_anywhere_holds_each_payout_once(cast: Cast, tmp_path: Path) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)

    def prepare() -> UUID:
        for licensor in (SOCIETY, LABEL):
            pay_out(
                payout_id=UUID(int=1000 + next(numbers)),
                licensor_name=licensor,
                currency="EUR",
                now=DECEMBER,
            )
        return UUID(int=5000 + next(numbers))

    def check(file_id: UUID, error: Exception | None) -> None:
        ordered = order(file_id)
        assert len(ordered.file.payments) == 2
        for payment in ordered.file.payments:
            end_payout(payout_id=UUID(payment.reference), is_paid=False, now=DECEMBER)

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=order, check=check) > 8
    assert verify_books().findings == ()


@pytest.mark.parametrize("kind", ["file", "entry", "day"])
def test_a_payments_row_changed_behind_the_stores_back_is_found(cast: Cast, kind: str) -> None:
    sell_an_album(cast)
    agree(THEIRS, LABELS)
    made = pay_all()
    order()
    take_in(line_of(made[0]))
    with guards_lifted(connection):
        if kind == "file":
            PayoutOrder.objects.filter(payout_id=made[0].id).delete()
        elif kind == "entry":
            PayoutBooking.objects.update(entry_key="0" * 64)
        else:
            PayoutBooking.objects.update(booked_on=date(2026, 12, 4))
    says = {"file": "payments of", "entry": "no entry", "day": "booked on"}[kind]
    assert any(re.search(says, finding.what) for finding in verify_books().findings)


def test_a_store_with_a_bank_account_is_asked_for_by_its_settings(settings: Settings) -> None:
    settings.BANK_IBAN, settings.BANK_HOLDER = IBAN, "Otto"
    assert get_bank_account() == BankAccount(IBAN, settings.BANK_BIC, "Otto")
