"""451: what an authority has ordered not to be shown where the visitor is, and who ordered it why.

https://www.rfc-editor.org/rfc/rfc7725
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from pennywhistle.doors.storefront.answers import PERSONAL, show
from pennywhistle.doors.storefront.pages import TroublePage
from pennywhistle.doors.storefront.visitor import Visit, visit_of
from pennywhistle.look import formats
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.licensing.block_queries import get_blocks
from pennywhistle.shop.licensing.blocks import Block
from pennywhistle.shop.licensing.queries import track_ref
from pennywhistle.shop.pricing.queries import Window

UNAVAILABLE_FOR_LEGAL_REASONS = 451

P = ParamSpec("P")


class BlockedError(Exception):
    """What an order forbids to show."""

    def __init__(self, block: Block) -> None:
        super().__init__(f"blocked by {block.reference}")
        self.block = block


def find_shown_block(visit: Visit, tracks: Sequence[TrackFacts], window: Window) -> Block | None:
    """The order by which none of these tracks may be shown where the visitor is."""
    found = None
    for track in tracks:
        found = window.blocks.find(
            track=track_ref(track), territory=visit.territory, instant=visit.now
        )
        if found is None:
            return None
    return found


def check_shown(visit: Visit, track: TrackFacts, window: Window) -> None:
    """Raise `BlockedError` for a track that may not be shown nor heard where the visitor is."""
    if block := find_shown_block(visit, [track], window):
        raise BlockedError(block)


def check_download(visit: Visit, tracks: Iterable[TrackFacts]) -> None:
    """Raise `BlockedError` where an order takes back even what was bought. One query."""
    blocks = get_blocks()
    for track in tracks:
        block = blocks.find(track=track_ref(track), territory=visit.territory, instant=visit.now)
        if block and block.closes_downloads:
            raise BlockedError(block)


def or_blocked(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """The view, or the page that says by whose order there is none."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BlockedError as error:
            return blocked(request, error.block)

    return answer


def blocked(request: HttpRequest, block: Block) -> HttpResponse:
    """The page. Its link names the shop, which carries the order out, and not who gave it."""
    front = reverse("storefront:home")
    place = formats.country(visit_of(request).territory)
    page = TroublePage(
        gettext("Not available in %(country)s") % {"country": place},
        gettext(
            "%(authority)s has ordered us not to offer this in %(country)s (%(reference)s, since "
            "%(day)s). The reason given: %(reason)s"
        )
        % {
            "authority": block.authority,
            "country": place,
            "reference": block.reference,
            "day": formats.day(block.starts_at),
            "reason": block.reason,
        },
        gettext("To the shop's front"),
        front,
    )
    response = show(request, "trouble", page, cache=PERSONAL, status=UNAVAILABLE_FOR_LEGAL_REASONS)
    response["Link"] = f'<{request.build_absolute_uri(front)}>; rel="blocked-by"'
    return response
