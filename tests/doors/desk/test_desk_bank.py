"""The bank account at the desk: statements imported, transfers decided on, vouchers as cards."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from pennywhistle.flows.order_transfer import order_transfer
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.banking.queries import list_entries
from pennywhistle.shop.payments.codes.queries import list_voucher_batches
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, Cast, euros
from tests.doors.desk.conftest import See, check_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def account(settings: Settings) -> Iterator[None]:
    """The store has a bank account."""
    settings.BANK_IBAN, settings.BANK_HOLDER = IBAN, "Otto Operator"
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


def upload(client: Client, data: bytes, *, status: int = 303) -> str:
    file = io.BytesIO(data)
    file.name = "statement.xml"
    answer = client.post("/desk/bank/import/", {"file": file})
    assert answer.status_code == status
    return str(answer.content.decode())


def test_a_statement_is_imported_and_tells_what_came(otto: Client, cast: Cast, see: See) -> None:
    slip = order_transfer(
        slip_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("20.00"),
        digits="123456789012",
        bonus_percent="",
        terms=TopUpTerms(),
        now=NOW,
    )
    assert "No statement yet" in see(otto, "/desk/bank/")
    data = camt([Line("20.00", slip.reference), Line("5.00", "for songs"), Line("-9.00", "rent")])
    upload(otto, data)
    page = see(otto, "/desk/bank/")
    for said in ("3 new entries", "€20.00 went into wallets", "in a wallet", "whose?", "went out"):
        assert said in page
    upload(otto, data)
    assert "imported before" in see(otto, "/desk/bank/")
    assert get_wallet_balance(person_id=cast.alice.pk, currency="EUR") == euros("20.00")
    assert verify_books().findings == ()


def test_an_account_that_is_set_no_longer_is_told_from_one_that_never_was(
    otto: Client, settings: Settings, see: See
) -> None:
    settings.BANK_IBAN = ""
    assert "No account is set" in see(otto, "/desk/bank/")
    settings.BANK_IBAN = IBAN
    upload(otto, camt([Line("5.00", "for songs")]))
    settings.BANK_IBAN = ""
    page = see(otto, "/desk/bank/")
    assert "names no account now" in page
    assert "No account is set" not in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"IBAN;Amount", "Line 1: this is not well-formed XML"),
        (camt([], iban="AT483200000012345864"), "the store's is DE89"),
        (camt([Line("1.00")], closing="100.00"), "it is not whole"),
    ],
)
def test_a_file_that_is_no_statement_of_ours_says_why(otto: Client, data: bytes, said: str) -> None:
    text = upload(otto, data, status=422)
    check_page(text)
    assert said in text.replace("&#x27;", "'").replace("&#39;", "'")
    assert list_entries() == []


def test_a_transfer_without_a_reference_is_given_to_whom_the_operator_says(
    otto: Client, cast: Cast, see: See
) -> None:
    upload(otto, camt([Line("5.00", "for songs"), Line("6.00", "?"), Line("7.00", "mine")]))
    assert "3 bank transfers without a reference" in see(otto, "/desk/")
    paths = re.findall(r'href="(/desk/bank/\d+/)"', see(otto, "/desk/bank/"))
    first, second, third = dict.fromkeys(paths)
    assert "for songs" in see(otto, first)
    for form, said in (
        ({"what": "assign"}, "Say whose it is."),
        ({"what": "assign", "email": "nobody@example.org"}, "obody has signed up"),
        ({"what": "assign", "email": "nobody"}, "valid email"),
    ):
        answer = otto.post(first, form)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    form = {"what": "assign", "email": "alice@example.org", "note": "She wrote to us."}
    assert otto.post(first, form).status_code == 303
    assert otto.post(first, form).status_code == 303
    assert otto.post(second, {"what": "return"}).status_code == 303
    assert otto.post(third, {"what": "own"}).status_code == 303
    page = see(otto, "/desk/bank/")
    for said in ("She wrote to us.", "to be sent back", "the store's own"):
        assert said in page.replace("&#x27;", "'").replace("&#39;", "'")
    assert get_wallet_balance(person_id=cast.alice.pk, currency="EUR") == euros("5.00")
    assert get_balance(code="unclaimed/EUR", currency="EUR") == euros("0")
    assert verify_books().findings == ()
    assert otto.get("/desk/bank/999/").status_code == 404


def test_the_account_is_the_operators_alone(alice: Client, lena: Client) -> None:
    for client in (alice, lena):
        for path in ("/desk/bank/", "/desk/bank/1/"):
            assert client.get(path).status_code == 403
        for path in ("/desk/bank/import/", "/desk/vouchers/cards.pdf", "/desk/bank/1/"):
            assert client.post(path).status_code == 403


def make_vouchers(otto: Client, **changed: str) -> list[str]:
    once = re.search(r'name="once" value="([^"]+)"', otto.get("/desk/vouchers/").content.decode())
    assert once is not None
    form = {
        "once": once[1],
        "name": "Fair",
        "count": "12",
        "amount": "5.00",
        "currency": "EUR",
        "is_free": "no",
        **changed,
    }
    page = otto.post("/desk/vouchers/", form).content.decode()
    return re.findall(r"<code>([^<]+)</code>", page)


def test_fresh_vouchers_are_printed_as_cards_with_their_codes(otto: Client, cast: Cast) -> None:
    codes = make_vouchers(otto)
    sheet = otto.post("/desk/vouchers/cards.pdf", {"codes": " ".join([*codes, "NO-CODE"])})
    assert sheet.headers["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(sheet.content)).pages
    assert len(pages) == 2
    printed = " ".join(page.extract_text() for page in pages)
    assert all(code in printed for code in codes)
    assert "NO-CODE" not in printed
    assert otto.post("/desk/vouchers/cards.pdf", {"codes": "NO-CODE"}).status_code == 303


@pytest.mark.parametrize(
    ("is_free", "paid_by"), [("no", "clearing/voucher"), ("yes", "promotions")]
)
def test_what_is_given_away_is_the_stores_expense_and_what_is_sold_came_from_the_till(
    otto: Client, cast: Cast, is_free: str, paid_by: str
) -> None:
    code, *_ = make_vouchers(otto, is_free=is_free)
    redeem_voucher(code=code, person_id=cast.alice.pk, domain="testserver", now=utc_now())
    [batch] = list_voucher_batches()
    assert batch.is_free == (is_free == "yes")
    assert get_balance(code=f"{paid_by}/EUR", currency="EUR") == -euros("5.00")
    assert verify_books().findings == ()
