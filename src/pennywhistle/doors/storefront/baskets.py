"""Builds the basket's page: each thing in it at today's price, or why it cannot be bought."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from pennywhistle.doors.storefront import choosing, pages
from pennywhistle.doors.storefront.shelves import (
    cover_url,
    open_window,
    reason_of,
    recipe_title,
    release_url,
)
from pennywhistle.doors.storefront.visitor import Visit
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import (
    TrackFacts,
    find_live_track,
    list_tracks,
    list_tracks_of_releases,
)
from pennywhistle.shop.library.queries import list_owned_pairs
from pennywhistle.shop.pricing.queries import Window


def basket_page(visit: Visit) -> pages.BasketPage:
    """The basket as it stands. At most five queries."""
    contents = _contents(visit.basket)
    tracks = {track.id: track for held in contents.values() for track in held}
    recipes = sorted({item.recipe for item in visit.basket})
    window = open_window(visit, list(tracks.values()), recipes)
    owned: set[tuple[int, str]] = set()
    if visit.person_id is not None:
        owned = list_owned_pairs(person_id=visit.person_id, track_ids=tracks)
    counted = set(owned)
    lines = []
    for item, held in contents.items():
        if held:
            lines.append(_line(visit, item, held, window, owned, counted))
            counted |= {(track.id, item.recipe) for track in held}
    return pages.BasketPage(
        lines=tuple(lines),
        total=Money.total((line.price for line in lines if line.price), visit.shop.currency),
        is_ready=bool(lines) and not any(line.trouble for line in lines),
        needs_country=visit.territory is None,
        country_trouble=visit.territory_trouble,
    )


def is_on_the_shelves(item: BasketItem) -> bool:
    """True for a track or a release that anyone could find here. Two queries at most."""
    if item.kind == "track":
        return find_live_track(track_id=item.id) is not None
    return any(
        track.release.state == "live" for track in list_tracks_of_releases(release_ids=[item.id])
    )


def _contents(basket: Sequence[BasketItem]) -> dict[BasketItem, list[TrackFacts]]:
    """The tracks of each thing; what has left the catalogue has none."""
    singles = [item.id for item in basket if item.kind == "track"]
    releases = [item.id for item in basket if item.kind == "release"]
    by_id = {t.id: t for t in list_tracks(track_ids=singles)} if singles else {}
    whole = list_tracks_of_releases(release_ids=releases) if releases else []
    return {
        item: [by_id[item.id]]
        if item.kind == "track" and item.id in by_id
        else [track for track in whole if item.kind == "release" and track.release.id == item.id]
        for item in basket
    }


def _line(
    visit: Visit,
    item: BasketItem,
    tracks: list[TrackFacts],
    window: Window,
    owned: set[tuple[int, str]],
    counted: set[tuple[int, str]],
) -> pages.BasketLine:
    """One line. What is `counted` by the lines above it, or owned, costs nothing here."""
    first, release = tracks[0], tracks[0].release
    left = [
        window.tickets[item.recipe][track.id]
        for track in tracks
        if (track.id, item.recipe) not in counted
    ]
    is_owned = all((track.id, item.recipe) in owned for track in tracks)
    unsold = [ticket for ticket in left if not ticket.is_for_sale]
    trouble = ""
    if is_owned:
        trouble = gettext("This is yours already. Remove it to go on.")
    elif release.state != "live":
        trouble = gettext("This has left the shelves. Remove it to go on.")
    elif unsold and visit.territory is not None:
        trouble = reason_of(visit, unsold[0])
    is_track = item.kind == "track"
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
        size_bytes=sum(ticket.size_bytes for ticket in left) or None,
        size_is_exact=all(ticket.size_is_exact for ticket in left),
        price=None
        if trouble or unsold
        else Money.total((ticket.price for ticket in left), visit.shop.currency),
        note=""
        if left or trouble
        else gettext("This is in your basket already, and is paid for once."),
        trouble=trouble,
        treatments=choosing.treatments(
            [track for track in tracks if (track.id, item.recipe) not in counted], item.recipe
        ),
    )
