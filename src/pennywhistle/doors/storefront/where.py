"""Where the visitor is: the question, what speaks for which country, and a further sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from pennywhistle.doors.storefront import carrying
from pennywhistle.doors.storefront.answers import PERSONAL, go, safe_path, show
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.words import sign_of, words_for
from pennywhistle.flows.declare_country import declare_country
from pennywhistle.flows.gather_evidence import with_card
from pennywhistle.kit.territory import UnknownCountryError, check_country
from pennywhistle.shop.sales.phones import find_phone_prefix
from pennywhistle.shop.sales.rules import Evidence


@dataclass(frozen=True, slots=True)
class CountryPage:
    """The form that asks for the country. `back` is the path to return to.

    `signs` say what speaks for which country, where they contradict each other. `asks_phone` where
    one more sign would tell.
    """

    chosen: str | None
    back: str
    trouble: str = ""
    signs: tuple[str, ...] = ()
    asks_phone: bool = False
    phone_trouble: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def country(request: HttpRequest) -> HttpResponse:
    """Ask which country the visitor is in; by POST, keep the answer.

    For the session, and for good where the visitor has signed in. Where signs contradict each
    other, all of them are shown, and a telephone number may be given as one more: its first digits
    are kept for the session.
    """
    asked = request.POST if request.method == "POST" else request.GET
    back = safe_path(request, asked.get("back", ""), otherwise="/")
    if request.method != "POST":
        return _question(request, back)
    number = request.POST.get("phone", "").strip()
    prefix = find_phone_prefix(number)
    if number and not prefix:
        said = gettext(
            "This does not say which country it is from. Write it as +49 30 1234567, or leave it out."
        )
        return _question(request, back, phone_trouble=said)
    try:
        chosen = check_country(request.POST.get("country", ""))
    except UnknownCountryError as error:
        return _question(request, back, trouble=words_for(error))
    carrying.say_country(request, chosen)
    if prefix:
        carrying.say_phone_prefix(request, prefix)
    if (person_id := visit_of(request).person_id) is not None:
        declare_country(person_id=person_id, country=chosen)
    return go(back)


def _question(
    request: HttpRequest, back: str, *, trouble: str = "", phone_trouble: str = ""
) -> HttpResponse:
    visit = visit_of(request)
    evidence = visit.evidence
    if visit.person_id is not None:
        evidence = with_card(evidence=evidence, person_id=visit.person_id)
    signs = _contradicting(evidence)
    page = CountryPage(
        chosen=visit.territory or _declared(evidence),
        back=back,
        trouble=trouble,
        signs=tuple(map(sign_of, signs)),
        asks_phone=bool(signs) or (visit.territory is None and bool(evidence)),
        phone_trouble=phone_trouble,
    )
    status = 422 if trouble or phone_trouble else 200
    return show(request, "country", page, cache=PERSONAL, status=status)


def _declared(evidence: Sequence[Evidence]) -> str | None:
    """The country that they said, if they did."""
    return next((piece.country for piece in evidence if piece.kind == "declared"), None)


def _contradicting(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """The pieces that speak, where they speak of different countries."""
    speaking = [piece for piece in evidence if piece.country]
    return speaking if len({piece.country for piece in speaking}) > 1 else ()
