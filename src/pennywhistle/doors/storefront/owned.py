"""What a listener owns, and the ways to its bytes: downloads, previews, covers."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.blocked import check_download, check_shown, or_blocked
from pennywhistle.doors.storefront.possessions import library_page
from pennywhistle.doors.storefront.shelves import open_window
from pennywhistle.doors.storefront.visitor import Visit, visit_of
from pennywhistle.flows.deliver_album import album_address, album_name_of
from pennywhistle.flows.deliver_rendition import (
    download_address,
    file_name_of,
    preview_address,
)
from pennywhistle.look.ink import ink_drawing
from pennywhistle.shop.catalogue.queries import TrackFacts, find_live_track
from pennywhistle.shop.encoding.rules import get_recipe
from pennywhistle.shop.library.queries import (
    find_owned_by,
    list_owned,
    list_owned_of_release,
)
from pennywhistle.shop.sales.aftercare import list_reports_of_person

# A waveform changes only when its master is replaced; who may see it, with the country.
FOR_AN_HOUR = "private, max-age=3600"
BAR_STROKES = 96
# Digits of a length in seconds that anyone may ask for.
_DIGITS_MOST = 6


@require_safe
@for_listeners
def library(request: HttpRequest) -> HttpResponseBase:
    """Everything the listener owns, and the files that they called broken."""
    person_id = person_of(request)
    page = library_page(
        list_owned(person_id=person_id), list_reports_of_person(person_id=person_id)
    )
    return show(request, "library", page, cache=PERSONAL)


@require_safe
@for_listeners
@or_blocked
def download(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """On to the bytes of something that the listener owns, by an address made for them."""
    item = find_owned_by(item_id=item_id, person_id=person_of(request))
    if item is None:
        raise Http404(gettext("Nothing in your library has that number."))
    check_download(visit_of(request), [item.track])
    name = file_name_of(track=item.track, extension=get_recipe(code=item.recipe).extension)
    address = download_address(item_id=item.id, file_name=name, now=visit_of(request).now)
    return go(address)


@require_safe
@for_listeners
@or_blocked
def album(request: HttpRequest, release_id: int, code: str) -> HttpResponseBase:
    """On to the ZIP of all that the listener owns of a release in one recipe."""
    person_id = person_of(request)
    items = list_owned_of_release(person_id=person_id, release_id=release_id, recipe=code)
    if not items:
        raise Http404(gettext("Nothing of that in your library."))
    check_download(visit_of(request), [item.track for item in items])
    name = album_name_of(release=items[0].track.release, recipe=get_recipe(code=code))
    return go(
        album_address(
            person_id=person_id,
            release_id=release_id,
            recipe=code,
            file_name=name,
            now=visit_of(request).now,
        )
    )


@require_safe
@or_blocked
def preview(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """On to the preview of a track, where one may be heard."""
    visit, track = visit_of(request), find_live_track(track_id=track_id)
    heard = {} if track is None else _heard(visit, track)
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
@or_blocked
def strokes(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """The preview's own stretch of the waveform as a drawing, for the player's bar.

    There is one where there is a preview. `?seconds=` is how long the preview is; without it, the
    song's whole length.
    """
    track = find_live_track(track_id=track_id)
    if track is None or track_id not in _heard(visit_of(request), track):
        raise Http404(gettext("This song cannot be heard where you are."))
    seconds = request.GET.get("seconds", "")
    is_length = seconds.isascii() and seconds.isdecimal() and len(seconds) <= _DIGITS_MOST
    if not (is_length or not seconds):
        raise Http404(gettext("There is no such song."))
    share = min(1.0, 1000 * int(seconds) / max(track.master.duration_ms, 1)) if seconds else 1.0
    pairs = round(len(track.master.peaks) / 2 * share)
    drawing = ink_drawing(track.master.peaks[: 2 * pairs], BAR_STROKES)
    return HttpResponse(
        drawing, content_type="image/svg+xml", headers={"Cache-Control": FOR_AN_HOUR}
    )


def _heard(visit: Visit, track: TrackFacts) -> Mapping[int, int | None]:
    """How many seconds of the track may be heard by its number, None for all; empty for nothing."""
    window = open_window(visit, [track], ())
    check_shown(visit, track, window)
    return window.preview_seconds
