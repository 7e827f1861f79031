"""Bank transfers, gifts and codes at the counter: forms and links alone, as without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import html5lib
import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.import_statement import import_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.payments.banking.models import BankSlip
from pennywhistle.shop.payments.codes.models import Gift
from pennywhistle.shop.payments.codes.tries import PERSON_MISSES_FREE
from pennywhistle.shop.payments.queries import get_wallet_balance
from tests.bank_statements import IBAN, Line, camt
from tests.cast import Cast, assemble, euros, fill_wallet

pytestmark = pytest.mark.django_db

CODE = "K7QM-2D9X-HV4T-P3RC"


@pytest.fixture
def shop(db: None, settings: Settings) -> Iterator[Cast]:
    """The cast; visitors in Germany; the shop takes bank transfers, and has issued one voucher."""
    settings.LOCAL_COUNTRY = "DE"
    settings.BANK_IBAN, settings.BANK_HOLDER = IBAN, "Otto Operator"
    get_outfit.cache_clear()
    cast = assemble()
    issue_vouchers(codes=[CODE], batch="fair", amount=euros("2.00"), now=utc_now())
    yield cast
    get_outfit.cache_clear()


def browser_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def see(response: Any, *, status: int = 200) -> str:
    """The text of a page, strictly parsed; nobody else keeps it."""
    assert response.status_code == status, response.status_code
    assert "no-store" in response.headers["Cache-Control"]
    text: str = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None
    return found[1]


def balance(person: Person) -> Any:
    assert verify_books().findings == ()
    return get_wallet_balance(person_id=person.pk, currency="EUR")


def test_a_transfer_is_ordered_shown_and_credited_when_it_comes(shop: Cast) -> None:
    alice = browser_of(shop.alice)
    form = {"top_up": hidden(see(alice.get("/wallet/")), "top_up"), "amount": "10"}
    answer = alice.post("/wallet/bank/", form)
    assert answer.status_code == 303
    assert alice.post("/wallet/bank/", form).headers["Location"] == answer.headers["Location"]
    slip = BankSlip.objects.get()
    page = see(alice.get(answer.headers["Location"]))
    for said in ("Otto Operator", "DE89 3704 0044 0532 0130 00", "€10.00", "<svg"):
        assert said in page
    spelled = re.search(r"RF[\d ]+", page)
    assert spelled is not None
    assert spelled[0].replace(" ", "") == slip.reference
    assert answer.headers["Location"] in see(alice.get("/wallet/"))
    import_statement(data=camt([Line("10.00", spelled[0])]), iban=IBAN, now=utc_now())
    assert balance(shop.alice) == euros("10.00")
    assert "€10.00 has arrived" in see(alice.get(answer.headers["Location"]))
    wallet = see(alice.get("/wallet/"))
    assert "Bank transfer" in wallet
    assert answer.headers["Location"] not in wallet


def test_a_transfer_that_cannot_be_ordered_says_why(shop: Cast) -> None:
    alice = browser_of(shop.alice)
    top_up = hidden(see(alice.get("/wallet/")), "top_up")
    for amount, said in (("0.50", "between"), ("five", "not an amount"), ("500", "between")):
        page = see(alice.post("/wallet/bank/", {"top_up": top_up, "amount": amount}), status=422)
        assert said in page
    assert "once more" in see(alice.post("/wallet/bank/", {"amount": "5"}), status=422)
    assert BankSlip.objects.count() == 0


def test_nobody_sees_anothers_slip_or_gift(shop: Cast) -> None:
    alice, bob = browser_of(shop.alice), browser_of(shop.bob)
    fill_wallet(shop.alice, "10.00")
    top_up = hidden(see(alice.get("/wallet/")), "top_up")
    slip = alice.post("/wallet/bank/", {"top_up": top_up, "amount": "5"}).headers["Location"]
    gift_id = hidden(see(alice.get("/gifts/")), "gift")
    gift = alice.post("/gifts/", {"gift": gift_id, "amount": "5"}).headers["Location"]
    assert bob.get(slip).status_code == 303
    assert bob.get(gift).status_code == bob.get(f"{gift}card.pdf").status_code == 404
    assert bob.post(f"{gift}take-back/").status_code == 303
    assert Gift.objects.get().taken_back_at is None
    for path in (slip, gift, "/gifts/"):
        assert "/login/" in Client().get(path).headers["Location"]


def test_a_gift_is_bought_once_printed_and_redeemed_by_whoever_has_the_code(shop: Cast) -> None:
    alice, bob = browser_of(shop.alice), browser_of(shop.bob)
    fill_wallet(shop.alice, "12.00")
    form = {
        "gift": hidden(see(alice.get("/gifts/")), "gift"),
        "amount": "5",
        "greeting": "For Bob, with love",
    }
    gift = alice.post("/gifts/", form).headers["Location"]
    assert alice.post("/gifts/", form).headers["Location"] == gift
    assert balance(shop.alice) == euros("7.00")
    page = see(alice.get(gift))
    code = re.search(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", page)
    assert code is not None
    assert "For Bob, with love" in page
    card = alice.get(f"{gift}card.pdf")
    assert card.content.startswith(b"%PDF")
    assert code[0] in see(bob.get("/wallet/", {"code": code[0]}))
    assert bob.post("/wallet/redeem/", {"code": code[0].lower()}).status_code == 303
    assert balance(shop.bob) == euros("5.00")
    assert "It was redeemed on" in see(alice.get(gift))
    assert alice.get(f"{gift}card.pdf").status_code == 303
    alice.post(f"{gift}take-back/")
    assert balance(shop.alice) == euros("7.00")


def test_a_gift_is_taken_back_once_and_worth_nothing_then(shop: Cast) -> None:
    alice, bob = browser_of(shop.alice), browser_of(shop.bob)
    fill_wallet(shop.alice, "5.00")
    form = {"gift": hidden(see(alice.get("/gifts/")), "gift"), "amount": "5"}
    gift = alice.post("/gifts/", form).headers["Location"]
    code = re.search(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", see(alice.get(gift)))
    assert code is not None
    assert balance(shop.alice) == euros("0")
    for _ in range(2):
        assert alice.post(f"{gift}take-back/").status_code == 303
    assert balance(shop.alice) == euros("5.00")
    assert "taken it back" in see(bob.post("/wallet/redeem/", {"code": code[0]}), status=422)
    assert "You took it back" in see(alice.get(gift))


def test_a_gift_beyond_the_wallet_or_the_limits_says_why(shop: Cast) -> None:
    alice = browser_of(shop.alice)
    fill_wallet(shop.alice, "5.00")
    gift = hidden(see(alice.get("/gifts/")), "gift")
    for amount, said in (("6", "does not hold"), ("0.5", "between"), ("201", "between")):
        page = see(alice.post("/gifts/", {"gift": gift, "amount": amount}), status=422)
        assert said in page
    assert balance(shop.alice) == euros("5.00")


def test_wrong_codes_are_slowed_down_and_the_right_one_is_taken_later(
    shop: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = browser_of(shop.alice)
    for _ in range(PERSON_MISSES_FREE):
        page = see(alice.post("/wallet/redeem/", {"code": "AAAA-AAAA-AAAA-AAAA"}), status=422)
        assert "not one of ours" in page
    assert "Try again in 1 minute," in see(
        alice.post("/wallet/redeem/", {"code": CODE}), status=422
    )
    assert balance(shop.alice) == euros("0")
    later = utc_now() + timedelta(minutes=2)
    monkeypatch.setattr("pennywhistle.doors.storefront.visitor.utc_now", lambda: later)
    assert alice.post("/wallet/redeem/", {"code": CODE}).status_code == 303
    assert balance(shop.alice) == euros("2.00")


def test_an_address_is_counted_by_a_hash_and_never_kept(shop: Cast) -> None:
    from pennywhistle.shop.payments.codes.models import CodeTry

    browser_of(shop.alice).post("/wallet/redeem/", {"code": "AAAA"}, REMOTE_ADDR="203.0.113.9")
    subjects = set(CodeTry.objects.values_list("subject", flat=True))
    assert len(subjects) == 2
    assert not any("203.0.113" in subject for subject in subjects)
    assert django_settings.SECRET_KEY not in "".join(subjects)
