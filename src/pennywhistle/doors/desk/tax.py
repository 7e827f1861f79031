"""Taxes: what is owed where, how near the thresholds are, and the papers."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.desk import tax_pages as pages
from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import UNCACHED, Visitor, for_the_operator, show
from pennywhistle.flows.export_tax import TaxReturn, export_tax, find_nearness
from pennywhistle.kit.clock import Quarter
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from pennywhistle.shop.sales.oss import (
    EURO,
    HOME_TAX_UP_TO,
    Nearness,
    ReturnRow,
    Scheme,
    TaxReturnError,
)
from pennywhistle.shop.sales.paper_queries import SeriesFacts, list_series
from pennywhistle.shop.sales.papers import RECEIPT_LETTER, paper_name
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.storefronts.queries import list_shopfronts
from pennywhistle.shop.storefronts.rules import NoRateError


@require_safe
@for_the_operator
def taxes(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """A quarter's tax by country and rate; this quarter's unless another was chosen."""
    newest = Quarter.of(visitor.now)
    quarter = min(_asked(request.GET.get("quarter", ""), newest), newest)
    made, trouble = None, ""
    try:
        made = export_tax(quarter=quarter, seller=settings.SELLER, now=visitor.now)
    except (TaxReturnError, NoRateError) as error:
        trouble = words.sentence(error)
    near = _nearness(settings.SELLER, visitor)
    page = pages.TaxPage(
        quarter=str(quarter),
        is_over=quarter != newest,
        rows=[_row(row) for row in made.rows] if made else [],
        trouble=trouble,
        csv_url=reverse("desk-tax-file", args=[str(quarter)]) if made and made.rows else "",
        before=str(quarter.before),
        after=str(quarter.next) if quarter < newest else "",
        seller=_seller(settings.SELLER),
        thresholds=[_threshold(one) for one in near],
        threshold_notes=list(dict.fromkeys(_threshold_notes(near))),
        series=[_series(one) for one in list_series()],
        notes=list(_notes(visitor)),
    )
    return show(request, visitor, "tax", page)


@require_safe
@for_the_operator
def file(request: HttpRequest, visitor: Visitor, quarter: str) -> HttpResponse:
    """The same as CSV."""
    try:
        asked = Quarter.parse(quarter)
        made: TaxReturn = export_tax(quarter=asked, seller=settings.SELLER, now=visitor.now)
    except (ValueError, TaxReturnError, NoRateError):
        raise Http404 from None
    answer = HttpResponse(made.csv_text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    answer["Cache-Control"] = UNCACHED
    return answer


def _asked(text: str, otherwise: Quarter) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError:
        return otherwise


def _row(row: ReturnRow) -> pages.TaxRow:
    schemes = {
        Scheme.OSS: gettext("One Stop Shop"),
        Scheme.HOME: gettext("at home"),
        Scheme.ELSEWHERE: gettext("in that country"),
        Scheme.UNTAXED: gettext("no tax"),
    }
    euros = row.tax_euros
    return pages.TaxRow(
        scheme=schemes[row.scheme],
        country=formats.country(row.country),
        percent=row.percent,
        corrects=str(row.corrects or ""),
        net=row.net,
        tax=row.tax,
        euros=None if euros is None else Money(int(euros.scaleb(6)), EURO),
    )


def _seller(seller: Seller) -> str:
    return formats.country(seller.country) if seller.country else ""


def _nearness(seller: Seller, visitor: Visitor) -> list[Nearness]:
    return find_nearness(seller=seller, now=visitor.now) if seller.country else []


def _threshold(one: Nearness) -> pages.ThresholdRow:
    if one.limit == HOME_TAX_UP_TO:
        text = gettext("Up to here sales to the rest of the EU may be taxed at home")
    else:
        text = gettext("Up to here one sign of the buyer's country suffices, if others give it")
    if one.is_passed:
        state = words.Badge(gettext("passed"), "wrong")
    elif one.is_near:
        state = words.Badge(gettext("near"), "wrong")
    else:
        state = words.Badge(gettext("below"), "good")
    return pages.ThresholdRow(text, one.year, one.sold, one.limit, one.percent, state)


def _threshold_notes(near: Iterable[Nearness]) -> Iterable[str]:
    """How sales in other currencies are counted in each year, and which are not."""
    for one in near:
        for currency, rate in one.rates:
            yield gettext(
                "%(year)s: sales in %(currency)s are counted at %(rate)s EUR, the rate of %(day)s by "
                "%(source)s."
            ) % {
                "year": one.year,
                "currency": currency,
                "rate": rate.rate_text,
                "day": formats.day(rate.day),
                "source": rate.source,
            }
        for sold in one.uncounted:
            yield gettext(
                "%(year)s: %(sold)s are not counted, for no rate is on file. Add one by `pennywhistle "
                "prices rate`."
            ) % {"year": one.year, "sold": formats.money_to_the_cent(sold)}


def _series(one: SeriesFacts) -> pages.SeriesRow:
    is_receipts = one.name.startswith(RECEIPT_LETTER)
    text = gettext("Receipts") if is_receipts else gettext("Credit notes")
    return pages.SeriesRow(text, one.name, one.count, paper_name(series=one.name, number=one.last))


def _notes(visitor: Visitor) -> Iterable[str]:
    """What about the set-up has consequences for tax."""
    if settings.SELLER.is_small:
        yield gettext(
            "Sales to the rest of the EU are taxed at home, as a small seller may. From the sale on "
            "that passes the threshold they have to be taxed where the buyer lives: turn "
            "PENNYWHISTLE_SMALL_SELLER off before that."
        )
    for shop in list_shopfronts(now=visitor.now):
        if len(shop.territories.countries) == 1:
            yield gettext(
                "%(shop)s sells in one country alone. Its tax is then known when a wallet is filled, "
                "and a tax office may call the top-up a single-purpose voucher (article 30a of "
                "Directive 2006/112/EC, case C-68/23): ask your adviser."
            ) % {"shop": shop.name}
