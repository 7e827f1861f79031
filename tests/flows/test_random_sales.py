"""Random licences, baskets, people, recipes and countries: the books come out even."""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.queries import get_balance, iterate_accounts
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.royalties.models import Accrual
from pennywhistle.shop.royalties.rules import RoyaltyError
from pennywhistle.shop.sales.models import SaleLine
from pennywhistle.shop.sales.rules import Evidence, SaleError
from tests.cast import (
    LABEL,
    OPENED,
    PASSWORD,
    SOCIETY,
    Cast,
    assemble,
    open_yen_shop,
    stock_release,
)

pytestmark = pytest.mark.django_db

CURRENCIES = {"testserver": "EUR", "yen.example": "JPY"}
COUNTRIES = ("DE", "FR", "FI", "CH", "US", "JP")
RECIPES = ("mp3-192", "opus-128", "flac", "wav")
LAST_OF_NOVEMBER = datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC)
INSTANTS = (
    datetime(2026, 11, 1, tzinfo=UTC),
    LAST_OF_NOVEMBER,
    LAST_OF_NOVEMBER + timedelta(microseconds=1),
)
MONTHS = ("2026-10", "2026-11", "2026-12")


@dataclass(frozen=True)
class Sale:
    """Someone wants some of three tracks, or all of them (-1), in one recipe, there and then."""

    tracks: tuple[int, ...]
    recipe: str
    country: str
    at: datetime
    domain: str
    wallet: int


sales = st.builds(
    Sale,
    tracks=st.lists(st.integers(-1, 2), min_size=1, max_size=4).map(tuple),
    recipe=st.sampled_from(RECIPES),
    country=st.sampled_from(COUNTRIES),
    at=st.sampled_from(INSTANTS),
    domain=st.sampled_from(sorted(CURRENCIES)),
    wallet=st.sampled_from([1, 20, 20, 2_000, 2_000, 2_000]),
)
licences = st.builds(
    replace,
    st.sampled_from([SOCIETY, LABEL]),
    licensor=st.sampled_from(["One", "Two", "Three"]),
    licensor_kind=st.just("publisher"),
    territories=st.sampled_from(["worldwide", "worldwide", "DE,FI,US,JP", "all-but FR"]),
    rate=st.fractions(0, "2/5", max_denominator=1_000).map(str),
    base=st.sampled_from(["gross", "net-of-tax"]),
    floor_per_track=st.sampled_from(["", "", "", "0.03"]),
    ends_at=st.sampled_from([None, None, LAST_OF_NOVEMBER]),
)


