"""Prices at the desk: the shop's lists and codes for the operator, what labels ask for their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import (
    Visitor,
    for_the_desk,
    for_the_operator,
    go,
    release_for,
    show,
)
from pennywhistle.doors.desk.price_forms import AskForm, PriceListForm, PromotionForm
from pennywhistle.doors.desk.price_pages import (
    AskedRow,
    CodeRow,
    LowestRow,
    PricesPage,
    ReleasePricesPage,
)
from pennywhistle.doors.desk.shopfront import domain_of
from pennywhistle.flows.ask_price import ask_price
from pennywhistle.flows.find_lowest_prices import LowestPrice, find_lowest_prices
from pennywhistle.flows.make_promotion import end_promotion, make_promotion
from pennywhistle.flows.set_prices import set_prices
from pennywhistle.kit.money import MoneyError
from pennywhistle.look import formats
from pennywhistle.shop.catalogue.queries import ReleaseFacts, TrackFacts, list_tracks_of_release
from pennywhistle.shop.catalogue.rules import UnknownLabelError, UnknownReleaseError
from pennywhistle.shop.pricing.asked import (
    Asked,
    PromotionFacts,
    list_asked,
    list_promotions,
)
from pennywhistle.shop.pricing.rules import PriceKind, PricingError
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront
from pennywhistle.shop.storefronts.rules import StorefrontError

_REFUSALS = (
    MoneyError,
    PricingError,
    StorefrontError,
    UnknownLabelError,
    UnknownReleaseError,
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def prices(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The price list in one currency; by POST, set it from now on."""
    shop = _shop(request, visitor)
    if request.method != "POST":
        return _prices_page(request, visitor, shop, PriceListForm.of(shop.prices))
    form = PriceListForm(request.POST)
    if form.is_valid():
        try:
            set_prices(request=form.to_request(), domain=domain_of(request), now=visitor.now)
        except _REFUSALS as error:
            form.add_error(None, words.sentence(error))
        else:
            messages.success(
                request, gettext("These prices hold from now on. Offers made before stand.")
            )
            return go("desk-prices")
    return _prices_page(request, visitor, shop, form, status=422)


