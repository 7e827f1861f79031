"""How this door answers: a page, or a way to sign in, each with its Cache-Control."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from pennywhistle.doors.storefront.visitor import visit_of

# Pages hold the visitor's country, basket and balance: a browser may keep them and asks again.
BROWSED = "private, no-cache"
# Money and mail addresses stay out of every cache.
PERSONAL = "private, no-store"

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def show(
    request: HttpRequest,
    template: str,
    page: object,
    *,
    cache: str = BROWSED,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render `storefront/<template>.html` with its page object."""
    context = {"page": page, **more}
    response = render(request, f"storefront/{template}.html", context, status=status)
    response["Cache-Control"] = cache
    return response


def go(path: str) -> HttpResponse:
    """See there, by GET. Never kept by a cache."""
    response = redirect(path)
    response.status_code = 303
    response["Cache-Control"] = PERSONAL
    return response


def ask_to_sign_in(back: str) -> HttpResponse:
    """On to the sign-in page, and from there to `back`."""
    return go(f"{reverse('account_login')}?{urlencode({'next': back})}")


def ask_to_sign_up(back: str) -> HttpResponse:
    """On to the sign-up page, and from there to `back`."""
    return go(f"{reverse('account_signup')}?{urlencode({'next': back})}")


def for_listeners(view: View[P]) -> View[P]:
    """A view for people who have signed in; others are asked to, and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if visit_of(request).person_id is None:
            return ask_to_sign_in(request.get_full_path() if request.method == "GET" else "/")
        return view(request, *args, **kwargs)

    return guarded


def person_of(request: HttpRequest) -> int:
    """Who signed in; for views under `for_listeners` only."""
    person_id = visit_of(request).person_id
    if person_id is None:
        raise PermissionError("this view is for people who have signed in")
    return person_id


def safe_path(request: HttpRequest, wanted: str, *, otherwise: str) -> str:
    """`wanted` if it is a path on this site, else `otherwise`: nobody is sent away by a form."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted.startswith("/") else otherwise
