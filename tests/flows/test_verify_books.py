"""The recount of the books names each row that was changed behind their back, and no other."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from pennywhistle.adapters.gateways.interface import Card
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.queries import list_transfers
from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.payments.codes.models import Voucher
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.royalties.models import Accrual
from pennywhistle.shop.sales.models import SaleLine
from tests.cast import NOW, Cast, euros, fill_wallet, quote
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=40)


@pytest.fixture
def books(cast: Cast, tmp_path: Path) -> Cast:
    """Alice topped up and bought; a top-up of hers is pending, and a voucher waits."""
    fill_wallet(cast.alice, "5.00")
    gateway = SandboxGateway(tmp_path)
    for number in ("4242424242424242", "4000000000000077"):
        top_up_wallet(
            top_up_id=new_id(now=NOW),
            person_id=cast.alice.pk,
            amount=euros("10.00"),
            card=Card(number),
            gateway=gateway,
            now=NOW,
        )
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    issue_vouchers(codes=["waiting"], batch="waiting", amount=euros("3.00"), now=NOW)
    report = verify_books()
    assert report.findings == ()
    assert (report.sale_line_count, report.transfer_count) == (3, 1 + 2 + 2 + 3 * 4)
    return cast


def tampering() -> AbstractContextManager[None]:
    return guards_lifted(connections[DEFAULT_DB_ALIAS])


def found() -> set[str]:
    """Where something is wrong."""
    return {finding.where for finding in verify_books().findings}


def transfer(reason: str) -> Transfer:
    row = Transfer.objects.filter(reason=reason).order_by("pk").last()
    assert row is not None
    return row


def where(row: Transfer) -> str:
    return f"transfer {row.pk} ({row.key})"


@pytest.mark.parametrize("reason", ["royalty", "tax"])
@pytest.mark.parametrize(
    "change",
    [
        {"amount_micros": 1},
        {"posted_at": LATER},
        {"digest": "0" * 64},
        {"reason": "gift"},
        {"debit_account": "vat/DE/EUR"},
        {"credit_account": "clearing/voucher/EUR"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_transfer_that_was_changed_is_named(
    books: Cast, reason: str, change: dict[str, Any]
) -> None:
    row = transfer(reason)
    if reason == "tax" and "debit_account" in change:
        change = {"debit_account": "clearing/voucher/EUR"}  # Two different accounts it must be.
    values = {
        name: Account.objects.get(code=value) if name.endswith("_account") else value
        for name, value in change.items()
    }
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(**values)
    assert found() == {where(row)}


def test_a_transfer_filed_under_another_document_is_named(books: Cast) -> None:
    row = transfer("royalty")
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(document="sale/other/1")
    assert found() == {where(row)}


def test_a_transfer_under_another_key_is_named_and_so_is_its_document(books: Cast) -> None:
    row = transfer("royalty")
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(key="other")
    assert found() == {f"transfer {row.pk} (other)", f"document {row.document}"}


def test_a_sale_whose_price_was_changed_is_named_with_its_wallet(books: Cast) -> None:
    row = transfer("sale")
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(amount_micros=row.amount_micros - 10_000)
    assert found() == {where(row), f"account {row.debit_account.code}"}


def test_a_change_that_brings_its_own_digest_is_named_all_the_same(books: Cast) -> None:
    row = transfer("royalty")
    (stored,) = (t for t in list_transfers(document=row.document) if t.id == row.pk)
    forged = replace(stored.facts, amount=euros("0.000001"))
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(amount_micros=1, digest=forged.digest)
    assert found() == {where(row)}


def test_a_transfer_that_was_deleted_is_missed_by_its_document(books: Cast) -> None:
    row = transfer("royalty")
    with tampering():
        Transfer.objects.filter(pk=row.pk).delete()
    assert found() == {f"document {row.document}"}


def test_a_transfer_that_was_invented_is_explained_by_nothing(books: Cast) -> None:
    row = transfer("royalty")
    row.pk, row.key = None, "invented"
    row.save()  # The guards let it in: it is a transfer like any other.
    assert where(row) in found()


@pytest.mark.parametrize("micros", [0, 1, 999_999_999])
def test_a_wallet_that_says_another_balance_is_named(books: Cast, micros: int) -> None:
    wallet = Account.objects.get(code=f"wallet/{books.alice.pk}/EUR")
    Account.objects.filter(pk=wallet.pk).update(balance_micros=micros)
    assert found() == {f"account {wallet.code}"}


def test_an_account_of_another_currency_is_named_with_its_transfers(books: Cast) -> None:
    with tampering():
        Account.objects.filter(code="vat/DE/EUR").update(currency="USD")
    assert found() == {"account vat/DE/EUR"} | {
        where(row) for row in Transfer.objects.filter(reason="tax")
    }


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "flac"},
        {"size_bytes": 1},
        {"size_is_exact": False},
        {"vat_percent": 7},
        {"number": 50},
        {"list_micros": 9_000_000},
        {"price_kind": "fixed"},
        {"reductions": [{"kind": "tier", "code": "X", "micros": 0}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_sale_line_that_was_changed_is_named(books: Cast, change: dict[str, Any]) -> None:
    line = SaleLine.objects.order_by("pk")[1]
    with tampering():
        SaleLine.objects.filter(pk=line.pk).update(**change)
    assert found() == {f"sale line {line.document}"}


@pytest.mark.parametrize(
    "change",
    [
        {"gross_micros": 9_000_000, "list_micros": 9_000_000},
        {"tax_micros": 1},
        {"recording_micros": 1},
        {"work_micros": 1},
        {"territory": "AT"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_sale_line_with_other_figures_is_named_with_its_transfers(
    books: Cast, change: dict[str, Any]
) -> None:
    line = SaleLine.objects.order_by("pk")[1]
    with tampering():
        SaleLine.objects.filter(pk=line.pk).update(**change)
    places = found()
    assert f"sale line {line.document}" in places
    assert all(line.document in place for place in places)


@pytest.mark.parametrize("kind", ["amount", "licensor", "time", "licence", "currency"])
def test_an_accrual_that_was_changed_is_named(books: Cast, kind: str) -> None:
    row = Accrual.objects.filter(right="WORK").order_by("pk")[0]
    other = Accrual.objects.filter(right="RECORDING").order_by("pk")[0]
    changes: dict[str, dict[str, Any]] = {
        "amount": {"amount_micros": row.amount_micros + 1},
        "licensor": {"licensor_id": other.licensor_id},
        "time": {"accrued_at": LATER},
        "licence": {"licence_id": other.licence_id},
        "currency": {"currency": "USD"},
    }
    with tampering():
        Accrual.objects.filter(pk=row.pk).update(**changes[kind])
    assert found() == {f"accrual of {row.sale_line.document}, WORK"}


def test_an_accrual_that_was_deleted_is_missed_by_its_sale_line(books: Cast) -> None:
    row = Accrual.objects.filter(right="WORK").order_by("pk")[0]
    document = row.sale_line.document
    with tampering():
        Accrual.objects.filter(pk=row.pk).delete()
    assert found() == {f"sale line {document}"}


def test_a_top_up_that_nobody_paid_is_missed_in_the_ledger(books: Cast) -> None:
    pending = TopUp.objects.get(state="pending")
    TopUp.objects.filter(pk=pending.pk).update(state="succeeded")
    assert found() == {f"document top-up/{pending.pk}"}


def test_a_top_up_that_was_credited_and_then_declined_explains_nothing(books: Cast) -> None:
    paid = TopUp.objects.get(state="succeeded")
    with tampering():
        TopUp.objects.filter(pk=paid.pk).update(state="declined")
    ends = Transfer.objects.filter(document=f"top-up/{paid.pk}").exclude(phase="pending")
    assert found() == {where(row) for row in ends}


def test_a_top_up_of_another_amount_is_named_by_its_transfer(books: Cast) -> None:
    paid = TopUp.objects.get(state="succeeded")
    with tampering():
        TopUp.objects.filter(pk=paid.pk).update(amount_micros=1)
    both = Transfer.objects.filter(document=f"top-up/{paid.pk}", reason="top-up")
    assert found() == {where(row) for row in both}


def test_a_voucher_that_moved_nothing_is_missed_in_the_ledger(books: Cast) -> None:
    voucher = Voucher.objects.get(batch="waiting")
    Voucher.objects.filter(pk=voucher.pk).update(redeemed_by=books.bob)
    assert found() == {f"document voucher/{voucher.code_sha256[:32]}"}


def test_a_voucher_made_new_again_explains_nothing(books: Cast) -> None:
    Voucher.objects.exclude(batch="waiting").update(redeemed_by=None, redeemed_at=None)
    assert found() == {where(transfer("voucher"))}


@pytest.mark.parametrize("kind", ["deleted", "given to Bob", "in another recipe"])
def test_a_library_that_lacks_what_was_sold_is_named_by_the_sale_line(
    books: Cast, kind: str
) -> None:
    item = OwnedItem.objects.order_by("pk")[0]
    rows = OwnedItem.objects.filter(pk=item.pk)
    with tampering():
        if kind == "deleted":
            rows.delete()
        elif kind == "given to Bob":
            rows.update(person=books.bob)
        else:
            rows.update(recipe="flac")
    assert found() == {f"sale line {item.sale_line.document}"}


def test_each_finding_says_what_is_wrong(books: Cast) -> None:
    row = transfer("royalty")
    with tampering():
        Transfer.objects.filter(pk=row.pk).update(amount_micros=1)
    said = " | ".join(str(finding) for finding in verify_books().findings)
    assert re.search(r"digest does not fit", said)
    assert re.search(r"its amount is 0\.000001 EUR, and its document asks for 0\.\d+ EUR", said)
