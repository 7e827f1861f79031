"""What cannot be shown, said in the shop's own look; and the answer to who asks if we are well."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront.answers import PERSONAL, show
from pennywhistle.doors.storefront.pages import TroublePage
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.check_health import check_health
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.watch_gateways import list_ways_out_of_order
from pennywhistle.kit.clock import utc_now
from pennywhistle.look.frame import BARE_FRAME
from pennywhistle.shop.ledger.seals import SealedDayError
from pennywhistle.shop.storefronts.rules import NoStorefrontError

log = logging.getLogger(__name__)


def _page(title: str, text: str) -> TroublePage:
    return TroublePage(title, text, gettext("To the shop's front"), "/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing is there."""
    said = exception.args[0] if exception.args else ""
    text = said if isinstance(said, str) else ""
    page = _page(
        gettext("This page is not here"),
        text
        or gettext("The address may be mistyped, or what was here has been taken off the shelves."),
    )
    return show(request, "trouble", page, cache=PERSONAL, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not for this visitor."""
    page = _page(
        gettext("This is not for you"),
        gettext("Sign in as someone who may see it, or go back to the shop."),
    )
    return show(request, "trouble", page, cache=PERSONAL, status=403)


class NulError(SuspiciousOperation):
    """A text with a sign in it that no keyboard types and no database keeps."""


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request too large, with a NUL, or for a host that is not ours. Drawn without asking for either."""
    if isinstance(exception, NulError):
        text = gettext(
            "There was a sign in it that cannot be written. Nothing was changed. Type it anew "
            "instead of pasting it, and send it once more."
        )
    else:
        text = gettext(
            "What your browser sent was too large, or was meant for another address. "
            "Nothing was changed."
        )
    return _bare(_page(gettext("That could not be read"), text), status=400)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that did not come from this shop's own page, or came from a page too old."""
    page = _page(
        gettext("That form was too old"),
        gettext("Nothing was changed. Go back, load the page again and send it once more."),
    )
    return show(request, "trouble", page, cache=PERSONAL, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our own fault. Drawn without the database, which may be what is broken."""
    page = _page(
        gettext("Something broke"),
        gettext("It is our fault, and it has been written down. Try again in a minute."),
    )
    return _bare(page, status=500)


def _bare(page: TroublePage, *, status: int) -> HttpResponse:
    """The page in a frame that knows neither shop nor visitor."""
    text = render_to_string("storefront/trouble.html", {"page": page, "shop": BARE_FRAME})
    return HttpResponse(text, status=status, headers={"Cache-Control": PERSONAL})


def closed_for_now(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a store without a storefront says so, instead of breaking; and so does one whose
    books are closed for the moment, whatever was to be bought, paid or given."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, NoStorefrontError):
            page = _page(
                gettext("Not open yet"),
                gettext("This shop is still being set up. Come back soon."),
            )
        elif isinstance(exception, SealedDayError):
            log.error("%s was refused: %s", request.path, exception)
            page = _page(gettext("Not at this moment"), words_for(exception))
        else:
            return None
        return show(request, "trouble", page, cache=PERSONAL, status=503)

    guarded.process_exception = process_exception  # type: ignore[attr-defined]
    return guarded


def no_nul(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a NUL in a question or a form is 400 in every door. No keyboard types it, and
    PostgreSQL keeps no text with it. Who takes messages without our forms' token reads them raw."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, *_: object) -> None:
        if getattr(view, "csrf_exempt", False):
            return
        for given in (request.GET, request.POST):
            if any("\0" in text for name in given for text in (name, *given.getlist(name))):
                raise NulError("a text holds a NUL")

    guarded.process_view = process_view  # type: ignore[attr-defined]
    return guarded


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the store can do its work, 503 with what is wrong when it cannot. For machines.

    While a way to pay is out of order it is `degraded`, and no reason for 503: the shop sells from
    wallets. Which one is for the operator alone: the desk and `payments gateways` tell it.
    """
    ailments = check_health(now=utc_now())
    said = ", ".join(ailments) or "ok"
    if not ailments and list_ways_out_of_order(gateways=get_outfit().gateways):
        said = "degraded"
    status = 503 if ailments else 200
    return JsonResponse({"status": said}, status=status, headers={"Cache-Control": "no-store"})
