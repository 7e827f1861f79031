"""A row that cannot be read, or that names one which is gone, is a finding and no traceback."""

from __future__ import annotations

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.verify_books import verify_books
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(cast: Cast) -> Cast:
    """Alice bought three tracks, in a SQLite that anyone may write to."""
    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        pytest.skip("PostgreSQL takes no value of another type, and no row that names nothing")
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    return cast


def tamper(statement: str) -> int:
    """Run `statement` as someone would who has the file and no scruples; how many rows it hit."""
    connection = connections[DEFAULT_DB_ALIAS]
    with guards_lifted(connection), connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            return int(cursor.execute(statement).rowcount)
        finally:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
            cursor.execute("PRAGMA foreign_keys = ON")


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("DELETE FROM licensing_licence WHERE number = 'LAN-1'", "sales_saleline", "licence"),
        ("DELETE FROM licensing_licence WHERE number = 'LAN-1'", "royalties_accrual", "licence"),
        ("DELETE FROM licensing_tariff", "licensing_licence", "tariff"),
        ("DELETE FROM licensing_licensor", "licensing_licence", "licensor"),
        ("DELETE FROM accounts_person WHERE email LIKE 'alice%'", "sales_purchase", "person"),
        ("DELETE FROM ledger_account WHERE code LIKE 'wallet/%'", "ledger_transfer", "account"),
        ("DELETE FROM catalogue_track", "sales_saleline", "track"),
        ("UPDATE sales_saleline SET recording_licence_id = 999", "sales_saleline", "999"),
        ("UPDATE ledger_transfer SET posted_at = 'garbage'", "ledger_transfer", "posted_at"),
        ("UPDATE ledger_transfer SET amount_micros = 'abc'", "ledger_transfer", "'abc'"),
        ("UPDATE ledger_transfer SET amount_micros = 1.5", "ledger_transfer", "1.5"),
        ("UPDATE ledger_account SET currency = 'euro'", "ledger_account", "euro"),
        ("UPDATE ledger_account SET kind = 'pocket'", "ledger_account", "pocket"),
        ("UPDATE sales_saleline SET evidence = '{'", "sale line", "evidence"),
        ("UPDATE sales_saleline SET vat_percent = 'x'", "sales_saleline", "vat_percent"),
        ("UPDATE sales_quote SET id = 'x'", "sales_quote", "id"),
        ("UPDATE payments_voucher SET code_sha256 = x'ff'", "payments_voucher", "code_sha256"),
        ("UPDATE licensing_licence SET territories = 'nowhere'", "licensing_licence", "read"),
        ("UPDATE licensing_licence SET uses = 'DANCE'", "licensing_licence", "read"),
        ("UPDATE licensing_tariff SET rate_numerator = 7000", "licensing_licence", "rate"),
        ("UPDATE licensing_tariff SET rate_denominator = 0", "licensing_licence", "read"),
    ],
)
def test_an_unsound_row_is_named_with_its_table_and_why(
    books: Cast, statement: str, where: str, what: str
) -> None:
    assert tamper(statement) > 0
    report = verify_books()
    named = [str(finding) for finding in report.findings if finding.where.startswith(where)]
    assert named
    assert any(what in each for each in named), named


def test_a_code_that_takes_off_a_percentage_has_no_currency_and_can_be_read(books: Cast) -> None:
    request = PromotionRequest(code="TENTH", takes_off="10%", starts_at=NOW)
    make_promotion(request=request, domain="testserver", now=NOW)
    assert verify_books().findings == ()