@settings(
    max_examples=25,
    # Each example adds to the books that the next one counts: shrinking one would take minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(licences, min_size=2, max_size=5), wanted=st.lists(sales, max_size=8))
def test_random_sales_leave_every_currency_at_zero_and_every_line_licensed(
    drawn: list[LicenceRequest], wanted: list[Sale], shops: Cast
) -> None:
    track_ids = stock(drawn, otto_id=shops.otto.pk)
    for sale in wanted:
        attempt(sale, track_ids)
    assert verify_books().findings == ()
    assert_every_currency_is_at_zero()
    for line in SaleLine.objects.filter(track_id__in=track_ids):
        assert_line_is_licensed_and_accrued(line)
    for name in ("One", "Two", "Three"):
        assert_statements_are_the_ledgers(name)


@pytest.fixture
def shops(db: None) -> Iterator[Cast]:
    """The cast's shop in euros, and one in yen, where there is nothing below the unit. No licences
    but what is drawn. A search in which hardly anything was sold has shown nothing."""
    cast = assemble(licences=())
    open_yen_shop()
    for name in ("One", "Two", "Three"):  # So that each can be asked for a statement.
        dormant = replace(
            SOCIETY, number=f"dormant {name}", licensor=name, licensor_kind="publisher"
        )
        grant_licence(request=replace(dormant, uses=("STREAM_OWNED",)), granted_by=None, now=OPENED)
    yield cast
    assert SaleLine.objects.count() > 5


def stock(drawn: list[LicenceRequest], *, otto_id: int) -> tuple[int, ...]:
    """A label of its own with three tracks, under the drawn licences alone."""
    label = uuid.uuid4().hex
    _, track_ids = stock_release(f"Release {label}", ("A", "B", "C"), label=label)
    for number, request in enumerate(drawn):
        named = replace(
            request,
            number=f"{number}/{label}",
            repertoire_kind="label",
            repertoire=label,
        )
        grant_licence(request=named, granted_by=otto_id, now=OPENED)
    return track_ids


def attempt(sale: Sale, track_ids: tuple[int, ...]) -> None:
    """Buy, or be refused by name; either way the wallet is right."""
    currency = CURRENCIES[sale.domain]
    person = create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD)
    code, worth = uuid.uuid4().hex, Money.of_minor(sale.wallet, currency)
    issue_vouchers(codes=[code], batch="random", amount=worth, now=sale.at)
    redeem_voucher(code=code, person_id=person.pk, domain=sale.domain, now=sale.at)
    chosen = [
        track_id for place in sale.tracks for track_id in track_ids[place : place + 1 or None]
    ]
    try:
        offer = quote_basket(
            quote_id=new_id(now=sale.at),
            person_id=person.pk,
            items=[BasketItem("track", track_id, sale.recipe) for track_id in chosen],
            domain=sale.domain,
            evidence=[Evidence("declared", sale.country)],
            now=sale.at,
        )
        bought = buy_basket(quote_id=offer.id, person_id=person.pk, now=sale.at)
    except (SaleError, RoyaltyError):
        spent = Money.zero(currency)
    else:
        assert bought.total == offer.total
        assert {line.track_id for line in bought.lines} == set(chosen)
        spent = offer.total
    assert get_wallet_balance(person_id=person.pk, currency=currency) == worth - spent


def assert_every_currency_is_at_zero() -> None:
    sums: Counter[str] = Counter()
    for account in iterate_accounts():
        sums[account.currency] += get_balance(code=account.code, currency=account.currency).micros
    assert set(sums.values()) <= {0}


def assert_line_is_licensed_and_accrued(line: SaleLine) -> None:
    sold_at = line.purchase.purchased_at
    for right, licence in (("RECORDING", line.recording_licence), ("WORK", line.work_licence)):
        assert licence.right == right
        assert "DOWNLOAD" in licence.uses.split(",")
        assert line.territory in TerritorySet.parse(licence.territories)
        assert sold_at in Period(licence.starts_at, licence.ends_at)
        assert licence.label_id == line.track.release.label_id
        due = Accrual.objects.get(sale_line=line, right=right)
        assert due.licensor_id == licence.licensor_id
        assert due.accrued_at == sold_at
    moved = {
        (row.reason, row.credit_account.code.split("/")[0]): row.amount_micros
        for row in Transfer.objects.filter(document=line.document, reason__in=["sale", "tax"])
    }
    tax = {("tax", "vat"): line.tax_micros} if line.tax_micros else {}
    assert moved == {("sale", "sales"): line.gross_micros} | tax
    paid = Transfer.objects.filter(document=line.document, reason="royalty")
    assert sum(row.amount_micros for row in paid) == line.recording_micros + line.work_micros
    assert line.evidence == [{"kind": "declared", "country": line.territory, "detail": ""}]


def assert_statements_are_the_ledgers(name: str) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    stated: Counter[str] = Counter()
    for month in MONTHS:
        for statement in issue_statement(
            licensor_name=name, period=month_period(month), now=INSTANTS[0]
        ):
            *lines, total = list(csv.DictReader(io.StringIO(statement.csv_text)))
            assert len(lines) == statement.line_count
            assert all(line["sold_at_utc"].startswith(month) for line in lines)
            assert sum(Decimal(line["due"]) for line in lines) == statement.total.decimal
            assert Decimal(total["due"]) == statement.total.decimal
            stated[statement.currency] += statement.total.micros
    for currency, micros in stated.items():
        rows = Accrual.objects.filter(licensor__name=name, currency=currency, accrued_at__lt=now)
        assert sum(row.amount_micros for row in rows) == micros
        licensor_id = rows[0].licensor_id
        owed = get_balance(code=f"royalties/{licensor_id}/{currency}", currency=currency)
        assert owed.micros == micros
