"""What a quote refuses to offer (law 4), each for its own reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.shop.catalogue.models import Release
from pennywhistle.shop.sales.models import Quote
from pennywhistle.shop.sales.rules import NotForSaleError, SaleError
from pennywhistle.shop.storefronts.models import Storefront
from tests.cast import LABEL, NOW, SOCIETY, assemble, quote, stock_release

pytestmark = pytest.mark.django_db

PREVIEWS = ("PREVIEW",)


@pytest.mark.parametrize(
    "licences",
    [
        (replace(LABEL, uses=PREVIEWS), SOCIETY),
        (LABEL, replace(SOCIETY, uses=PREVIEWS)),
    ],
)
def test_a_licence_for_previews_alone_sells_no_download(licences: tuple[object, ...]) -> None:
    cast = assemble(licences=licences)  # type: ignore[arg-type]
    with pytest.raises(NotForSaleError):
        quote(cast)
    assert not Quote.objects.exists()


def test_a_shop_sells_only_where_it_means_to() -> None:
    cast = assemble()
    Storefront.objects.filter(pk=cast.storefront.pk).update(territories="AT,CH")
    with pytest.raises(NotForSaleError, match="DE|Germany"):
        quote(cast)
    assert not Quote.objects.exists()


@pytest.mark.parametrize("state", [Release.State.DRAFT, Release.State.WITHDRAWN])
def test_what_is_on_no_shelf_is_not_offered(state: Release.State) -> None:
    cast = assemble()
    Release.objects.filter(pk=cast.release_id).update(state=state)
    with pytest.raises(NotForSaleError) as refusal:
        quote(cast)
    assert len(refusal.value.reasons) == 3


def test_one_track_that_is_not_for_sale_holds_up_the_whole_quote_by_name() -> None:
    cast = assemble()
    _, strangers = stock_release("Unlicensed", ("Nobody's Reel",), label="Another Label")
    with pytest.raises(NotForSaleError, match="Nobody's Reel"):
        quote(
            cast,
            BasketItem("track", cast.track_ids[0], "mp3-192"),
            BasketItem("track", strangers[0], "mp3-192"),
        )


@pytest.mark.parametrize("recipe", ["mp3-1", "preview", ""])
def test_a_recipe_that_is_not_sold_is_not_quoted(recipe: str) -> None:
    cast = assemble()
    with pytest.raises((LookupError, SaleError)):
        quote(cast, BasketItem("track", cast.track_ids[0], recipe))


def test_a_quote_freezes_the_licences_that_it_stands_on() -> None:
    cast = assemble()
    offer = quote(cast)
    for line in Quote.objects.get(pk=offer.id).lines.all():
        assert line.recording_licence.number == "LAN-1"
        assert line.work_licence.number == "MER-1"
        assert line.recording_licence.starts_at <= NOW
