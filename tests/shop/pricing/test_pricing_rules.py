"""Prices are lowered in one order, never below the lowest, never above the list, in whole cents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    Repertoire,
    Right,
    TariffCurrencyError,
    TariffTerms,
    Use,
)
from pennywhistle.shop.pricing.lowest import lowest_price
from pennywhistle.shop.pricing.rules import (
    Ask,
    NamedTerms,
    Priced,
    PriceKind,
    PricingError,
    PromotionTerms,
    Upgrade,
    Whole,
    check_asked,
    check_promotion,
    fold_promotion_code,
    price_asks,
    share_out,
)
from pennywhistle.shop.royalties.rules import TariffsExceedPriceError, divide_price
from pennywhistle.shop.storefronts.rules import Tier

NOW = datetime(2026, 11, 24, tzinfo=UTC)

currencies = st.sampled_from(["EUR", "JPY", "KWD"])
percents = st.integers(1, 10_000).map(lambda hundredths: Fraction(hundredths, 100))


def licence(number: int, right: Right, tariff: TariffTerms) -> LicenceTerms:
    return LicenceTerms(
        id=number,
        number=f"L-{number}",
        licensor_id=number,
        licensor=f"Licensor {number}",
        right=right,
        repertoire=Repertoire("whole"),
        uses=frozenset(Use),
        territories=TerritorySet.worldwide(),
        starts_at=NOW,
        ends_at=None,
        tariff=tariff,
        document_reference="",
    )


def under(work: TariffTerms, recording: TariffTerms) -> Covered:
    return Covered(
        recording=licence(1, Right.RECORDING, recording), work=licence(2, Right.WORK, work)
    )


@st.composite
def tariffs(draw: st.DrawFn, currency: str) -> TariffTerms:
    floor = draw(st.none() | st.integers(0, 3_000_000).map(lambda n: Money(n, currency)))
    rate = Fraction(draw(st.integers(0, 600)), 1000)
    return TariffTerms("T", 1, rate, draw(st.sampled_from(["gross", "net-of-tax"])), floor)


@given(data=st.data(), currency=currencies, percent=st.sampled_from(["0", "8.1", "19", "27"]))
def test_the_lowest_price_pays_tax_and_tariffs_and_a_unit_less_does_not(
    data: st.DataObject, currency: str, percent: str
) -> None:
    covered = under(data.draw(tariffs(currency)), data.draw(tariffs(currency)))
    vat, unit = Decimal(percent), micros_in_minor_unit(currency)

    def pays(price: Money) -> bool:
        try:
            divide_price(gross=price, vat_percent=vat, covered=covered, tie_key="")
        except TariffsExceedPriceError:
            return False
        return True

    lowest = lowest_price(covered=covered, vat_percent=vat, currency=currency)
    if lowest is None:
        assert not any(pays(Money.of_minor(n, currency)) for n in (1, 10, 1_000, 10**9))
        return
    assert lowest.is_whole_minor
    assert lowest.micros > 0
    assert pays(lowest)
    assert pays(Money(lowest.micros + data.draw(st.integers(1, 10**6)) * unit, currency))
    if lowest.micros > unit:
        assert not pays(Money(lowest.micros - unit, currency))


def test_a_floor_in_another_currency_has_no_lowest_price() -> None:
    floored = TariffTerms("T", 1, Fraction(1, 10), "gross", Money.parse("0.01", "USD"))
    with pytest.raises(TariffCurrencyError, match="USD"):
        lowest_price(covered=under(floored, floored), vat_percent=Decimal(0), currency="EUR")


@given(data=st.data(), currency=currencies, count=st.integers(1, 12))
def test_what_is_shared_out_sums_and_keeps_its_bounds(
    data: st.DataObject, currency: str, count: int
) -> None:
    def minor(least: int, most: int) -> Money:
        return Money.of_minor(data.draw(st.integers(least, most)), currency)

    weights = {str(i): minor(1, 200) for i in range(count)}
    least = {i: minor(0, weight.minor_units) for i, weight in weights.items()}
    whole = Money.total(weights.values(), currency)
    total = minor(0, whole.minor_units)
    shares = share_out(total=total, weights=weights, least=least, tie_key="t")
    assert Money.total(shares.values(), currency) == max(
        total, Money.total(least.values(), currency)
    )
    for i, share in shares.items():
        assert share.is_whole_minor
        assert least[i] <= share <= weights[i]


@st.composite
def asks(draw: st.DrawFn, currency: str, *, release: int = 1, tracks: int = 6) -> list[Ask]:
    """Songs of one release, each in one recipe."""
    made = []
    for track in range(1, draw(st.integers(1, tracks)) + 1):
        kind = draw(
            st.sampled_from([PriceKind.SIZE, PriceKind.SIZE, PriceKind.FIXED, PriceKind.NAMED])
        )
        worths = draw(st.lists(st.integers(1, 150), max_size=2))
        lowest = draw(st.none() | st.integers(1, 120))
        made.append(
            Ask(
                track_id=track,
                release_id=release,
                label_id=draw(st.integers(1, 2)),
                recipe="flac",
                listed=Money.of_minor(draw(st.integers(1, 200)), currency),
                kind=kind,
                lowest=None if lowest is None else Money.of_minor(lowest, currency),
                upgrades=tuple(
                    Upgrade(f"sale/{track}/{number}", Money.of_minor(worth, currency))
                    for number, worth in enumerate(worths)
                ),
            )
        )
    return made


@st.composite
def promotions(draw: st.DrawFn, currency: str) -> PromotionTerms:
    releases = frozenset(draw(st.sets(st.integers(1, 2), max_size=1)))
    labels = frozenset(draw(st.sets(st.integers(1, 2), max_size=1)))
    if draw(st.booleans()):
        return PromotionTerms("X", draw(percents), None, releases, labels)
    amount = Money.of_minor(draw(st.integers(1, 500)), currency)
    return PromotionTerms("X", None, amount, releases, labels)


def whole_of(lines: list[Ask], price: Money, kind: PriceKind = PriceKind.ALBUM) -> Whole:
    return Whole(1, "flac", price, kind, {ask.track_id: ask.listed for ask in lines})


def total(lines: list[Priced]) -> Money:
    return Money.total((line.price for line in lines), lines[0].price.currency)


@given(data=st.data(), currency=currencies)
def test_whatever_lowers_prices_they_stay_between_the_lowest_and_the_list(
    data: st.DataObject, currency: str
) -> None:
    lines = data.draw(asks(currency))
    album = Money.of_minor(data.draw(st.integers(1, 1_500)), currency)
    kind = data.draw(st.sampled_from([PriceKind.ALBUM, PriceKind.FIXED]))
    tier = data.draw(st.none() | percents.map(lambda p: Tier(Money.zero(currency), p)))
    priced = price_asks(
        asks=lines,
        wholes=data.draw(st.sampled_from([[], [whole_of(lines, album, kind)]])),
        tier=tier,
        promotion=data.draw(st.none() | promotions(currency)),
    )
    assert [(p.ask.track_id, p.ask.listed) for p in priced] == [
        (ask.track_id, ask.listed) for ask in lines
    ]
    for line, ask in zip(priced, lines, strict=True):
        taken = Money.total((each.amount for each in line.reductions), currency)
        assert line.price + taken == ask.listed
        assert all(each.amount.micros > 0 for each in line.reductions)
        assert ask.least <= line.price <= ask.listed
        assert line.price.is_whole_minor
        assert line.price.micros > 0
        order = ["bundle", "upgrade", "tier", "promotion"]
        kinds = [order.index(each.kind) for each in line.reductions]
        assert kinds == sorted(kinds)
        once = [kind for kind in kinds if order[kind] != "upgrade"]
        assert len(once) == len(set(once))
        if ask.kind is PriceKind.NAMED:
            assert {each.kind for each in line.reductions} <= {"bundle", "upgrade"}


@given(data=st.data(), currency=currencies, with_upgrades=st.booleans())
def test_a_release_bought_whole_is_never_dearer_than_its_tracks(
    data: st.DataObject, currency: str, with_upgrades: bool
) -> None:
    lines = [
        ask if with_upgrades else replace(ask, upgrades=()) for ask in data.draw(asks(currency))
    ]
    album = Money.of_minor(data.draw(st.integers(1, 1_500)), currency)
    tier = data.draw(st.none() | percents.map(lambda p: Tier(Money.zero(currency), p)))
    singly = price_asks(asks=lines, tier=tier)
    whole = price_asks(asks=lines, wholes=[whole_of(lines, album)], tier=tier)
    assert all(one.price <= other.price for one, other in zip(whole, singly, strict=True))


@given(data=st.data(), currency=currencies)
def test_the_lines_of_an_album_sum_to_its_price_where_that_pays(
    data: st.DataObject, currency: str
) -> None:
    lines = [replace(ask, upgrades=()) for ask in data.draw(asks(currency))]
    album = Money.of_minor(data.draw(st.integers(1, 1_500)), currency)
    listed = Money.total((ask.listed for ask in lines), currency)
    least = Money.total((ask.least for ask in lines), currency)
    priced = price_asks(asks=lines, wholes=[whole_of(lines, album)])
    assert total(priced) == max(least, min(album, listed))


@given(data=st.data(), currency=currencies)
def test_a_higher_discount_or_a_code_never_makes_anything_dearer(
    data: st.DataObject, currency: str
) -> None:
    lines = data.draw(asks(currency))
    low, high = sorted([data.draw(percents), data.draw(percents)])
    nothing = Money.zero(currency)
    cheap = price_asks(asks=lines, tier=Tier(nothing, high))
    dear = price_asks(asks=lines, tier=Tier(nothing, low))
    assert all(one.price <= other.price for one, other in zip(cheap, dear, strict=True))
    coded = price_asks(
        asks=lines, tier=Tier(nothing, low), promotion=data.draw(promotions(currency))
    )
    assert all(one.price <= other.price for one, other in zip(coded, dear, strict=True))


@given(data=st.data(), currency=currencies)
def test_a_code_of_an_amount_takes_off_that_amount_unless_the_lowest_prices_forbid(
    data: st.DataObject, currency: str
) -> None:
    lines = [replace(ask, kind=PriceKind.SIZE, upgrades=()) for ask in data.draw(asks(currency))]
    off = Money.of_minor(data.draw(st.integers(1, 500)), currency)
    least = Money.total((ask.least for ask in lines), currency)
    before = Money.total((ask.listed for ask in lines), currency)
    after = total(price_asks(asks=lines, promotion=PromotionTerms("X", None, off)))
    assert after == max(before - off, least)


def euros(text: str) -> Money:
    return Money.parse(text, "EUR")


def song(listed: str, *, kind: PriceKind = PriceKind.SIZE, lowest: str = "0.01") -> Ask:
    return Ask(1, 1, 1, "flac", euros(listed), kind, euros(lowest))


def test_an_upgrade_costs_the_difference_and_no_less_than_the_lowest() -> None:
    owned = replace(song("0.62"), upgrades=(Upgrade("sale/q/1", euros("0.26")),))
    (line,) = price_asks(asks=[owned])
    assert (line.price, line.kind) == (euros("0.36"), PriceKind.UPGRADE)
    assert line.reductions[0].as_json() == {
        "kind": "upgrade",
        "code": "sale/q/1",
        "micros": 260_000,
    }
    (line,) = price_asks(asks=[replace(owned, lowest=euros("0.40"))])
    assert line.price == euros("0.40")


def test_a_fixed_price_is_lowered_by_a_code_for_that_label_or_release_alone() -> None:
    fixed, tier = song("1.00", kind=PriceKind.FIXED), Tier(euros("0"), Fraction(10))
    half = PromotionTerms("X", Fraction(50))
    assert total(price_asks(asks=[fixed], tier=tier, promotion=half)) == euros("1.00")
    own = frozenset({1})
    for code in (replace(half, release_ids=own), replace(half, label_ids=own)):
        assert total(price_asks(asks=[fixed], tier=tier, promotion=code)) == euros("0.50")
    other = replace(half, release_ids=frozenset({2}))
    assert total(price_asks(asks=[fixed, song("1.00")], promotion=other)) == euros("2.00")


def test_a_label_s_price_of_the_whole_is_not_lowered_by_the_shop() -> None:
    lines = [song("1.00"), replace(song("1.00"), track_id=2)]
    tier = Tier(euros("0"), Fraction(10))
    whole = Whole(1, "flac", euros("1.50"), PriceKind.FIXED, {1: euros("1.00"), 2: euros("1.00")})
    assert total(price_asks(asks=lines, wholes=[whole], tier=tier)) == euros("1.50")
    shops = replace(whole, kind=PriceKind.ALBUM)
    assert total(price_asks(asks=lines, wholes=[shops], tier=tier)) == euros("1.36")


def test_who_owns_part_of_an_album_pays_the_rest_of_its_price() -> None:
    whole = Whole(1, "flac", euros("1.50"), PriceKind.ALBUM, {n: euros("1.00") for n in (1, 2, 3)})
    assert total(price_asks(asks=[song("1.00")], wholes=[whole])) == euros("0.50")


def test_a_price_that_a_listener_names_is_at_least_the_least() -> None:
    terms = NamedTerms(euros("1.00"), euros("2.00"))
    assert terms.take(None) == euros("2.00")
    assert terms.take(euros("0.10")) == euros("1.00")
    assert terms.take(euros("7.00")) == euros("7.00")
    assert terms.take(Money.parse("7", "USD")) == euros("2.00")
    assert terms.most == euros("200.00")


def test_what_nobody_could_be_asked_is_refused() -> None:
    for amount, suggested in (("0", None), ("0.005", None), ("1.00", "0.50")):
        with pytest.raises(PricingError):
            check_asked(
                kind=PriceKind.NAMED,
                amount=euros(amount),
                suggested=None if suggested is None else euros(suggested),
            )


@pytest.mark.parametrize(
    "terms",
    [
        PromotionTerms("X"),
        PromotionTerms("X", Fraction(5), euros("1.00")),
        PromotionTerms("X", None, euros("0.005")),
        PromotionTerms("-X", Fraction(5)),
        PromotionTerms("X Y", Fraction(5)),
    ],
)
def test_a_code_that_is_none_is_refused(terms: PromotionTerms) -> None:
    with pytest.raises(PricingError):
        check_promotion(terms=terms, starts_at=NOW, ends_at=None)


def test_a_code_ends_after_it_begins_and_is_read_as_people_type_it() -> None:
    with pytest.raises(PricingError, match="before it begins"):
        check_promotion(
            terms=PromotionTerms("X", Fraction(5)),
            starts_at=NOW,
            ends_at=NOW - timedelta(seconds=1),
        )
    assert fold_promotion_code(" spring-26\n") == "SPRING-26"
