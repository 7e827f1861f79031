"""Builds the pages of the shelves from what the shop's queries say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.translation import gettext

from pennywhistle.doors.storefront import choosing, pages
from pennywhistle.doors.storefront.blocked import BlockedError, find_shown_block
from pennywhistle.doors.storefront.visitor import Visit
from pennywhistle.doors.storefront.words import reductions_in_words, why_not
from pennywhistle.flows.know_buyer import know_buyer
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.money import Money
from pennywhistle.look import covers, formats
from pennywhistle.shop.catalogue.queries import (
    ArtistFacts,
    ReleaseFacts,
    TrackFacts,
    list_tracks_of_releases,
)
from pennywhistle.shop.encoding.recipes import Recipe, Sizing
from pennywhistle.shop.encoding.rules import get_recipe, list_recipes_for_sale
from pennywhistle.shop.licensing.rules import Covered, NotCovered
from pennywhistle.shop.pricing.queries import Buyer, Ticket, WholeOffer, Window, list_window
from pennywhistle.shop.pricing.rules import NamedTerms
from pennywhistle.shop.royalties.rules import RoyaltyError, divide_price
from pennywhistle.shop.sales.vat import NO_TAX, tax_of

# What is shown to who has not chosen yet: it plays everywhere.
FIRST_RECIPE = "mp3-192"
# The smallest file on the list: "songs from" is its price.
SMALLEST_RECIPE = "opus-96"

# The example of where the pennies go: ten of them.
EXAMPLE_MINOR_UNITS = 10


def buyer_of(visit: Visit, tracks: Iterable[TrackFacts]) -> Buyer:
    """What prices depend on of this visitor. Two queries at most, none for who has not signed in."""
    return know_buyer(
        shop=visit.shop,
        person_id=visit.person_id,
        territory=visit.territory,
        seller=visit.seller,
        track_ids={track.id for track in tracks},
        now=visit.now,
    )


def open_window(
    visit: Visit, tracks: Sequence[TrackFacts], recipes: Sequence[str], *, owned: bool = False
) -> Window:
    """Tickets and previews of `tracks` for this visitor; where `owned`, what they have already counts.

    Two queries, and those of `buyer_of`.
    """
    return list_window(
        tracks=tracks,
        recipe_codes=recipes,
        buyer=buyer_of(visit, tracks if owned else ()),
        territory=visit.territory if visit.sells_here else None,
        instant=visit.now,
    )


def cover_url(release: ReleaseFacts, size: str = "large") -> str:
    """Where a release's cover is, or nothing where it has none."""
    return covers.cover_url(release.cover_sha256, size)


def release_url(slug: str) -> str:
    """Where a release's page is."""
    return reverse("storefront:release", args=[slug])


def compare_url(track_id: int, recipe: str) -> str:
    """Where a song is heard in a recipe, beside the recording itself."""
    return f"{reverse('storefront:hear', args=[track_id])}?recipe={recipe}"


def artist_link(artist: ArtistFacts) -> pages.ArtistLink:
    """An artist's name as a link."""
    return pages.ArtistLink(artist.name, reverse("storefront:artist", args=[artist.slug]))


def cards(visit: Visit, releases: Sequence[ReleaseFacts]) -> tuple[pages.ReleaseCard, ...]:
    """Cards with the price of each release's cheapest song. Two queries."""
    return _cards(visit, releases, *_cheapest(visit, releases))


def _cheapest(visit: Visit, releases: Sequence[ReleaseFacts]) -> tuple[list[TrackFacts], Window]:
    tracks = list_tracks_of_releases(release_ids=[release.id for release in releases])
    return tracks, open_window(visit, tracks, [SMALLEST_RECIPE])


def _cards(
    visit: Visit, releases: Sequence[ReleaseFacts], tracks: Sequence[TrackFacts], window: Window
) -> tuple[pages.ReleaseCard, ...]:
    tickets = window.tickets[SMALLEST_RECIPE]
    by_release: dict[int, list[Ticket]] = {release.id: [] for release in releases}
    for track in tracks:
        by_release[track.release.id].append(tickets[track.id])
    shown = {track.release.id for track in tracks if not find_shown_block(visit, [track], window)}
    return tuple(
        _card(visit, release, by_release[release.id])
        for release in releases
        if release.id in shown or not by_release[release.id]
    )


def _card(visit: Visit, release: ReleaseFacts, tickets: list[Ticket]) -> pages.ReleaseCard:
    sold = [ticket.price for ticket in tickets if ticket.is_for_sale]
    return pages.ReleaseCard(
        title=release.title,
        url=release_url(release.slug),
        artist_name=release.artist,
        artist_url=reverse("storefront:artist", args=[release.artist_slug]),
        cover_url=cover_url(release),
        year=str(release.released_on.year) if release.released_on else "",
        song_price=min(sold, default=None),
        note="" if sold or not tickets else reason_of(visit, tickets[0]),
    )