@require_POST
@for_the_operator
def make_code(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Make a code that lowers prices."""
    shop, form = _shop(request, visitor), PromotionForm(request.POST)
    if form.is_valid():
        try:
            terms = make_promotion(
                request=form.to_request(shop.currency), domain=domain_of(request), now=visitor.now
            )
        except _REFUSALS as error:
            form.add_error(None, words.sentence(error))
        else:
            messages.success(request, gettext("The code %(code)s is made.") % {"code": terms.code})
            return go("desk-prices")
    return _prices_page(
        request, visitor, shop, PriceListForm.of(shop.prices), code_form=form, status=422
    )


@require_POST
@for_the_operator
def end_code(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Stop a code."""
    code = request.POST.get("code", "")
    try:
        end_promotion(code=code, domain=domain_of(request), now=visitor.now)
    except PricingError as error:
        messages.error(request, words.sentence(error))
    else:
        messages.success(
            request, gettext("The code %(code)s no longer lowers anything.") % {"code": code}
        )
    return go("desk-prices")


def _shop(request: HttpRequest, visitor: Visitor) -> Shopfront:
    """The storefront, in the currency that is asked about. One query."""
    asked = request.POST if request.method == "POST" else request.GET
    return get_shopfront(
        domain=domain_of(request), now=visitor.now, currency=asked.get("currency", "")
    )


def _prices_page(
    request: HttpRequest,
    visitor: Visitor,
    shop: Shopfront,
    form: PriceListForm,
    *,
    code_form: PromotionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = PricesPage(
        currency=shop.currency,
        currencies=shop.currencies,
        form=form,
        code_form=code_form or PromotionForm(initial={"starts_on": visitor.now.date()}),
        codes=[_code_row(row, visitor) for row in list_promotions(storefront_id=shop.id)],
    )
    return show(request, visitor, "prices", page, status=status)


def _code_row(row: PromotionFacts, visitor: Visitor) -> CodeRow:
    is_over = row.ends_at is not None and row.ends_at <= visitor.now
    state = words.Badge(gettext("holds"), "good")
    if is_over:
        state = words.Badge(gettext("ended"), "wrong")
    elif row.starts_at > visitor.now:
        state = words.Badge(gettext("not yet"))
    terms = row.terms
    takes_off = formats.money(terms.amount) if terms.amount is not None else ""
    if terms.percent is not None:
        takes_off = formats.percent(terms.percent)
    return CodeRow(
        code=terms.code,
        takes_off=takes_off,
        covers=formats.listed(list(row.names)),
        state=state,
        uses=str(row.use_count) if row.uses_most is None else f"{row.use_count} / {row.uses_most}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        may_end=not is_over,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def release_prices(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """What is asked for a release and its tracks; by POST, ask something else from now on."""
    release = release_for(visitor, slug)
    shop = _shop(request, visitor)
    tracks = list_tracks_of_release(release_id=release.id)
    things = _things(tracks)
    if request.method != "POST":
        form = AskForm(things=things, initial={"what": "whole", "kind": "size"})
        return _release_page(request, visitor, shop, release, tracks, form)
    form = AskForm(request.POST, things=things)
    if form.is_valid():
        try:
            ask_price(
                request=form.to_request(release=release.slug, currency=shop.currency),
                domain=domain_of(request),
                asked_by=visitor.person_id,
                now=visitor.now,
                seller=settings.SELLER,
            )
        except _REFUSALS as error:
            form.add_error("amount", words.sentence(error))
        else:
            messages.success(
                request, gettext("This price holds from now on. Offers made before stand.")
            )
            return go("desk-release-prices", release.slug)
    return _release_page(request, visitor, shop, release, tracks, form, status=422)


def _things(tracks: Sequence[TrackFacts]) -> list[tuple[str, str]]:
    """What may be priced: the whole, each track, and one track, by its ISRC."""
    return [
        ("whole", gettext("the whole release")),
        ("each", gettext("each of its tracks")),
        *(
            (f"track:{track.isrc}", f"{track.track_number}. {track.title}")
            for track in tracks
            if track.isrc
        ),
    ]


def _release_page(
    request: HttpRequest,
    visitor: Visitor,
    shop: Shopfront,
    release: ReleaseFacts,
    tracks: Sequence[TrackFacts],
    form: AskForm,
    *,
    status: int = 200,
) -> HttpResponse:
    lowest = find_lowest_prices(shop=shop, tracks=tracks, seller=settings.SELLER, now=visitor.now)
    page = ReleasePricesPage(
        title=release.title,
        artist=release.artist,
        label=release.label,
        url=reverse("desk-release-prices", args=[release.slug]),
        back_url=reverse("desk-release", args=[release.slug]),
        currency=shop.currency,
        currencies=shop.currencies,
        asked=_asked_rows(shop, release, tracks, visitor),
        lowest=[_lowest_row(row) for row in lowest],
        form=form,
    )
    return show(request, visitor, "release_prices", page, status=status)


def _asked_rows(
    shop: Shopfront, release: ReleaseFacts, tracks: Sequence[TrackFacts], visitor: Visitor
) -> list[AskedRow]:
    asked = list_asked(
        storefront_id=shop.id,
        currency=shop.currency,
        release_ids=[release.id],
        instant=visitor.now,
    )
    return [
        _asked_row(gettext("the whole release"), asked.wholes.get(release.id)),
        *(
            _asked_row(
                f"{track.track_number}. {track.title}",
                asked.of_track(track_id=track.id, release_id=release.id),
            )
            for track in tracks
        ),
    ]


def _asked_row(what: str, asked: Asked | None) -> AskedRow:
    if asked is None or asked.kind is PriceKind.SIZE:
        return AskedRow(what, gettext("by the megabyte"), None, None)
    if asked.kind is PriceKind.NAMED:
        return AskedRow(what, gettext("named by listeners"), asked.amount, asked.suggested)
    return AskedRow(what, gettext("fixed"), asked.amount, None)


def _lowest_row(row: LowestPrice) -> LowestRow:
    named = row.countries[:3]
    more = len(row.countries) - len(named)
    where = formats.listed([formats.country(code) for code in named])
    if more > 0:
        where = gettext("%(countries)s and %(count)s more") % {"countries": where, "count": more}
    taxes = [formats.percent(percent) for percent in row.vat_percents]
    return LowestRow(
        where=where,
        all_countries=", ".join(row.countries),
        taxes="–".join(dict.fromkeys((taxes[0], taxes[-1]))),
        each=row.each,
        whole=row.whole,
    )
