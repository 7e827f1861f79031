"""What a listener owns, and the ways to its bytes: downloads, previews, covers."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront import pages
from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.shelves import (
    cover_url,
    is_exact,
    open_window,
    recipe_title,
    release_url,
)
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.flows.deliver_rendition import (
    download_address,
    file_name_of,
    preview_address,
)
from pennywhistle.look.ink import ink_drawing
from pennywhistle.shop.catalogue.queries import find_live_track
from pennywhistle.shop.encoding.rules import PREVIEW_SECONDS, get_recipe
from pennywhistle.shop.library.queries import OwnedFacts, find_owned_by, list_owned

# A cover's address holds its hash: what it shows never changes.
FOR_EVER = "public, max-age=31536000, immutable"
# A waveform changes only when its master is replaced.
FOR_AN_HOUR = "public, max-age=3600"
BAR_STROKES = 96


@require_safe
@for_listeners
def library(request: HttpRequest) -> HttpResponseBase:
    """Everything the listener owns."""
    page = _library_page(list_owned(person_id=person_of(request)))
    return show(request, "library", page, cache=PERSONAL)


def _library_page(items: Sequence[OwnedFacts]) -> pages.LibraryPage:
    by_release: dict[int, list[OwnedFacts]] = {}
    for item in items:
        by_release.setdefault(item.track.release.id, []).append(item)
    return pages.LibraryPage(
        releases=tuple(_owned_release(held) for held in by_release.values()),
        track_count=len(items),
    )


def _owned_release(held: list[OwnedFacts]) -> pages.OwnedRelease:
    release = held[0].track.release
    in_order = sorted(
        held, key=lambda item: (item.track.disc_number, item.track.track_number, item.recipe)
    )
    return pages.OwnedRelease(
        title=release.title,
        url=release_url(release.slug),
        artist_name=release.artist,
        cover_url=cover_url(release),
        tracks=tuple(
            pages.OwnedTrack(
                title=item.track.title,
                recipe_title=recipe_title(item.recipe),
                size_bytes=item.size_bytes,
                size_is_exact=is_exact(item.recipe),
                download_url=f"/download/{item.id}/",
                receipt_url=f"/receipt/{item.purchase_id}/",
            )
            for item in in_order
        ),
    )


@require_safe
@for_listeners
def download(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """On to the bytes of something that the listener owns, by an address made for them."""
    item = find_owned_by(item_id=item_id, person_id=person_of(request))
    if item is None:
        raise Http404(gettext("Nothing in your library has that number."))
    name = file_name_of(track=item.track, extension=get_recipe(code=item.recipe).extension)
    address = download_address(item_id=item.id, file_name=name, now=visit_of(request).now)
    return go(address)


@require_safe
def preview(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """On to the preview of a track, where one may be heard."""
    visit, track = visit_of(request), find_live_track(track_id=track_id)
    heard = {} if track is None else open_window(visit, [track], ()).preview_seconds
    if track_id not in heard:
        raise Http404(gettext("This song cannot be heard where you are."))
    return go(
        preview_address(
            track_id=track_id,
            seconds=heard[track_id],
            now=visit.now,
            territory=visit.territory or "",
        )
    )


@require_safe
def strokes(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """The preview's own stretch of the waveform as a drawing, for the player's bar."""
    track = find_live_track(track_id=track_id)
    if track is None:
        raise Http404(gettext("There is no such song."))
    share = min(1.0, 1000 * PREVIEW_SECONDS / max(track.master.duration_ms, 1))
    pairs = round(len(track.master.peaks) / 2 * share)
    drawing = ink_drawing(track.master.peaks[: 2 * pairs], BAR_STROKES)
    return HttpResponse(
        drawing, content_type="image/svg+xml", headers={"Cache-Control": FOR_AN_HOUR}
    )