def reason_of(visit: Visit, ticket: Ticket) -> str:
    """Why this visitor cannot buy it, or nothing where they can."""
    if visit.territory is not None and not visit.sells_here:
        return gettext("This shop does not sell in %(country)s.") % {
            "country": formats.country(visit.territory)
        }
    if isinstance(ticket.coverage, NotCovered):
        return why_not(ticket.coverage, visit.territory)
    if not ticket.is_measured:
        return gettext("Its size in this format is being measured. Come back in a few minutes.")
    return ""


def home_page(
    visit: Visit, releases: Sequence[ReleaseFacts], artists: Iterable[ArtistFacts]
) -> pages.HomePage:
    """The shop window. Two queries."""
    tracks, window = _cheapest(visit, releases)
    all_cards = _cards(visit, releases, tracks, window)
    for_sale = (card for card in all_cards if card.song_price is not None)
    front = next(for_sale, None) or next(iter(all_cards), None)
    return pages.HomePage(
        front=front,
        releases=tuple(card for card in all_cards if card is not front),
        artists=tuple(map(artist_link, artists)),
        price_per_mb=visit.shop.prices.lossy_per_mb,
        split=_split(visit, window.tickets[SMALLEST_RECIPE].values()),
    )


def _split(visit: Visit, tickets: Iterable[Ticket]) -> pages.PennySplit | None:
    """How ten pennies spent on the first song for sale would divide, by its own licences."""
    covered = next((t.coverage for t in tickets if isinstance(t.coverage, Covered)), None)
    if covered is None or visit.territory is None:
        return None
    price = Money.of_minor(EXAMPLE_MINOR_UNITS, visit.shop.currency)
    tax = NO_TAX
    if visit.shop.collects_vat:
        tax = tax_of(territory=visit.territory, day=visit.now.date(), seller=visit.seller)
    try:
        shares = divide_price(
            gross=price, vat_percent=tax.percent, covered=covered, tie_key="example"
        )
    except RoyaltyError:
        return None
    parts = (
        pages.PennyPart(gettext("Who recorded it"), shares.recording, covered.recording.licensor),
        pages.PennyPart(gettext("Who wrote it"), shares.work, covered.work.licensor),
        pages.PennyPart(
            gettext("Tax"), shares.tax, formats.country(tax.country or visit.territory)
        ),
        pages.PennyPart(gettext("The shop"), shares.store),
    )
    coin = Money.of_minor(1, visit.shop.currency).micros
    return pages.PennySplit(price=price, parts=parts, coin_micros=coin)


def release_page(
    visit: Visit, release: ReleaseFacts, tracks: Sequence[TrackFacts], recipe: Recipe
) -> pages.ReleasePage:
    """A release with every price for `recipe`, and of the whole in the others. Two queries.

    Raises `BlockedError` where an order forbids to show it there.
    """
    window = open_window(visit, tracks, choosing.recipes_shown(tracks, recipe), owned=True)
    if block := find_shown_block(visit, tracks, window):
        raise BlockedError(block)
    tickets = window.tickets[recipe.code]
    is_sold = any(ticket.is_for_sale for ticket in tickets.values())
    of_all = choosing.treatment_of_all(tracks, recipe)
    rows = tuple(
        _row(visit, track, tickets[track.id], window, tells=not of_all) for track in tracks
    )
    url = release_url(release.slug)
    return pages.ReleasePage(
        title=release.title,
        url=url,
        artist_name=release.artist,
        artist_url=reverse("storefront:artist", args=[release.artist_slug]),
        cover_url=cover_url(release),
        label_name=release.label,
        genre=release.genre,
        released_on=release.released_on,
        p_line=release.p_line.removeprefix("℗").strip(),
        c_line=release.c_line.removeprefix("©").strip(),
        upc=release.upc or "",
        duration_ms=sum(track.master.duration_ms for track in tracks),
        recipe_code=recipe.code,
        recipe_title=recipe.title,
        chooser=choosing.chooser(tracks, window, recipe, url, is_whole=True) if is_sold else None,
        tracks=rows,
        treatment=of_all,
        whole=_whole(visit, release, rows, window, recipe),
        needs_country=visit.territory is None,
        country_trouble=visit.territory_trouble,
    )


def _row(
    visit: Visit,
    track: TrackFacts,
    ticket: Ticket,
    window: Window,
    *,
    tells: bool,
) -> pages.TrackRow:
    state: pages.TrackState = "for_sale" if ticket.is_for_sale else "not_sold"
    if window.buyer.owns(track.id, ticket.recipe):
        state = "owned"
    elif BasketItem("track", track.id, ticket.recipe) in visit.basket:
        state = "in_basket" if ticket.is_for_sale else "not_sold"
    is_own = track.artist == track.release.artist
    heard = track.id in window.may_be_heard
    return pages.TrackRow(
        id=str(track.id),
        number=track.track_number,
        title=track.title,
        duration_ms=track.master.duration_ms,
        peaks=track.master.peaks,
        state=state,
        preview_url=reverse("storefront:preview", args=[track.id]) if heard else "",
        strokes_url=_strokes_url(track.id, window) if heard else "",
        artist_name="" if is_own else track.artist,
        artist_url="" if is_own else reverse("storefront:artist", args=[track.artist_slug]),
        size_bytes=ticket.size_bytes,
        size_is_exact=ticket.size_is_exact,
        price=ticket.price,
        list_price=ticket.list_price if ticket.reductions else None,
        reductions=reductions_in_words(ticket.reductions),
        named=_named(ticket.named),
        reason=reason_of(visit, ticket),
        treatment=choosing.treatment_text(track, ticket.recipe) if tells else "",
        compare_url=compare_url(track.id, ticket.recipe) if heard else "",
    )


