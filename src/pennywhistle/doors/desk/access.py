"""Who may see the desk, and how it answers: pages that no cache keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.queries import (
    ReleaseFacts,
    get_release_in_any_state,
    list_label_ids_of_member,
)
from pennywhistle.shop.catalogue.rules import UnknownReleaseError

# Names, sales and codes stay out of every cache.
UNCACHED = "private, no-store"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at the desk. `label_ids` is None for the operator, who sees every label."""

    person_id: int
    country: str
    label_ids: tuple[int, ...] | None
    now: datetime

    @property
    def is_operator(self) -> bool:
        """True for the operator."""
        return self.label_ids is None

    def may_see_label(self, label_id: int) -> bool:
        """True for the operator, and for a member of that label."""
        return self.label_ids is None or label_id in self.label_ids


DeskView = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_the_desk(view: DeskView[P]) -> View[P]:
    """A view for the operator and for members of labels; who has not signed in is asked to."""
    return _guarded(view, operator_only=False)


def for_the_operator(view: DeskView[P]) -> View[P]:
    """A view for the operator alone."""
    return _guarded(view, operator_only=True)


def show(
    request: HttpRequest, visitor: Visitor, template: str, page: object, *, status: int = 200
) -> HttpResponse:
    """Render `desk/<template>.html` with its page object."""
    context = {"page": page, "is_operator": visitor.is_operator}
    response = render(request, f"desk/{template}.html", context, status=status)
    response["Cache-Control"] = UNCACHED
    return response


def go(name: str, *args: object) -> HttpResponse:
    """See the page of that name, by GET."""
    response = redirect(name, *args)
    response.status_code = 303
    response["Cache-Control"] = UNCACHED
    return response


def release_for(visitor: Visitor, slug: str) -> ReleaseFacts:
    """The release of that slug; another label's is not found, as if it were not there."""
    try:
        facts = get_release_in_any_state(name=slug)
    except UnknownReleaseError:
        raise Http404 from None
    if facts.slug != slug or not visitor.may_see_label(facts.label_id):
        raise Http404
    return facts


def _guarded(view: DeskView[P], *, operator_only: bool) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            back = request.get_full_path() if request.method == "GET" else "/desk/"
            answer: HttpResponse = redirect_to_login(back)
            answer["Cache-Control"] = UNCACHED
            return answer
        visitor = _visitor(request)
        if visitor.label_ids == () or (operator_only and not visitor.is_operator):
            return show(request, visitor, "refused", None, status=403)
        return view(request, visitor, *args, **kwargs)

    return guarded


def _visitor(request: HttpRequest) -> Visitor:
    person = request.user
    if not person.is_authenticated:
        raise PermissionError("the desk is for people who have signed in")
    label_ids = None if person.is_operator else tuple(list_label_ids_of_member(person_id=person.pk))
    return Visitor(person_id=person.pk, country=person.country, label_ids=label_ids, now=utc_now())
