"""The shelves: home, artists, releases, search, and the living page of the look."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront import carrying, pages, samples, shelves
from pennywhistle.doors.storefront.answers import show
from pennywhistle.doors.storefront.blocked import or_blocked
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.shop.catalogue.queries import (
    find_artist,
    find_release,
    list_artists,
    list_new_releases,
    list_releases_of_artist,
    list_tracks_of_release,
    search_artists,
    search_releases,
    search_tracks,
)

# Releases in the shop window: the one on the counter, and three rows of four.
RELEASES_IN_WINDOW = 13


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is new, how it works, where the pennies go."""
    visit = visit_of(request)
    releases = list_new_releases(limit=RELEASES_IN_WINDOW)
    return show(request, "home", shelves.home_page(visit, releases, list_artists()))


@require_safe
def artist(request: HttpRequest, slug: str) -> HttpResponse:
    """An artist and what they released."""
    found = find_artist(slug=slug)
    if found is None:
        raise Http404(gettext("No artist of that name is on our shelves."))
    releases = list_releases_of_artist(artist_id=found.id)
    page = pages.ArtistPage(found.name, shelves.cards(visit_of(request), releases))
    return show(request, "artist", page)


@require_safe
@or_blocked
def release(request: HttpRequest, slug: str) -> HttpResponse:
    """A release, its prices in the recipe chosen, and its previews; 451 where an order forbids it."""
    found = find_release(slug=slug)
    if found is None:
        raise Http404(gettext("No release of that name is on our shelves."))
    recipe = shelves.chosen_recipe(request.GET.get("recipe", ""))
    if recipe is None:
        raise Http404(gettext("We sell no file of that kind."))
    tracks = list_tracks_of_release(release_id=found.id)
    return show(request, "release", shelves.release_page(visit_of(request), found, tracks, recipe))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Artists, songs and releases in which every word occurs."""
    query = carrying.query(request)
    if not query:
        return show(request, "search", pages.SearchPage(query=""))
    page = shelves.search_page(
        visit_of(request),
        query,
        search_artists(query=query),
        search_releases(query=query),
        search_tracks(query=query),
    )
    return show(request, "search", page)


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Every piece that pages are made of, by day and by night."""
    return show(request, "style", samples.HOME, release=samples.RELEASE)
