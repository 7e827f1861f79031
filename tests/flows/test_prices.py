"""Price lists, asked prices, codes and currencies, from the command to the quote and the sale."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import connection

from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.find_lowest_prices import find_lowest_prices
from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.make_promotion import PromotionRequest, end_promotion, make_promotion
from pennywhistle.flows.open_storefront import StorefrontRequest, open_storefront
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.record_rate import record_rate
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import list_tracks_of_release
from pennywhistle.shop.pricing.asked import list_promotions
from pennywhistle.shop.pricing.models import PromotionUse
from pennywhistle.shop.pricing.rules import PriceTooLowError, PricingError, PromotionRefusedError
from pennywhistle.shop.sales.price_recount import find_price_faults
from pennywhistle.shop.sales.queries import QuoteFacts, find_purchase_of_quote
from pennywhistle.shop.sales.rules import OtherCurrencyError
from pennywhistle.shop.sales.vat import UNTOLD
from pennywhistle.shop.storefronts.queries import get_rate, get_shopfront
from pennywhistle.shop.storefronts.rules import NoRateError, StorefrontError
from tests.cast import GERMANY, NOW, OPENED, SOCIETY, Cast, euros, fill_wallet, quote
from tests.guards_lifted import guards_lifted

SHOP = "testserver"
# Each of the three songs costs 0.13 as mp3-192 and 0.32 as flac (15.876 MB at 0.02).
MP3, FLAC = "mp3-192", "flac"


def ask(scope: str, what: str, kind: str, amount: str = "", suggested: str = "") -> None:
    ask_price(
        request=PriceRequest(scope, what, kind, amount, suggested),
        domain=SHOP,
        asked_by=None,
        now=OPENED,
    )


def prices(**words: str) -> None:
    request = PriceListRequest(**{"currency": "EUR", **words})
    set_prices(request=request, domain=SHOP, now=OPENED + timedelta(days=1))


def promote(code: str, takes_off: str, **more: object) -> None:
    request = PromotionRequest(code=code, takes_off=takes_off, starts_at=OPENED, **more)  # type: ignore[arg-type]
    make_promotion(request=request, domain=SHOP, now=OPENED)


def quote_with(cast: Cast, *items: BasketItem, code: str = "", currency: str = "") -> QuoteFacts:
    return quote_basket(
        quote_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        items=items,
        domain=SHOP,
        evidence=GERMANY,
        now=NOW,
        currency=currency,
        promotion_code=code,
    )


def whole(cast: Cast, recipe: str = MP3, named: str = "") -> BasketItem:
    return BasketItem("release", cast.release_id, recipe, euros(named) if named else None)


def one(cast: Cast, recipe: str = MP3, named: str = "") -> BasketItem:
    return BasketItem("track", cast.track_ids[0], recipe, euros(named) if named else None)


def told(offer: QuoteFacts) -> list[tuple[str, str, str]]:
    return [(str(line.list_price), str(line.gross), line.price_kind.value) for line in offer.lines]


def test_each_kind_of_recipe_has_its_price(cast: Cast) -> None:
    prices(reduced_per_mb="0.10")
    shop = get_shopfront(domain=SHOP, now=NOW)
    assert [shop.prices.rate_of(kind) for kind in ("lossy", "reduced", "lossless")] == [
        euros("0.03"),
        euros("0.10"),
        euros("0.02"),
    ]


def test_what_is_not_said_of_a_price_list_stays(cast: Cast) -> None:
    prices(tiers="10=5, 20=7.5", bonuses="bank=2.5", album_lossy="0.30")
    set_prices(
        request=PriceListRequest("EUR", tiers="none"), domain=SHOP, now=OPENED + timedelta(days=2)
    )
    held = get_shopfront(domain=SHOP, now=NOW).prices
    assert held.tiers == ()
    assert held.bonuses == {"bank": Fraction(5, 2)}
    assert held.albums == {"lossy": euros("0.30")}


def test_other_prices_from_the_same_instant_on_are_refused(cast: Cast) -> None:
    for _ in range(2):
        prices(lossy_per_mb="0.04")
    with pytest.raises(StorefrontError, match="a moment later"):
        prices(lossy_per_mb="0.05")


@pytest.mark.parametrize(
    "words",
    [
        {"tiers": "20=5, 30=5"},
        {"tiers": "20"},
        {"tiers": "20=101"},
        {"bonuses": "bank=0.001"},
        {"album_lossy": "0.005"},
        {"floor_per_track": "0"},
    ],
)
def test_a_price_list_that_is_none_is_refused(cast: Cast, words: dict[str, str]) -> None:
    with pytest.raises(StorefrontError):
        prices(**words)


def test_a_release_costs_the_album_s_price_where_its_songs_cost_more(cast: Cast) -> None:
    prices(album_lossy="0.30")
    offer = quote_with(cast, whole(cast))
    assert offer.total == euros("0.30")
    assert told(offer) == [("0.13 EUR", "0.10 EUR", "album")] * 3
    assert {r.kind for line in offer.lines for r in line.reductions} == {"bundle"}
    assert quote_with(cast, one(cast)).total == euros("0.13")
    assert quote_with(cast, whole(cast, FLAC)).total == euros("0.96")


def test_a_song_beside_its_release_costs_nothing_more_whichever_comes_first(cast: Cast) -> None:
    prices(album_lossy="0.30")
    for items in ([whole(cast), one(cast)], [one(cast), whole(cast)]):
        assert quote_with(cast, *items).total == euros("0.30")


def test_labels_fix_prices_and_take_them_back(cast: Cast) -> None:
    ask("each", "ann-piper-reels", "fixed", "0.50")
    ask("track", "ZZPEN2600001", "fixed", "0.70")
    ask("whole", "ann-piper-reels", "fixed", "1.50")
    assert quote_with(cast, one(cast)).total == euros("0.70")
    assert quote_with(cast, whole(cast)).total == euros("1.50")
    for scope, what in (("each", "ann-piper-reels"), ("whole", "ann-piper-reels")):
        ask(scope, what, "size")
    assert [line.gross for line in quote_with(cast, whole(cast)).lines] == [
        euros("0.70"),
        euros("0.13"),
        euros("0.13"),
    ]
    ask("track", "ZZPEN2600001", "size")
    assert quote_with(cast, whole(cast)).total == euros("0.39")


def test_a_listener_names_the_price_of_a_song_and_of_a_release(cast: Cast) -> None:
    ask("each", "ann-piper-reels", "named", "0.20", "0.50")
    assert quote_with(cast, one(cast)).total == euros("0.50")
    assert quote_with(cast, one(cast, named="3.00")).total == euros("3.00")
    assert quote_with(cast, one(cast, named="0.01")).total == euros("0.20")
    ask("whole", "ann-piper-reels", "named", "1.00")
    offer = quote_with(cast, whole(cast, named="5.00"))
    assert offer.total == euros("5.00")
    assert {line.price_kind.value for line in offer.lines} == {"named"}
    assert quote_with(cast, whole(cast)).total == euros("1.00")


def test_a_price_below_what_tax_and_tariffs_need_is_refused_with_the_numbers(cast: Cast) -> None:
    floored = replace(
        SOCIETY,
        number="MER-2",
        repertoire_kind="release",
        repertoire="ann-piper-reels",
        floor_per_track="0.10",
    )
    grant_licence(request=floored, granted_by=None, now=OPENED)
    with pytest.raises(
        PriceTooLowError,
        match=r"0\.20 EUR does not pay .* at least 0\.32 EUR in DK, FI, HR, HU, NO, SE",
    ):
        ask("each", "ann-piper-reels", "fixed", "0.20")
    with pytest.raises(PriceTooLowError, match=r"at least 0\.96 EUR in DK"):
        ask("whole", "ann-piper-reels", "fixed", "0.90")
    shop = get_shopfront(domain=SHOP, now=NOW)
    tracks = list_tracks_of_release(release_id=cast.release_id)
    rows = find_lowest_prices(shop=shop, tracks=tracks, seller=UNTOLD, now=NOW)
    assert (rows[0].countries, rows[0].each, rows[0].whole) == (
        ("DK", "FI", "HR", "HU", "NO", "SE"),
        euros("0.32"),
        euros("0.96"),
    )
    assert not any("FR" in row.countries for row in rows)  # Where the label licenses nothing.


def test_a_reduced_price_is_lifted_to_what_tax_and_tariffs_need(cast: Cast) -> None:
    floored = replace(
        SOCIETY,
        number="MER-2",
        repertoire_kind="release",
        repertoire="ann-piper-reels",
        floor_per_track="0.02",
    )
    grant_licence(request=floored, granted_by=None, now=OPENED)
    promote("FREE", "100%")
    offer = quote_with(cast, one(cast), code="free")
    # 0.02 for the work and 60% of the net for the recording: 0.02 ÷ 0.4 × 1.19 = 0.0595.
    assert told(offer) == [("0.13 EUR", "0.06 EUR", "size")]
    assert offer.lines[0].reductions[0].amount == euros("0.07")
    assert offer.promotion_code == "FREE"


def test_an_upgrade_costs_the_difference_and_names_what_it_upgrades(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    bought = buy_basket(quote_id=quote(cast, one(cast)).id, person_id=cast.alice.pk, now=NOW)
    offer = quote_with(cast, one(cast, FLAC))
    assert told(offer) == [("0.32 EUR", "0.19 EUR", "upgrade")]
    assert offer.lines[0].reductions[0].code == bought.lines[0].document
    assert told(quote_with(cast, one(cast, "mp3-128"))) == [("0.09 EUR", "0.09 EUR", "size")]


def test_what_was_bought_for_less_counts_for_what_it_was_bought_for(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    promote("HALF", "50%")
    offer = quote_with(cast, one(cast), code="HALF")
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert quote_with(cast, one(cast, "mp3-320")).total == euros("0.22") - euros("0.07")
    buy_basket(quote_id=quote_with(cast, one(cast, "mp3-320")).id, person_id=cast.alice.pk, now=NOW)
    assert quote_with(cast, one(cast, FLAC)).total == euros("0.32") - euros("0.22")


def test_a_price_named_below_the_least_names_what_it_stands_on(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    ask("each", "ann-piper-reels", "named", "0.50")
    bought = buy_basket(quote_id=quote(cast, one(cast)).id, person_id=cast.alice.pk, now=NOW)
    offer = quote_with(cast, one(cast, FLAC, named="0.10"))
    assert told(offer) == [("0.50 EUR", "0.10 EUR", "named")]
    (off,) = offer.lines[0].reductions
    assert (off.kind, off.code, off.amount) == ("upgrade", bought.lines[0].document, euros("0.40"))
    for enough in ("0.50", "0.60"):  # Who names as much as anybody else stands on nothing.
        (line,) = quote_with(cast, one(cast, FLAC, named=enough)).lines
        assert (line.gross, line.list_price, line.reductions) == (euros(enough),) * 2 + ((),)


def test_an_upgrade_names_every_line_that_it_counts(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    promote("MOST", "90%")
    small = buy_basket(quote_id=quote(cast, one(cast)).id, person_id=cast.alice.pk, now=NOW)
    offer = quote_with(cast, one(cast, "mp3-320"), code="MOST")
    large = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    (line,) = quote_with(cast, one(cast, FLAC)).lines
    assert line.gross == euros("0.32") - small.total - large.total
    assert [(off.code, off.amount) for off in line.reductions] == [
        (large.lines[0].document, large.total),
        (small.lines[0].document, small.total),
    ]


def test_who_has_spent_enough_pays_less(cast: Cast) -> None:
    prices(tiers="0.10=10, 0.20=50")
    fill_wallet(cast.alice, "5.00")
    assert told(quote_with(cast, one(cast)))[0][1] == "0.13 EUR"
    for code in (MP3, FLAC):
        offer = quote(cast, one(cast, code))
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    song = BasketItem("track", cast.track_ids[1], MP3)
    (line,) = quote_with(cast, song).lines
    assert (line.gross, line.reductions[0].code) == (euros("0.07"), "50%")


def test_a_code_holds_in_its_time_for_its_music_and_as_often_as_it_may(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    promote("ONCE", "50%", uses_per_person_most=1, ends_at=NOW + timedelta(days=1))
    promote("LATER", "50%")
    promote("OTHER", "50%", labels=["Lantern"], uses_most=1)
    promote("CENTS", "0.05")
    assert quote_with(cast, whole(cast), code="CENTS").total == euros("0.34")
    offer = quote_with(cast, one(cast), code="once")
    assert told(offer) == [("0.13 EUR", "0.07 EUR", "size")]
    again = quote_with(cast, BasketItem("track", cast.track_ids[1], MP3), code="once")
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert PromotionUse.objects.count() == 1
    with pytest.raises(PromotionRefusedError, match="as often as one person may"):
        buy_basket(quote_id=again.id, person_id=cast.alice.pk, now=NOW)
    with pytest.raises(PromotionRefusedError, match="as often as one person may"):
        quote_with(cast, whole(cast), code="ONCE")
    end_promotion(code="later", domain=SHOP, now=NOW)
    with pytest.raises(PromotionRefusedError, match="does not hold any more"):
        quote_with(cast, whole(cast), code="LATER")
    with pytest.raises(PromotionRefusedError, match="There is no code"):
        quote_with(cast, whole(cast), code="NOBODY")
    with pytest.raises(PricingError, match="made before"):
        promote("ONCE", "10%")
    counts = {f.terms.code: f.use_count for f in list_promotions(storefront_id=cast.storefront.pk)}
    assert counts == {"ONCE": 1, "LATER": 0, "OTHER": 0, "CENTS": 0}


def test_a_shop_sells_in_several_currencies_and_a_wallet_keeps_its_own(cast: Cast) -> None:
    with pytest.raises(StorefrontError, match="the first prices in GBP need a lossy"):
        set_prices(request=PriceListRequest("GBP"), domain=SHOP, now=OPENED)
    request = PriceListRequest(
        "gbp", lossy_per_mb="0.02", lossless_per_mb="0.02", floor_per_track="0.08"
    )
    set_prices(request=request, domain=SHOP, now=OPENED)
    assert get_shopfront(domain=SHOP, now=NOW).currencies == ("EUR", "GBP")
    assert quote_with(cast, one(cast), currency="GBP").total == Money.parse("0.09", "GBP")
    assert quote_with(cast, one(cast), currency="USD").total == euros("0.13")
    fill_wallet(cast.alice, "5.00")
    assert quote_with(cast, one(cast), currency="GBP").total == euros("0.13")


def test_a_wallet_in_a_currency_that_the_shop_does_not_sell_in_buys_nothing_there(
    cast: Cast,
) -> None:
    request = StorefrontRequest("Dime", "dime.example", "USD", "0.03", "0.02", "0.10")
    open_storefront(request=request, now=OPENED)
    code = uuid.uuid4().hex
    issue_vouchers(codes=[code], batch="x", amount=Money.parse("5", "USD"), now=NOW)
    redeem_voucher(code=code, person_id=cast.alice.pk, domain="dime.example", now=NOW)
    with pytest.raises(
        OtherCurrencyError, match="Your wallet holds USD, and this shop sells in EUR"
    ):
        quote_with(cast, one(cast))


def test_nothing_is_converted_without_a_rate_its_source_and_its_day(db: None) -> None:
    day = date(2026, 9, 30)
    with pytest.raises(NoRateError, match="2026-09-30"):
        get_rate(base="EUR", quote="GBP", day=day)
    for _ in range(2):
        record_rate(base="eur", quote="GBP", amount="0.8", day=date(2026, 10, 1), source="ECB")
    rate = get_rate(base="EUR", quote="GBP", day=day)
    assert (rate.rate, rate.source, rate.day) == (Fraction(4, 5), "ECB", date(2026, 10, 1))
    assert get_rate(base="GBP", quote="EUR", day=day).rate == Fraction(5, 4)
    assert rate.convert(euros("1.00")) == 800_000
    with pytest.raises(StorefrontError, match="on file already"):
        record_rate(base="EUR", quote="GBP", amount="0.9", day=date(2026, 10, 1), source="ECB")
    with pytest.raises(StorefrontError):
        record_rate(base="EUR", quote="GBP", amount="0.9", day=date(2026, 10, 2), source=" ")


def test_a_sale_with_every_reduction_is_found_sound_and_one_that_differs_is_named(
    cast: Cast,
) -> None:
    prices(album_lossy="0.30", tiers="0.01=10")
    promote("HALF", "50%")
    fill_wallet(cast.alice, "5.00")
    for items, code in (([one(cast)], ""), ([whole(cast, FLAC), whole(cast, MP3)], "half")):
        offer = quote_with(cast, *items, code=code)
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert verify_books().findings == ()
    line = find_purchase_of_quote(quote_id=offer.id).lines[0]  # type: ignore[union-attr]
    assert [each.kind for each in line.reductions] == ["upgrade", "tier", "promotion"]
    off = line.reductions[0]
    for wrong, said in (
        (line.reductions[1:], "is not its price"),
        (line.reductions[::-1], "not the order"),
        ((replace(off, kind="gift"), *line.reductions[1:]), "not the order"),
        ((*line.reductions[:2], *line.reductions[1:]), "not the order"),
    ):
        assert said in " ".join(find_price_faults(line=replace(line, reductions=wrong)))
    with guards_lifted(connection):
        PromotionUse.objects.update(used_at=NOW + timedelta(seconds=1))
    (finding,) = verify_books().findings
    assert "was not counted" in finding.what