def search_page(
    visit: Visit,
    query: str,
    artists: Iterable[ArtistFacts],
    releases: Sequence[ReleaseFacts],
    found: Sequence[TrackFacts],
) -> pages.SearchPage:
    """What a search found, songs with their preview and their first price. Two queries."""
    tracks = list_tracks_of_releases(release_ids=[release.id for release in releases])
    each_once = {track.id: track for track in (*tracks, *found)}
    window = open_window(visit, list(each_once.values()), [SMALLEST_RECIPE, FIRST_RECIPE])
    return pages.SearchPage(
        query=query,
        artists=tuple(map(artist_link, artists)),
        releases=_cards(visit, releases, tracks, window),
        tracks=tuple(
            _found(track, window) for track in found if not find_shown_block(visit, [track], window)
        ),
    )


def _found(track: TrackFacts, window: Window) -> pages.FoundTrack:
    ticket, is_heard = window.tickets[FIRST_RECIPE][track.id], track.id in window.may_be_heard
    return pages.FoundTrack(
        title=track.title,
        artist_name=track.artist,
        release_title=track.release.title,
        url=f"{release_url(track.release.slug)}?recipe={FIRST_RECIPE}",
        duration_ms=track.master.duration_ms,
        cover_url=cover_url(track.release, "small"),
        preview_url=reverse("storefront:preview", args=[track.id]) if is_heard else "",
        strokes_url=_strokes_url(track.id, window) if is_heard else "",
        recipe_title=recipe_title(FIRST_RECIPE),
        price=ticket.price if ticket.is_for_sale else None,
    )


def _strokes_url(track_id: int, window: Window) -> str:
    """The waveform of as much as may be heard."""
    url, seconds = reverse("storefront:strokes", args=[track_id]), window.preview_seconds[track_id]
    return url if seconds is None else f"{url}?seconds={seconds}"


def _whole(
    visit: Visit,
    release: ReleaseFacts,
    rows: tuple[pages.TrackRow, ...],
    window: Window,
    recipe: Recipe,
) -> pages.WholeRelease:
    """The release as one thing to buy: only where each of its tracks is owned or for sale."""
    tickets = window.tickets[recipe.code]
    left = [tickets[int(row.id)] for row in rows if row.state in {"for_sale", "in_basket"}]
    missing = sum(row.state == "not_sold" for row in rows)
    state: pages.TrackState = "for_sale" if left else "owned"
    reason = ""
    if missing:
        state = "not_sold"
        if visit.territory is not None:
            reason = gettext("Not every song is sold here. The others are sold one by one.")
            if len({row.reason for row in rows}) == 1:
                reason = rows[0].reason
    elif BasketItem("release", release.id, recipe.code) in visit.basket and left:
        state = "in_basket"
    offer = window.offer_whole(
        release_id=release.id, track_ids=[int(row.id) for row in rows], recipe=recipe.code
    )
    return pages.WholeRelease(
        id=str(release.id),
        state=state,
        track_count=len(left),
        size_bytes=sum(ticket.size_bytes for ticket in left) if left else None,
        size_is_exact=all(ticket.size_is_exact for ticket in left),
        price=Money.zero(visit.shop.currency) if offer is None else offer.price,
        list_price=None if offer is None or not _is_lowered(offer) else _listed(offer),
        reductions=()
        if offer is None
        else reductions_in_words(r for line in offer.lines for r in line.reductions),
        named=None if offer is None else _named(offer.named),
        reason=reason,
    )


def _is_lowered(offer: WholeOffer) -> bool:
    return any(line.reductions for line in offer.lines)


def _listed(offer: WholeOffer) -> Money:
    return Money.total((line.ask.listed for line in offer.lines), offer.price.currency)


def _named(terms: NamedTerms | None) -> pages.NamedPrice | None:
    if terms is None:
        return None
    return pages.NamedPrice(terms.least, formats.bare_money(terms.take(None)))


def chosen_recipe(code: str) -> Recipe | None:
    """The recipe of that code if it is for sale; the first one where none is chosen."""
    code = code or FIRST_RECIPE
    return next((recipe for recipe in list_recipes_for_sale() if recipe.code == code), None)


def is_exact(code: str) -> bool:
    """True where a recipe's size is told to the byte, before and after the sale."""
    return get_recipe(code=code).sizing is not Sizing.NOMINAL


def recipe_title(code: str) -> str:
    """What a recipe is called, for people."""
    return get_recipe(code=code).title
