"""Random price lists, asked prices, codes and baskets of one listener: every price is explained."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.licensing.rules import Covered
from pennywhistle.shop.pricing.lowest import lowest_price
from pennywhistle.shop.pricing.rules import PricingError
from pennywhistle.shop.sales.models import SaleLine
from pennywhistle.shop.sales.rules import Evidence, SaleError
from tests.cast import LABEL, NOW, OPENED, PASSWORD, SOCIETY, Cast, assemble, euros, stock_release

pytestmark = pytest.mark.django_db

RECIPES = ("mp3-128", "mp3-320", "flac-16-44", "flac", "wav")
SHOP = "testserver"
COUNTRIES = ("DE", "HU", "US")
SECONDS = count(1)  # No price list is set twice at an instant.


@dataclass(frozen=True)
class Wish:
    """Some of three songs, or the release whole (-1), in one recipe, at a price if it is named."""

    place: int
    recipe: str
    named: int | None

    def item(self, release_id: int, track_ids: tuple[int, ...]) -> BasketItem:
        kind, number = (
            ("release", release_id) if self.place < 0 else ("track", track_ids[self.place])
        )
        named = None if self.named is None else Money.of_minor(self.named, "EUR")
        return BasketItem(kind, number, self.recipe, named)


@dataclass(frozen=True)
class Asking:
    """What the label asks for its release, whole or each track."""

    scope: str
    kind: str
    cents: int


cents = st.integers(1, 300)
wishes = st.builds(Wish, st.integers(-1, 2), st.sampled_from(RECIPES), st.none() | cents)
baskets = st.lists(wishes, min_size=1, max_size=4)
askings = st.builds(
    Asking, st.sampled_from(["whole", "each"]), st.sampled_from(["fixed", "named", "size"]), cents
)
lists = st.fixed_dictionaries(
    {
        "album_lossy": st.none() | cents,
        "album_reduced": st.none() | cents,
        "album_lossless": st.none() | cents,
    }
)
tiers = st.sampled_from(["none", "0.05=5", "0.05=10, 0.40=33.33, 2=80"])
codes = st.sampled_from(["", "", "50%", "99.99%", "100%", "0.10", "3.00"])
floors = st.sampled_from(["", "0.01", "0.05"])


@pytest.fixture
def shop(db: None) -> Iterator[Cast]:
    """The cast's shop without licences. A search that lowered no price has shown
    nothing."""
    yield assemble(licences=())
    lowered = {each["kind"] for line in SaleLine.objects.all() for each in line.reductions}
    assert lowered


def written(minor: int | None) -> str:
    return "none" if minor is None else str(Money.of_minor(minor, "EUR").decimal)


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    prices=lists,
    tier=tiers,
    asked=st.lists(askings, max_size=3),
    floor=floors,
    wanted=st.lists(st.tuples(baskets, codes, st.sampled_from(COUNTRIES)), min_size=1, max_size=4),
)
def test_whatever_a_listener_buys_each_price_is_the_list_s_less_what_is_named(
    prices: dict[str, int | None],
    tier: str,
    asked: list[Asking],
    floor: str,
    wanted: list[tuple[list[Wish], str, str]],
    shop: Cast,
) -> None:
    release_id, track_ids, release = stock(floor)
    albums = {name: written(most) for name, most in prices.items()}
    set_prices(
        request=PriceListRequest("EUR", **albums, tiers=tier),
        domain=SHOP,
        now=OPENED + timedelta(seconds=next(SECONDS)),
    )
    for asking in asked:
        ask(asking, release)
    person_id = someone()
    for basket, off, country in wanted:
        buy(person_id, [wish.item(release_id, track_ids) for wish in basket], off, country)
    assert verify_books().findings == ()
    for line in SaleLine.objects.filter(track_id__in=track_ids):
        assert_price_is_right(line)


def stock(floor: str) -> tuple[int, tuple[int, ...], str]:
    label = uuid.uuid4().hex[:12]
    release_id, track_ids = stock_release(f"R {label}", ("A", "B", "C"), label=label)
    for request in (SOCIETY, LABEL):
        named = replace(
            request,
            number=f"{request.number}/{label}",
            repertoire_kind="label",
            repertoire=label,
            territories="worldwide",
            floor_per_track=floor if request is SOCIETY else "",
        )
        grant_licence(request=named, granted_by=None, now=OPENED)
    return release_id, track_ids, f"ann-piper-r-{label}"


def ask(asking: Asking, release: str) -> None:
    amount = "" if asking.kind == "size" else written(asking.cents)
    request = PriceRequest(asking.scope, release, asking.kind, amount)
    try:
        ask_price(request=request, domain=SHOP, asked_by=None, now=OPENED)
    except PricingError as error:
        assert "does not pay its tax" in str(error)


def someone() -> int:
    person = create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD)
    code = uuid.uuid4().hex
    issue_vouchers(codes=[code], batch="random", amount=euros("100"), now=NOW)
    redeem_voucher(code=code, person_id=person.pk, domain=SHOP, now=NOW)
    return int(person.pk)


def buy(person_id: int, items: list[BasketItem], off: str, country: str) -> None:
    code = uuid.uuid4().hex[:20].upper() if off else ""
    if off:
        request = PromotionRequest(code=code, takes_off=off, starts_at=OPENED, uses_most=1)
        make_promotion(request=request, domain=SHOP, now=OPENED)
    try:
        offer = quote_basket(
            quote_id=new_id(now=NOW),
            person_id=person_id,
            items=items,
            domain=SHOP,
            evidence=[Evidence("declared", country)],
            now=NOW,
            promotion_code=code,
        )
        bought = buy_basket(quote_id=offer.id, person_id=person_id, now=NOW)
    except SaleError:  # All of it is theirs already, or a list price does not pay there.
        return
    assert bought.total == offer.total


def assert_price_is_right(line: SaleLine) -> None:
    taken = sum(reduction["micros"] for reduction in line.reductions)
    assert line.list_micros - taken == line.gross_micros
    terms = list_terms_by_id(licence_ids=[line.recording_licence_id, line.work_licence_id])
    lowest = lowest_price(
        covered=Covered(terms[line.recording_licence_id], terms[line.work_licence_id]),
        vat_percent=line.vat_percent,
        currency="EUR",
    )
    assert lowest is not None
    assert lowest.micros <= line.gross_micros <= line.list_micros
    assert line.gross_micros % 10_000 == 0
