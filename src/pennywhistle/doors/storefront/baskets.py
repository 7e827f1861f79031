"""Builds the basket's page: each thing in it at today's price, or why it cannot be bought."""

from __future__ import annotations

from django.utils.translation import gettext

from pennywhistle.doors.storefront import choosing, pages
from pennywhistle.doors.storefront.shelves import (
    buyer_of,
    cover_url,
    reason_of,
    recipe_title,
    release_url,
)
from pennywhistle.doors.storefront.visitor import Visit
from pennywhistle.doors.storefront.words import reductions_in_words, words_for
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import find_live_track, list_tracks_of_releases
from pennywhistle.shop.pricing.asked import find_promotion
from pennywhistle.shop.pricing.baskets import PricedItem, open_basket, price_basket
from pennywhistle.shop.pricing.rules import PromotionRefusedError, PromotionTerms


def basket_page(visit: Visit) -> pages.BasketPage:
    """The basket as it stands. At most six queries, and two to six more for a code."""
    contents = open_basket(items=visit.basket)
    promotion, trouble = promotion_of(visit)
    tracks = [track for held in contents.values() for track in held]
    basket = price_basket(
        contents=contents,
        buyer=buyer_of(visit, tracks),
        promotion=promotion,
        territory=visit.territory if visit.sells_here else None,
        instant=visit.now,
    )
    lines = [_line(visit, item) for item in basket.items]
    return pages.BasketPage(
        lines=tuple(lines),
        total=Money.total((line.price for line in lines if line.price), visit.shop.currency),
        is_ready=bool(lines) and not trouble and not any(line.trouble for line in lines),
        needs_country=visit.territory is None,
        country_trouble=visit.territory_trouble,
        promotion_code=visit.promotion_code,
        promotion_trouble=trouble,
        promotion_lowers=any(
            reduction.kind == "promotion"
            for line in basket.lines
            if line.priced is not None
            for reduction in line.priced.reductions
        ),
    )


def promotion_of(visit: Visit) -> tuple[PromotionTerms | None, str]:
    """What the code that the visitor has given lowers, or why it lowers nothing."""
    if not visit.promotion_code:
        return None, ""
    try:
        found = find_promotion(
            storefront_id=visit.shop.id,
            code=visit.promotion_code,
            currency=visit.shop.currency,
            person_id=visit.person_id,
            now=visit.now,
        )
    except PromotionRefusedError as error:
        return None, words_for(error)
    return found, ""


def is_on_the_shelves(item: BasketItem) -> bool:
    """True for a track or a release that anyone could find here. Two queries at most."""
    if item.kind == "track":
        return find_live_track(track_id=item.id) is not None
    return any(
        track.release.state == "live" for track in list_tracks_of_releases(release_ids=[item.id])
    )


def _line(visit: Visit, priced: PricedItem) -> pages.BasketLine:
    """One line. What the other things in the basket bring, or is owned, costs nothing here."""
    item, left = priced.item, priced.adds
    first, release = priced.tracks[0], priced.tracks[0].release
    unsold = [line.ticket for line in left if not line.ticket.is_for_sale]
    trouble = ""
    if priced.is_owned:
        trouble = gettext("This is yours already. Remove it to go on.")
    elif release.state != "live":
        trouble = gettext("This has left the shelves. Remove it to go on.")
    elif unsold and visit.territory is not None:
        trouble = reason_of(visit, unsold[0])
    is_track = item.kind == "track"
    has_price = not trouble and not unsold
    sold = [line.priced for line in left if line.priced is not None]
    price = Money.total((line.price for line in sold), visit.shop.currency)
    listed = Money.total((line.ask.listed for line in sold), visit.shop.currency)
    return pages.BasketLine(
        kind="track" if is_track else "release",
        id=str(item.id),
        title=first.title if is_track else release.title,
        by=first.artist if is_track else release.artist,
        url=f"{release_url(release.slug)}?recipe={item.recipe}",
        recipe_code=item.recipe,
        recipe_title=recipe_title(item.recipe),
        cover_url=cover_url(release, "small"),
        track_count=len(left),
        size_bytes=sum(line.ticket.size_bytes for line in left) or None,
        size_is_exact=all(line.ticket.size_is_exact for line in left),
        price=price if has_price else None,
        list_price=listed if has_price and listed > price else None,
        reductions=reductions_in_words(r for line in sold for r in line.reductions)
        if has_price
        else (),
        is_named=priced.named is not None,
        note=""
        if left or trouble
        else gettext("This is in your basket already, and is paid for once."),
        trouble=trouble,
        treatments=choosing.treatments([line.track for line in left], item.recipe),
    )
