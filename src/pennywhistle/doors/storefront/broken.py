"""The button beside a file that is broken: one question, and the money is back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.broken_words import trouble_titles, what_became_of
from pennywhistle.doors.storefront.library_pages import BrokenPage, Choice
from pennywhistle.doors.storefront.shelves import recipe_title
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.shop.sales.aftercare import ReportFacts, find_report, get_line
from pennywhistle.shop.sales.bad_files import WORDS_LENGTH_MOST, ReportError
from pennywhistle.shop.sales.refunds import UnknownSaleLineError
from pennywhistle.shop.sales.rules import LineFacts


@require_http_methods(["GET", "HEAD", "POST"])
@for_listeners
def broken(request: HttpRequest, sale_line_id: int) -> HttpResponseBase:
    """Ask what is wrong with a file that the listener bought; posted, take it up."""
    person_id = person_of(request)
    try:
        line = get_line(sale_line_id=sale_line_id, person_id=person_id)
    except UnknownSaleLineError:
        raise Http404(gettext("Nothing in your library has that number.")) from None
    if request.method != "POST":
        known = find_report(sale_line_id=line.id)
        return _ask(request, line) if known is None else _told(request, known)
    try:
        report = report_bad_file(
            sale_line_id=line.id,
            person_id=person_id,
            trouble=request.POST.get("trouble", ""),
            words=request.POST.get("words", ""),
            now=visit_of(request).now,
        )
    except ReportError as error:
        return _ask(request, line, trouble=words_for(error))
    return _told(request, report)


def _told(request: HttpRequest, report: ReportFacts) -> HttpResponseBase:
    """Back to the library, with what became of it."""
    if report.credited is None:
        thanks = gettext("Thank you. %(text)s You will find the answer below.")
        messages.info(request, thanks % {"text": what_became_of(report)})
    else:
        thanks = gettext(
            "Thank you. %(text)s The file is out of your library; you can buy it in another format."
        )
        messages.success(request, thanks % {"text": what_became_of(report)})
    return go(reverse("storefront:library"))


def _ask(request: HttpRequest, line: LineFacts, *, trouble: str = "") -> HttpResponseBase:
    chosen = request.POST.get("trouble", "")
    page = BrokenPage(
        title=line.title,
        recipe_title=recipe_title(line.recipe),
        price=line.gross,
        url=reverse("storefront:broken", args=[line.id]),
        choices=tuple(
            Choice(value.value, title, is_chosen=value == chosen)
            for value, title in trouble_titles().items()
        ),
        words=request.POST.get("words", ""),
        words_length_most=WORDS_LENGTH_MOST,
        trouble=trouble,
    )
    return show(request, "broken", page, cache=PERSONAL, status=422 if trouble else 200)
